"""Roles in the administration: the checklist, who holds a role, copying, deleting and the history."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AccountMembership, Invitation, Role
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from tests.administering import adam, sue
from tests.cast import Cast, acting
from tests.factories import join, make_role, make_user, membership_of, role_of
from tests.fingerprint import AUDIT, fingerprint
from worklists import access, selectors, services
from worklists.models import InvitedMembership, Worklist
from worklists.permission_texts import CHILDREN, TEXTS, checklist, labels

__all__ = ["adam", "sue"]

pytestmark = pytest.mark.django_db

PRICE_OF_THE_LIST = 10
PRICE_OF_A_ROLE = 13


def page_of(role: Role, page: str = "change") -> str:
    return reverse(f"admin:accounts_role_{page}", args=[role.pk])


def text_of(response: Any) -> str:
    """What the page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def ticks(role: Role) -> set[str]:
    return set(role.permissions.values_list("codename", flat=True))


# The checklist


def test_every_permission_says_what_it_lets_people_do() -> None:
    lines = [line for area in checklist() for line in area.lines]
    shown = [one.codename for line in lines for one in (line, *line.children)]

    assert set(shown) == set(TEXTS) == access.CODENAMES | access.ACCOUNT_CODENAMES
    assert len(shown) == len(set(shown)) == 20
    assert [area.name for area in checklist()] == ["Account", "Studies", "Study links"]
    assert set(CHILDREN["share_study"]) == {name for name in TEXTS if name.startswith("share_study_")}


def test_the_checklist_has_the_labels_clinicians_know_by_area(adam: Client, cast: Cast) -> None:
    page = adam.get(page_of(role_of(cast.northgate, "Viewer"))).content.decode()

    for label in (
        "Account: Administer",
        "Studies: Share study via email",
        "Study links: View all guest links",
    ):
        assert label in page
    assert (page.count('type="checkbox"'), page.count(" checked")) == (20, 2)
    assert page.count('data-child-of="id_permissions_share_study"') == 5
    assert 'data-ticks-with="share_study_by_code"' in page


def test_a_ticked_permission_counts_at_once(adam: Client, cast: Cast) -> None:
    role = role_of(cast.northgate, "Viewer")

    answer = adam.post(page_of(role), {"name": "Viewer", "permissions": ["list_studies", "upload_study"]})

    assert answer["Location"] == page_of(role)
    assert access.rights(acting(cast.vera), cast.ct) == {"list_studies", "upload_study"}
    event = AuditEvent.objects.get(action=Action.ROLE_CHANGE, by_id=cast.adam.pk)
    assert (event.detail["added"], event.detail["removed"]) == (["Studies: Upload"], ["Studies: Open images"])


def test_a_child_without_its_parent_is_kept_and_gives_nothing(adam: Client, cast: Cast) -> None:
    role = role_of(cast.northgate, "Viewer")

    adam.post(page_of(role), {"name": "Viewer", "permissions": ["list_studies", "share_study_by_email"]})

    assert ticks(role) == {"list_studies", "share_study_by_email"}
    assert access.rights(acting(cast.vera), cast.ct) == {"list_studies"}
    assert "is ticked, but has no effect without" in text_of(adam.get(page_of(role)))


def test_a_refusal_brings_the_form_again_with_its_sentence(adam: Client, cast: Cast) -> None:
    before = fingerprint()

    answer = adam.post(page_of(role_of(cast.northgate, "Administrator")), {"name": "Boss", "permissions": []})

    page = answer.content.decode()
    assert "This would leave the account without an administrator." in page
    assert 'value="Boss"' in page
    assert fingerprint() == before


def test_nobody_grants_what_their_own_role_lacks(cast: Cast, client: Client) -> None:
    deputy = make_role(cast.northgate, "Deputy", [access.ADMINISTER, "list_studies", "share_study_by_email"])
    dan = make_user("Dan")
    join(dan, cast.northgate, deputy)
    client.force_login(dan)
    viewer = role_of(cast.northgate, "Viewer")
    wanted = {"name": "Viewer", "permissions": ["list_studies", "open_study", "upload_study"]}
    before = fingerprint(but={AUDIT})

    shown = client.post(page_of(viewer), {**wanted, "_effect": "1"}, headers={"HX-Request": "true"})
    refused = client.post(page_of(viewer), wanted)
    copied = client.post(page_of(role_of(cast.northgate, "Radiologist"), "copy"), {"name": "Mine"})

    sentence = "You cannot give “Studies: Upload”, because your own role in this account does not have it."
    assert "This cannot be saved." in text_of(shown)
    assert sentence in text_of(shown)
    assert (refused.status_code, copied.status_code) == (403, 403)
    assert sentence in text_of(refused)
    assert fingerprint(but={AUDIT}) == before
    denied = AuditEvent.objects.filter(action=Action.DENIED, by_id=dan.pk)
    assert next((one.account_id, sentence in one.detail["why"]) for one in denied.order_by("pk")) == (
        cast.northgate.pk,
        True,
    )
    assert denied.count() == 2


def test_ticking_a_parent_gives_its_waiting_children_too(cast: Cast, client: Client) -> None:
    deputy = make_role(cast.northgate, "Deputy", [access.ADMINISTER, "share_study"])
    waiting = make_role(cast.northgate, "Waiting", ["share_study_by_email"])
    dan = make_user("Dan")
    join(dan, cast.northgate, deputy)
    client.force_login(dan)

    answer = client.post(
        page_of(waiting), {"name": "Waiting", "permissions": ["share_study", "share_study_by_email"]}
    )

    assert answer.status_code == 403
    assert ticks(waiting) == {"share_study_by_email"}


def test_the_platforms_roles_are_the_superusers(cast: Cast, client: Client) -> None:
    personal = Role.objects.get(platform_key="personal")
    cast.adam.refresh_from_db()
    client.force_login(cast.adam)
    assert client.get(page_of(personal)).status_code == 404
    assert client.post(page_of(personal), {"name": "Personal"}).status_code == 404

    client.force_login(cast.sue)
    page = client.get(page_of(personal))
    assert "Account: Administer" not in text_of(page)
    client.post(page_of(personal), {"name": "Personal", "permissions": ["list_studies"]})
    assert access.rights(acting(cast.ed), cast.ed.personal_worklist) == {"list_studies"}
    assert client.post(page_of(personal, "delete"), {"post": "yes"}).status_code == 403
    assert client.get(page_of(personal, "copy")).status_code == 404


# Who holds it


def test_the_page_says_who_holds_the_role_and_where(adam: Client, cast: Cast) -> None:
    role = make_role(cast.northgate, "Night")
    services.change_account_member(
        membership=AccountMembership.objects.get(user=cast.vera), role=role, by=OPERATOR
    )
    services.change_worklist_member(
        membership=membership_of(cast.ben, cast.emergency), role=role, by=OPERATOR
    )
    services.change_worklist(worklist=cast.ct, default_role=role, by=OPERATOR)

    holders = {holder.name: holder.where for holder in selectors.holders_of(role).people}

    assert holders["Vera"] == "as account role; as the default of CT Reporting"
    assert holders["Ben"] == "on Emergency"
    assert holders["Ana"] == "as the default of CT Reporting"
    assert "Adam" not in holders
    page = text_of(adam.get(page_of(role)))
    assert "As account role; as the default of CT Reporting" in page


def test_many_holders_are_capped_and_counted(adam: Client, cast: Cast) -> None:
    role = make_role(cast.northgate, "Night")
    for number in range(53):
        join(make_user(f"Nurse {number:02}"), cast.northgate, role)

    found = selectors.holders_of(role)

    assert (len(found.people), found.more) == (50, 3)
    assert "and 3 more" in text_of(adam.get(page_of(role)))


# Adding, copying, deleting


def test_a_new_role_is_empty_and_of_the_account_one_looks_at(adam: Client, cast: Cast) -> None:
    adam.post(reverse("admin:accounts_role_add"), {"name": "Night", "account": cast.riverside.pk})

    assert role_of(cast.northgate, "Night").permissions.count() == 0
    assert not Role.objects.filter(account=cast.riverside, name="Night").exists()


def test_a_copy_has_the_same_ticks_a_name_of_its_own_and_nobody(adam: Client, cast: Cast) -> None:
    role = role_of(cast.northgate, "Radiologist")

    shown = adam.get(page_of(role, "copy"))
    taken = adam.post(page_of(role, "copy"), {"name": "radiologist"})
    made = adam.post(page_of(role, "copy"), {"name": "Night radiologist"})

    copy = role_of(cast.northgate, "Night radiologist")
    assert "Copy of Radiologist" in shown.content.decode()
    assert "There is already a role named" in text_of(taken)
    assert made["Location"] == page_of(copy)
    assert ticks(copy) == ticks(role)
    assert selectors.holders_of(copy).people == []
    event = AuditEvent.objects.get(action=Action.ROLE_ADD, detail__role_id=copy.pk)
    assert event.detail["copied_from"] == "Radiologist"
    assert event.detail["added"] == labels(ticks(role))


def test_a_role_in_use_stays_and_the_page_says_by_whom(adam: Client, cast: Cast) -> None:
    role = make_role(cast.northgate, "Night")
    delete = page_of(role, "delete")
    join(make_user("Nora"), cast.northgate, role)
    services.change_worklist_member(
        membership=membership_of(cast.ben, cast.emergency), role=role, by=OPERATOR
    )
    services.change_worklist(worklist=cast.chest, default_role=role, by=OPERATOR)
    invite(cast.northgate, "dora@example.net", role)
    before = fingerprint()

    page = text_of(adam.get(delete))
    pressed = adam.post(delete, {"post": "yes"}, follow=True)

    for sentence in (
        "It is the account role of Nora.",
        "Someone has it on a worklist: Ben (Emergency).",
        "It is the default role of Chest Clinic.",
        "It is offered in an invitation: dora@example.net.",
    ):
        assert sentence in page
        assert sentence in text_of(pressed)
    assert "Delete the role" not in page.split("Back")[-1]
    assert fingerprint() == before


def invite(account: Account, address: str, role: Role) -> None:
    invitation = Invitation.objects.create(account=account, email=address, expires_at="2099-01-01T00:00:00Z")
    InvitedMembership.objects.create(invitation=invitation, account=account, role=role)


def test_a_role_nobody_has_is_deleted_after_being_asked(adam: Client, cast: Cast) -> None:
    role = make_role(cast.northgate, "Night")
    assert "Delete the role “Night”?" in text_of(adam.get(page_of(role, "delete")))
    assert Role.objects.filter(pk=role.pk).exists()

    answer = adam.post(page_of(role, "delete"), {"post": "yes"}, follow=True)

    assert "The role “Night” was deleted." in text_of(answer)
    assert not Role.objects.filter(pk=role.pk).exists()
    assert AuditEvent.objects.filter(action=Action.ROLE_REMOVE, by_id=cast.adam.pk).count() == 1


def test_the_history_is_the_roles_own(adam: Client, cast: Cast) -> None:
    role, other = make_role(cast.northgate, "Night"), make_role(cast.northgate, "Day")
    services.change_role(role=role, permissions=["list_studies"], by=acting(cast.adam))
    services.change_role(role=other, permissions=["open_study"], by=acting(cast.adam))

    page = text_of(adam.get(page_of(role, "history")))

    assert "Adam changed the role “Night”: added Studies: View and search studies list" in page
    assert "“Day”" not in page


# What it costs


def test_the_list_costs_the_same_for_many_roles(
    adam: Client, cast: Cast, django_assert_num_queries: Any
) -> None:
    url = reverse("admin:accounts_role_changelist")
    adam.get(url)
    with django_assert_num_queries(PRICE_OF_THE_LIST):
        adam.get(url)
    for number in range(30):
        make_role(cast.northgate, f"Role {number}")
    with django_assert_num_queries(PRICE_OF_THE_LIST):
        adam.get(url)


def test_a_role_costs_the_same_for_many_holders(
    adam: Client, cast: Cast, django_assert_num_queries: Any
) -> None:
    role = role_of(cast.northgate, "Viewer")
    adam.get(page_of(role))
    with django_assert_num_queries(PRICE_OF_A_ROLE):
        adam.get(page_of(role))
    for number in range(30):
        join(make_user(f"Person {number:02}"), cast.northgate, role, [cast.ct, cast.chest])
    with django_assert_num_queries(PRICE_OF_A_ROLE):
        adam.get(page_of(role))


def test_the_list_says_how_much_each_role_is_used(adam: Client, cast: Cast) -> None:
    services.change_worklist(worklist=cast.ct, default_role=role_of(cast.northgate, "Viewer"), by=OPERATOR)

    rows = adam.get(reverse("admin:accounts_role_changelist")).context["cl"].result_list

    numbers = {role.name: (role.n_ticks, role.n_people, role.n_own, role.n_default) for role in rows}
    assert numbers["Viewer"] == (2, 1, 0, 1)
    assert numbers["Radiologist"] == (15, 3, 0, 0)
    assert Worklist.objects.filter(default_role__name="Viewer").count() == 1
