"""Worklists in the administration: one account's rows, what is changed and deleted, and what was done there."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AccountMembership
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing import services as sharing
from sharing.models import Method
from sharing.targets import Target
from tests.administering import adam, fresh, text, there
from tests.cast import Cast, acting
from tests.factories import join, make_role, make_user, membership_of, placement_of, role_of
from tests.fingerprint import AUDIT, fingerprint
from worklists import services
from worklists.models import Worklist

__all__ = ["adam"]

pytestmark = pytest.mark.django_db


def settings_of(worklist: Worklist, **changed: Any) -> dict[str, Any]:
    """What the form of a worklist holds, with what is changed; an unticked box is not sent."""
    held = {
        "name": worklist.name,
        "description": worklist.description,
        "default_role": worklist.default_role_id or "",
    }
    ticks = {
        name: "on" for name in ("takes_shares", "needs_approval", "is_front_door") if getattr(worklist, name)
    }
    return {name: value for name, value in {**held, **ticks, **changed}.items() if value is not None}


# One account's rows


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=Riverside",
        "q=RIVERSIDE",
        "q=ed@example.org",
        "takes_shares__exact=1",
        "default_role__id__exact={viewer}",
        "default_role__isnull=True",
        "account__id__exact={riverside}",
        "account__name=Riverside+Clinic",
        "owner__isnull=False",
        "memberships__user__email__startswith=caro",
    ],
)
def test_the_list_shows_no_other_accounts_worklist_whatever_is_asked(
    cast: Cast, adam: Client, query: str
) -> None:
    services.change_worklist(
        worklist=cast.imaging,
        default_role=role_of(cast.riverside, "Viewer"),
        description="Adam’s",
        by=acting(cast.rita),
    )
    known = {"viewer": role_of(cast.riverside, "Viewer").pk, "riverside": cast.riverside.pk}

    page = text(adam.get(f"{there('changelist')}?{query.format(**known)}", follow=True))

    assert not re.search(r"Riverside (Imaging|Orthopaedics|Clinic)|Adam’s|personal", page)


def test_the_list_names_codes_settings_and_members(cast: Cast, adam: Client) -> None:
    services.change_worklist(
        worklist=cast.ct,
        default_role=role_of(cast.northgate, "Viewer"),
        needs_approval=True,
        takes_shares=False,
        by=OPERATOR,
    )

    page = adam.get(f"{there('changelist')}?q=ngct+2026")

    row = " ".join(re.search(r"<tbody>.*</tbody>", page.content.decode(), re.DOTALL)[0].split())
    assert re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() == (
        "CT Reporting Location NGCT 2026 – No Needed Viewer 9 members of CT Reporting"
    )


def test_personal_worklists_are_nowhere(cast: Cast, adam: Client) -> None:
    own = Worklist.objects.get(owner=cast.adam)
    for page in ("change", "members", "members_add", "code", "card", "delete", "history"):
        assert adam.get(there(page, own.pk)).status_code == 404


@pytest.mark.parametrize("view", ["members", "members_add", "code", "card"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_anothers_worklist_and_none_at_all_are_answered_alike(
    cast: Cast, adam: Client, view: str, method: str
) -> None:
    before = fingerprint()

    theirs = getattr(adam, method)(there(view, cast.imaging.pk), {"change": "make"})
    nobodys = getattr(adam, method)(there(view, 2**62), {"change": "make"})

    assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content)
    assert theirs.status_code == 404
    assert fingerprint() == before


def test_a_superuser_sees_every_accounts_and_adds_for_a_chosen_one(cast: Cast, client: Client) -> None:
    client.force_login(cast.sue)

    page = text(client.get(there("changelist")))

    assert "Riverside Imaging Riverside Clinic" in page
    assert "CT Reporting Northgate Hospital" in page
    assert client.get(there("add"))["Location"].startswith(reverse("admin:choose_account"))


def test_the_list_costs_the_same_for_many_worklists(
    cast: Cast, adam: Client, django_assert_max_num_queries: Any
) -> None:
    role = role_of(cast.northgate, "Viewer")
    for number in range(40):
        services.add_worklist(
            account=cast.northgate, kind="group", name=f"Group {number}", default_role=role, by=OPERATOR
        )
    adam.get(there("changelist"))  # a session is touched once a minute
    for page in ("worklist", "worklistmembership"):
        with django_assert_max_num_queries(13):
            adam.get(there("changelist", of=page))


# Adding and changing


def test_a_worklist_is_added_and_its_members_come_next(cast: Cast, adam: Client) -> None:
    viewer = role_of(cast.northgate, "Viewer")
    filled = {
        "kind": "group", "name": "Stroke MDT", "share_code": "st ro ke", "takes_shares": "on",
        "needs_approval": "on", "default_role": viewer.pk, "account": cast.riverside.pk,
    }  # fmt: skip

    answer = adam.post(there("add"), filled)

    made = Worklist.objects.get(name="Stroke MDT")
    assert answer["Location"] == there("members", made.pk)
    assert (made.account, made.kind, made.share_code, made.default_role) == (
        cast.northgate, "group", "STROKE", viewer,
    )  # fmt: skip
    assert (made.takes_shares, made.needs_approval, made.is_front_door) == (True, True, False)
    assert AuditEvent.objects.filter(
        action=Action.WORKLIST_ADD, by_id=cast.adam.pk, worklist_id=made.pk
    ).exists()


def test_what_is_changed_is_changed_and_the_rest_stays(cast: Cast, adam: Client) -> None:
    """Neither its kind nor its code is a setting, whatever is posted."""
    filled = settings_of(
        cast.ct, description="Day and night", takes_shares=None, kind="group", share_code="OTHER1", account=99
    )

    assert adam.post(there("change", cast.ct.pk), filled)["Location"] == there("changelist")

    ct = fresh(cast.ct)
    assert (ct.description, ct.takes_shares, ct.kind, ct.share_code) == (
        "Day and night", False, "location", "NGCT2026",
    )  # fmt: skip


@pytest.mark.parametrize("view", ["add", "change"])
def test_a_default_role_of_another_account_is_none_of_the_choices(
    cast: Cast, adam: Client, view: str
) -> None:
    theirs = role_of(cast.riverside, "Viewer")
    url = there("change", cast.chest.pk) if view == "change" else there("add")
    before = fingerprint()

    answer = adam.post(url, settings_of(cast.chest, kind="group", name="New", default_role=theirs.pk))

    assert "not one of the available choices" in text(answer)
    assert fingerprint() == before


def test_an_administrator_cannot_give_by_default_what_they_lack(cast: Cast, client: Client) -> None:
    few = make_role(cast.northgate, "Clerk", ["administer_account", "list_studies"])
    lea = make_user("Lea")
    join(lea, cast.northgate, few, [cast.chest])
    client.force_login(lea)
    before = fingerprint(but={AUDIT})
    radiologist = role_of(cast.northgate, "Radiologist")

    answer = client.post(there("change", cast.chest.pk), settings_of(cast.chest, default_role=radiologist.pk))

    assert answer.status_code == 403
    assert "your own role in this account does not have" in text(answer)
    assert fingerprint(but={AUDIT}) == before
    assert AuditEvent.objects.filter(action=Action.DENIED, by_id=lea.pk).count() == 1


def test_the_front_door_moves_and_the_form_says_from_where(cast: Cast, adam: Client) -> None:
    page = text(adam.get(there("change", cast.ct.pk)))
    assert "It is now Emergency. Tick this to move it here." in page

    adam.post(there("change", cast.ct.pk), settings_of(cast.ct, is_front_door="on"))

    assert Worklist.objects.get(account=cast.northgate, is_front_door=True) == cast.ct
    assert Worklist.objects.get(account=cast.riverside, is_front_door=True) == cast.imaging


def test_a_front_door_without_a_code_is_refused_in_words(cast: Cast, adam: Client) -> None:
    before = fingerprint()

    answer = adam.post(there("change", cast.chest.pk), settings_of(cast.chest, is_front_door="on"))

    assert "A front door needs a share code." in text(answer)
    assert fingerprint() == before


# Deleting, and what was done


def test_a_worklist_nothing_hangs_on_is_deleted_after_saying_what_goes(cast: Cast, adam: Client) -> None:
    services.change_worklist(worklist=cast.chest, share_code="CHEST26", by=OPERATOR)
    services.add_worklist_members(worklist=cast.chest, users=[cast.vera, cast.ben], by=OPERATOR)

    page = text(adam.get(there("delete", cast.chest.pk)))

    assert "2 people are removed from it." in page
    assert "Its share code CHEST26 stops working." in page
    assert adam.post(there("delete", cast.chest.pk), {"post": "yes"})["Location"] == there("changelist")
    assert not Worklist.objects.filter(pk=cast.chest.pk).exists()


def test_a_worklist_that_stays_says_why_and_offers_nothing(cast: Cast, adam: Client) -> None:
    before = fingerprint()

    page = adam.get(there("delete", cast.ct.pk))
    adam.post(there("delete", cast.ct.pk), {"post": "yes"})

    assert "This worklist holds the original of 1 study, so it cannot be deleted." in text(page)
    assert b'name="post"' not in page.content
    assert fingerprint() == before


def test_the_history_tells_of_members_and_codes_and_of_no_study(cast: Cast, adam: Client) -> None:
    sharing.share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.LOCATION, str(cast.emergency.uuid))],
        by=acting(cast.ana),
    )
    services.add_worklist_member(worklist=cast.ct, user=cast.ben, by=acting(cast.adam))
    services.change_worklist(worklist=cast.imaging, name="Imaging", by=acting(cast.rita))

    page = text(adam.get(there("history", cast.ct.pk)))
    of_ben = text(adam.get(there("history", membership_of(cast.ben, cast.ct).pk, of="worklistmembership")))
    of_vera = text(adam.get(there("history", membership_of(cast.vera, cast.ct).pk, of="worklistmembership")))

    assert "added Ben to CT Reporting" in page
    assert not re.search("shared the study|Emergency|Riverside|Rita", page)
    assert "added Ben to CT Reporting" in of_ben
    assert "Ben" not in of_vera


def test_who_loses_the_right_loses_the_pages_at_once(cast: Cast, adam: Client) -> None:
    rest = make_user("Zoe")
    join(rest, cast.northgate, "Administrator")
    assert adam.get(there("members", cast.ct.pk)).status_code == 200
    services.change_account_member(
        membership=AccountMembership.objects.get(user=cast.adam),
        role=role_of(cast.northgate, "Viewer"),
        by=acting(rest),
    )
    before = fingerprint(but={AUDIT})

    assert adam.get(there("members", cast.ct.pk)).status_code == 403
    assert adam.post(there("code", cast.chest.pk), {"change": "make"}).status_code == 403
    assert fingerprint(but={AUDIT}) == before


def test_the_study_list_is_not_the_administrators_by_that(cast: Cast) -> None:
    """Administering shows no study: the pages here never name one."""
    placement = placement_of(cast.study, cast.ct)
    clerk = make_user("Clerk")
    join(clerk, cast.northgate, make_role(cast.northgate, "Clerk", ["administer_account"]))
    client = Client()
    client.force_login(clerk)

    for page in ("change", "members", "code", "card", "delete", "history"):
        answer = client.get(there(page, cast.ct.pk))
        assert answer.status_code == 200
        assert not re.search(f"Quill|{placement.uuid}|{cast.study.patient_id}", answer.content.decode())
