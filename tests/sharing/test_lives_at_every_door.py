"""Every door by which a share or a guest link gets its end obeys the longest life of the account."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import LifePolicy
from audit import clock as now_of
from common.days import end_of_day, today_in
from sharing.models import GuestLink, Method, Share
from sharing.services import change_share, extend_guest_link, make_guest_link, share_studies
from sharing.services.more_time import ask_for_time, grant_time
from sharing.targets import Target
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting
from tests.factories import placement_of
from tests.fingerprint import AUDIT, fingerprint
from tests.sharing.dialog_pages import picks, share
from tests.sharing.test_upload_addresses import arrived, sent
from worklists.services import set_inbox, set_life_policies
from worklists.services.life_policies import LifeDays

__all__ = ["dicom_storage"]

pytestmark = pytest.mark.django_db

ZONE, LONGEST = "Europe/London", 12
# The end that a door gave; the last of its shares or links.
Door = Callable[[Cast, date | None], datetime | None]


def in_days(days: int) -> date:
    return today_in(ZONE, now_of.now()) + timedelta(days=days)


def latest() -> datetime:
    return end_of_day(in_days(LONGEST), ZONE)


def press(cast: Cast, target: Target, until: date | None) -> Share:
    report = share_studies(
        placements=[cast.placement.uuid], targets=[target], by=acting(cast.ana), expires_at=until
    )
    made = report.rows[0].share
    assert made is not None
    made.refresh_from_db()
    return made


def by_method(method: Method) -> Door:
    values: dict[Method, Callable[[Cast], str]] = {
        Method.LOCATION: lambda cast: str(cast.emergency.uuid),
        Method.GROUP: lambda cast: str(cast.chest.uuid),
        Method.PHYSICIAN: lambda cast: str(cast.ben.uuid),
        Method.CODE: lambda cast: "RIVERSIDE",
        Method.EMAIL: lambda cast: "dora@example.net",
    }
    return lambda cast, until: press(cast, Target(method, values[method](cast)), until).expires_at


def by_the_page(method: Method) -> Door:
    """The dialog, as it is sent without script; a refusal comes back at the field."""

    def door(cast: Cast, until: date | None) -> datetime | None:
        client = Client()
        client.force_login(cast.ana)
        page = share(client, cast, **picks(cast)[method], until=until.isoformat() if until else "")
        if page.status_code == 422:
            raise ValidationError("refused", code="until")
        return Share.objects.latest("pk").expires_at

    return door


def again(cast: Cast, until: date | None) -> datetime | None:
    """The identical press with an end date, which changes the share that exists."""
    to_ben = Target(Method.PHYSICIAN, str(cast.ben.uuid))
    press(cast, to_ben, in_days(5))
    press(cast, to_ben, until)
    return Share.objects.get().expires_at


def changed(cast: Cast, until: date | None) -> datetime | None:
    made = press(cast, Target(Method.PHYSICIAN, str(cast.ben.uuid)), in_days(5))
    change_share(share=made.uuid, by=acting(cast.ana), expires_at=until, note="")
    return Share.objects.get().expires_at


def granted(cast: Cast, until: date | None) -> datetime | None:
    made = press(cast, Target(Method.PHYSICIAN, str(cast.ben.uuid)), in_days(5))
    ask_for_time(placement=placement_of(cast.study, cast.ben.personal_worklist).uuid, by=acting(cast.ben))
    assert until is not None
    grant_time(share=made.uuid, by=acting(cast.ana), until=until)
    return Share.objects.get().expires_at


def granted_on_the_page(cast: Cast, until: date | None) -> datetime | None:
    made = press(cast, Target(Method.PHYSICIAN, str(cast.ben.uuid)), in_days(5))
    ask_for_time(placement=placement_of(cast.study, cast.ben.personal_worklist).uuid, by=acting(cast.ben))
    assert until is not None
    client = Client()
    client.force_login(cast.ana)
    page = client.post(reverse("sharing:more_time", args=[made.uuid]), {"until": until.isoformat()})
    if page.status_code == 422:
        raise ValidationError("refused", code="until")
    return Share.objects.get().expires_at


def onward(cast: Cast, until: date | None) -> datetime | None:
    """From a personal worklist the accounts of its owner speak."""
    press(cast, Target(Method.PHYSICIAN, str(cast.ben.uuid)), None)
    own = placement_of(cast.study, cast.ben.personal_worklist)
    report = share_studies(
        placements=[own.uuid],
        targets=[Target(Method.EMAIL, "dora@example.net")],
        by=acting(cast.ben),
        expires_at=until,
    )
    made = report.rows[0].share
    assert made is not None
    return Share.objects.get(pk=made.pk).expires_at


def linked(cast: Cast, until: date | None) -> datetime | None:
    made = make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana), expires_at=until)
    return GuestLink.objects.get(pk=made.pk).expires_at


def link_extended(cast: Cast, until: date | None) -> datetime | None:
    made = make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana), expires_at=in_days(3))
    assert until is not None
    return extend_guest_link(link=made.uuid, by=acting(cast.ana), expires_at=until).expires_at


DOORS: dict[str, Door] = {
    **{f"press by {method}": by_method(method) for method in Method},
    **{f"dialog by {method}": by_the_page(method) for method in Method},
    "the same press again": again,
    "change": changed,
    "more time granted": granted,
    "more time granted on its page": granted_on_the_page,
    "onward from a personal worklist": onward,
    "guest link": linked,
    "guest link extended": link_extended,
}
# These are given a day; of the same press again an empty field leaves what is there.
WITH_A_DAY = {
    "more time granted",
    "more time granted on its page",
    "guest link extended",
    "the same press again",
}


@pytest.fixture
def ruled(cast: Cast) -> Cast:
    """What the account allows at most, of each way of sharing."""
    lives = {method: LifeDays(None, LONGEST) for method in LifePolicy.Method.values}
    set_life_policies(account=cast.northgate, lives=lives, by=acting(cast.adam))
    return cast


@pytest.mark.parametrize("door", DOORS)
def test_the_last_day_that_is_allowed_is_given(ruled: Cast, door: str) -> None:
    assert DOORS[door](ruled, in_days(LONGEST)) == latest()


@pytest.mark.parametrize("door", DOORS)
def test_the_day_after_is_refused_and_nothing_lasts_longer(ruled: Cast, door: str) -> None:
    with pytest.raises(ValidationError):
        DOORS[door](ruled, in_days(LONGEST + 1))

    lasting: list[Any] = [*Share.objects.all(), *GuestLink.objects.all()]
    assert [each for each in lasting if each.expires_at is None or each.expires_at > latest()] == []


@pytest.mark.parametrize("door", sorted(DOORS.keys() - WITH_A_DAY - {"change", "guest link"}))
def test_without_a_day_the_longest_life_is_the_end(ruled: Cast, door: str) -> None:
    assert DOORS[door](ruled, None) == latest()


def test_a_guest_link_without_a_day_has_its_preset_within_the_longest_life(ruled: Cast) -> None:
    end = linked(ruled, None)

    assert end is not None
    assert now_of.now() < end <= latest()


def test_an_end_cannot_be_taken_away(ruled: Cast) -> None:
    with pytest.raises(ValidationError):
        changed(ruled, None)


def test_every_way_of_sharing_has_its_doors() -> None:
    ways = set(LifePolicy.Method.values)
    named = {*Method.values, LifePolicy.Method.GUEST_LINK.value}

    assert ways == named
    assert {f"press by {method}" for method in Method} <= DOORS.keys()


def test_a_refused_day_changes_nothing(ruled: Cast) -> None:
    before = fingerprint()

    with pytest.raises(ValidationError):
        by_method(Method.EMAIL)(ruled, in_days(LONGEST + 1))

    assert fingerprint(but={AUDIT}).items() <= before.items()


def test_what_is_sent_to_an_upload_address_lasts_no_longer(ruled: Cast, dicom_storage: Any) -> None:
    set_inbox(worklist=ruled.emergency, inbox=ruled.chest, by=acting(ruled.adam))

    sent(ruled, ruled.ed, sound())

    made = Share.objects.get(study=arrived(ruled))
    assert made.shared_by == ruled.ed
    assert made.expires_at == latest()
