"""Who reaches the pages about a moment in the past: the rows of the access matrix."""

from types import SimpleNamespace
from typing import Any

from tests.days import day_of
from tests.matrix import DENIED, HIDDEN, OK, Row
from tests.product.matrix_values import ON_CT, placement

PAST_PAGES = ("sharing:access_then", "sharing:access_then_print", "sharing:access_then_csv")
# Whoever may read the audit trail of the original.
READERS = {OK: "adam ana", DENIED: ON_CT - {"adam", "ana"}}


def yesterday(world: SimpleNamespace) -> dict[str, Any]:
    return {"day": day_of(-1).isoformat(), "time": "10:00"}


def never(world: SimpleNamespace) -> dict[str, Any]:
    return {"day": "2999-01-01", "time": "10:00"}


ROWS = [
    *(Row(name, "get", placement, READERS, data=yesterday) for name in PAST_PAGES),
    Row("sharing:access_then", "get", placement, READERS, note="the form"),
    Row(
        "sharing:access_then",
        "get",
        placement,
        {400: "adam ana", DENIED: ON_CT - {"adam", "ana"}},
        data=never,
        note="in the future",
    ),
    Row("sharing:access_then_print", "get", placement, {HIDDEN: ON_CT}, data=never, note="in the future"),
    Row("sharing:access_then_csv", "get", placement, {HIDDEN: ON_CT}, data=never, note="in the future"),
]
