"""The receiver: an association server of pynetdicom, with our bounds around it and our services behind it."""

import contextlib
import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any, TypeVar

from django.db import close_old_connections, connections
from pydicom.dataset import Dataset
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import StorageCommitmentPushModel, Verification  # type: ignore[attr-defined]  # made at run time
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from audit.actor import Actor
from studies import services
from studies.dimse import answers
from studies.dimse.bounds import (
    LARGEST_PDU,
    BoundedSocket,
    Bounds,
    forget_unfinished,
    has_room,
    scratch_folder,
)
from studies.dimse.commitment import asked_for, report
from studies.ingest.results import FileOutcome
from worklists.models import Worklist
from worklists.services import CallerRefused, actor_of_caller

log = logging.getLogger(__name__)
Result = TypeVar("Result")

LAST_ANSWERS = 0.5  # seconds
PERMANENT, TRANSIENT = 0x01, 0x02
USER, PRESENTATION = 0x01, 0x03
NO_REASON, CALLING_UNKNOWN, CALLED_UNKNOWN, LIMIT_EXCEEDED = 0x01, 0x03, 0x07, 0x02


@dataclass(frozen=True)
class Caller:
    """The sender of an association, and the worklist that it stores into."""

    by: Actor
    worklist: Worklist


class Receiver:
    """What the associations of one server share. The database is asked by a few threads, whose connections stay."""

    def __init__(self, bounds: Bounds, scratch: str) -> None:
        self.bounds, self.scratch = bounds, scratch
        self._pool = ThreadPoolExecutor(bounds.associations, thread_name_prefix="dimse")
        self._callers: dict[Association, Caller] = {}
        self._lock = threading.Lock()

    def work(self, call: Callable[[], Result]) -> Result:
        """The result of what asks the database."""

        def asked() -> Result:
            close_old_connections()
            try:
                return call()
            finally:
                close_old_connections()

        try:
            waiting = self._pool.submit(asked)
        except RuntimeError as error:
            raise OSError("the receiver is being stopped") from error
        return waiting.result()

    def stop(self) -> None:
        """What is being stored is stored; nothing more is begun."""
        for _thread in range(self.bounds.associations):
            self._pool.submit(connections.close_all)
        self._pool.shutdown(wait=True)

    # The events of pynetdicom

    def asked(self, event: Any) -> None:
        """An association is asked for: by whom, on which worklist, and whether there is room for it."""
        association = event.assoc
        refusal = self._let_in(association)
        if refusal is not None:
            association.acse.send_reject(*refusal)
            # Waits until the caller has read it, for as long as it takes at most to ask.
            association.kill()

    def _let_in(self, association: Association) -> tuple[int, int, int] | None:
        request: Any = association.requestor.primitive
        try:
            caller = self.work(
                lambda: _caller(
                    called=request.called_ae_title,
                    calling=request.calling_ae_title,
                    ip_address=_ip_of(association.requestor.address),
                )
            )
        except CallerRefused as refused:
            return PERMANENT, USER, CALLED_UNKNOWN if refused.called else CALLING_UNKNOWN
        except Exception as error:
            log.error("an association could not be judged: %s", type(error).__name__)
            return TRANSIENT, USER, NO_REASON
        with self._lock:
            if len(self._callers) >= self.bounds.associations:
                return TRANSIENT, PRESENTATION, LIMIT_EXCEEDED
            self._callers[association] = caller
        return None

    def ended(self, association: Association) -> None:
        with self._lock:
            self._callers.pop(association, None)
        forget_unfinished(association)

    def echo(self, event: Any) -> int:
        return answers.SUCCESS

    def store(self, event: Any) -> Dataset:
        """Stored for good, or the status that says why not."""
        caller, request = self._callers.get(event.assoc), event.request
        announced = services.Reference(
            answers.uid_of(request.AffectedSOPClassUID), answers.uid_of(request.AffectedSOPInstanceUID)
        )
        try:
            if caller is None or not has_room(self.scratch, self.bounds):
                return answers.answer(answers.NO_RESOURCES, "No room: send it again")  # allowed: for programs
            who, path = caller, event.dataset_path
            result = self.work(
                lambda: services.store_received(
                    worklist=who.worklist, path=path, announced=announced, by=who.by
                )
            )
        except Exception as error:
            return answers.failure(error)
        if result.outcome in (FileOutcome.NEW, FileOutcome.KNOWN):
            return answers.answer(answers.SUCCESS)
        return answers.refusal(result.sentence)

    def act(self, event: Any) -> tuple[Dataset, Dataset | None]:
        """A request for storage commitment: answered at once, and then reported on the same association."""
        caller = self._callers.get(event.assoc)
        if event.action_type != 1:
            return answers.answer(answers.NO_SUCH_ACTION), None
        try:
            request = asked_for(event)
        except ValueError:
            return answers.answer(answers.INVALID_ARGUMENT), None
        if caller is None:
            return answers.answer(answers.NOT_AUTHORIZED), None
        who = caller
        try:
            judged = self.work(
                lambda: services.committed_instances(
                    worklist=who.worklist, references=request.references, by=who.by
                )
            )
        except Exception as error:
            return answers.failure(error), None
        # A thread of its own: the report can be sent only once this answer is.
        threading.Thread(target=report, args=(event.assoc, request, judged), daemon=True).start()
        return answers.answer(answers.SUCCESS), None


def _caller(*, called: str, calling: str, ip_address: str) -> Caller:
    by = actor_of_caller(called=called, calling=calling, ip_address=ip_address)
    assert by.sender is not None
    return Caller(by, Worklist.objects.with_names().get(pk=by.sender.worklist_id))


def _ip_of(text: str) -> str:
    """An IP address of version 4 that arrives at a socket of version 6 is what an administrator entered."""
    read = ip_address(text.partition("%")[0])
    mapped = read.ipv4_mapped if isinstance(read, IPv6Address) else None
    return str(mapped or read)


class _Server(ThreadedAssociationServer):
    """Takes no more connections than twice the associations, so that strangers leave room for senders."""

    daemon_threads = True

    def __init__(
        self, *args: Any, receiver: Receiver, tls: ssl.SSLContext | None = None, **kwargs: Any
    ) -> None:
        self.receiver, self.tls = receiver, tls
        super().__init__(*args, **kwargs)

    def process_request(self, request: Any, client_address: Any) -> None:
        if len(self.active_associations) >= 2 * self.receiver.bounds.associations:
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)


class _Handler(RequestHandler):
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


@contextlib.contextmanager
def receiving(
    *, host: str, port: int, bounds: Bounds, tls: ssl.SSLContext | None = None
) -> Iterator[ThreadedAssociationServer]:
    """A receiver that listens until the block ends; port 0 is any that is free. It then lets what is at work end."""
    _quiet()
    with scratch_folder() as folder:
        receiver = Receiver(bounds, folder)
        entity = AE(ae_title="CIMAR")
        entity.add_supported_context(Verification)
        entity.add_supported_context(StorageCommitmentPushModel)
        # We count those that were let in ourselves; strangers are no associations yet.
        entity.maximum_associations = 10_000
        entity.maximum_pdu_size = LARGEST_PDU // 8
        entity.acse_timeout, entity.dimse_timeout = bounds.first_word, bounds.idle
        entity.network_timeout = bounds.idle
        server = entity.make_server(
            (host, port),
            evt_handlers=[
                (evt.EVT_REQUESTED, receiver.asked),
                (evt.EVT_C_ECHO, receiver.echo),
                (evt.EVT_C_STORE, receiver.store),
                (evt.EVT_N_ACTION, receiver.act),
            ],
            server_class=_Server,
            request_handler=_Handler,
            receiver=receiver,
            tls=tls,
        )
        entity._servers.append(server)
        listening = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
        listening.start()
        try:
            yield server
        finally:
            open_ones = server.active_associations
            server.shutdown()
            listening.join()
            receiver.stop()
            # The last answers are on their way.
            time.sleep(LAST_ANSWERS)
            for association in open_ones:
                association.abort(block=False)
            for association in open_ones:
                association.join(timeout=2)


def _quiet() -> None:
    """pynetdicom logs what it is sent, patients included; and it takes every storage class, private ones too."""
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = _config.LOG_RESPONSE_IDENTIFIERS = False
    _config.STORE_RECV_CHUNKED_DATASET = True
    _config.UNRESTRICTED_STORAGE_SERVICE = True
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)
