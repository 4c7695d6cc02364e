"""Two weeks of urgent shares by the moved clock: each mail once, however often and however late the task runs."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from audit import clock as now_of
from sharing.models import Escalation, Notice, Share
from sharing.services import decide_share, end_shares, settle_overdue
from sharing.services.urgent import escalate_urgent
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from tests.sharing.urgent import (
    email,
    group,
    mailed,
    new_colleague,
    open_as,
    set_contacts,
    share_urgent,
)
from worklists.services import change_worklist

pytestmark = pytest.mark.django_db

STEP = 30
STEPS = 14 * 24 * 60 // STEP
A_DAY = 24 * 60 // STEP

ON_TIME: dict[int, int] = {}
TWICE = dict.fromkeys(range(STEPS), 2)
# No worker for a day, three times; on the first of them two shares become overdue.
ABSENT = {step: 0 for day in (0, 5, 9) for step in range(day * A_DAY, (day + 1) * A_DAY)}
LATE = {step: int(step % 7 == 0) for step in range(STEPS)}


class Weeks:
    """A share of each kind, made at the beginning of its day."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.ida = new_colleague(cast, "Ida")
        set_contacts(cast, cast.ben, self.ida)
        change_worklist(worklist=cast.chest, needs_approval=True, by=acting(cast.adam))
        self.made: dict[str, Share] = {}
        self.is_opened = False

    def share(self, kind: str, *targets: Any, **more: Any) -> None:
        study = placement_of(make_study(self.cast.ct), self.cast.ct).uuid
        [self.made[kind]] = share_urgent(self.cast, *targets, minutes=4 * 60, placements=[study], **more)

    def day(self, day: int) -> None:
        cast = self.cast
        match day:
            case 0:
                self.share("never opened")
                self.share("by email", email(cast.ed.email))
            case 2:
                self.share("opened in time")
                open_as(cast.ben, self.made["opened in time"])
                self.share("opened after the first contact")
            case 4:
                self.share("declined", group(cast.chest))
                decide_share(share=self.made["declined"].uuid, by=acting(cast.adam), approve=False)
                self.share("withdrawn")
                end_shares(shares=[self.made["withdrawn"].uuid], by=acting(cast.ana))
            case 8:
                tomorrow = now_of.now().date() + timedelta(days=1)
                self.share("ends unopened", expires_at=tomorrow)

    def run(self, clock: Any, runs: dict[int, int]) -> None:
        for step in range(STEPS):
            if step % A_DAY == 0:
                self.day(step // A_DAY)
            clock.move(minutes=STEP)
            for _ in range(runs.get(step, 1)):
                settle_overdue()
                escalate_urgent()
            self.open_after_the_first_contact()

    def open_after_the_first_contact(self) -> None:
        share = self.made.get("opened after the first contact")
        if share and share.escalations.count() == 1 and not self.is_opened:
            open_as(self.ida, share)
            self.is_opened = True

    def steps(self) -> dict[str, list[str | None]]:
        """Of each share the contacts who were notified, in their order; none where only the sharer was."""
        return {
            kind: list(share.escalations.order_by("number").values_list("contact__name", flat=True))
            for kind, share in self.made.items()
        }


@pytest.mark.parametrize("runs", [ON_TIME, TWICE, ABSENT, LATE], ids=["on time", "twice", "absent", "late"])
def test_in_two_weeks_each_urgent_mail_is_sent_once(cast, clock, runs):
    weeks = Weeks(cast)

    weeks.run(clock, runs)

    steps = weeks.steps()
    last = steps.pop("ends unopened")
    assert steps == {
        "never opened": ["Ben", "Ida"],
        "by email": [None],
        "opened in time": [],
        "opened after the first contact": ["Ben"],
        "declined": [],
        "withdrawn": [],
    }
    # It ends within two days: by then as many contacts were notified as the task has run.
    assert last in ([], ["Ben"], ["Ben", "Ida"])
    assert mailed() == Counter(
        {cast.ana.email: 3 + bool(last), cast.ben.email: 2 + bool(last), weeks.ida.email: 1 + ("Ida" in last)}
    )
    assert Notice.objects.filter(event="urgent").count() == sum(mailed().values())
    assert not Share.objects.filter(escalate_at__isnull=False, ended_at=None).exists()


@pytest.mark.parametrize("runs", [ABSENT, LATE], ids=["absent", "late"])
def test_between_two_contacts_is_the_whole_wait_however_late_the_first_was(cast, clock, runs):
    weeks = Weeks(cast)

    weeks.run(clock, runs)

    first, second = Escalation.objects.filter(share=weeks.made["never opened"]).order_by("number")
    assert second.at - first.at >= timedelta(minutes=30)
