"""A call of every service that sends studies to another system or moves their home, for `service_calls`."""

from collections.abc import Callable

import sharing.services
from studies import services
from studies.models import Sending
from tests.cast import acting
from tests.everything import World
from worklists.models import Destination


def _to_a_removed_destination(w: World) -> int:
    """It ends at once, without a call over the network."""
    Sending.objects.filter(pk=w.sending.pk).update(claimed_until=None)
    removed = Destination.objects.filter(pk=w.sending.destination_id)
    removed.update(ended_at=w.cast.study.arrived_at)
    try:
        return services.send_waiting()
    finally:
        removed.update(ended_at=None)


SENDINGS: dict[str, Callable[[World], object]] = {
    "sendings.choose_destination": lambda w: services.choose_destination(
        placements=[w.at_home.uuid], by=acting(w.cast.adam)
    ),
    "sendings.begin_sendings": lambda w: services.begin_sendings(
        placements=[w.at_home.uuid], destination=w.destination.uuid, by=acting(w.cast.adam)
    ),
    "sendings.cancel_sending": lambda w: services.cancel_sending(
        sending=w.sending.uuid, by=acting(w.cast.adam)
    ),
    "sendings.read_sendings": lambda w: services.read_sendings(by=acting(w.cast.adam)),
    "sending_out.send_waiting": _to_a_removed_destination,
}

MOVES: dict[str, Callable[[World], object]] = {
    "moving.read_homes": lambda w: sharing.services.read_homes(
        placement=w.at_home.uuid, by=acting(w.cast.adam)
    ),
    "moving.preview_move": lambda w: sharing.services.preview_move(
        placement=w.at_home.uuid, worklist=w.cast.emergency.uuid, by=acting(w.cast.adam)
    ),
    "moving.move_home": lambda w: sharing.services.move_home(
        placement=w.at_home.uuid, worklist=w.cast.emergency.uuid, by=acting(w.cast.adam), why="theirs"
    ),
}
