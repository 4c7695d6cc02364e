"""Who notes a worklist's own MRNs: rows of the access matrix."""

from types import SimpleNamespace
from typing import Any

from tests.matrix import DENIED, FOUND, OK, UNFIT, Row
from tests.product.matrix_values import ON_CT, placement

# A Radiologist and an Administrator may approve; an Administrator may correct as well.
NOTE = frozenset({"adam", "ana"})


def too_long(world: SimpleNamespace) -> dict[str, Any]:
    return {"own_mrn": "1" * 65}


ROWS = [
    Row("studies:own_mrn", "get", placement, {OK: NOTE, DENIED: ON_CT - NOTE}),
    Row(
        "studies:own_mrn",
        "post",
        placement,
        {FOUND: NOTE, DENIED: ON_CT - NOTE},
        data=lambda world: {"own_mrn": "NG-20417"},
    ),
    Row(
        "studies:own_mrn",
        "post",
        placement,
        {UNFIT: NOTE, DENIED: ON_CT - NOTE},
        data=too_long,
        note="too long",
    ),
]
