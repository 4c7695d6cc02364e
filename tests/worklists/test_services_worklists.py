"""Worklists, their share codes, the front door, mail ticks, and what selectors read of them."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

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
from worklists.models import MailTick, Worklist

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


# Mail


def test_mail_is_wanted_on_ones_own_worklist_and_off_elsewhere_until_said(cast: Cast) -> None:
    assert set(selectors.people_wanting_mail([cast.ed.personal_worklist.pk])) == {cast.ed}
    assert not selectors.people_wanting_mail([cast.ct.pk]).exists()

    services.set_mail_tick(worklist=cast.ct, wanted=True, by=acting(cast.ana))
    services.set_mail_tick(worklist=cast.ed.personal_worklist, wanted=False, by=acting(cast.ed))
    assert set(selectors.people_wanting_mail([cast.ct.pk])) == {cast.ana}
    assert not selectors.people_wanting_mail([cast.ed.personal_worklist.pk]).exists()


def test_a_tick_ends_with_the_right_to_the_list(cast: Cast) -> None:
    services.set_mail_tick(worklist=cast.ct, wanted=True, by=acting(cast.ana))
    services.remove_worklist_member(membership=membership_of(cast.ana, cast.ct), by=acting(cast.adam))
    assert not selectors.people_wanting_mail([cast.ct.pk]).exists()


def test_nobody_ticks_mail_for_a_list_they_may_not_see(cast: Cast) -> None:
    before = fingerprint()
    for person in (cast.nolan, cast.caro, cast.sue):
        with pytest.raises(PermissionDenied):
            services.set_mail_tick(worklist=cast.ct, wanted=True, by=acting(person))
    assert fingerprint() == before


def test_the_same_tick_twice_is_recorded_once(cast: Cast) -> None:
    services.set_mail_tick(worklist=cast.ct, wanted=True, by=acting(cast.ana))
    before = fingerprint()
    services.set_mail_tick(worklist=cast.ct, wanted=True, by=acting(cast.ana))
    assert fingerprint() == before
    services.set_mail_tick(worklist=cast.ct, wanted=False, by=acting(cast.ana))
    assert fingerprint(but={AUDIT, "worklists_mailtick"}).items() <= before.items()
    assert not MailTick.objects.get(user=cast.ana).wanted


# Selectors


def test_the_picker_names_the_personal_worklist_first_then_locations_then_groups(cast: Cast) -> None:
    labels = [worklist.label for worklist in selectors.worklists_to_pick(acting(cast.adam))]
    assert labels == ["Adam", "CT Reporting", "Emergency", "Cardiology MDT", "Chest Clinic"]


def test_the_picker_and_the_ticks_cost_the_same_for_many_worklists(
    cast: Cast, django_assert_num_queries
) -> None:
    for _ in range(50):
        make_location(cast.northgate)
    with django_assert_num_queries(1):
        assert len([worklist.label for worklist in selectors.worklists_to_pick(acting(cast.adam))]) == 55
    with django_assert_num_queries(2):
        assert len(selectors.mail_ticks_of(acting(cast.adam))) == 55


def test_the_role_a_person_acts_under(cast: Cast) -> None:
    assert str(selectors.role_on(cast.ana, cast.ct)) == "Radiologist"
    assert str(selectors.role_on(cast.ed, cast.ed.personal_worklist)) == "Personal"
    assert selectors.role_on(cast.caro, cast.ct) is None
    assert selectors.role_on(cast.ana, cast.ed.personal_worklist) is None


def test_the_accounts_a_person_administers(cast: Cast) -> None:
    assert list(selectors.accounts_administered_by(cast.adam)) == [cast.northgate]
    assert not selectors.accounts_administered_by(cast.sue).exists()
    assert make_account("Third") not in selectors.accounts_administered_by(cast.rita)
