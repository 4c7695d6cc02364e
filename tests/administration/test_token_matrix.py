"""Every address about access tokens, senders and destinations in the administration × every person of the cast."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.administering import token_and_machines
from tests.administration.test_people_matrix import everybodys, own
from tests.days import day_of
from tests.matrix import DENIED, FOUND, HIDDEN, OK, UNFIT, Row, asked_by_everyone, left_by_refusals, world
from worklists.models import AccessToken, Destination, Sender

__all__ = ["world"]

pytestmark = pytest.mark.django_db

TOKENS, SENDERS, DESTINATIONS = (
    "worklists_accesstoken", "worklists_sender", "worklists_destination",
)  # fmt: skip
NOT_ALLOWED = 405


@pytest.fixture(autouse=True)
def made(world: SimpleNamespace) -> None:
    """A token, a sender and a destination of either account."""
    cast = world.cast
    token_and_machines(cast.ana, cast.adam, cast.ct, "Ours")
    token_and_machines(cast.caro, cast.rita, cast.imaging, "Theirs")


def token(world: SimpleNamespace) -> list[Any]:
    return [AccessToken.objects.get(name="Ours").pk]


def sender(world: SimpleNamespace) -> list[Any]:
    return [Sender.objects.get(name="Ours").pk]


def a_sender(world: SimpleNamespace) -> dict[str, Any]:
    return {
        "name": "PACS", "worklist": world.cast.ct.pk, "ae_title": "PACS1", "ip_address": "192.0.2.9",
    }  # fmt: skip


def destination(world: SimpleNamespace) -> list[Any]:
    return [Destination.objects.get(name="Ours").pk]


def a_destination(world: SimpleNamespace) -> dict[str, Any]:
    return {"name": "PACS", "url": "https://pacs.example/dicom-web"}


def ours_by_dimse(world: SimpleNamespace) -> dict[str, Any]:
    return {"name": "Ours", "ae_title": "PACS1", "host": "pacs.example", "port": 104, "tls": "on"}


def a_day(world: SimpleNamespace) -> dict[str, Any]:
    return {"last_day": str(day_of())}


ROWS = [
    everybodys(f"{TOKENS}_changelist", "get", {OK: "adam rita sue"}),
    everybodys(f"{TOKENS}_add", "get", {DENIED: "adam rita sue"}, note="their owners make them"),
    own(f"{TOKENS}_change", "get", token, OK),
    own(f"{TOKENS}_change", "post", token, NOT_ALLOWED),
    own(f"{TOKENS}_history", "get", token, DENIED, note="the trail has it"),
    own(f"{TOKENS}_delete", "get", token, DENIED, note="revoked instead"),
    own(f"{TOKENS}_delete", "post", token, DENIED, note="revoked instead"),
    Row(
        f"admin:{TOKENS}_end",
        "get",
        token,
        {OK: "adam", FOUND: "sue", HIDDEN: "rita"},
        rest=DENIED,
        note="on the whole platform an account is chosen first",
    ),
    own(f"{TOKENS}_end", "post", token, FOUND),
    everybodys(f"{SENDERS}_changelist", "get", {OK: "adam rita sue"}),
    everybodys(f"{SENDERS}_add", "get", {OK: "adam rita", FOUND: "sue"}),
    # Rita's form comes again: what she names is none of her choices.
    everybodys(f"{SENDERS}_add", "post", {FOUND: "adam sue", UNFIT: "rita"}, data=a_sender),
    own(f"{SENDERS}_change", "get", sender, OK),
    own(f"{SENDERS}_change", "post", sender, NOT_ALLOWED),
    own(f"{SENDERS}_history", "get", sender, OK),
    own(f"{SENDERS}_delete", "get", sender, DENIED, note="ended instead"),
    own(f"{SENDERS}_delete", "post", sender, DENIED, note="ended instead"),
    own(f"{SENDERS}_token", "get", sender, OK),
    own(f"{SENDERS}_token", "post", sender, OK, data=a_day),
    own(f"{SENDERS}_end", "get", sender, OK),
    own(f"{SENDERS}_end", "post", sender, FOUND),
    everybodys(f"{DESTINATIONS}_changelist", "get", {OK: "adam rita sue"}),
    everybodys(f"{DESTINATIONS}_add", "get", {OK: "adam rita", FOUND: "sue"}),
    everybodys(f"{DESTINATIONS}_add", "post", {FOUND: "adam rita sue"}, data=a_destination),
    own(f"{DESTINATIONS}_change", "get", destination, OK),
    own(f"{DESTINATIONS}_change", "post", destination, FOUND, data=ours_by_dimse),
    own(f"{DESTINATIONS}_history", "get", destination, OK),
    own(f"{DESTINATIONS}_delete", "get", destination, OK),
    own(f"{DESTINATIONS}_delete", "post", destination, FOUND),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_person_gets_what_the_matrix_says(world: SimpleNamespace, row: Row) -> None:
    answers = asked_by_everyone(world, row)

    assert answers.found == row.expected()
    assert answers.left == left_by_refusals(row)
