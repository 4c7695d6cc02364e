"""A role is replaced by another: by the press, then row by row by the worker."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import AccountMembership, Role
from audit.actions import Action
from audit.actor import OPERATOR, Actor
from audit.history import sentence
from audit.models import AuditEvent
from tests.cast import Cast, acting
from tests.factories import make_location, make_role, membership_of, role_of
from tests.worklists.replacing import day, having, night
from worklists import access, services
from worklists.management import access_check
from worklists.models import (
    InvitedMembership,
    RoleReplacement,
    WorklistRole,
)
from worklists.services import replacements

__all__ = ["day", "night"]

pytestmark = pytest.mark.django_db

PRICE_OF_THE_PRESS = 23


def test_what_is_lost_goes_at_once_and_what_is_won_comes_with_the_worker(
    cast: Cast, night: Role, day: Role
) -> None:
    replacement = services.replace_role(role=night, other=day, by=acting(cast.adam))

    assert access.rights(acting(cast.vera), cast.ct) == {"list_studies", "open_study"}
    assert (replacement.n_worklists, replacement.ended_at) == (2, None)

    services.carry_on_replacements()

    assert access.rights(acting(cast.vera), cast.ct) == {"list_studies", "open_study", "upload_study"}
    assert access.rights(acting(cast.vera), cast.chest) == {"list_studies", "open_study", "upload_study"}
    replacement.refresh_from_db()
    assert (replacement.n_done, replacement.ended_at is not None) == (2, True)
    assert list(access_check.differences()) == []
    assert not WorklistRole.objects.filter(role=night).exists()


def test_everything_that_had_the_role_has_the_other_role(cast: Cast, night: Role, day: Role) -> None:
    services.replace_role(role=night, other=day, by=acting(cast.adam))

    invited = InvitedMembership.objects.get(invitation__email="dora@example.net")
    assert (invited.role, invited.worklists.get().role) == (day, day)
    services.carry_on_replacements()
    cast.chest.refresh_from_db()
    assert AccountMembership.objects.get(user=cast.vera, account=cast.northgate).role == day
    assert (membership_of(cast.vera, cast.ct).role, cast.chest.default_role) == (day, day)
    services.remove_role(role=night, by=acting(cast.adam))
    assert not Role.objects.filter(pk=night.pk).exists()


def test_every_change_has_its_event_and_the_press_has_an_event_with_the_numbers(
    cast: Cast, night: Role, day: Role
) -> None:
    last = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True)[0]

    by = Actor.of(cast.adam, "203.0.113.7")
    services.replace_role(role=night, other=day, by=by)
    services.carry_on_replacements()

    events = list(AuditEvent.objects.filter(pk__gt=last, by_id=cast.adam.pk).order_by("pk"))
    assert [event.action for event in events] == [
        Action.ROLE_REPLACE, Action.MEMBER_CHANGE, Action.WORKLIST_MEMBER_CHANGE, Action.WORKLIST_CHANGE,
    ]  # fmt: skip
    assert [event.detail.get("was_role") for event in events[1:3]] == ["Night", "Night"]
    assert {(event.ip_address, event.role_label, event.by_label) for event in events} == {
        ("203.0.113.7", "Administrator", by.label)
    }
    numbers = {name: events[0].detail[name] for name in ("people", "own_roles", "defaults", "offers")}
    assert numbers == {"people": 1, "own_roles": 1, "defaults": 1, "offers": 1}
    assert sentence(events[0]) == "Adam replaced the role “Night” with “Day”"


def test_who_may_administer_follows_at_once(cast: Cast, day: Role) -> None:
    administrators = role_of(cast.northgate, "Administrator")
    keeper = make_role(cast.northgate, "Keeper", [*access.CODENAMES, access.ADMINISTER])
    services.replace_role(role=administrators, other=keeper, by=acting(cast.adam))
    cast.adam.refresh_from_db()
    assert access.administers(acting(cast.adam), cast.northgate) and cast.adam.is_staff
    services.carry_on_replacements()

    with pytest.raises(ValidationError, match="without an administrator"):
        services.replace_role(role=keeper, other=day, by=acting(cast.adam))
    cast.adam.refresh_from_db()
    assert cast.adam.is_staff


def test_after_an_interruption_the_worker_goes_on_where_it_stopped(
    cast: Cast, night: Role, day: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worklists.services.replacements.WORKLISTS_AT_ONCE", 1)
    services.replace_role(role=night, other=day, by=acting(cast.adam))
    whole, calls = access.sync, []

    def interrupted(**narrowed: Any) -> None:
        calls.append(narrowed)
        if len(calls) == 2:
            raise KeyboardInterrupt
        whole(**narrowed)

    with monkeypatch.context() as patch:
        patch.setattr(access, "sync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            services.carry_on_replacements()
    assert RoleReplacement.objects.get().n_done == 1
    services.carry_on_replacements()

    assert (RoleReplacement.objects.get().n_done, list(access_check.differences())) == (2, [])


@pytest.mark.parametrize("stops_at", [1, 2, 3])
def test_interrupted_among_the_rows_it_goes_on_and_records_each_change_once(
    cast: Cast, night: Role, day: Role, stops_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacements, "ROWS_AT_ONCE", 1)
    services.replace_role(role=night, other=day, by=acting(cast.adam))
    last = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True)[0]
    whole, calls = replacements.record_all, []

    def interrupted(events: Any) -> None:
        whole(events)
        calls.append(events)
        if len(calls) == stops_at:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(replacements, "record_all", interrupted)
        with pytest.raises(KeyboardInterrupt):
            services.carry_on_replacements()
    assert RoleReplacement.objects.get().n_moved == stops_at - 1
    services.carry_on_replacements()

    actions = AuditEvent.objects.filter(pk__gt=last).order_by("pk").values_list("action", flat=True)
    assert list(actions) == [Action.MEMBER_CHANGE, Action.WORKLIST_MEMBER_CHANGE, Action.WORKLIST_CHANGE]
    assert not having(night) and list(access_check.differences()) == []


def test_the_press_writes_no_row_of_a_person_and_gives_no_one_more(
    cast: Cast, night: Role, day: Role
) -> None:
    services.replace_role(role=night, other=day, by=acting(cast.adam))

    assert having(night) == {"members", "places", "defaults"}
    assert access.account_rights(acting(cast.vera), cast.northgate) == {"list_studies", "open_study"}
    replacement = RoleReplacement.objects.get()
    assert (replacement.n_rows, replacement.n_moved) == (3, 0)


def test_the_right_to_administer_or_audit_is_lost_with_the_press(cast: Cast, day: Role) -> None:
    chief = make_role(cast.northgate, "Chief", [*access.CODENAMES, *access.ACCOUNT_CODENAMES])
    member = AccountMembership.objects.get(user=cast.vera, account=cast.northgate)
    services.change_account_member(membership=member, role=chief, by=OPERATOR)

    services.replace_role(role=chief, other=day, by=OPERATOR)

    cast.vera.refresh_from_db()
    assert access.account_rights(acting(cast.vera), cast.northgate) == {
        "list_studies", "open_study", "upload_study",
    }  # fmt: skip
    assert (cast.vera.is_staff, having(chief)) == (False, set())


def test_what_another_change_gave_a_person_meanwhile_stays(cast: Cast, night: Role, day: Role) -> None:
    services.replace_role(role=night, other=day, by=acting(cast.adam))
    viewer = role_of(cast.northgate, "Viewer")
    place = membership_of(cast.vera, cast.ct)
    services.change_worklist_member(membership=place, role=viewer, by=acting(cast.adam))

    services.carry_on_replacements()

    assert membership_of(cast.vera, cast.ct).role == viewer
    assert list(access_check.differences()) == []


def test_a_change_of_a_worklist_meanwhile_gives_no_right_back(cast: Cast, night: Role, day: Role) -> None:
    services.replace_role(role=night, other=day, by=acting(cast.adam))

    access.sync(account=cast.northgate)

    assert access.rights(acting(cast.vera), cast.ct) == {"list_studies", "open_study"}


def test_a_worker_of_the_release_before_cannot_end_it_without_its_rows(
    cast: Cast, night: Role, day: Role
) -> None:
    services.replace_role(role=night, other=day, by=acting(cast.adam))
    with pytest.raises(IntegrityError, match="ends_after_all_its_rows"), transaction.atomic():
        RoleReplacement.objects.update(ended_at="2026-01-01T00:00:00Z")


@pytest.mark.parametrize("worklists", [1, 40])
def test_the_press_takes_the_same_statements_however_many_it_is_about(
    cast: Cast, night: Role, day: Role, worklists: int, django_assert_num_queries: Any
) -> None:
    for number in range(worklists):
        ward = make_location(cast.northgate, f"Ward {number}")
        services.add_worklist_member(worklist=ward, user=cast.vera, role=night, by=OPERATOR)
    with django_assert_num_queries(PRICE_OF_THE_PRESS):
        services.replace_role(role=night, other=day, by=OPERATOR)
