"""What the calls of several subjects have in common, for `service_calls`."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from audit.actor import Actor
from tests.cast import IP_ADDRESS
from tests.everything import World

Call = Callable[[World], object]
PASSWORD = "calm reading room"
STRANGER = Actor.stranger(IP_ADDRESS)


def a_role(w: World, name: str) -> Any:
    """The role of that name at Northgate Hospital."""
    return w.cast.northgate.roles.get(name=name)


def inside(call: Call) -> Call:
    """The call in a transaction of its own, for a service whose caller begins one."""

    def in_transaction(w: World) -> None:
        with transaction.atomic():
            call(w)

    return in_transaction
