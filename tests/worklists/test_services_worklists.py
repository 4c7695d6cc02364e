"""Worklists, their share codes, the front door, notifications, and what selectors read of them."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User
from audit.actions import Action
from audit.models import AuditEvent
from tests.cast import Cast, acting
from tests.factories import (
    make_account,
    make_group,
    make_location,
    membership_of,
)
from tests.fingerprint import AUDIT, fingerprint
from worklists import selectors, services
from worklists.models import NoticeChoice, NoticeEvent, NoticePreset, NoticeTime, Worklist, WorklistMembership

pytestmark = pytest.mark.django_db

# Worklists, codes, the front door


def test_a_share_code_is_tidied_and_unique_on_the_platform(cast: Cast) -> None:
    services.change_worklist(worklist=cast.chest, share_code=" ngch-2026 ", by=acting(cast.adam))
    assert Worklist.objects.get(pk=cast.chest.pk).share_code == "NGCH2026"
    with pytest.raises(ValidationError, match="taken"):
        services.change_worklist(worklist=cast.imaging, share_code="ng ch 2026", by=acting(cast.rita))


@pytest.mark.parametrize("code", ["abc", "x" * 33, "☢☢☢☢", "--  --"])
def test_a_code_that_is_none_is_refused(cast: Cast, code: str) -> None:
    with pytest.raises(ValidationError, match="4 to 32 letters and digits"):
        services.change_worklist(worklist=cast.chest, share_code=code, by=acting(cast.adam))


def test_a_code_may_be_taken_away_but_not_from_the_front_door(cast: Cast) -> None:
    services.change_worklist(worklist=cast.ct, share_code=None, by=acting(cast.adam))
    assert Worklist.objects.get(pk=cast.ct.pk).share_code is None
    with pytest.raises(ValidationError, match="front door needs a share code"):
        services.change_worklist(worklist=cast.emergency, share_code=None, by=acting(cast.adam))


def test_the_front_door_moves_and_both_ends_are_audited(cast: Cast) -> None:
    services.change_worklist(worklist=cast.ct, is_front_door=True, by=acting(cast.adam))
    doors = Worklist.objects.filter(account=cast.northgate, is_front_door=True)
    assert list(doors) == [cast.ct]
    changes = AuditEvent.objects.filter(action=Action.CODE_CHANGE).order_by("-pk")[:2]
    assert {(event.worklist_id, event.detail["front_door"]) for event in changes} == {
        (cast.ct.pk, True),
        (cast.emergency.pk, False),
    }
    assert Worklist.objects.get(pk=cast.imaging.pk).is_front_door


def test_a_front_door_without_a_code_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="front door needs a share code"):
        services.change_worklist(worklist=cast.chest, is_front_door=True, by=acting(cast.adam))


def test_a_worklist_is_a_location_or_a_group(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="a location or a group"):
        services.add_worklist(account=cast.northgate, kind="personal", name="Mine", by=acting(cast.adam))


def test_a_group_and_a_location_may_share_a_name(cast: Cast) -> None:
    assert make_group(cast.northgate, "Emergency").pk != cast.emergency.pk


# Notifications


HERE = NoticeEvent.SHARED_HERE


def told(*worklists: Worklist, event: str = HERE, **more: Any) -> dict[int, str]:
    """Whom an event is told, and when."""
    people = selectors.people_to_tell(event, [worklist.pk for worklist in worklists], **more)
    return {user: time for user, (_, time) in people.items()}


def choose(person: User, worklist: Worklist, time: str, event: str = HERE) -> bool:
    return services.choose_notices(worklist=worklist, times={event: time}, by=acting(person))


def test_a_share_is_told_on_ones_own_worklist_and_not_elsewhere_until_said(cast: Cast) -> None:
    assert told(cast.ed.personal_worklist) == {cast.ed.pk: "now"}
    assert told(cast.ct) == {}

    choose(cast.ana, cast.ct, NoticeTime.NOW)
    choose(cast.ed, cast.ed.personal_worklist, NoticeTime.OFF)
    assert told(cast.ct) == {cast.ana.pk: "now"}
    assert told(cast.ed.personal_worklist) == {}


def test_a_choice_ends_with_the_right_to_the_list(cast: Cast) -> None:
    choose(cast.ana, cast.ct, NoticeTime.NOW)
    services.remove_worklist_member(membership=membership_of(cast.ana, cast.ct), by=acting(cast.adam))
    assert told(cast.ct) == {}


def test_no_one_chooses_notifications_of_a_list_they_may_not_see(cast: Cast) -> None:
    before = fingerprint()
    for person in (cast.nolan, cast.caro, cast.sue):
        with pytest.raises(PermissionDenied):
            choose(person, cast.ct, NoticeTime.NOW)
    assert fingerprint() == before


def test_the_same_choice_twice_is_recorded_once(cast: Cast) -> None:
    assert choose(cast.ana, cast.ct, NoticeTime.NOW)
    before = fingerprint()
    assert not choose(cast.ana, cast.ct, NoticeTime.NOW)
    assert fingerprint() == before
    assert choose(cast.ana, cast.ct, NoticeTime.OFF)
    assert fingerprint(but={AUDIT, "worklists_noticechoice"}).items() <= before.items()
    assert NoticeChoice.objects.get(user=cast.ana).time == NoticeTime.OFF


@pytest.mark.parametrize("times", [{}, {"shared_here": "never"}, {"shared": "now"}])
def test_an_unknown_event_or_time_is_refused(cast: Cast, times: dict[str, str]) -> None:
    before = fingerprint()
    with pytest.raises(ValidationError, match="at once, once a day, or not"):
        services.choose_notices(worklist=cast.ct, times=times, by=acting(cast.ana))
    assert fingerprint() == before


def test_the_members_of_a_worklist_start_with_its_presets(cast: Cast) -> None:
    NoticePreset.objects.create(worklist=cast.ct, event=HERE, time=NoticeTime.DAILY)
    choose(cast.ana, cast.ct, NoticeTime.NOW)

    members = set(WorklistMembership.objects.filter(worklist=cast.ct).values_list("user", flat=True))
    people = told(cast.ct)
    assert people.pop(cast.ana.pk) == "now"
    assert set(people.values()) == {"daily"}
    assert set(people) <= members - {cast.ana.pk}
    # Adam sees it by *Every worklist* alone, and has chosen nothing.
    assert cast.adam.pk not in people
    assert selectors.notice_times_of(acting(cast.adam), cast.ct)[HERE] == NoticeTime.OFF


def test_of_what_is_about_a_person_they_are_told_by_their_choice_alone(cast: Cast) -> None:
    decided = NoticeEvent.DECIDED
    assert told(cast.ct, event=decided, only=[cast.adam.pk]) == {cast.adam.pk: "now"}
    choose(cast.adam, cast.ct, NoticeTime.OFF, decided)
    assert told(cast.ct, event=decided, only=[cast.adam.pk]) == {}


def test_told_by_two_worklists_a_person_is_told_once_and_at_once(cast: Cast) -> None:
    choose(cast.adam, cast.ct, NoticeTime.DAILY)
    choose(cast.adam, cast.emergency, NoticeTime.NOW)
    assert told(cast.ct, cast.emergency) == {cast.adam.pk: "now"}


# Selectors


def test_the_picker_names_the_personal_worklist_first_then_locations_then_groups(cast: Cast) -> None:
    labels = [worklist.label for worklist in selectors.worklists_to_pick(acting(cast.adam))]
    assert labels == ["Adam", "CT Reporting", "Emergency", "Cardiology MDT", "Chest Clinic"]


def test_the_picker_and_the_notices_cost_the_same_for_many_worklists(
    cast: Cast, django_assert_num_queries
) -> None:
    for _ in range(50):
        make_location(cast.northgate)
    with django_assert_num_queries(1):
        assert len([worklist.label for worklist in selectors.worklists_to_pick(acting(cast.adam))]) == 55
    with django_assert_num_queries(4):
        assert len(selectors.notice_rows_of(acting(cast.adam))) == 55


def test_the_role_a_person_acts_under(cast: Cast) -> None:
    assert str(selectors.role_on(cast.ana, cast.ct)) == "Radiologist"
    assert str(selectors.role_on(cast.ed, cast.ed.personal_worklist)) == "Personal"
    assert selectors.role_on(cast.caro, cast.ct) is None
    assert selectors.role_on(cast.ana, cast.ed.personal_worklist) is None


def test_the_accounts_a_person_administers(cast: Cast) -> None:
    assert list(selectors.accounts_administered_by(cast.adam)) == [cast.northgate]
    assert not selectors.accounts_administered_by(cast.sue).exists()
    assert make_account("Third") not in selectors.accounts_administered_by(cast.rita)
