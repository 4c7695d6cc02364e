"""Who reaches the pages of notifications: the rows of the access matrix."""

from types import SimpleNamespace
from typing import Any

from sharing.models import Notice
from tests.matrix import FOUND, OK, SIGNED_IN, Row, none
from worklists.models import NoticeEvent

GONE = 410


def ct(world: SimpleNamespace) -> list[Any]:
    return [world.cast.ct.uuid]


def at_ct(world: SimpleNamespace) -> list[Any]:
    return [world.placement.uuid]


def of_share(world: SimpleNamespace) -> list[Any]:
    """About which no more time is asked for."""
    return [world.share.uuid]


def notice_of_ed(world: SimpleNamespace) -> list[Any]:
    return [Notice.objects.filter(user=world.cast.ed).latest("pk").uuid]


def at_once(world: SimpleNamespace) -> dict[str, Any]:
    return dict.fromkeys(NoticeEvent.values, "now")


def rows(on_ct: frozenset[str]) -> list[Row]:
    """`on_ct` sees the list of CT Reporting."""
    return [
        Row("worklists:notices", "get", ct, {OK: on_ct}),
        Row("worklists:notices", "post", ct, {FOUND: on_ct}, data=at_once),
        Row("sharing:notices", "get", none, {OK: SIGNED_IN}, note="one's own"),
        Row("sharing:unread_notices", "get", none, {OK: SIGNED_IN}),
        Row("sharing:open_notice", "post", notice_of_ed, {FOUND: "ed"}),
        Row(
            "sharing:ask_time",
            "post",
            at_ct,
            {FOUND: on_ct},
            note="with the sentence that the original has no end",
        ),
        Row("sharing:more_time", "get", of_share, {GONE: "ana"}),
        Row("sharing:more_time", "post", of_share, {GONE: "ana"}),
        Row("sharing:mark_notices", "post", none, {FOUND: SIGNED_IN}),
    ]
