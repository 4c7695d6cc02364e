"""Who can open a study, why, and why not: a pure function of facts that were read before.

`explain` answers for a person, `explain_link` for a guest link. A person can open the study where it is visible on a
worklist on which their role may list studies and open images; and where it waits for approval, if they may approve it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sharing.facts import Facts, LinkFact, OpenPlace, ShareFact, Way
from sharing.models.guest_link import State, state_of
from worklists.access import GUEST_LINK_NEEDS
from worklists.access.standing import HeldRole, Why


class Obstacle(StrEnum):
    """Why a person cannot open the study on a worklist, or at all. Of several reasons the first is shown."""

    DELETED = "deleted"
    DEACTIVATED = "deactivated"
    INACTIVE = "inactive"
    MAY_NOT_LIST = "may_not_list"
    MAY_NOT_OPEN = "may_not_open"
    CHANGING = "changing"
    WAITING = "waiting"
    ENDED = "ended"
    EXPIRED = "expired"
    CUT_OFF = "cut_off"
    NOT_A_MEMBER = "not_a_member"
    # Of a guest link.
    LINK_OVER = "link_over"
    LINK_MAKER = "link_maker"
    LINK_ROLE = "link_role"


ORDER = {obstacle: number for number, obstacle in enumerate(Obstacle)}


@dataclass(frozen=True)
class Reason:
    """An obstacle with what its sentence names: the worklist, the role, the share, the moment."""

    obstacle: Obstacle
    worklist: int | None = None
    role: str = ""
    share: ShareFact | None = None
    at: datetime | None = None
    state: State | None = None


@dataclass(frozen=True)
class Explanation:
    """Whether a person can open the study: the ways by which they can, else the reasons why not, the main one first."""

    ways: tuple[Way, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def opens(self) -> bool:
        return bool(self.ways)


def explain(facts: Facts, person: int) -> Explanation:
    """The ways of a person who can open the study, the longest-lasting first; else every reason why they cannot."""
    if facts.deleted_at is not None:
        return Explanation(reasons=(Reason(Obstacle.DELETED, at=facts.deleted_at),))
    if ways := ways_of(facts, person):
        return Explanation(ways=tuple(place.way(role) for place, role in ways))
    theirs = facts.standings.places_of(person)
    held = {worklist: facts.standings.held(person, worklist) for worklist in theirs}
    reasons = [reason for worklist, role in held.items() for reason in _reasons(facts, worklist, role)]
    if facts.standings.active.get(person) is False:
        reasons.insert(0, Reason(Obstacle.DEACTIVATED))
    if not reasons:
        reasons = [Reason(Obstacle.NOT_A_MEMBER)]
    return Explanation(reasons=tuple(sorted(reasons, key=lambda reason: ORDER[reason.obstacle])))


def ways_of(facts: Facts, person: int) -> list[tuple[OpenPlace, HeldRole]]:
    """Where the person can open the study, and by which role: the ways of `explain`, in their order."""
    return [
        (place, role)
        for place, role in facts.standings.held_on(person, facts.open_places)
        if (role.decides if place.for_approval else role.opens)
    ]


def explain_link(facts: Facts, link: LinkFact) -> Explanation:
    """The same for the holder of a guest link; a visit that began with a used-up link still opens the study."""
    held = facts.standings.held(link.made_by, link.worklist)
    state = link_state(facts, link)
    if facts.deleted_at is None and state.lets_visits_go_on and "open_study" in facts.standings.guest.rights:
        way = facts.open_place(link.worklist).way(held)
        ends, began = min(way.until, link.expires_at), max(way.since, link.made_at)
        return Explanation(ways=(Way(way.worklist, held, way.path, began, ends, way.external),))
    if facts.deleted_at is not None:
        return Explanation(reasons=(Reason(Obstacle.DELETED, at=facts.deleted_at),))
    if state is State.NO_RIGHT:
        return Explanation(reasons=(Reason(Obstacle.LINK_MAKER, link.worklist, held.role),))
    if state.lets_visits_go_on:
        return Explanation(reasons=(Reason(Obstacle.LINK_ROLE, link.worklist, facts.standings.guest.name),))
    at = link.ended_at if state is State.ENDED else link.expires_at if state is State.EXPIRED else None
    return Explanation(reasons=(Reason(Obstacle.LINK_OVER, link.worklist, at=at, state=state),))


def link_state(facts: Facts, link: LinkFact) -> State:
    return state_of(
        ended=link.ended_at is not None,
        expired=link.expires_at <= facts.now,
        on_worklist=link.same and facts.visible(link.worklist),
        maker_may=facts.standings.held(link.made_by, link.worklist).rights.issuperset(GUEST_LINK_NEEDS),
        locked=link.locked,
        used_up=link.used_up,
    )


def opens_at(facts: Facts, worklist: int, held: HeldRole) -> bool:
    """Whether someone with this role on the worklist can open the study there."""
    return (held.opens and facts.visible(worklist)) or (held.decides and facts.awaiting(worklist))


def _reasons(facts: Facts, worklist: int, held: HeldRole) -> Iterable[Reason]:
    """Why this worklist does not let the person open the study; nothing where they have no part in it."""
    if held.why in (Why.NOT_A_MEMBER, Why.DEACTIVATED):
        return
    if facts.visible(worklist):
        yield from _reasons_of_role(worklist, held)
    elif held.why is not Why.INACTIVE:
        yield from _reasons_of_shares(facts, worklist)


def _reasons_of_role(worklist: int, held: HeldRole) -> Iterable[Reason]:
    if held.why is Why.INACTIVE:
        yield Reason(Obstacle.INACTIVE, worklist)
    elif held.is_changing:
        yield Reason(Obstacle.CHANGING, worklist, held.role)
    elif "list_studies" not in held.rights:
        yield Reason(Obstacle.MAY_NOT_LIST, worklist, held.role)
    elif "open_study" not in held.rights:
        yield Reason(Obstacle.MAY_NOT_OPEN, worklist, held.role)


def _reasons_of_shares(facts: Facts, worklist: int) -> Iterable[Reason]:
    """A share that waits, or the last that ended: by its end date, by someone, or with a share before it."""
    here = [share for share in facts.shares if share.target == worklist]
    for share in here:
        if not share.approved and share.until > facts.now and facts.visible(share.source):
            yield Reason(Obstacle.WAITING, worklist, share=share, at=share.since)
            return
    for share in sorted(here, key=lambda share: share.since, reverse=True):
        if share.until <= facts.now:
            yield Reason(Obstacle.EXPIRED, worklist, share=share, at=share.until)
        else:
            yield Reason(Obstacle.CUT_OFF, worklist, share=share)
        return
    gone = [share for share in facts.ended if share.target == worklist and share.ended_at is not None]
    if gone:
        latest = max(gone, key=lambda share: share.ended_at or share.since)
        yield Reason(Obstacle.ENDED, worklist, share=latest, at=latest.ended_at)
