"""The shares of one generated study, and where they bring it, by the law: every share has one way back to home."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cimar.demo.scale.lists import ScaleDirectory

FOREVER, NEVER = 1 << 60, -1
DAY = 86_400

# How many shares a study has: most have a few, a few have many.
SHARES = ((0, 23), (1, 28), (2, 20), (3, 11), (4, 7), (5, 4), (6, 3), (10, 2.4), (20, 0.9), (60, 0.25))


@dataclass(slots=True)
class Node:
    """A worklist that the study is on, as positions and seconds; `since` is when it arrived there."""

    place: int
    since: int
    visible: int = FOREVER
    internal: int = FOREVER
    present: int = FOREVER


@dataclass(slots=True)
class ScaleShare:
    source: Node
    to: int
    method: str
    by: int
    at: int
    email: str = ""
    account: int | None = None
    expires: int | None = None
    approved: int | None = None
    approved_by: int | None = None
    ended: int | None = None
    ended_by: int | None = None
    why: str = ""


@dataclass(slots=True)
class Spread:
    nodes: list[Node]
    edges: list[ScaleShare] = field(default_factory=list)


class Spreader:
    """Draws shares. `draw()` gives a number from 0 up to 1."""

    def __init__(self, directory: ScaleDirectory, draw: Callable[[], float], now: int) -> None:
        self.directory, self.draw, self.now = directory, draw, now
        self.everybody = list(range(len(directory.members)))
        self.owners = {member.personal: n for n, member in enumerate(directory.members)}

    def spread(self, home: int, arrived: int, number: int, *, to_big: bool) -> Spread:
        """`to_big`: it shall be on the big worklist too."""
        spread = Spread([Node(home, arrived)])
        taken = {home, self.directory.big}
        if to_big:
            self._share_to_big(spread)
        for _ in range(number):
            self._share(spread, taken)
        return spread

    def _share_to_big(self, spread: Spread) -> None:
        home, big = spread.nodes[0], self.directory.places[self.directory.big]
        account = self.directory.places[home.place].account
        edge = ScaleShare(
            home, self.directory.big, "code", self._any(self._people(home.place)), self._later(home.since)
        )
        if account == big.account:
            edge.method, edge.account = "location", account
        edge.approved = edge.at
        self._arrive(spread, edge)

    def _share(self, spread: Spread, taken: set[int]) -> None:
        draw = self.draw
        source = spread.nodes[0]
        if len(spread.nodes) > 1 and draw() < 0.3:
            source = spread.nodes[1 + int(draw() * (len(spread.nodes) - 1))]
            if source.visible <= self.now:
                return
        edge = self._aim(source)
        if edge is None or edge.to in taken:
            return
        place = self.directory.places[edge.to]
        if place.needs_approval and draw() < 0.3:
            edge.approved = None
        elif place.needs_approval:
            assert place.account is not None
            edge.approved, edge.approved_by = edge.at, self._any(self.directory.people_of[place.account])
        else:
            edge.approved = edge.at
        self._limit(edge)
        if edge.ended is not None:
            # What had been shared on from there ended with it.
            spread.edges.append(edge)
            if edge.approved is not None and edge.why != "removed" and draw() < 0.2:
                self._lapse(spread, edge, taken)
            return
        taken.add(edge.to)
        self._arrive(spread, edge)
        if edge.approved is not None and draw() < 0.03:
            self._again(spread, edge)

    def _aim(self, source: Node) -> ScaleShare | None:
        """By a method that the place it is shared from offers, to whom that method reaches."""
        draw, directory = self.draw, self.directory
        place = directory.places[source.place]
        account = place.account
        people = self._people(source.place)
        by = self._any(people)
        if place.owner is not None:
            account = directory.members[by].account
        at = self._later(source.since)
        turn = draw()
        if account is None:
            turn = 0.75 + turn / 4
        if turn < 0.5:
            to = self._any(directory.of_account[account or 0])
            return ScaleShare(source, to, directory.places[to].kind, by, at, account=account)
        if turn < 0.75:
            to_whom = self._any(directory.people_of[account or 0])
            if to_whom == by:
                return None
            return ScaleShare(
                source, directory.members[to_whom].personal, "physician", by, at, account=account
            )
        if turn < 0.9:
            return ScaleShare(source, self._any(directory.coded), "code", by, at)
        to_whom = self._any(self.everybody)
        if to_whom == by:
            return None
        person = directory.members[to_whom]
        return ScaleShare(source, person.personal, "email", by, at, email=person.email)

    def _limit(self, edge: ScaleShare) -> None:
        """Some shares have an end date; some have come to it, some were ended before."""
        turn = self.draw()
        if turn < 0.10:
            edge.expires = (self.now // DAY + 2 + int(self.draw() * 300)) * DAY
        elif turn < 0.13:
            edge.expires = edge.at + int((0.1 + 0.8 * self.draw()) * (self.now - edge.at))
            edge.ended, edge.why = edge.expires, "expired"
        elif turn < 0.17:
            edge.ended = edge.at + int((0.1 + 0.8 * self.draw()) * (self.now - edge.at))
            edge.why = "removed" if turn > 0.163 else "ended"
            edge.ended_by = edge.by if edge.why == "ended" else self._any(self._people(edge.to))

    def _lapse(self, spread: Spread, edge: ScaleShare, taken: set[int]) -> None:
        gone = Node(edge.to, edge.at)
        onward = self._aim(gone)
        if onward is None or edge.ended is None or onward.to in taken or onward.to == edge.to:
            return
        onward.at = onward.approved = edge.at + (edge.ended - edge.at) // 2
        onward.ended, onward.why = edge.ended, "unreachable"
        spread.edges.append(onward)

    def _again(self, spread: Spread, edge: ScaleShare) -> None:
        """A colleague shares the same study to the same place: two shares, one placement, the later end counts."""
        people = self._people(edge.source.place)
        by = self._any(people)
        if by == edge.by:
            return
        again = ScaleShare(
            edge.source, edge.to, edge.method, by, min(edge.at + DAY // 2, self.now - 1), edge.email
        )
        again.account, again.approved, again.approved_by = edge.account, None, edge.approved_by
        again.approved = again.at
        spread.edges.append(again)
        node = spread.nodes[-1]
        node.visible = node.present = max(node.visible, edge.source.visible)
        if again.method != "email":
            node.internal = max(node.internal, edge.source.internal)

    def _arrive(self, spread: Spread, edge: ScaleShare) -> None:
        source, until = edge.source, edge.expires if edge.expires is not None else FOREVER
        node = Node(edge.to, edge.at, NEVER, NEVER, min(source.visible, until))
        if edge.approved is not None:
            node.visible = node.present
            node.internal = NEVER if edge.method == "email" else min(source.internal, until)
        spread.edges.append(edge)
        spread.nodes.append(node)

    def _people(self, position: int) -> list[int]:
        """Who may have shared from there, as positions."""
        place = self.directory.places[position]
        if place.owner is not None:
            return [self.owners[position]]
        return self.directory.people_of[place.account or 0]

    def _any(self, of: list[int]) -> int:
        return of[int(self.draw() * len(of))]

    def _later(self, since: int) -> int:
        """Soon after, mostly; never after now."""
        return since + 1 + int(self.draw() ** 3 * min(30 * DAY, self.now - since - 2))
