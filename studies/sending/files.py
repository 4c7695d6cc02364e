"""The file that is sent: what is stored, as its home corrected it, in the form of PS3.10."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_dataset, read_preamble
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID

from studies.corrected import Change, data_set_at
from studies.sending.reasons import NotTaken
from studies.sent_file import PIECE, sent_pieces

PREAMBLE = b"\0" * 128 + b"DICM"


@contextmanager
def file_to_send(
    *,
    key: str,
    changes: Sequence[Change],
    sop_class: str,
    sop_instance: str,
    transfer_syntax: str,
    is_announced: bool = False,
) -> Iterator[Path]:
    """A temporary file; memory holds the header at most.

    Where `is_announced`, a command before the data set says what it is, in the words of the file meta group: where that
    says otherwise than the data set, as the files of some makers do, it is written anew. Systems refuse them else.
    """
    with tempfile.TemporaryDirectory(prefix="sending-") as folder:
        path = Path(folder, "file.dcm")
        with path.open("w+b") as file:
            for piece in sent_pieces(key, changes):
                file.write(piece)
            says = (sop_class, sop_instance, transfer_syntax)
            if _is_whole(file) and not (is_announced and _announcement(file) != says):
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


def _announcement(file: IO[bytes]) -> tuple[str, ...]:
    """The class and UID of the object and its transfer syntax, as the file meta group has them."""
    file.seek(0)
    read_preamble(file, force=True)
    meta = read_dataset(file, False, True, stop_when=lambda tag, vr, length: tag.group != 2)
    words = ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID")
    return tuple(str(meta.get(word, "")) for word in words)


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
