"""C-STORE by pynetdicom: an association for the files of a study, each read from the disk in pieces."""

import logging
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pynetdicom import AE, _config
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]  # made at run time

from studies.sending import networks
from studies.sending.reasons import CannotSend, NotTaken, TryAgain
from studies.sending.stow import failure_of

WAITING = 60  # seconds
MOST_CONTEXTS = 127
LARGEST_PDU = 128 * 1024
MOST_QUEUED = 32
PERMANENT = 0x01
WARNINGS = {0xB000, 0xB006, 0xB007}

# An abstract and a transfer syntax: what a presentation context is proposed for.
Kind = tuple[str, str]


class _BoundedMessages(DIMSEServiceProvider):
    """A called system may ask for PDUs of any size, and then a whole file would be one."""

    @property
    def maximum_pdu_size(self) -> int:
        wanted = super().maximum_pdu_size
        return min(wanted, LARGEST_PDU) if wanted else LARGEST_PDU


class Store:
    """An association that is established."""

    def __init__(self, association: Association) -> None:
        self._association = association
        accepted = association.accepted_contexts
        self._taken = {(str(each.abstract_syntax), str(each.transfer_syntax[0])) for each in accepted}

    def send(self, path: Path, kind: Kind) -> None:
        """Returns where the file was stored; raises NotTaken, TryAgain or CannotSend."""
        if kind not in self._taken:
            raise NotTaken("kind")
        if not self._association.is_established:
            raise TryAgain("unreachable")
        try:
            answer = self._association.send_c_store(path)
        except (AttributeError, ValueError):
            # What pynetdicom says of it may quote the data set.
            raise NotTaken("unreadable") from None
        except (OSError, RuntimeError):
            raise TryAgain("unreachable") from None
        if "Status" not in answer:
            raise TryAgain("slow")
        status = int(answer.Status)
        if status != 0 and status not in WARNINGS:
            raise failure_of(status)


@contextmanager
def store_to(
    *, host: str, port: int, title: str, calling: str, tls: bool, kinds: Collection[Kind]
) -> Iterator[Store]:
    _set_up()
    entity = AE(ae_title=calling)
    entity.connection_timeout = networks.CONNECTING
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = WAITING
    # Taken by nearly every system: an association is established also where no kind of image is taken.
    entity.add_requested_context(Verification)
    for abstract, syntax in sorted(kinds)[:MOST_CONTEXTS]:
        entity.add_requested_context(abstract, syntax)
    association = _asked(entity, host, port, title, tls)
    try:
        yield Store(association)
    finally:
        if association.is_established:
            association.release()
        else:
            association.kill()


def _set_up() -> None:
    """pynetdicom logs what it sends, patients included; and it would read whole files into memory."""
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False
    _config.STORE_SEND_CHUNKED_DATASET = True
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)


def _asked(entity: AE, host: str, port: int, title: str, tls: bool) -> Association:
    secured: Any = None
    if tls:
        # pynetdicom does not tell why a TLS connection failed: this one does.
        networks.wrapped(networks.called(host, port, encrypted=True), host).close()
        secured = (networks.trusting(), host)
    for _family, ip in networks.ips_of(host, port, encrypted=tls):
        association = entity.associate(ip, port, ae_title=title, tls_args=secured)
        if association.is_established:
            _bound(association)
            return association
        if association.is_rejected:
            raise _rejection(association)
        if association.acceptor.primitive is not None and not association.accepted_contexts:
            raise CannotSend("kind")
    raise TryAgain("unreachable")


def _rejection(association: Association) -> Exception:
    answer: Any = association.acceptor.primitive
    is_permanent = getattr(answer, "result", None) == PERMANENT
    return CannotSend("ae_title") if is_permanent else TryAgain("busy")


def _bound(association: Association) -> None:
    """What is written waits for what is sent: else a slow network would gather the file in memory."""
    association.dimse.__class__ = _BoundedMessages
    provider: Any = association.dul
    send = provider.send_pdu

    def send_in_turn(primitive: Any) -> None:
        end = time.monotonic() + WAITING
        while provider.to_provider_queue.qsize() >= MOST_QUEUED:
            if time.monotonic() > end or not (provider.is_alive() and association.is_established):
                raise OSError("the network does not take more")
            time.sleep(0.001)
        send(primitive)

    provider.send_pdu = send_in_turn
