"""A worklist's members in the administration: who acts there as what and why, put on it and taken off."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AccountMembership, User
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from tests.administering import adam, fresh, text, there
from tests.cast import Cast, acting
from tests.factories import join, make_role, make_user, membership_of, role_of
from tests.fingerprint import fingerprint
from worklists import access, services
from worklists.models import Worklist, WorklistMembership
from worklists.selectors import administration as staff
from worklists.selectors.people import WHY

__all__ = ["adam"]

pytestmark = pytest.mark.django_db


# Who is there, and why


@pytest.fixture
def mixed(cast: Cast) -> Cast:
    """On Emergency: own roles, a default role, members with every worklist, people without a right."""
    northgate = cast.northgate
    services.change_worklist(worklist=cast.emergency, default_role=role_of(northgate, "Viewer"), by=OPERATOR)
    services.change_worklist_member(
        membership=membership_of(cast.ben, cast.emergency),
        role=role_of(northgate, "Radiologist"),
        by=OPERATOR,
    )
    join(make_user("Nina"), northgate, "Administrator", [cast.emergency])
    join(make_user("Omar"), northgate, "Radiologist", every_worklist=True)
    join(make_user("Paul"), northgate, "Radiologist", [cast.emergency], every_worklist=True)
    join(make_user("Quinn"), northgate, "Radiologist", [cast.emergency], active=False)
    join(make_user("Rosa", is_active=False), northgate, "Radiologist", [cast.emergency])
    join(make_user("Sam"), northgate, "Radiologist", active=False, every_worklist=True)
    childless = make_role(northgate, "Child alone", ["list_studies", "share_study_by_email"])
    join(make_user("Tess"), northgate, "Viewer", [cast.emergency], own_role=childless)
    return cast


def test_the_role_that_counts_and_why(mixed: Cast) -> None:
    worklist = fresh(mixed.emergency)
    rows = [*staff.members_of(worklist), *staff.everywhere_people(worklist)]

    told = {
        member.user.name: (
            member.own_role and member.own_role.name,
            member.role and member.role.name,
            member.why,
        )
        for member in staff.members(worklist, rows)
    }

    assert told == {
        "Adam": (None, "Administrator", WHY["every"]),
        "Ben": ("Radiologist", "Radiologist", WHY["own"]),
        "Nina": (None, "Viewer", WHY["default"]),
        "Omar": (None, "Radiologist", WHY["every"]),
        "Paul": (None, "Viewer", WHY["default"]),
        "Quinn": (None, None, staff.INACTIVE),
        "Rosa": (None, None, staff.DEACTIVATED),
        "Sam": (None, None, staff.INACTIVE),
        "Tess": ("Child alone", "Child alone", WHY["own"]),
    }


@pytest.mark.parametrize("default", [None, "Viewer", "Radiologist"])
def test_the_shown_role_gives_the_rights_that_access_answers(mixed: Cast, default: str | None) -> None:
    role = role_of(mixed.northgate, default) if default is not None else None
    services.change_worklist(worklist=mixed.emergency, default_role=role, by=OPERATOR)
    worklists = list(Worklist.objects.filter(account=mixed.northgate))
    assert worklists
    for worklist in worklists:
        rows = [*staff.members_of(worklist), *staff.everywhere_people(worklist)]
        people = staff.members(worklist, rows)
        rights = staff.rights_of_roles({member.role.pk for member in people if member.role is not None})

        shown = {
            member.user.pk: rights[member.role.pk] if member.role is not None else frozenset()
            for member in people
        }

        everybody = User.objects.all()
        assert {user.pk: shown.get(user.pk, frozenset()) for user in everybody} == {
            user.pk: access.rights(acting(user), worklist) for user in everybody
        }


def test_the_members_page_tells_members_from_those_with_every_worklist(mixed: Cast, adam: Client) -> None:
    members = text(adam.get(there("members", mixed.emergency.pk)))
    everywhere = text(adam.get(there("members", mixed.emergency.pk) + "?through=every"))

    assert (
        "Viewer, the default role of this worklist, applies to members without a role of their own."
        in members
    )
    assert "Ben ben@example.org Radiologist Radiologist own role on this worklist" in members
    assert "Quinn quinn@example.org none No access inactive in the account" in members
    assert "Omar" not in members
    assert "Omar omar@example.org Radiologist account role, through “Every worklist”" in everywhere
    assert "Ben" not in everywhere
    assert "Remove …" not in everywhere


@pytest.mark.parametrize("find", ["caro", "Riverside", "rita@example.org", "\x00", "%", "_"])
def test_nobody_of_another_account_is_found(mixed: Cast, adam: Client, find: str) -> None:
    for page in ("members", "members_add"):
        for through in ("", "every"):
            answer = adam.get(there(page, mixed.emergency.pk), {"q": find, "through": through})
            assert answer.status_code == 200
            assert not re.search(r"Caro|Rita|caro@|rita@", text(answer).replace(find, ""))


@pytest.mark.parametrize("query", ["", "?page=2", "?q=a", "?through=every"])
def test_a_members_page_costs_the_same_for_many(cast: Cast, adam: Client, query: str) -> None:
    services.add_worklist_member(worklist=cast.chest, user=cast.ana, by=OPERATOR)
    few = _price(adam, there("members", cast.chest.pk) + query)

    _crowd(cast, 120)

    assert _price(adam, there("members", cast.chest.pk) + query) == few <= 12
    assert "of 3, 121 people" in text(adam.get(there("members", cast.chest.pk)))


def _price(client: Client, url: str) -> int:
    client.get(url)  # a session is touched once a minute
    with CaptureQueriesContext(connection) as asked:
        client.get(url)
    return len(asked)


def _crowd(cast: Cast, many: int) -> None:
    people = User.objects.bulk_create(
        User(email=f"crowd{number}@example.org", name=f"Crowd {number:03}") for number in range(many)
    )
    role = role_of(cast.northgate, "Viewer")
    AccountMembership.objects.bulk_create(
        AccountMembership(user=person, account=cast.northgate, role=role) for person in people
    )
    WorklistMembership.objects.bulk_create(
        WorklistMembership(user=person, worklist=cast.chest, account=cast.northgate) for person in people
    )
    access.sync(account=cast.northgate)


# Adding, changing and taking off


def test_several_are_added_at_once_with_one_role(cast: Cast, adam: Client) -> None:
    role = role_of(cast.northgate, "Viewer")

    answer = adam.post(
        there("members_add", cast.chest.pk), {"person": [cast.vera.uuid, cast.ben.uuid], "role": role.pk}
    )

    assert answer["Location"] == there("members", cast.chest.pk)
    assert (
        access.rights(acting(cast.ben), cast.chest)
        == access.rights(acting(cast.vera), cast.chest)
        == {"list_studies", "open_study"}
    )
    added = AuditEvent.objects.filter(action=Action.WORKLIST_MEMBER_ADD, by_id=cast.adam.pk)
    assert {event.detail["person"] for event in added} == {"Ben", "Vera"}


@pytest.mark.parametrize("who", ["caro", "ed", "ina", "ana"])
def test_only_active_people_of_the_account_who_are_not_there_can_be_added(
    cast: Cast, adam: Client, who: str
) -> None:
    person = getattr(cast, who)
    before = fingerprint()

    answer = adam.post(there("members_add", cast.ct.pk), {"person": [person.uuid]})

    assert answer.status_code == 422
    assert "not one of the available choices" in text(answer)
    assert person.email not in text(answer)
    assert fingerprint() == before


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({}, "Choose at least one person."),
        ({"person": "nonsense"}, "not a valid"),
        ({"person": "{vera}", "role": "{theirs}"}, "not one of the available choices"),
        ({"person": "{vera}", "role": "nonsense"}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_added_is_said(cast: Cast, adam: Client, posted: dict[str, str], said: str) -> None:
    known = {"vera": cast.vera.uuid, "theirs": role_of(cast.riverside, "Viewer").pk}
    before = fingerprint()

    answer = adam.post(
        there("members_add", cast.chest.pk), {name: value.format(**known) for name, value in posted.items()}
    )

    assert (answer.status_code, said in text(answer)) == (422, True)
    assert fingerprint() == before


def test_a_role_of_ones_own_is_given_and_taken_back(cast: Cast, adam: Client) -> None:
    membership = membership_of(cast.vera, cast.ct)
    url = there("change", membership.pk, of="worklistmembership")

    answer = adam.post(url, {"role": role_of(cast.northgate, "Radiologist").pk})

    assert answer["Location"] == there("members", cast.ct.pk)
    assert access.may(acting(cast.vera), "share_study", cast.ct)
    adam.post(url, {"role": ""})
    assert not access.may(acting(cast.vera), "share_study", cast.ct)


@pytest.mark.parametrize("field", ["role", "worklist", "user"])
def test_a_membership_takes_nothing_of_another_account(cast: Cast, adam: Client, field: str) -> None:
    theirs = {"role": role_of(cast.riverside, "Viewer"), "worklist": cast.imaging, "user": cast.caro}[field]
    filled = {"worklist": cast.chest.pk, "user": cast.ben.pk, "role": "", field: theirs.pk}
    before = fingerprint()

    answer = adam.post(there("add", of="worklistmembership"), filled)

    assert "not one of the available choices" in text(answer)
    assert fingerprint() == before


def test_a_membership_is_added_on_its_own_page_too(cast: Cast, adam: Client) -> None:
    filled = {"worklist": cast.chest.pk, "user": cast.ben.pk, "role": ""}

    adam.post(there("add", of="worklistmembership"), filled)

    assert membership_of(cast.ben, cast.chest).role is None


@pytest.mark.parametrize(
    ("term", "found"), [("b", {"Ben"}), ("ina", set()), ("caro", set()), ("riverside", set())]
)
def test_the_search_for_a_person_finds_the_accounts_active_people(
    cast: Cast, adam: Client, term: str, found: set[str]
) -> None:
    asked = {"app_label": "worklists", "model_name": "worklistmembership", "field_name": "user", "term": term}

    answer = adam.get(reverse("admin:autocomplete"), asked).json()

    assert {row["id"] for row in answer["results"] if row["text"].startswith("B")} == {
        str(getattr(cast, name.lower()).pk) for name in found
    }
    assert not {str(cast.caro.pk), str(cast.rita.pk), str(cast.ina.pk)} & {
        row["id"] for row in answer["results"]
    }


def test_taking_somebody_off_says_first_what_they_lose(cast: Cast, adam: Client) -> None:
    membership = membership_of(cast.vera, cast.ct)
    url = there("delete", membership.pk, of="worklistmembership")

    page = text(adam.get(url))

    assert "Remove Vera from CT Reporting?" in page
    assert (
        "Vera loses 2 permissions on CT Reporting: Studies: View and search studies list, Open images."
        in page
    )
    assert adam.post(url, {"post": "yes"})["Location"] == there("members", cast.ct.pk)
    assert access.rights(acting(cast.vera), cast.ct) == frozenset()


def test_who_has_every_worklist_keeps_their_account_role_and_may_gain_by_it(cast: Cast, adam: Client) -> None:
    join(make_user("Paul"), cast.northgate, "Radiologist", every_worklist=True)
    paul = User.objects.get(name="Paul")
    services.add_worklist_member(
        worklist=cast.chest,
        user=paul,
        role=make_role(cast.northgate, "Little", ["list_studies", "edit_study"]),
        by=OPERATOR,
    )

    page = text(adam.get(there("delete", membership_of(paul, cast.chest).pk, of="worklistmembership")))

    assert "Paul loses 1 permission on Chest Clinic: Studies: Edit." in page
    assert "Because they have “Every worklist”, they stay there as Radiologist" in page
    assert "They gain: Studies: Open images, Share a study" in page
    services.remove_worklist_member(membership=membership_of(paul, cast.chest), by=OPERATOR)
    assert (
        access.rights(acting(paul), cast.chest)
        == staff.rights_of_roles([role_of(cast.northgate, "Radiologist").pk])[
            role_of(cast.northgate, "Radiologist").pk
        ]
    )
