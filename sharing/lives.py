"""How long a share may last: the rule of the accounts that speak, by method. Pure."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import LifePolicy
from common.days import end_of_day, last_moment, today_in
from common.formats import day

# Both sides are warned this long before a share ends, if it lives at least so long that the warning says something new.
WARNED_BEFORE = timedelta(days=3)
SHORTEST_WARNED = timedelta(days=4)
# What a person who asks for more time is offered.
MORE_DAYS = 14


class End(NamedTuple):
    """The end that a share may have (empty: none), or the sentence that refuses the end that was asked for."""

    expires_at: datetime | None
    refusal: str = ""


class Life(NamedTuple):
    """What the accounts that speak say of a method together, in days: of each number the smallest."""

    preset: int | None
    longest: int | None

    @classmethod
    def of(cls, policies: Iterable[LifePolicy], method: str) -> "Life":
        spoken = [policy for policy in policies if policy.method == method]
        longest = min((each.longest_days for each in spoken if each.longest_days is not None), default=None)
        presets = [each.preset_days for each in spoken if each.preset_days is not None]
        # Without a preset of its own, what has a longest life lasts that long.
        preset = min([*presets, *([longest] if longest is not None else [])], default=None)
        return cls(preset, longest)


def latest_end(days: int | None, now: datetime, zone: str) -> datetime | None:
    """The end of the last of so many days after today, as end dates are: inclusive, in the zone."""
    return None if days is None else end_of_day(today_in(zone, now) + timedelta(days=days), zone)


def allowed_end(
    policies: Iterable[LifePolicy], method: str, asked: datetime | None, now: datetime, *, zone: str
) -> End:
    """The end of what is shared now by a method. Nothing asked: the preset. Counted from now, whatever was before."""
    life = Life.of(policies, method)
    if asked is None:
        return End(latest_end(life.preset, now, zone))
    latest = latest_end(life.longest, now, zone)
    if latest is None or asked <= latest:
        return End(asked)
    return End(None, _refusal(method, latest, zone))


def changed_end(
    policies: Iterable[LifePolicy],
    method: str,
    asked: datetime | None,
    now: datetime,
    *,
    was: datetime | None,
    zone: str,
) -> End:
    """The end of a share that exists. An end that is left as it was is not asked about, whatever the rule is by now."""
    if asked == was:
        return End(was)
    if asked is not None:
        return allowed_end(policies, method, asked, now, zone=zone)
    life = Life.of(policies, method)
    latest = latest_end(life.longest, now, zone)
    return End(None) if latest is None else End(None, _refusal(method, latest, zone))


def longer_end(
    policies: Iterable[LifePolicy], method: str, was: datetime, now: datetime, *, zone: str
) -> datetime | None:
    """The end that a click gives when more time is asked for: two weeks more, within the rule, if that is later.

    None where the rule allows no later day.
    """
    wanted = end_of_day(today_in(zone, last_moment(was)) + timedelta(days=MORE_DAYS), zone)
    latest = latest_end(Life.of(policies, method).longest, now, zone)
    end = wanted if latest is None else min(wanted, latest)
    return end if end > was else None


def ends_by_method(
    policies: Collection[LifePolicy],
    methods: Iterable[str],
    asked: datetime | None,
    now: datetime,
    *,
    zone: str,
) -> Mapping[str, datetime | None]:
    """The end of the new shares of a press, by method. Raises ValidationError where the end asked for is too late."""
    ends = {str(method): allowed_end(policies, method, asked, now, zone=zone) for method in methods}
    if refusals := [end.refusal for end in ends.values() if end.refusal]:
        raise ValidationError(" ".join(sorted(refusals)), code="until")
    return {method: end.expires_at for method, end in ends.items()}


def in_words(
    policies: Collection[LifePolicy], method: str, now: datetime, zone: str, *, changing: bool = False
) -> str:
    """What a person reads of a method's preset and longest life; empty where neither is set.

    Who changes a share reads of the longest life alone: a preset is for new shares.
    """
    life = Life.of(policies, method)
    if changing:
        life = Life(life.longest, life.longest)
    names = {
        "method": LifePolicy.Method(method).label,
        "preset": _day(latest_end(life.preset, now, zone), zone),
        "latest": _day(latest_end(life.longest, now, zone), zone),
    }
    if life.longest is None:
        if life.preset is None:
            return ""
        return _("%(method)s: ends on %(preset)s unless you choose a date.") % names
    if life.preset == life.longest:
        return _("%(method)s: ends on %(latest)s at the latest.") % names
    return _("%(method)s: ends on %(preset)s unless you choose a date; on %(latest)s at the latest.") % names


def _day(end: datetime | None, zone: str) -> str:
    return "" if end is None else day(today_in(zone, last_moment(end)))


def _refusal(method: str, latest: datetime, zone: str) -> str:
    return _("%(method)s: choose an end date up to %(latest)s. Your organisation allows no later date.") % {
        "method": LifePolicy.Method(method).label,
        "latest": _day(latest, zone),
    }
