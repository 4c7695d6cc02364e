"""A call of every service that shows an account's register, for `service_calls`."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from sharing.services import register
from tests.cast import acting
from tests.everything import World

REGISTERS: dict[str, Callable[[World], object]] = {
    "register.read_register": lambda w: register.read_register(
        account=w.cast.northgate.uuid, by=acting(w.cast.adam)
    ),
    "register.export_register": lambda w: register.export_register(
        account=w.cast.northgate.uuid, by=acting(w.cast.adam), zone=ZoneInfo("UTC")
    ),
}
