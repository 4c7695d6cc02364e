"""Who could open a study through a guest link at a moment, told from the audit trail and never from the links' rows.

A row says what a link is now: its last day may have been another, and its openings fewer. Whether the study was on the
link's worklist at that moment is the shares' to say (`sharing.replay`); a link that lost what it depended on has ended.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from audit.actions import Action
from audit.models import AuditEvent

OF_LINKS = frozenset({
    Action.GUEST_LINK_ADD, Action.GUEST_LINK_EXTEND, Action.GUEST_LINK_RENEW, Action.GUEST_LINK_OPEN,
    Action.GUEST_LINK_END, Action.GUEST_LINK_LAPSE,
})  # fmt: skip


class LinkEvent(NamedTuple):
    """What the replay reads of an event."""

    at: datetime
    action: str
    worklist_id: int | None
    placement_uuid: Any
    by_id: int | None
    by_label: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class LinkThen:
    """A guest link as it was: for whom, by whom, from which worklist, until when, and when it was opened by then.

    `url_since`: when it was given the URL that it had then.
    """

    uuid: str
    name: str
    worklist_id: int
    placement_uuid: Any
    made_by_id: int | None
    made_by: str
    made_at: datetime
    until: datetime
    url_since: datetime
    has_password: bool = False
    may_download: bool = False
    most_openings: int | None = None
    opened_at: tuple[datetime, ...] = ()
    ended_at: datetime | None = field(default=None)
    # Why it had ended by itself; empty where a person had ended it.
    why: str = ""

    def lets_visits_go_on(self, at: datetime) -> bool:
        """Whether a visit that had begun went on."""
        return self.ended_at is None and at < self.until

    def opens(self, at: datetime) -> bool:
        """Whether who had the URL, and its password, could open it."""
        used_up = self.most_openings is not None and len(self.opened_at) >= self.most_openings
        return self.lets_visits_go_on(at) and not used_up


def links_then(study: int, at: datetime) -> list[LinkThen]:
    """The links to a study that had been made by a moment, the first made first: one statement.

    Those that had ended are among them, so that a page can say since when.
    """
    events = AuditEvent.objects.filter(study_id=study, action__in=OF_LINKS, at__lte=at)
    rows = events.order_by("id").values_list(*LinkEvent._fields)
    return replay_links(LinkEvent(*row) for row in rows)


def replay_links(events: Iterable[LinkEvent]) -> list[LinkThen]:
    """The links after these events, which are in their order. Pure."""
    links: dict[str, LinkThen] = {}
    for event in events:
        uuid = event.detail.get("guest_link", "")
        if event.action == Action.GUEST_LINK_ADD:
            links[uuid] = _made(uuid, event)
        elif uuid in links:
            links[uuid] = _after(links[uuid], event)
    return list(links.values())


def _made(uuid: str, event: LinkEvent) -> LinkThen:
    assert event.worklist_id is not None  # a link is of a worklist
    detail = event.detail
    return LinkThen(
        uuid=uuid,
        name=detail["link"],
        worklist_id=event.worklist_id,
        placement_uuid=event.placement_uuid,
        made_by_id=event.by_id,
        made_by=event.by_label,
        made_at=event.at,
        until=datetime.fromisoformat(detail["until"]),
        url_since=event.at,
        has_password=bool(detail.get("has_password")),
        may_download=bool(detail.get("may_download")),
        most_openings=detail.get("most_openings"),
    )


def _after(link: LinkThen, event: LinkEvent) -> LinkThen:
    match event.action:
        case Action.GUEST_LINK_EXTEND:
            return replace(link, until=datetime.fromisoformat(event.detail["until"]))
        case Action.GUEST_LINK_RENEW:
            return replace(link, url_since=event.at)
        case Action.GUEST_LINK_OPEN:
            return replace(link, opened_at=(*link.opened_at, event.at))
        case _:
            return replace(link, ended_at=event.at, why=event.detail.get("why", ""))
