"""How long a guest link may live: what its account sets, and no longer than its studies are on the worklist."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import AccountMembership, LifePolicy
from accounts.models.life import GUEST_LINK_LONGEST_DAYS, GUEST_LINK_PRESET_DAYS
from common import formats
from common.days import end_of_day, last_moment, today_in
from sharing.dates import check_end, zone_of
from sharing.models import GuestLink
from sharing.selectors.lives import policies_for
from studies.models import NO_PATH, Placement
from worklists.models import Worklist

GUEST_LINK = LifePolicy.Method.GUEST_LINK


def shown_end(link: GuestLink) -> str:
    """The end of a link as everyone reads it: a day, or the hour where the day does not count to its end."""
    zone = zone_of(link.worklist)
    day = today_in(zone, last_moment(link.expires_at))
    if end_of_day(day, zone) == link.expires_at:
        return formats.day(day)
    return formats.moment(link.expires_at)


@dataclass(frozen=True)
class Policy:
    """The bounds of a link that was made at `made_at`, in the zone of its worklist. Days count to their end."""

    zone: str
    preset_days: int
    most_days: int
    # When the last of its studies leaves the worklist, as far as that is known.
    until: datetime
    made_at: datetime
    now: datetime

    @classmethod
    def of(
        cls,
        worklist: Worklist,
        placements: Collection[Placement],
        made_at: datetime,
        now: datetime | None = None,
    ) -> "Policy":
        """`made_at`, and `now` where that is later."""
        lives = _lives_on(worklist)
        return cls(
            zone=zone_of(worklist),
            preset_days=min(preset for preset, _longest in lives),
            most_days=min(longest for _preset, longest in lives),
            until=max((placement.visible_until for placement in placements), default=NO_PATH),
            made_at=made_at,
            now=now or made_at,
        )

    @property
    def latest(self) -> datetime:
        """The stricter of the longest life and the end of the studies' time on the worklist."""
        return min(self._after(self.most_days), self.until)

    @property
    def preset(self) -> datetime:
        return min(self._after(self.preset_days), self.latest)

    def last_day(self, end: datetime) -> date:
        """The day that the end is shown as."""
        return today_in(self.zone, last_moment(end))

    @property
    def today(self) -> date:
        return today_in(self.zone, self.now)

    @property
    def in_words(self) -> str:
        day = formats.day(self.last_day(self.latest))
        if self.is_bound_by_share:
            sentence = _(
                "It can be opened until the end of this day. The study is on this worklist until %(day)s."
            )
        else:
            sentence = _("It can be opened until the end of this day: %(day)s at the latest.")
        return sentence % {"day": day}

    @property
    def is_bound_by_share(self) -> bool:
        return self.until < self._after(self.most_days)

    def end(self, wanted: date | datetime | None) -> datetime:
        """The moment of the wanted end, or of the preset; raises ValidationError where that is past or too late."""
        if wanted is None:
            moment = self.preset
        elif isinstance(wanted, datetime):
            moment = wanted
        else:
            # The last day may be one on which the studies leave before midnight; the days beyond it have no moment.
            last = self.last_day(self.latest)
            moment = end_of_day(wanted, self.zone) if wanted < last else self.latest
            if wanted > last:
                raise ValidationError(self._too_late(), code="until")
        check_end(moment, self.now)
        if moment > self.latest:
            raise ValidationError(self._too_late(), code="until")
        return moment

    def _after(self, days: int) -> datetime:
        return end_of_day(today_in(self.zone, self.made_at) + timedelta(days=days), self.zone)

    def _too_late(self) -> str:
        day = formats.day(self.last_day(self.latest))
        if self.is_bound_by_share:
            sentence = _("The study is on this worklist until %(day)s. The link cannot last longer.")
        else:
            sentence = _("Your organisation lets a guest link last until %(day)s at most.")
        return sentence % {"day": day}


def _lives_on(worklist: Worklist) -> list[tuple[int, int]]:
    """Preset and longest life of each account that speaks; the site's where an account says nothing, or none speaks."""
    policies = policies_for(worklist, [GUEST_LINK])
    lives = [
        (
            GUEST_LINK_PRESET_DAYS if policy.preset_days is None else policy.preset_days,
            GUEST_LINK_LONGEST_DAYS if policy.longest_days is None else policy.longest_days,
        )
        for policy in policies
    ]
    if not policies or len(policies) < _number_of_accounts(worklist):
        lives.append((GUEST_LINK_PRESET_DAYS, GUEST_LINK_LONGEST_DAYS))
    return lives


def _number_of_accounts(worklist: Worklist) -> int:
    """Whose numbers count: the worklist's, or of a personal worklist every account its owner is active in."""
    if worklist.account_id is not None:
        return 1
    return AccountMembership.objects.active().filter(user=worklist.owner_id).count()
