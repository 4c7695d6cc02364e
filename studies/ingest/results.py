"""What became of each file, for the report and the upload's page."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class FileOutcome(StrEnum):
    NEW = "new"
    KNOWN = "known"
    REFUSED = "refused"
    ASIDE = "left aside"


@dataclass(frozen=True, kw_only=True)
class Uids:
    """Which instance a file is, of which kind of object."""

    study: str
    series: str
    instance: str
    sop_class: str


@dataclass(frozen=True, kw_only=True)
class TwoPatients:
    """What tells the patient of a study from the other patient of a file that says it belongs to it."""

    study_initials: str
    study_born: str
    file_initials: str
    file_born: str


@dataclass(frozen=True, kw_only=True)
class FileResult:
    """One file, or one member of a ZIP. `sentence` says why it was refused, or what a file that was left aside is.

    `deviations` are how a file that was taken in differs from the standard, as codes of `studies.deviations`. `uids`
    are missing where the file could not be read.
    """

    name: str
    outcome: FileOutcome
    sentence: str = ""
    study: UUID | None = None
    study_id: int | None = None
    blob_id: int | None = None
    tag: int | None = None
    in_zip: bool = False
    deviations: tuple[str, ...] = ()
    patients: TwoPatients | None = None
    uids: Uids | None = None


@dataclass
class IngestResult:
    files: list[FileResult] = field(default_factory=list)

    def add(self, more: Iterable[FileResult]) -> None:
        self.files.extend(more)

    def count(self, outcome: FileOutcome) -> int:
        return sum(file.outcome == outcome for file in self.files)

    @property
    def n_new(self) -> int:
        return self.count(FileOutcome.NEW)

    @property
    def n_known(self) -> int:
        return self.count(FileOutcome.KNOWN)

    @property
    def left_out(self) -> list[FileResult]:
        """Each file that was not taken in, with its sentence."""
        return [file for file in self.files if file.outcome in (FileOutcome.REFUSED, FileOutcome.ASIDE)]

    @property
    def studies(self) -> set[UUID]:
        return {file.study for file in self.files if file.study is not None}

    @property
    def blob_ids(self) -> set[int]:
        """Of what is new: these wait for their previews."""
        return {
            file.blob_id
            for file in self.files
            if file.blob_id is not None and file.outcome == FileOutcome.NEW
        }
