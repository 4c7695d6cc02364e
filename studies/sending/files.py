"""The file that is sent: what is stored, as its home corrected it, in the form of PS3.10."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID

from studies.corrected import Change, data_set_at
from studies.sending.reasons import NotTaken
from studies.sent_file import PIECE, sent_pieces

PREAMBLE = b"\0" * 128 + b"DICM"


@contextmanager
def file_to_send(
    *, key: str, changes: Sequence[Change], sop_class: str, sop_instance: str, transfer_syntax: str
) -> Iterator[Path]:
    """A temporary file; memory holds the header at most."""
    with tempfile.TemporaryDirectory(prefix="sending-") as folder:
        path = Path(folder, "file.dcm")
        with path.open("w+b") as file:
            for piece in sent_pieces(key, changes):
                file.write(piece)
            if _is_whole(file):
                file.flush()
                yield path
                return
            if not transfer_syntax:
                raise NotTaken("unreadable")
            framed = Path(folder, "framed.dcm")
            _frame(file, framed, _meta(sop_class, sop_instance, transfer_syntax))
        yield framed


def _is_whole(file: IO[bytes]) -> bool:
    """Whether the file begins as PS3.10 has it: some that were taken in have no preamble or no file meta group."""
    file.seek(0)
    return file.read(len(PREAMBLE))[128:] == b"DICM" and data_set_at(file) > len(PREAMBLE)


def _meta(sop_class: str, sop_instance: str, transfer_syntax: str) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID(sop_instance)
    meta.TransferSyntaxUID = UID(transfer_syntax)
    return meta


def _frame(file: IO[bytes], framed: Path, meta: FileMetaDataset) -> None:
    file.seek(data_set_at(file))
    with framed.open("wb") as whole:
        whole.write(PREAMBLE)
        write_file_meta_info(whole, meta, enforce_standard=True)
        while piece := file.read(PIECE):
            whole.write(piece)
