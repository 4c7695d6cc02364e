"""The files of a batch, study by study, and which of them are new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from studies.ingest.headers import Header
from studies.ingest.json_model import Described
from studies.ingest.sources import ReceivedFile
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
    """A locked study and its files of a batch: new, known, and refused (same UID, other bytes)."""

    study: Study
    is_new: bool
    arrivals: Sequence[Arrival]
    new: list[Arrival] = field(default_factory=list)
    known: list[Arrival] = field(default_factory=list)
    refused: list[Arrival] = field(default_factory=list)

    def sort(self, held: Mapping[str, str]) -> None:
        """`held` are the hashes of the study's instances by their UID; of equal UIDs in a batch the first wins."""
        hashes = dict(held)
        for arrival in self.arrivals:
            there = hashes.get(arrival.uid)
            if there is None:
                self.new.append(arrival)
                hashes[arrival.uid] = arrival.sha256
            elif there == arrival.sha256:
                self.known.append(arrival)
            else:
                self.refused.append(arrival)
