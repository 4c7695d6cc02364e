"""The bytes of an instance as they are sent: as received, or as its home corrected it."""

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
