"""Receive studies by DIMSE until stopped: see docs/receive.md."""

import signal
import ssl
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cimar import metrics
from cimar.metrics import numbers, worker
from studies.dimse.bounds import Bounds
from studies.dimse.receiver import receiving


class Command(BaseCommand):
    help = "Receives studies that senders push by DIMSE: C-ECHO, C-STORE and storage commitment."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="0.0.0.0", help="the IP address to listen on")
        parser.add_argument("--port", type=int, default=11112)
        parser.add_argument("--associations", type=int, default=10, help="how many at a time")

    def handle(self, *, host: str, port: int, associations: int, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        bounds = Bounds(associations=associations)
        metrics.begin()
        if numbers_port := settings.CIMAR_RECEIVER_METRICS_PORT:
            worker.serve(numbers_port)
        with receiving(host=host, port=port, bounds=bounds, tls=tls_context(), count=_count) as server:
            secured = " with TLS" if settings.CIMAR_DIMSE_TLS else ""
            self.stdout.write(f"Receiving on port {server.server_address[1]}{secured}.")
            self.stdout.flush()
            stop.wait()


def _count(what: str, outcome: str) -> None:
    numbers.RECEIVED[what].labels(outcome).inc()


def tls_context() -> ssl.SSLContext | None:
    """As the settings say; callers show a certificate of their own where an authority is given for them."""
    if not settings.CIMAR_DIMSE_TLS:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.CIMAR_DIMSE_CERTIFICATE_FILE, settings.CIMAR_DIMSE_KEY_FILE or None)
        if settings.CIMAR_DIMSE_CALLERS_FILE:
            context.load_verify_locations(settings.CIMAR_DIMSE_CALLERS_FILE)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise CommandError(
            f"The certificate of the receiver cannot be used ({type(error).__name__})."
        ) from None
    return context
