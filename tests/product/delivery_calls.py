"""A call of every service that acknowledges a study or shows what was received, for `service_calls`."""

from collections.abc import Callable

import sharing.services
from sharing.services import reads
from tests.cast import acting
from tests.everything import World

DELIVERIES: dict[str, Callable[[World], object]] = {
    "acknowledging.acknowledge": lambda w: sharing.services.acknowledge(
        placement=w.away.uuid, by=acting(w.cast.ben)
    ),
    "reads.read_shares_made": lambda w: reads.read_shares_made(by=acting(w.cast.ana)),
    "reads.read_invitations_sent": lambda w: reads.read_invitations_sent(by=acting(w.cast.ana)),
    "reads.read_shares_received": lambda w: reads.read_shares_received(by=acting(w.cast.ben)),
}
