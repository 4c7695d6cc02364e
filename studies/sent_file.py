"""The bytes of a stored file as they are sent: as received or as its home corrected it, whole or a range."""

from collections.abc import Iterator, Sequence

from django.core.files.storage import storages

from studies.corrected import Change, corrected_beginning

PIECE = 256 * 1024


def sent_pieces(key: str, changes: Sequence[Change] = ()) -> Iterator[bytes]:
    """Of the stored file of this key, in pieces; memory holds its header at most."""
    with storages["dicom"].open(key) as file:
        if changes:
            beginning = corrected_beginning(file, changes)
            yield beginning.data
            if beginning.rest_at is None:
                return
            file.seek(beginning.rest_at)
        while piece := file.read(PIECE):
            yield piece


def stored_bytes(key: str, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
    """A range of a stored file, in pieces."""
    with storages["dicom"].open(key) as file:
        file.seek(start)
        left = size
        while left is None or left > 0:
            piece = file.read(PIECE if left is None else min(PIECE, left))
            if not piece:
                return
            left = None if left is None else left - len(piece)
            yield piece
