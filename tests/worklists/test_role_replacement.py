"""One role takes another's place: in the service, in the worker, and on its pages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AccountMembership, Invitation, Role
from audit.actions import Action
from audit.actor import OPERATOR, Actor
from audit.history import sentence
from audit.models import AuditEvent
from tests.administering import adam, sue
from tests.cast import Cast, acting
from tests.factories import make_location, make_role, membership_of, role_of
from tests.fingerprint import AUDIT, fingerprint
from worklists import access, services
from worklists.management import access_check
from worklists.models import (
    InvitedMembership,
    InvitedWorklist,
    RoleReplacement,
    Worklist,
    WorklistMembership,
    WorklistRole,
)
from worklists.services import replacements

__all__ = ["adam", "sue"]

pytestmark = pytest.mark.django_db

PRICE_OF_THE_PRESS = 23


@pytest.fixture
def night(cast: Cast) -> Role:
    """Vera's role everywhere she has one; Chest Clinic's default; on an invitation twice."""
    role = make_role(cast.northgate, "Night", ["list_studies", "open_study", "download_study"])
    member = AccountMembership.objects.get(user=cast.vera, account=cast.northgate)
    services.change_account_member(membership=member, role=role, by=OPERATOR)
    services.change_worklist_member(membership=membership_of(cast.vera, cast.ct), role=role, by=OPERATOR)
    services.change_worklist(worklist=cast.chest, default_role=role, by=OPERATOR)
    services.add_worklist_member(worklist=cast.chest, user=cast.vera, role=None, by=OPERATOR)
    invitation = Invitation.objects.create(
        account=cast.northgate, email="dora@example.net", expires_at="2099-01-01T00:00:00Z"
    )
    invited = InvitedMembership.objects.create(invitation=invitation, account=cast.northgate, role=role)
    InvitedWorklist.objects.create(membership=invited, account=cast.northgate, worklist=cast.ct, role=role)
    return role


@pytest.fixture
def day(cast: Cast) -> Role:
    return make_role(cast.northgate, "Day", ["list_studies", "open_study", "upload_study"])


def page(role: Role, name: str = "replace") -> str:
    return reverse(f"admin:accounts_role_{name}", args=[role.pk])


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# What it does


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


def test_the_other_role_stands_wherever_the_one_stood(cast: Cast, night: Role, day: Role) -> None:
    services.replace_role(role=night, other=day, by=acting(cast.adam))

    invited = InvitedMembership.objects.get(invitation__email="dora@example.net")
    assert (invited.role, invited.worklists.get().role) == (day, day)
    services.carry_on_replacements()
    cast.chest.refresh_from_db()
    assert AccountMembership.objects.get(user=cast.vera, account=cast.northgate).role == day
    assert (membership_of(cast.vera, cast.ct).role, cast.chest.default_role) == (day, day)
    services.remove_role(role=night, by=acting(cast.adam))
    assert not Role.objects.filter(pk=night.pk).exists()


def test_every_change_has_its_line_and_the_deed_has_one_with_the_numbers(
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


def test_after_an_interruption_the_worker_goes_on_where_it_stood(
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


def having(role: Role) -> set[str]:
    rows = {
        "members": AccountMembership.objects.filter(role=role),
        "places": WorklistMembership.objects.filter(role=role),
        "defaults": Worklist.objects.filter(default_role=role),
    }
    return {name for name, found in rows.items() if found.exists()}


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


TICKS = ("list_studies", "open_study", "share_study", "share_study_by_email", "upload_study")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_at_no_step_does_anyone_hold_more_than_was_held_or_is_due(cast: Cast, data: st.DataObject) -> None:
    """Whatever both roles have and wherever they are, and though the other role changes at any step."""
    ticks = st.sets(st.sampled_from(TICKS))
    people, places = [cast.vera, cast.ben, cast.ana], [cast.ct, cast.chest, cast.emergency]
    with transaction.atomic(), one_by_one():
        old = make_role(cast.northgate, "Old", sorted(data.draw(ticks)))
        new = make_role(cast.northgate, "New", sorted(data.draw(ticks)))
        one_of = st.sampled_from([None, old, new])
        for place in places:
            services.change_worklist(worklist=place, default_role=data.draw(one_of), by=OPERATOR)
        for person in people:
            member = AccountMembership.objects.get(user=person, account=cast.northgate)
            every = data.draw(st.booleans())
            role = data.draw(st.sampled_from([old, new]))
            services.change_account_member(membership=member, role=role, every_worklist=every, by=OPERATOR)
            for place in WorklistMembership.objects.filter(user=person, account=cast.northgate):
                services.change_worklist_member(membership=place, role=data.draw(one_of), by=OPERATOR)
        services.replace_role(role=old, other=new, by=OPERATOR)
        steps = 0
        while replacements._step(RoleReplacement.objects.get().pk, cast.northgate.pk):
            steps += 1
            held = {(who.pk, at.pk): access.rights(acting(who), at) for who in people for at in places}
            allowed = rights_of(new)
            assert len(held) == len(people) * len(places)
            assert all(rights <= allowed for rights in held.values())
            if data.draw(st.booleans()):
                services.change_role(role=new, permissions=data.draw(ticks), by=OPERATOR)
        replacement = RoleReplacement.objects.get()
        assert steps >= replacement.n_rows == replacement.n_moved
        assert list(access_check.differences()) == [] and having(old) == set()
        transaction.set_rollback(True)


def rights_of(role: Role) -> set[str]:
    ticked = set(role.permissions.values_list("codename", flat=True))
    return {tick for tick in ticked if not tick.startswith("share_study_") or "share_study" in ticked}


@contextmanager
def one_by_one() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replacements, "ROWS_AT_ONCE", 1)
        patch.setattr(replacements, "WORKLISTS_AT_ONCE", 1)
        yield


def test_until_it_is_done_check_access_says_why_there_are_differences(
    cast: Cast, night: Role, day: Role
) -> None:
    services.replace_role(role=night, other=day, by=OPERATOR)
    expected = (
        f"Role {night.pk} is being replaced by role {day.pk}: "
        "until that has finished, differences may be due to it."
    )
    assert list(access_check.under_way()) == [expected]
    services.carry_on_replacements()
    assert list(access_check.under_way()) == []


def test_a_right_taken_from_the_other_role_meanwhile_is_gone_at_once(
    cast: Cast, night: Role, day: Role
) -> None:
    services.replace_role(role=night, other=day, by=acting(cast.adam))
    services.add_worklist_member(worklist=cast.chest, user=cast.ben, role=night, by=acting(cast.adam))

    services.change_role(role=day, permissions=["list_studies"], by=acting(cast.adam))

    assert access.rights(acting(cast.vera), cast.ct) == {"list_studies"}
    services.carry_on_replacements()
    assert access.rights(acting(cast.vera), cast.ct) == {"list_studies"}
    assert access.rights(acting(cast.ben), cast.chest) == {"list_studies", "open_study", "download_study"}
    assert list(access_check.differences()) == []


# What is refused


def test_while_one_is_replaced_it_does_not_change_and_no_other_is_replaced(
    cast: Cast, night: Role, day: Role
) -> None:
    services.replace_role(role=night, other=day, by=acting(cast.adam))
    before, viewer = fingerprint(), role_of(cast.northgate, "Viewer")
    for deed in (
        lambda: services.change_role(role=night, permissions=["list_studies"], by=acting(cast.adam)),
        lambda: services.remove_role(role=night, by=acting(cast.adam)),
        lambda: services.remove_role(role=day, by=acting(cast.adam)),
        lambda: services.replace_role(role=viewer, other=day, by=acting(cast.adam)),
    ):
        with pytest.raises(ValidationError, match="“Night” is being replaced by “Day” now"):
            deed()
    assert fingerprint() == before
    services.change_role(role=viewer, permissions=["list_studies"], by=acting(cast.adam))


def test_nobody_gives_by_it_what_their_own_role_lacks(cast: Cast, night: Role, day: Role) -> None:
    administrators = role_of(cast.northgate, "Administrator")
    less = set(administrators.permissions.values_list("codename", flat=True)) - {"upload_study"}
    services.change_role(role=administrators, permissions=less, by=OPERATOR)
    before = fingerprint(but={AUDIT})
    with pytest.raises(PermissionDenied, match="You cannot give “Studies: Upload”"):
        services.replace_role(role=night, other=day, by=acting(cast.adam))
    assert fingerprint(but={AUDIT}) == before


def test_by_itself_by_another_accounts_or_the_platforms_own_it_is_not_replaced(
    cast: Cast, night: Role
) -> None:
    theirs, personal = role_of(cast.riverside, "Viewer"), Role.objects.get(platform_key="personal")
    before = fingerprint()
    for role, other, said in (
        (night, night, "Choose a role other than"),
        (night, theirs, "no such role in this account"),
        (night, personal, "no such role in this account"),
        (personal, night, "The platform’s own roles cannot be replaced"),
    ):
        with pytest.raises(ValidationError, match=said):
            services.replace_role(role=role, other=other, by=acting(cast.sue))
    assert fingerprint() == before


def test_the_database_keeps_it_to_one_at_a_time_and_to_one_account(
    cast: Cast, night: Role, day: Role
) -> None:
    facts = {"account": cast.northgate, "role": night, "n_worklists": 0}
    RoleReplacement.objects.create(other=day, **facts)
    with pytest.raises(IntegrityError, match="one_role_at_a_time"), transaction.atomic():
        RoleReplacement.objects.create(other=day, **facts)
    with pytest.raises(IntegrityError, match="not_replaced_by_itself"), transaction.atomic():
        RoleReplacement.objects.create(other=night, ended_at="2026-01-01T00:00:00Z", **facts)
    with pytest.raises(IntegrityError, match="replacing_role_is_of_the_account"), transaction.atomic():
        theirs = role_of(cast.riverside, "Viewer")
        RoleReplacement.objects.create(other=theirs, ended_at="2026-01-01T00:00:00Z", **facts)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# Its pages


def test_the_page_says_what_changes_for_whom_before_it_is_done(
    adam: Client, cast: Cast, night: Role, day: Role
) -> None:
    before = fingerprint()
    answer = adam.post(page(night), {"other": day.pk, "_effect": "1"}, headers={"HX-Request": "true"})
    text = text_of(answer)
    for sentence_ in (
        "1 person, as account role",
        "1 membership of a worklist",
        "1 worklist, as the default role",
        "1 waiting invitation",
        "1 person gains on 2 worklists: Studies: Upload",
        "1 person loses on 2 worklists: Studies: Download",
    ):
        assert sentence_ in text
    whole = adam.post(page(night), {"other": day.pk, "_effect": "1"})
    assert "1 person, as account role" in text_of(whole)
    assert fingerprint() == before


def test_replaced_by_the_page_it_shows_how_far_it_is_and_then_offers_to_delete_the_old_one(
    adam: Client, cast: Cast, night: Role, day: Role
) -> None:
    answer = adam.post(page(night), {"other": day.pk}, follow=True)
    assert answer.redirect_chain == [(page(night), 302)]
    assert "“Day” is now replacing “Night”." in text_of(answer)
    assert "Giving the new role 0 of 3 Updating worklists 0 of 2" in text_of(answer)
    assert page(night, "replace_progress") in answer.content.decode()

    services.carry_on_replacements()

    progress = adam.get(page(night, "replace_progress"))
    assert "“Night” was replaced by “Day”. No one has the old role any more." in text_of(progress)
    assert page(night, "delete") in progress.content.decode()
    assert page(night, "replace_progress") not in progress.content.decode()
    assert "Replace the role “Night”" in text_of(adam.get(page(night)))


def test_while_another_is_replaced_the_page_says_which(
    adam: Client, cast: Cast, night: Role, day: Role
) -> None:
    services.replace_role(role=night, other=day, by=OPERATOR)
    text = text_of(adam.get(page(role_of(cast.northgate, "Viewer"))))
    assert "“Night” is being replaced by “Day” now." in text
    assert "New role" not in text


@pytest.mark.parametrize("typed", ["", "none", "999999999", "\x00"])
def test_what_is_no_role_to_choose_is_said_on_the_form(
    adam: Client, cast: Cast, night: Role, typed: str
) -> None:
    before = fingerprint()
    answer = adam.post(page(night), {"other": typed})
    assert answer.status_code == 422
    assert "New role" in text_of(answer)
    assert fingerprint() == before


def test_another_accounts_role_can_neither_be_replaced_nor_chosen(
    adam: Client, cast: Cast, night: Role
) -> None:
    theirs = role_of(cast.riverside, "Viewer")
    before = fingerprint()
    assert adam.get(page(theirs)).status_code == 404
    assert adam.post(page(theirs), {"other": night.pk}).status_code == 404
    assert adam.get(page(theirs, "replace_progress")).status_code == 404
    assert adam.post(page(night), {"other": theirs.pk}).status_code == 422
    assert fingerprint() == before


def test_what_the_administrators_role_lacks_is_said_and_refused_with_one_line(
    adam: Client, cast: Cast, night: Role, day: Role
) -> None:
    administrators = role_of(cast.northgate, "Administrator")
    less = set(administrators.permissions.values_list("codename", flat=True)) - {"upload_study"}
    services.change_role(role=administrators, permissions=less, by=OPERATOR)
    asked = adam.post(page(night), {"other": day.pk, "_effect": "1"}, headers={"HX-Request": "true"})
    assert "You cannot give “Studies: Upload”" in text_of(asked)
    n_denied = AuditEvent.objects.filter(action=Action.DENIED).count()

    answer = adam.post(page(night), {"other": day.pk})

    assert answer.status_code == 403
    assert "You cannot give “Studies: Upload”" in text_of(answer)
    assert AuditEvent.objects.filter(action=Action.DENIED).count() == n_denied + 1


def test_the_deletion_page_of_a_role_in_use_points_to_it(adam: Client, cast: Cast, night: Role) -> None:
    assert "choose Replace on the role’s page" in text_of(adam.get(page(night, "delete")))


# What it costs


@pytest.mark.parametrize("worklists", [1, 40])
def test_the_press_takes_the_same_statements_however_many_it_is_about(
    cast: Cast, night: Role, day: Role, worklists: int, django_assert_num_queries: Any
) -> None:
    for number in range(worklists):
        ward = make_location(cast.northgate, f"Ward {number}")
        services.add_worklist_member(worklist=ward, user=cast.vera, role=night, by=OPERATOR)
    with django_assert_num_queries(PRICE_OF_THE_PRESS):
        services.replace_role(role=night, other=day, by=OPERATOR)
