"""Who reaches the pages of guest links: the rows of the access matrix."""

from types import SimpleNamespace
from typing import Any

from sharing.selectors.guest_links import token_of
from tests.days import day_of
from tests.matrix import DENIED, FOUND, HIDDEN, OK, SIGNED_IN, Row, none


def guest_link(world: SimpleNamespace) -> list[Any]:
    return [world.guest_link.uuid]


def placement(world: SimpleNamespace) -> list[Any]:
    return [world.placement.uuid]


def ticked(world: SimpleNamespace) -> dict[str, Any]:
    return {"placement": [str(world.placement.uuid)]}


def tomorrow(world: SimpleNamespace) -> dict[str, Any]:
    return {"until": day_of(1).isoformat()}


def a_link(world: SimpleNamespace) -> dict[str, Any]:
    return {**ticked(world), **tomorrow(world)}


def rows(on_ct: frozenset[str]) -> list[Row]:
    """`on_ct` sees the list of CT Reporting; Adam and Ana may make links there, and see those of others."""
    makers = {OK: "adam ana", DENIED: on_ct - {"adam", "ana"}}
    return [
        Row("sharing:new_guest_link", "get", none, makers, data=ticked),
        Row("sharing:new_guest_link", "post", none, makers, data=ticked),
        Row("sharing:make_guest_link", "post", none, makers, data=a_link),
        Row("sharing:guest_links", "get", none, {OK: SIGNED_IN}, note="one's own"),
        Row("sharing:study_guest_links", "get", placement, {OK: on_ct}, note="one's own, or all"),
        Row("sharing:extend_guest_link", "get", guest_link, {OK: "adam ana"}),
        Row("sharing:extend_guest_link", "post", guest_link, {FOUND: "adam ana"}, data=tomorrow),
        Row("sharing:renew_guest_link", "get", guest_link, {OK: "ana", DENIED: "adam"}, note="one's own"),
        Row(
            "sharing:renew_guest_link",
            "post",
            guest_link,
            {OK: "ana", DENIED: "adam"},
            data=lambda world: {"generation": "1"},
            note="one's own",
        ),
        Row("sharing:end_guest_link", "get", guest_link, {OK: "adam ana"}),
        Row("sharing:end_guest_link", "post", guest_link, {FOUND: "adam ana"}),
        Row(
            "sharing:guest_link",
            "get",
            lambda world: [token_of(world.guest_link)],
            {FOUND: SIGNED_IN},
            anonymous=FOUND,
        ),
        Row(
            "sharing:guest_link",
            "get",
            lambda world: ["forged"],
            {HIDDEN: SIGNED_IN},
            anonymous=HIDDEN,
            note="forged",
        ),
        # Programs come without a session: who asks is known by the URL.
        Row(
            "sharing:shlink_manifest",
            "post",
            lambda world: ["forged"],
            {HIDDEN: SIGNED_IN},
            anonymous=HIDDEN,
            data=lambda world: {"recipient": "an app"},
            note="forged",
        ),
        Row("sharing:shlink_file", "get", lambda world: ["forged"], {HIDDEN: SIGNED_IN}, anonymous=HIDDEN),
        Row("sharing:guest_letter", "get", lambda world: [world.guest_link.uuid], {OK: "ana"}),
    ]
