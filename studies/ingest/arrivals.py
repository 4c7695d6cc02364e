"""The files of a batch, study by study, and which of them are new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from studies.ingest.comparing import Comparisons
from studies.ingest.headers import Header
from studies.ingest.json_model import Described
from studies.ingest.patients import READ_AS, fill, other_patient
from studies.ingest.sources import ReceivedFile
from studies.ingest.text import lenient_date
from studies.models import Study


@dataclass(frozen=True)
class Arrival:
    """A read and stored file: its place in the batch, its header, its bytes, and its JSON model."""

    index: int
    header: Header
    received: ReceivedFile
    blob_id: int
    described: Described

    @property
    def sha256(self) -> str:
        return self.received.sha256

    @property
    def uid(self) -> str:
        return self.header.sop_instance_uid


@dataclass
class StudyFiles:
    """A locked study and its files of a batch: new, known, and refused (same UID, other bytes, or another patient)."""

    study: Study
    is_new: bool
    arrivals: Sequence[Arrival]
    new: list[Arrival] = field(default_factory=list)
    known: list[Arrival] = field(default_factory=list)
    # Those of the known files that begin otherwise than the stored file: their bytes are not kept.
    alike: list[Arrival] = field(default_factory=list)
    refused: list[Arrival] = field(default_factory=list)
    # By the index of a refused file: why it is of another patient.
    foreign: dict[int, str] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)
    # Why none of these files is added, nor compared with what is there: the study is another person's.
    kept_apart: str = ""
    # Of columns that were corrected, what was received: other files are compared with that.
    received: dict[str, str] = field(default_factory=dict)

    @property
    def unneeded(self) -> set[int]:
        """The blobs of files that no instance of this batch needs."""
        return {arrival.blob_id for arrival in (*self.refused, *self.alike)}

    def keep_apart(self, sentence: str) -> None:
        self.kept_apart, self.refused = sentence, list(self.arrivals)

    def sort(self, held: Mapping[str, str], comparisons: Comparisons) -> None:
        """`held` are the hashes of the study's instances by their UID; of equal UIDs in a batch the first wins.

        What the study's row leaves empty, the new files fill in; nothing is overwritten.
        """
        hashes = dict(held)
        columns = {name: getattr(self.study, name) for name in self.arrivals[0].header.study}
        for name, value in self.received.items():
            columns[name] = value
            if name in READ_AS:
                columns[READ_AS[name]] = lenient_date(value)
        for arrival in self.arrivals:
            there = hashes.get(arrival.uid)
            if there == arrival.sha256:
                self.known.append(arrival)
            elif there is not None and comparisons.is_same(there, arrival.sha256):
                self.known.append(arrival)
                self.alike.append(arrival)
            elif why := other_patient(columns, arrival.header.study):
                self.refused.append(arrival)
                self.foreign[arrival.index] = why
            elif there is not None:
                self.refused.append(arrival)
            else:
                self.new.append(arrival)
                hashes[arrival.uid] = arrival.sha256
                self.filled.update(fill(columns, arrival.header.study))
        corrected = {*self.received, *(READ_AS[name] for name in self.received if name in READ_AS)}
        self.filled -= corrected
        for name in self.filled:
            setattr(self.study, name, columns[name])
