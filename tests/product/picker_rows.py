"""Who reaches the pages that show studies of several worklists: rows of the access matrix."""

from types import SimpleNamespace
from typing import Any

from tests.matrix import FOUND, OK, SIGNED_IN, Row, none

# Of those who see CT Reporting, the ones who may share there.
ON_CT = "adam ana lois gus phil cody erin vera"
SHARERS = "adam ana lois gus phil cody erin"


def ours(world: SimpleNamespace) -> list[Any]:
    return [world.recipient_list.uuid]


def ct(world: SimpleNamespace) -> list[Any]:
    return [world.cast.ct.uuid]


def numbers(world: SimpleNamespace) -> dict[str, Any]:
    return {"numbers": f"{world.cast.study.patient_id}\nnobody"}


def kept(world: SimpleNamespace) -> dict[str, Any]:
    return {
        "version": 1,
        "name": "Wednesday MDT",
        "keep": [each.key for each in world.recipient_list.recipients.all()],
    }


ROWS = [
    Row("studies:all_worklists", "get", none, {OK: SIGNED_IN}, note="one's own"),
    Row("studies:search_all", "post", none, {FOUND: SIGNED_IN}, data=lambda world: {"q": "Quill"}),
    Row("studies:all_by_number", "get", none, {OK: SIGNED_IN}, note="one's own"),
    Row("studies:all_by_number", "post", none, {OK: SIGNED_IN}, data=numbers, note="one's own"),
    Row("studies:by_number", "get", ct, {OK: ON_CT}),
    Row("studies:by_number", "post", ct, {OK: ON_CT}, data=numbers),
    Row("sharing:recipient_lists", "get", none, {OK: SIGNED_IN}, note="one's own"),
    Row("sharing:recipient_list", "get", ours, {OK: SHARERS}),
    Row("sharing:recipient_list", "post", ours, {FOUND: SHARERS}, data=kept),
    Row("sharing:delete_recipient_list", "post", ours, {FOUND: SHARERS}, data=lambda world: {"version": 1}),
]
