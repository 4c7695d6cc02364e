"""Reading the trail: filters, pages by key, batches by key. The caller decides which events a person may read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from audit import history
from audit.actions import Action
from audit.folding import Fold, as_many_as_fill, folded
from audit.models import AuditEvent
from common.text import one_line

# Lines of a page, and the most events that are read for them: repeats are folded into a line.
PAGE = 50
MOST_EVENTS = 4 * PAGE
BATCH = 1000
# The filter for events of the site by itself: no person has this id.
NO_PERSON = 0


@dataclass(frozen=True, kw_only=True)
class Filters:
    """`since` is included, `until` is not (the end of a day is the next day's beginning)."""

    person: int | None = None
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def named(self) -> dict[str, Any]:
        """The filters in use, as an event about reading the trail records them."""
        given = {
            "person": self.person,
            "action": self.action,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }
        return {name: value for name, value in given.items() if value not in (None, "")}


@dataclass(frozen=True)
class EventPage:
    """Some events as lines, newest first; `newer` and `older` are the ids where the next pages begin, or None."""

    lines: list[Fold]
    newer: int | None
    older: int | None


def filtered(events: QuerySet[AuditEvent], filters: Filters) -> QuerySet[AuditEvent]:
    """`action` is an action, or the key of a group of actions."""
    if filters.person == NO_PERSON:
        events = events.filter(by_id=None)
    elif filters.person is not None:
        events = events.filter(by_id=filters.person)
    if filters.action in history.CATEGORIES:
        events = events.filter(action__in=history.actions_in(filters.action))
    elif filters.action:
        events = events.filter(action=filters.action)
    if filters.since is not None:
        events = events.filter(at__gte=filters.since)
    if filters.until is not None:
        events = events.filter(at__lt=filters.until)
    return events


def page_of(
    events: QuerySet[AuditEvent],
    *,
    before: int | None = None,
    after: int | None = None,
    size: int = PAGE,
) -> EventPage:
    """One page by key in one query: the newest events, those just before an id, or those just after it.

    A page ends where so many lines are full, and the next begins with the event after: no event is on two pages or on
    none.
    """
    going_back = after is not None
    if after is not None:
        events = events.filter(pk__gt=after).order_by("pk")
    else:
        events = (events if before is None else events.filter(pk__lt=before)).order_by("-pk")
    read = list(events[: MOST_EVENTS + 1])
    taken = as_many_as_fill(read[:MOST_EVENTS], size)
    rows, more = read[:taken], len(read) > taken
    if going_back:
        rows.reverse()
    has_newer = more if going_back else before is not None
    has_older = going_back or more
    return EventPage(
        folded(rows),
        rows[0].pk if rows and has_newer else None,
        rows[-1].pk if rows and has_older else None,
    )


def batches(events: QuerySet[AuditEvent], size: int = BATCH) -> Iterator[list[AuditEvent]]:
    """All events, newest first, a batch at a time by key: no cursor is held, so it works behind any pooler."""
    last: int | None = None
    while rows := list((events if last is None else events.filter(pk__lt=last)).order_by("-pk")[:size]):
        yield rows
        last = rows[-1].pk


def accounts_acted_in(person: int) -> list[int]:
    """The accounts in whose trails the person acts."""
    events = AuditEvent.objects.filter(by_id=person)
    accounts = events.order_by().values_list("account_id", flat=True).distinct()
    return [account for account in accounts if account is not None]


def acting_in(events: QuerySet[AuditEvent]) -> list[int]:
    """The people who act in these events."""
    people = events.order_by().values_list("by_id", flat=True).distinct()
    return [person for person in people if person is not None]


def with_new_names(events: QuerySet[AuditEvent], people: Iterable[int]) -> QuerySet[AuditEvent]:
    """These events, and that the people in them changed their name: a borrowed name is seen in the same trail."""
    renamed = AuditEvent.objects.filter(action=Action.USER_RENAME, account_id=None, by_id__in=people)
    keys = list(renamed.order_by().values_list("pk", flat=True))
    return AuditEvent.objects.filter(Q(pk__in=keys) | Q(pk__in=events.values("pk"))) if keys else events


def people_in(events: QuerySet[AuditEvent]) -> list[tuple[int, str]]:
    """The people in these events, as id and name, by name; people of the same name with the place where they acted."""
    names: dict[int, str] = {}
    places: dict[int, str] = {}
    # The last event of each person: keys are compared by the thousand, and texts read once for each person.
    last = events.order_by().values("by_id").annotate(last=Max("pk")).values("last")
    seen = AuditEvent.objects.filter(pk__in=last)
    for by_id, label, account, worklist in seen.values_list(
        "by_id", "by_label", "account_label", "worklist_label"
    ):
        if by_id is None:
            names[NO_PERSON] = _("CIMAR, or someone not signed in")
        else:
            names[by_id] = history.name_in(label) or _("Someone")
            places[by_id] = one_line(account or worklist)
    often = Counter(names.values())
    people = [
        (by_id, f"{name} ({places[by_id]})" if often[name] > 1 else name) for by_id, name in names.items()
    ]
    return sorted(people, key=lambda person: person[1].casefold())
