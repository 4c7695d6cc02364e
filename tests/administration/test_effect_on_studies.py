"""Before a role, a membership or a worklist is saved, and before someone leaves: who gains and loses which studies."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AccountMembership, Role
from sharing.models import Method
from sharing.selectors.leaving_beside import beside_leaving
from sharing.services import add_share_rule, make_guest_link, share_studies
from sharing.targets import Target
from tests.administering import adam, text
from tests.cast import Cast, acting
from tests.days import day_of
from tests.factories import make_study, membership_of
from tests.fingerprint import fingerprint
from worklists.services import change_worklist, make_token

__all__ = ["adam"]

pytestmark = pytest.mark.django_db

LOSES = "Ana can no longer open 1 study on CT Reporting."


def unchanged(before: dict[str, Any]) -> bool:
    """That a page was shown is an event; nothing else is written."""
    return {name: rows for name, rows in fingerprint().items() if "audit" not in name} == {
        name: rows for name, rows in before.items() if "audit" not in name
    }


def role(cast: Cast, name: str) -> Role:
    return Role.objects.get(account=cast.northgate, name=name)


def test_a_membership_of_a_worklist_says_so_on_its_form_and_before_it_is_removed(
    cast: Cast, adam: Client
) -> None:
    listless = membership_of(cast.ana, cast.ct)
    form = reverse("admin:worklists_worklistmembership_change", args=[listless.pk])
    removal = reverse("admin:worklists_worklistmembership_delete", args=[listless.pk])
    before = fingerprint()

    shown = text(adam.post(form, {"role": role(cast, "Listless").pk, "_effect": "1"}))
    part = adam.post(form, {"role": "", "_effect": "1"}, headers={"HX-Request": "true"})

    assert LOSES in shown
    assert "No one gains or loses a study." in text(part)
    assert "<form" not in part.content.decode()
    assert LOSES in text(adam.get(removal))
    assert unchanged(before)


def test_a_new_member_of_a_worklist_gains_its_studies(cast: Cast, adam: Client) -> None:
    typed = {"worklist": cast.ct.pk, "user": cast.ben.pk, "role": "", "_effect": "1"}

    shown = text(adam.post(reverse("admin:worklists_worklistmembership_add"), typed))

    assert "Ben can then open 1 study on CT Reporting." in shown


def test_an_account_role_and_every_worklist_say_so(cast: Cast, adam: Client) -> None:
    make_study(cast.chest)
    ana = AccountMembership.objects.get(user=cast.ana, account=cast.northgate)
    page = reverse("admin:accounts_accountmembership_change", args=[ana.pk])

    every = {"role": ana.role_id, "every_worklist": "on", "_effect": "1"}
    listless = {"role": role(cast, "Listless").pk, "_effect": "1"}

    assert "Ana can then open 1 study on Chest Clinic." in text(adam.post(page, every))
    assert LOSES in text(adam.post(page, listless))


def test_a_default_role_says_so(cast: Cast, adam: Client) -> None:
    page = reverse("admin:worklists_worklist_change", args=[cast.ct.pk])
    typed = {"name": cast.ct.name, "default_role": role(cast, "Listless").pk, "_effect": "1"}

    assert LOSES in text(adam.post(page, typed))


def test_a_role_says_who_loses_studies(cast: Cast, adam: Client) -> None:
    radiologist = role(cast, "Radiologist")
    typed = {"name": radiologist.name, "permissions": ["list_studies"], "_effect": "1"}

    shown = text(adam.post(reverse("admin:accounts_role_change", args=[radiologist.pk]), typed))

    assert LOSES in shown


def test_before_someone_leaves_their_studies_and_what_they_shared_on_are_named(
    cast: Cast, adam: Client
) -> None:
    study = make_study(cast.emergency)
    from_emergency = study.placements.get(worklist=cast.emergency).uuid
    to_ana = [Target(Method.PHYSICIAN, str(cast.ana.uuid))]
    share_studies(placements=[from_emergency], targets=to_ana, by=acting(cast.ben))
    own = study.placements.get(worklist=cast.ana.personal_worklist).uuid
    onward = [Target(Method.GROUP, str(cast.chest.uuid)), Target(Method.EMAIL, cast.ed.email)]
    share_studies(placements=[own], targets=onward, by=acting(cast.ana))
    ana = AccountMembership.objects.get(user=cast.ana, account=cast.northgate)

    shown = text(adam.get(reverse("admin:accounts_accountmembership_delete", args=[ana.pk])))

    assert "Ana can no longer open 1 study on their own worklist, 1 study on CT Reporting." in shown
    assert "Outside the account, 1 person can no longer open studies that were shared onward." in shown
    assert "Ed can" not in shown


def ticked(cast: Cast, **more: Any) -> dict[str, Any]:
    return {"person": [str(cast.ben.uuid), str(cast.adam.uuid)], "role": "", "_effect": "1", **more}


def test_several_new_members_say_so_before_they_are_added(cast: Cast, adam: Client) -> None:
    page = reverse("admin:worklists_worklist_members_add", args=[cast.ct.pk])
    before = fingerprint()

    shown = adam.post(page, ticked(cast))
    part = adam.post(page, ticked(cast, role=role(cast, "Listless").pk), headers={"HX-Request": "true"})

    assert "Ben can then open 1 study on CT Reporting." in text(shown)
    # What was ticked stays ticked.
    assert shown.content.decode().count("checked") == 2
    # Adam sees it by *Every worklist* already, and would lose it by a role without the list.
    assert "Adam can no longer open 1 study on CT Reporting." in text(part)
    assert "Ben" not in text(part)
    assert "<form" not in part.content.decode()
    assert unchanged(before)


def test_what_ends_beside_the_studies_is_numbered_before_a_person_leaves(cast: Cast, client: Client) -> None:
    day = day_of(30)
    make_token(by=acting(cast.ana), name="My Mac", worklists=[cast.ct.uuid], last_day=day)
    make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana))
    token = "1 access token no longer reaches these worklists"
    theirs, own = "1 guest link they made stops working", "1 guest link you made stops working"
    ana = AccountMembership.objects.get(user=cast.ana, account=cast.northgate)
    pages = {
        "adam": [
            reverse("admin:accounts_accountmembership_deactivate", args=[ana.pk]),
            reverse("admin:accounts_accountmembership_delete", args=[ana.pk]),
            reverse("admin:worklists_worklistmembership_delete", args=[membership_of(cast.ana, cast.ct).pk]),
        ],
        "sue": [reverse("admin:accounts_user_deactivate", args=[cast.ana.pk])],
        "ana": [reverse("sharing:leave_account", args=[cast.northgate.uuid])],
    }

    for name, urls in pages.items():
        client.force_login(getattr(cast, name))
        assert urls
        for url in urls:
            shown = text(client.get(url))
            assert token in shown
            assert (theirs in shown, own in shown) == (name != "ana", name == "ana")


def test_the_platform_says_what_a_deactivated_person_no_longer_opens(cast: Cast, client: Client) -> None:
    client.force_login(cast.sue)
    before = fingerprint()

    shown = text(client.get(reverse("admin:accounts_user_deactivate", args=[cast.ana.pk])))

    assert LOSES in shown
    assert unchanged(before)


def test_shares_that_no_one_else_can_approve_are_numbered(cast: Cast) -> None:
    change_worklist(worklist=cast.chest, needs_approval=True, by=acting(cast.adam))
    share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.GROUP, str(cast.chest.uuid))],
        by=acting(cast.ana),
    )
    adams = AccountMembership.objects.get(user=cast.adam, account=cast.northgate)
    bens = AccountMembership.objects.get(user=cast.ben, account=cast.northgate)

    assert (beside_leaving(adams).undecided, beside_leaving(bens).undecided) == (1, 0)


def test_what_a_deleted_worklist_takes_with_it_is_numbered(cast: Cast, adam: Client) -> None:
    day = day_of(30)
    make_token(by=acting(cast.adam), name="My Mac", worklists=[cast.chest.uuid], last_day=day)
    add_share_rule(
        account=cast.northgate, allows=False, from_worklist=cast.chest, to="outside", by=acting(cast.adam)
    )

    shown = text(adam.get(reverse("admin:worklists_worklist_delete", args=[cast.chest.pk])))

    assert "Access tokens that no longer reach it: 1." in shown
    assert "Sharing rules that name it and are removed: 1." in shown
