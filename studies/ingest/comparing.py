"""Whether two files of one instance are the same data set: what stands before it, a writer may make anew each time.

The transfer syntax counts as part of the data set, since it says how its bytes are read.
"""

from collections.abc import Mapping
from typing import IO

from django.core.files.storage import storages

from studies.ingest.limits import limits
from studies.ingest.opening import read_opening
from studies.ingest.refusals import FileRefused
from studies.ingest.sources import PIECE, ReceivedFile
from studies.models.image import key_of


class NotCompared(Exception):
    """Some files have to be read first, which is not done while studies are locked."""


class Comparisons:
    """Files of a batch, by their hash, and what is known of pairs of files that name the same instance."""

    def __init__(self, received: Mapping[str, ReceivedFile]) -> None:
        self._received = received
        self._same: dict[tuple[str, str], bool] = {}
        self._wanted: set[tuple[str, str]] = set()

    def is_same(self, there: str, arrived: str) -> bool:
        """Of two hashes of whole files; false as well while the files were not read."""
        if (there, arrived) not in self._same:
            self._wanted.add((there, arrived))
        return self._same.get((there, arrived), False)

    def check(self) -> None:
        """Raises NotCompared where an answer was given without the files."""
        if self._wanted:
            raise NotCompared

    def read(self) -> None:
        for there, arrived in self._wanted:
            self._same[there, arrived] = self._compare(there, self._received[arrived].file)
        self._wanted = set()

    def _compare(self, there: str, arrived: IO[bytes]) -> bool:
        if there in self._received:
            return same_data_set(self._received[there].file, arrived)
        try:
            with storages["dicom"].open(key_of(there)) as stored:
                return same_data_set(stored, arrived)
        except FileNotFoundError:
            return False


def same_data_set(first: IO[bytes], second: IO[bytes]) -> bool:
    """Compares piece by piece, however large they are."""
    openings = []
    for file in (first, second):
        size = file.seek(0, 2)
        try:
            opening = read_opening(file, size=size, limits=limits())
        except FileRefused:
            return False
        openings.append((opening.transfer_syntax, size - opening.at))
        file.seek(opening.at)
    if openings[0] != openings[1]:
        return False
    while piece := first.read(PIECE):
        if piece != second.read(PIECE):
            return False
    return True
