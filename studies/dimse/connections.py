"""The connections of the receiver: how many, with TLS or without, each in a thread of its own."""

import ssl
from typing import Any

from pynetdicom import evt
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from studies.dimse.bounds import BoundedSocket


class Server(ThreadedAssociationServer):
    """Takes no more connections than twice the associations, so that strangers leave room for senders."""

    daemon_threads = True

    def __init__(self, *args: Any, receiver: Any, tls: ssl.SSLContext | None = None, **kwargs: Any) -> None:
        self.receiver, self.tls = receiver, tls
        super().__init__(*args, **kwargs)

    def process_request(self, request: Any, client_address: Any) -> None:
        if len(self.active_associations) >= 2 * self.receiver.bounds.associations:
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)


class Handler(RequestHandler):
    """One connection, in a thread of its own from its first byte on."""

    server: Any

    def handle(self) -> None:
        bounds, tls = self.server.receiver.bounds, self.server.tls
        if tls is not None:
            # Not where connections are accepted: a stranger who says nothing would keep everyone out.
            self.request.settimeout(bounds.first_word)
            try:
                self.request = tls.wrap_socket(self.request, server_side=True)
            except OSError:
                self.server.shutdown_request(self.request)
                return
        association = self._create_association()
        # In place of pynetdicom's own reader, and of its word that the connection is open.
        association.dul.event_queue.get_nowait()
        association.dul.socket = BoundedSocket(association, client_socket=self.request, bounds=bounds)
        evt.trigger(association, evt.EVT_CONN_OPEN, {"address": self.client_address})
        association.start()
        association.join()
        self.server.receiver.ended(association)
