"""What the periodic task tells by the clock: ends, and the daily mail; each exactly once, however often it runs."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from accounts.mail import NothingToSend
from accounts.models import OutboxMail, User
from audit import clock as now_of
from common.days import today_in
from sharing.models import Method, Notice, Share
from sharing.notice_mail import daily_notices as render_daily
from sharing.selectors.notices import notices_of
from sharing.services import change_share, decide_share, end_shares, settle_overdue, share_studies
from sharing.services.daily_notices import days_due, forget_old_notices, send_daily_notices
from sharing.services.notice_reads import mark_notices
from sharing.services.openings import tell_openings
from sharing.services.warnings import warn_of_ends
from sharing.targets import Target
from studies.models import Opening, Placement
from studies.selectors import placement_for
from studies.services import open_study
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from worklists.services import change_worklist, choose_notices

pytestmark = pytest.mark.django_db


def to(person: User) -> Target:
    return Target(Method.PHYSICIAN, str(person.uuid))


def shared(cast: Cast, *targets: Target, days: int | None, placements: Any = None) -> list[Share]:
    """Shared by Ana until the last moment of so many days after today."""
    last = None if days is None else today_in("Europe/London", now_of.now()) + timedelta(days=days)
    report = share_studies(
        placements=placements or [cast.placement.uuid],
        targets=targets or [to(cast.ben)],
        by=acting(cast.ana),
        expires_at=last,
    )
    return [row.share for row in report.rows]


def warned(person: User) -> list[str]:
    rows = notices_of(acting(person)).lines
    return [row.sentence for row in rows if row.notice.event == "ending_soon"]


def mailed(kind: str) -> Counter[str]:
    return Counter(OutboxMail.objects.filter(kind=kind).values_list("recipient", flat=True))


def move_to(clock: Any, hour: int, zone: str = "Europe/London") -> None:
    """On to the next time that it is this hour there."""
    local = now_of.now().astimezone(ZoneInfo(zone))
    wanted = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    if wanted <= local:
        wanted += timedelta(days=1)
    clock.move(seconds=(wanted - local).total_seconds())


# --- Three days before


def test_both_sides_are_warned_once_three_days_before(cast, clock):
    [share] = shared(cast, days=10)

    clock.move(days=7)
    assert warn_of_ends() == 0
    clock.move(days=1)
    assert [warn_of_ends(), warn_of_ends()] == [1, 0]

    last = share.expires_at - timedelta(seconds=1)
    day = f"{last.astimezone(ZoneInfo('Europe/London')):%-d %b %Y}"
    assert warned(cast.ben) == [f"1 study that Ana shared with Ben: the last day is {day}."]
    assert len(warned(cast.ana)) == 1
    assert day in warned(cast.ana)[0]


def test_a_press_to_several_is_one_warning_for_each_person(cast, clock):
    second = placement_of(make_study(cast.ct), cast.ct)
    shared(cast, to(cast.ben), to(cast.vera), days=10, placements=[cast.placement.uuid, second.uuid])

    clock.move(days=8)

    assert warn_of_ends() == 4
    assert [len(warned(person)) for person in (cast.ana, cast.ben, cast.vera)] == [1, 1, 1]
    assert warned(cast.ben)[0].startswith("2 studies")


def test_a_share_that_lives_no_longer_than_the_warning_has_none(cast, clock):
    shared(cast, days=2)

    clock.move(days=1)

    assert warn_of_ends() == 0
    assert warned(cast.ben) == []


def test_a_share_approved_shortly_before_its_end_has_none(cast, clock):
    change_worklist(worklist=cast.emergency, needs_approval=True, by=acting(cast.adam))
    [share] = shared(cast, Target(Method.LOCATION, str(cast.emergency.uuid)), days=10)
    clock.move(days=8)
    assert warn_of_ends() == 0

    decide_share(share=share.uuid, by=acting(cast.adam), approve=True)

    assert warn_of_ends() == 0


def test_a_changed_end_is_warned_of_again_and_the_same_end_is_not(cast, clock):
    [share] = shared(cast, days=10)
    first = share.expires_at
    clock.move(days=9)
    warn_of_ends()

    def change(to: datetime) -> None:
        change_share(share=share.uuid, by=acting(cast.ana), expires_at=to, note="")

    change(first + timedelta(days=1))
    assert warn_of_ends() == 1
    assert len(warned(cast.ben)) == 2
    change(first + timedelta(days=30))
    assert warn_of_ends() == 0
    change(first)
    warn_of_ends()
    assert len(warned(cast.ben)) == 2


def test_an_ended_or_expired_share_is_not_warned_of(cast, clock):
    [share] = shared(cast, days=10)
    shared(cast, to(cast.vera), days=10)
    end_shares(shares=[share.uuid], by=acting(cast.ana))

    clock.move(days=12)

    assert warn_of_ends() == 0
    assert warned(cast.vera) == []


def test_a_share_without_an_end_is_not_warned_of(cast, clock):
    shared(cast, days=None)
    clock.move(days=1000)
    assert warn_of_ends() == 0


# --- Once a day


def daily(person: User) -> None:
    choose_notices(worklist=person.personal_worklist, times={"shared_here": "daily"}, by=acting(person))


def test_notices_for_once_a_day_are_in_one_mail_the_next_morning(cast, clock):
    daily(cast.ben)
    move_to(clock, 12)
    send_daily_notices()
    shared(cast, days=None)
    shared(cast, days=None, placements=[placement_of(make_study(cast.ct), cast.ct).uuid])
    # It is late enough for a mail today, and Ben had none.
    assert [send_daily_notices(), send_daily_notices()] == [1, 0]
    shared(cast, days=None, placements=[placement_of(make_study(cast.ct), cast.ct).uuid])
    assert send_daily_notices() == 0

    move_to(clock, 6)
    assert send_daily_notices() == 0
    move_to(clock, 7)
    assert [send_daily_notices(), send_daily_notices()] == [1, 0]

    first, second = OutboxMail.objects.filter(kind="daily_notices").order_by("pk")
    assert render_daily(first).subject == "Daily summary: 2 notifications"
    assert render_daily(second).text.count("- New from Ana: 1 study.") == 1


@pytest.mark.parametrize(
    "zone, moment, day",
    [
        ("Europe/London", "2026-07-01T05:59+00:00", None),
        ("Europe/London", "2026-07-01T06:00+00:00", "2026-07-01"),
        ("Pacific/Kiritimati", "2026-07-01T17:00+00:00", "2026-07-02"),
        ("America/St_Johns", "2026-07-02T02:00+00:00", "2026-07-01"),
        ("Nowhere/Town", "2026-07-01T07:00+00:00", "2026-07-01"),
    ],
)
def test_the_day_is_the_persons_own(zone, moment, day):
    due = days_due({zone}, datetime.fromisoformat(moment))

    assert [each.isoformat() for each in due.values()] == [day for day in [day] if day]


def test_what_was_read_meanwhile_is_in_no_mail(cast, clock):
    daily(cast.ben)
    shared(cast, days=None)
    mark_notices(by=acting(cast.ben))

    move_to(clock, 8)

    assert send_daily_notices() == 0


def test_a_daily_mail_of_studies_that_are_gone_is_not_sent(cast, clock):
    daily(cast.ben)
    [share] = shared(cast, days=None)
    move_to(clock, 8)
    send_daily_notices()
    end_shares(shares=[share.uuid], by=acting(cast.ana))

    with pytest.raises(NothingToSend):
        render_daily(OutboxMail.objects.get(kind="daily_notices"))


def test_notices_are_forgotten_after_half_a_year(cast, clock):
    shared(cast, days=None)
    clock.move(days=179)
    assert forget_old_notices() == 0
    clock.move(days=2)
    assert forget_old_notices() == 1
    assert not Notice.objects.exists()


# --- Two weeks


def two_weeks(clock: Any, runs: dict[int, int], opened: dict[int, Placement] | None = None) -> None:
    """Each hour of two weeks as often as `runs` says of the hour's number; once where it says nothing.

    `opened` are the studies that Ben opens in an hour.
    """
    ben = acting(User.objects.get(name="Ben"))
    for hour in range(14 * 24):
        clock.move(hours=1)
        if opened and hour in opened:
            seen = placement_for(ben, opened[hour].uuid)
            assert seen is not None
            open_study(placement=seen, by=ben)
        for _ in range(runs.get(hour, 1)):
            settle_overdue()
            warn_of_ends()
            tell_openings()
            send_daily_notices()


ON_TIME: dict[int, int] = {}
TWICE = dict.fromkeys(range(14 * 24), 2)
# No worker for a day, three times; one of them is the day on which the first share ends.
ABSENT = {hour: 0 for day in (1, 5, 9) for hour in range(day * 24, day * 24 + 24)}
LATE = {hour: int(hour % 5 == 0) for hour in range(14 * 24)}


@pytest.mark.parametrize("runs", [ON_TIME, TWICE, ABSENT, LATE], ids=["on time", "twice", "absent", "late"])
def test_in_two_weeks_each_warning_daily_mail_and_end_happens_once(cast, clock, runs):
    choose_notices(
        worklist=cast.ben.personal_worklist,
        times={"ending_soon": "daily", "shared_here": "off"},
        by=acting(cast.ben),
    )
    choose_notices(worklist=cast.ct, times={"ending_soon": "now"}, by=acting(cast.ana))
    move_to(clock, 1)
    ends = (6, 8, 10, 12)
    studies = [placement_of(make_study(cast.ct), cast.ct).uuid for _ in ends]
    made = [
        share
        for days, study in zip(ends, studies, strict=True)
        for share in shared(cast, days=days, placements=[study])
    ]

    two_weeks(clock, runs)

    warnings = Notice.objects.filter(event="ending_soon")
    assert Counter(warnings.values_list("user__name", flat=True)) == {"Ana": 4, "Ben": 4}
    assert mailed("notice") == {cast.ana.email: 4}
    # Two days lie between the ends: each morning after a warning has a mail of its own.
    assert mailed("daily_notices") == {cast.ben.email: 4}
    assert not warnings.filter(user=cast.ben, digest=None).exists()
    ended = Share.objects.filter(pk__in=[share.pk for share in made])
    assert list(ended.values_list("end_reason", flat=True)) == ["expired"] * 4


@pytest.mark.parametrize("runs", [ON_TIME, TWICE, ABSENT, LATE], ids=["on time", "twice", "absent", "late"])
def test_in_two_weeks_each_first_opening_is_in_a_daily_mail_once(cast, clock, runs):
    choose_notices(worklist=cast.ct, times={"opened": "daily"}, by=acting(cast.ana))
    move_to(clock, 1)
    opened = {}
    for day in (2, 6, 10):
        study = make_study(cast.ct)
        shared(cast, days=None, placements=[placement_of(study, cast.ct).uuid])
        there = placement_of(study, cast.ben.personal_worklist)
        # On that day at noon, an hour later, and on the next day.
        opened |= dict.fromkeys((day * 24 + 12, day * 24 + 13, day * 24 + 36), there)

    two_weeks(clock, runs, opened)

    notices = Notice.objects.filter(event="opened")
    assert Counter(notices.values_list("user__name", flat=True)) == {"Ana": 3}
    assert mailed("daily_notices") == {cast.ana.email: 3}
    assert not notices.filter(digest=None).exists()
    assert not Opening.objects.exists()
