"""Who reaches the register of shares and the trails beside it: rows of the access matrix."""

from types import SimpleNamespace
from typing import Any

from tests.matrix import AUDITOR, DENIED, FOUND, OK, Row, none
from tests.product.matrix_values import NORTHGATE

# Of Northgate: its administrator and its auditor have the right. Whose membership is inactive is no member.
AUDITORS = frozenset({"adam", AUDITOR})
SEES = {OK: AUDITORS, DENIED: NORTHGATE - AUDITORS - {"ina"}}


def northgate(world: SimpleNamespace) -> list[Any]:
    return [world.cast.northgate.uuid]


def study_of_northgate(world: SimpleNamespace) -> list[Any]:
    return [world.cast.northgate.uuid, world.placement.uuid]


ROWS = [
    Row("sharing:registers", "get", none, {FOUND: AUDITORS | {"rita"}}),
    Row("sharing:register_of_shares", "get", northgate, SEES),
    Row("sharing:register_csv", "get", northgate, SEES),
    Row("sharing:register_trail", "get", northgate, SEES),
    Row("sharing:register_trail_csv", "get", northgate, SEES),
    Row("sharing:register_study_trail", "get", study_of_northgate, SEES),
    Row("sharing:register_study_trail_csv", "get", study_of_northgate, SEES),
    Row(
        "sharing:register_study_trail",
        "get",
        lambda world: [world.cast.riverside.uuid, world.placement.uuid],
        {DENIED: "caro"},
        note="of a study that is not there",
    ),
]
