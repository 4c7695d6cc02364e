"""The shares of a moment in the past: how far the original's trail has them, and a way along them in words."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from sharing.facts import Facts, ShareFact, Way
from sharing.models import Method
from sharing.selectors.access.paths import SOMEONE, Step
from sharing.selectors.access.people import REASONS, ShownWay
from studies.models import FOREVER
from worklists.models import Worklist


def within(facts: Facts) -> Facts:
    """Without what was shared by those who had the study by email alone: not even the original's trail has that."""
    inside, ever = reached(facts, facts.shares), reached(facts, [*facts.shares, *facts.ended], ever=True)
    return replace(
        facts,
        shares=[share for share in facts.shares if share.source in inside],
        ended=[share for share in facts.ended if share.source in ever],
    )


def reached(facts: Facts, shares: Sequence[ShareFact], *, ever: bool = False) -> set[int]:
    """The worklists to which shares by other methods than email lead from home; `ever`: whether or not they ended."""
    onward: dict[int, list[int]] = defaultdict(list)
    for share in shares:
        counts = share.approved and share.method != Method.EMAIL and (ever or share.until > facts.now)
        if counts and share.target is not None and (ever or facts.visible(share.target)):
            onward[share.source].append(share.target)
    reached, waiting = {facts.home}, [facts.home]
    while waiting:
        for target in onward[waiting.pop()]:
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached


def on_path(way: Way) -> list[int]:
    return [pk for share in way.path for pk in (share.source, share.target) if pk is not None]


def way_then(way: Way, named: dict[int, Worklist], names: dict[int, str], *, email: str = "") -> ShownWay:
    """A path that begins at home. Where it went through someone reached by email, that person is not named.

    `email`: the path ends with someone whom the reader knows by this email alone.
    """
    start = way.path[0].source if way.path else way.worklist
    path: list[Step] = [_step_of(named.get(start), "home")]
    for share in way.path:
        method = Method(share.method).label.lower()
        path.append(
            {"kind": "share", "label": _("by %(name)s") % {"name": names[share.by]}, "detail": method}
        )
        place = named.get(share.target) if share.target is not None else None
        hidden = share.method == Method.EMAIL and share.target != way.worklist
        path.append({"kind": "person", "label": _(SOMEONE)} if hidden else _step_of(place, "worklist"))
    if email:
        path[-1] = {"kind": "person", "label": email, "external": True}
    place = named.get(way.worklist)
    return ShownWay(
        role=way.held.role,
        why=_(REASONS[way.held.why]),
        worklist=place.label if place is not None else "",
        path=path,
        by=names[way.granted_by] if way.granted_by is not None else "",
        since=way.since,
        until=way.until if way.until < FOREVER else None,
        external=way.external,
        for_approval=way.for_approval,
    )


def _step_of(place: Worklist | None, kind: str) -> Step:
    if place is None:
        return {"kind": kind, "label": _("a worklist that was deleted")}
    account = place.account.name if place.account is not None else ""
    return {"kind": "person" if place.is_personal else kind, "label": place.label, "detail": account}
