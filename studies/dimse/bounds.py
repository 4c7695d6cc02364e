"""What a caller may cost: the size and time of what it sends, and the scratch folder it is kept in meanwhile."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pynetdicom.association import Association
from pynetdicom.transport import AssociationSocket

from studies.ingest.limits import MB, limits

LARGEST_PDU = 1 * MB
# A message that is no object to store, such as a request for storage commitment.
LARGEST_MESSAGE = 8 * MB
# Nobody may send another request before the answer to the first.
MOST_WAITING = 4
# Enough of an object for a header and the command before it.
SLACK = 1 * MB
PIECE = 64 * 1024
SCRATCH = "receiving-"


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """In seconds but for the number of associations."""

    associations: int = 10
    # Until the association is asked for, and then between two messages.
    first_word: float = 10
    idle: float = 120
    # One PDU, and one whole object.
    pdu: float = 60
    message: float = 1800
    # The space on the disk that is never filled.
    spare_bytes: int = 512 * MB


class BoundedSocket(AssociationSocket):
    """Reads no more, and for no longer, than the bounds allow; past them the connection is as good as closed."""

    def __init__(self, assoc: Association, *, client_socket: Any, bounds: Bounds) -> None:
        super().__init__(assoc, client_socket=client_socket)
        self._bounds, self._largest = bounds, limits().file_bytes + SLACK
        self._message: Any = None
        self._since = 0.0

    def recv(self, nr_bytes: int) -> bytearray:
        if nr_bytes > LARGEST_PDU:
            raise ConnectionAbortedError("a PDU is too large")
        self._check_message()
        connection = self.socket
        if connection is None:
            raise ConnectionAbortedError("the connection is closed")
        received, end = bytearray(), time.monotonic() + self._bounds.pdu
        while len(received) < nr_bytes:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("a PDU takes too long")
            connection.settimeout(left)
            piece = connection.recv(min(PIECE, nr_bytes - len(received)))
            if not piece:
                break
            received += piece
        return received

    def _check_message(self) -> None:
        dimse = self.assoc.dimse
        if dimse.msg_queue.qsize() > MOST_WAITING:
            raise ConnectionAbortedError("requests come faster than they are answered")
        message, now = dimse.message, time.monotonic()
        if message is None:
            self._message = None
            return
        if message is not self._message:
            self._message, self._since = message, now
        elif now - self._since > self._bounds.message:
            raise TimeoutError("a message takes too long")
        file: Any = message._data_set_file
        inside = message.data_set
        size = message.encoded_command_set.tell() + (inside.tell() if inside is not None else 0)
        with contextlib.suppress(ValueError):  # closed a moment ago: the message was whole
            if size > LARGEST_MESSAGE or (file is not None and file.tell() > self._largest):
                raise ConnectionAbortedError("a message is too large")


def forget_unfinished(association: Association) -> None:
    """Remove the files of what had not wholly arrived, or not been answered, when the association ended."""
    dimse = association.dimse
    files = [dimse.message._data_set_file] if dimse.message is not None else []
    while not dimse.msg_queue.empty():
        files.append(getattr(dimse.msg_queue.get_nowait()[1], "_dataset_file", None))
    for file in filter(None, files):
        file.close()
        Path(file.name).unlink(missing_ok=True)


def has_room(folder: str, bounds: Bounds) -> bool:
    return shutil.disk_usage(folder).free > bounds.spare_bytes


@contextlib.contextmanager
def scratch_folder() -> Iterator[str]:
    """A folder of this process alone for what is arriving; what a killed receiver left behind is removed."""
    base = Path(tempfile.gettempdir())
    for left in base.glob(f"{SCRATCH}*"):
        with contextlib.suppress(OSError), _locked(left):
            shutil.rmtree(left)
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=base) as folder, _locked(Path(folder)):
        # pynetdicom keeps an object where Python keeps temporary files.
        tempfile.tempdir = folder
        try:
            yield folder
        finally:
            tempfile.tempdir = before


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Raises OSError while another process holds the folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
