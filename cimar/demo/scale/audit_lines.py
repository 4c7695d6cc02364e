"""The audit of generated studies: their arrival, what was shared and ended, and who viewed it."""

from collections.abc import Callable

from audit.actions import Action
from cimar.demo.scale.graph import DAY, ScaleShare, Spread
from cimar.demo.scale.lists import ScaleDirectory
from cimar.demo.scale.written import Moments, escaped, nullable

# Ten events of audit a study: what is left beside arrival and shares are views.
VIEWS = (
    (Action.STUDY_OPEN, '{"page": "images", "series": 3}', 0.36),
    (Action.IMAGES_SERVED, "{}", 0.30),
    (Action.LIST_READ, '{"rows": 50, "order": "arrived descending"}', 0.22),
    (Action.LIST_SEARCH, '{"rows": 12, "order": "arrived descending", "fields": ["text"], "hits": 12}', 0.09),
    (Action.ACCESS_READ, "{}", 0.03),
)
A_STUDY = 10
AT_LEAST, AT_MOST = 2, 10
ENDS = {
    "expired": Action.SHARE_EXPIRE,
    "unreachable": Action.SHARE_UNREACHABLE,
    "ended": Action.SHARE_END,
    "removed": Action.SHARE_END,
}
NO_PERSON = f"{nullable(None)}\tCIMAR\t{nullable(None)}"


class Views:
    """Writes events of the audit, in the order they happened to a study."""

    def __init__(self, directory: ScaleDirectory, moments: Moments, draw: Callable[[], float]) -> None:
        self.directory, self.moments, self.draw = directory, moments, draw
        self.lines: list[str] = []
        self.people = [
            f"{person.id}\t{escaped(person.name)} <{person.email}>\t"
            f"10.{person.id % 250}.{person.id % 199}.{person.id % 97 + 1}"
            for person in directory.members
        ]
        self.places = [
            f"{nullable(place.account)}\t{escaped(place.account_label)}\t{place.id}\t{escaped(place.label)}"
            for place in directory.places
        ]
        self.of_personal = {member.personal: n for n, member in enumerate(directory.members)}
        self.kinds: list[tuple[Action, str]] = []
        for action, detail, part in VIEWS:
            self.kinds += [(action, detail)] * round(part * 100)

    def of_study(
        self,
        study: int,
        uid: str,
        spread: Spread,
        placed: dict[int, str],
        shares: list[tuple[ScaleShare, str, str]],
    ) -> None:
        home = spread.nodes[0]
        about = f"{study}\t{uid}"
        none = nullable(None)
        lines = [
            (
                home.since,
                str(Action.STUDY_ARRIVE),
                self._person_of(home.place),
                f"{self.places[home.place]}\t{about}\t{placed[home.place]}\t{none}\t{none}\t\tt\t{{}}",
            )
        ]
        for edge, own, press in shares:
            lines += self._of_share(about, edge, own, press)
        most = min(AT_MOST, max(AT_LEAST, A_STUDY - len(lines)))
        for _ in range(most):
            node = spread.nodes[int(self.draw() ** 2 * len(spread.nodes))]
            action, detail = self.kinds[int(self.draw() * len(self.kinds))]
            inside = "f" if node.internal < 0 else "t"
            what = f"{about}\t{placed[node.place]}"
            if action in (Action.LIST_READ, Action.LIST_SEARCH):
                what, inside = f"{none}\t\t{none}", "f"
            seen = node.since + 1 + int(self.draw() ** 3 * min(60 * DAY, self.moments.now - node.since - 1))
            lines.append(
                (
                    seen,
                    str(action),
                    self._person_of(node.place),
                    f"{self.places[node.place]}\t{what}\t{none}\t{none}\t\t{inside}\t{detail}",
                )
            )
        lines.sort()
        at = self.moments.at
        self.lines += [f"{at(moment)}\t{action}\t{by}\t{rest}" for moment, action, by, rest in lines]

    def _of_share(
        self, about: str, edge: ScaleShare, own: str, press: str
    ) -> list[tuple[int, str, str, str]]:
        other = self.directory.places[edge.to]
        label = edge.email or escaped(other.label)
        inside = "f" if edge.source.internal < 0 else "t"
        detail = f'{{"method": "{edge.method}", "press": "{press}"}}'
        where, none = self.places[edge.source.place], nullable(None)
        rest = f"{where}\t{about}\t{none}\t{own}\t{other.id}\t{label}\t{inside}\t{detail}"
        events = [(edge.at, str(Action.SHARE_ADD), self.people[edge.by], rest)]
        if edge.ended is not None:
            by = NO_PERSON if edge.ended_by is None else self.people[edge.ended_by]
            events.append((edge.ended, str(ENDS[edge.why]), by, rest))
        return events

    def _person_of(self, position: int) -> str:
        """A person of the place."""
        place = self.directory.places[position]
        if place.owner is not None:
            return self.people[self.of_personal[position]]
        people = self.directory.people_of[place.account or 0]
        return self.people[people[int(self.draw() * len(people))]]
