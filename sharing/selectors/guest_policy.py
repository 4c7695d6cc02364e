"""How long a guest link may live: what its account sets, and no longer than its studies are on the worklist."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import Account, AccountMembership, LifePolicy
from common import formats
from common.days import end_of_day, last_moment, today_in
from sharing.dates import check_end, zone_of
from sharing.lives import Life
from sharing.models import GuestLink
from sharing.selectors.lives import policies_for
from studies.models import NO_PATH, Placement
from worklists.models import Worklist

# Where no account speaks: of a person who belongs to none.
PRESET_DAYS, MOST_DAYS = 7, 30
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
        life = Life.of(policies_for(worklist, [GUEST_LINK]), GUEST_LINK)
        accounts = _accounts_of(worklist)
        presets = [account.guest_link_preset_days for account in accounts] or [PRESET_DAYS]
        longest = [account.guest_link_days for account in accounts] or [MOST_DAYS]
        return cls(
            zone=zone_of(worklist),
            preset_days=min(presets + ([life.preset] if life.preset is not None else [])),
            most_days=min(longest + ([life.longest] if life.longest is not None else [])),
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


def _accounts_of(worklist: Worklist) -> list[Account]:
    """Those whose numbers count: the worklist's, or of a personal worklist every account its owner is active in."""
    if worklist.account is not None:
        return [worklist.account]
    active = AccountMembership.objects.active().filter(user=worklist.owner_id)
    return list(Account.objects.filter(pk__in=active.values("account")))
