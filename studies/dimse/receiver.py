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
from pynetdicom.transport import ThreadedAssociationServer

from audit.actor import Actor
from common.exceptions import Refused
from studies import services
from studies.dimse import answers
from studies.dimse.bounds import (
    LARGEST_PDU,
    Bounds,
    forget_unfinished,
    has_room,
    scratch_folder,
)
from studies.dimse.commitment import asked_for, report
from studies.dimse.connections import Handler, Server
from studies.ingest.results import FileOutcome
from worklists.models import Worklist
from worklists.services import CallerRefused, actor_of_caller

log = logging.getLogger(__name__)
Result = TypeVar("Result")

LAST_ANSWERS = 0.5  # seconds
SAID_EVERY = 20  # seconds
# An association's or an object's outcome, for the metrics.
Count = Callable[[str, str], None]
PERMANENT, TRANSIENT = 0x01, 0x02
USER, PRESENTATION = 0x01, 0x03
NO_REASON, CALLING_UNKNOWN, CALLED_UNKNOWN, LIMIT_EXCEEDED = 0x01, 0x03, 0x07, 0x02
Rejection = tuple[int, int, int]
FAILED: Rejection = (TRANSIENT, USER, NO_REASON)
FULL: Rejection = (TRANSIENT, PRESENTATION, LIMIT_EXCEEDED)
NO_WORKLIST: Rejection = (PERMANENT, USER, CALLED_UNKNOWN)
NO_SENDER: Rejection = (PERMANENT, USER, CALLING_UNKNOWN)
OUTCOMES = {None: "accepted", FAILED: "failed", FULL: "full", NO_WORKLIST: "refused", NO_SENDER: "refused"}
NO_ROOM = "No room: send it again"  # allowed: for programs


@dataclass(frozen=True)
class Caller:
    """The sender of an association, and the worklist that it stores into."""

    by: Actor
    worklist: Worklist


class Receiver:
    """What the associations of one server share. The database is asked by a few threads, whose connections stay."""

    def __init__(self, bounds: Bounds, scratch: str, count: Count) -> None:
        self.bounds, self.scratch, self.count = bounds, scratch, count
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

    def say_it_runs(self, listening: threading.Thread, stopped: threading.Event) -> None:
        """For the health of the site, until it is stopped."""
        while listening.is_alive():
            try:
                self.work(services.note_receiver)
            except Exception as error:
                log.warning("the receiver cannot say that it runs: %s", type(error).__name__)
            if stopped.wait(SAID_EVERY):
                return

    # The events of pynetdicom

    def asked(self, event: Any) -> None:
        """An association is asked for: by whom, on which worklist, and whether there is room for it."""
        association = event.assoc
        refusal = self._let_in(association)
        self.count("association", OUTCOMES[refusal])
        if refusal is not None:
            association.acse.send_reject(*refusal)
            # Waits until the caller has read it, for as long as it takes at most to ask.
            association.kill()

    def _let_in(self, association: Association) -> Rejection | None:
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
            return NO_WORKLIST if refused.called else NO_SENDER
        except Exception as error:
            log.error("an association could not be judged: %s", type(error).__name__)
            return FAILED
        with self._lock:
            if len(self._callers) >= self.bounds.associations:
                return FULL
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
        outcome, response = self._stored(event)
        self.count("object", outcome)
        return response

    def _stored(self, event: Any) -> tuple[str, Dataset]:
        caller, request = self._callers.get(event.assoc), event.request
        announced = services.Reference(
            answers.uid_of(request.AffectedSOPClassUID), answers.uid_of(request.AffectedSOPInstanceUID)
        )
        try:
            if caller is None or not has_room(self.scratch, self.bounds):
                return "failed", answers.answer(answers.NO_RESOURCES, NO_ROOM)
            who, path = caller, event.dataset_path
            result = self.work(
                lambda: services.store_received(
                    worklist=who.worklist, path=path, announced=announced, by=who.by
                )
            )
        except Exception as error:
            return "refused" if isinstance(error, Refused) else "failed", answers.failure(error)
        if result.outcome in (FileOutcome.NEW, FileOutcome.KNOWN):
            return str(result.outcome), answers.answer(answers.SUCCESS)
        return "refused", answers.refusal(result.sentence)

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


@contextlib.contextmanager
def receiving(
    *,
    host: str,
    port: int,
    bounds: Bounds,
    tls: ssl.SSLContext | None = None,
    count: Count = lambda what, outcome: None,
) -> Iterator[ThreadedAssociationServer]:
    """A receiver that listens until the block ends; port 0 is any that is free. It then lets what is at work end."""
    _quiet()
    with scratch_folder() as folder:
        receiver = Receiver(bounds, folder, count)
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
            server_class=Server,
            request_handler=Handler,
            receiver=receiver,
            tls=tls,
        )
        entity._servers.append(server)
        listening = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
        listening.start()
        stopped = threading.Event()
        saying = threading.Thread(target=receiver.say_it_runs, args=(listening, stopped), daemon=True)
        saying.start()
        try:
            yield server
        finally:
            stopped.set()
            saying.join()
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
