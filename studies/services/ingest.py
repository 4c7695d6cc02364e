"""Take files in: read, store, and place at home what is sound; name the rest with a sentence each."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from audit.actor import Actor
from common.exceptions import Refused
from studies.ingest.archive import is_zip, members
from studies.ingest.arrivals import Arrival, StudyFiles
from studies.ingest.bystanders import as_bystander
from studies.ingest.comparing import Comparisons, NotCompared
from studies.ingest.headers import Header, read_header
from studies.ingest.json_model import Described, described
from studies.ingest.limits import MB, Limits, limits
from studies.ingest.patients import two_patients
from studies.ingest.refusals import (
    EMPTY_ZIP,
    OTHER_BYTES,
    OTHER_STUDY,
    UNEXPECTED,
    FileRefused,
    LeftAside,
)
from studies.ingest.results import FileOutcome, FileResult, IngestResult
from studies.ingest.sources import ReceivedFile, Source, receive, shown
from studies.ingest.store import drop_unused, store_blobs
from studies.services.placing import place_files
from worklists.events import on_worklist
from worklists.models import Worklist

log = logging.getLogger(__name__)

BATCH_FILES = 100
BATCH_BYTES = 64 * MB

Progress = Callable[[FileResult], None]


def take_in_all(
    *,
    worklist: Worklist,
    by: Actor,
    sources: Iterable[Source],
    progress: Progress = lambda result: None,
    one_by_one: bool = False,
) -> IngestResult:
    """Files, and ZIPs with all their members, a batch at a time: each is stored and committed before the next is read.

    A command gives itself the right: `Actor.system("upload_study")`.
    """
    check_upload(worklist=worklist, by=by)
    return carry_in(worklist=worklist, by=by, sources=sources, progress=progress, one_by_one=one_by_one)


def check_upload(*, worklist: Worklist, by: Actor) -> None:
    """Only a location or group of an account receives studies, and only from holders of `upload_study` there."""
    if worklist.is_personal:
        raise Refused(_("A personal worklist receives no uploads."), on=on_worklist(worklist))
    if not by.may("upload_study", worklist):
        raise Refused(
            _("Your role on this worklist does not let you upload studies."), on=on_worklist(worklist)
        )


def carry_in(
    *,
    worklist: Worklist,
    by: Actor,
    sources: Iterable[Source],
    progress: Progress = lambda result: None,
    study: str = "",
    unpack: bool = True,
    one_by_one: bool = False,
    is_sent: bool = False,
) -> IngestResult:
    """`take_in_all` for files whose upload was permitted: losing the right since then does not stop it.

    With the UID of a `study`, files of other studies are refused. Unless to `unpack`, a ZIP is a file like any other.
    Where a machine sends files `one_by_one`, the events of what it adds to a study become one. What `is_sent` to an
    upload address is added to no study but those that the same person sent.
    """
    bounds, result, batch = limits(), IngestResult(), _Batch(worklist, by, study, one_by_one, is_sent)

    def note(done: list[FileResult]) -> None:
        result.add(done)
        for file in done:
            progress(file)

    try:
        for item in _unpacked(sources, bounds, unpack=unpack):
            note(batch.add(item, bounds))
            if batch.is_full:
                note(batch.flush())
        note(batch.flush())
    finally:
        batch.close()
    return result


@dataclass(frozen=True)
class _Item:
    """A single file, or a member of a ZIP: its name to show and its bytes, or why it is refused."""

    source: Source
    name: str
    content: ReceivedFile | FileRefused
    in_zip: bool = False

    def result(self, outcome: FileOutcome, sentence: str = "", **more: Any) -> FileResult:
        return FileResult(
            name=self.name,
            outcome=outcome,
            sentence=sentence,
            tag=self.source.tag,
            in_zip=self.in_zip,
            **more,
        )

    def left_out(self, refused: FileRefused) -> FileResult:
        return self.result(
            FileOutcome.ASIDE if isinstance(refused, LeftAside) else FileOutcome.REFUSED, refused.sentence
        )


def _unpacked(sources: Iterable[Source], bounds: Limits, *, unpack: bool) -> Iterator[_Item]:
    """Every single file; in place of a ZIP its members, named behind it."""
    for source in sources:
        try:
            with source.open() as stream:
                if not unpack or not is_zip(stream):
                    yield _Item(source, source.shown, receive(stream, limits=bounds))
                    continue
                is_empty = True
                for name, content in members(stream, size=stream.seek(0, 2), limits=bounds):
                    is_empty = False
                    yield _Item(source, shown(f"{source.name}: {name}"), content, in_zip=True)
                if is_empty:
                    raise FileRefused(EMPTY_ZIP)
        except FileRefused as refused:
            yield _Item(source, source.shown, refused)
        except (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError):
            # The system's own words would name a path of ours. A disk that is full or missing is not the file's fault:
            # that error is raised, and the upload is tried again.
            yield _Item(source, source.shown, FileRefused(UNEXPECTED))


@dataclass
class _Batch:
    """Files that were read and are sound, until they are stored together."""

    worklist: Worklist
    by: Actor
    study: str = ""
    one_by_one: bool = False
    is_sent: bool = False
    files: list[tuple[_Item, ReceivedFile, Header]] = field(default_factory=list)
    size: int = 0

    @cached_property
    def character_set(self) -> str:
        """Of text that does not say its own; a home is always an account's."""
        assert self.worklist.account is not None
        return self.worklist.account.character_set

    @property
    def is_full(self) -> bool:
        return len(self.files) >= BATCH_FILES or self.size >= BATCH_BYTES

    def add(self, item: _Item, bounds: Limits) -> list[FileResult]:
        """Read another file; the result at once where it is refused."""
        if isinstance(item.content, FileRefused):
            return [item.left_out(as_bystander(item.content, item.name))]
        received = item.content
        try:
            header = read_header(
                received.file, size=received.size, limits=bounds, fallback=self.character_set
            )
        except Exception as error:
            start = received.start()
            received.close()
            if isinstance(error, FileRefused):
                return [item.left_out(as_bystander(error, item.name, start))]
            # A hostile file failed in an unforeseen way: the rest goes on.
            log.warning("a file could not be read: %s", type(error).__name__)
            return [item.left_out(FileRefused(UNEXPECTED))]
        if self.study not in ("", header.study_instance_uid):
            received.close()
            return [item.result(FileOutcome.REFUSED, OTHER_STUDY, uids=header.uids)]
        self.files.append((item, received, header))
        self.size += received.size
        return []

    def flush(self) -> list[FileResult]:
        """Store the batch and place its studies together; the results in the order of the files."""
        if not self.files:
            return []
        try:
            without = {
                received.sha256 for _item, received, header in self.files if not header.instance["frames"]
            }
            models: list[Described] = []
            blobs = store_blobs(
                [received for _item, received, _header in self.files],
                without_pictures=without,
                meanwhile=lambda: models.extend(map(self._described, self.files)),
            )
            waiting: dict[str, list[Arrival]] = defaultdict(list)
            for index, ((_item, received, header), model) in enumerate(zip(self.files, models, strict=True)):
                waiting[header.study_instance_uid].append(
                    Arrival(index, header, received, blobs[received.sha256], model)
                )
            results: dict[int, FileResult] = {}
            unneeded: set[int] = set()
            comparisons = Comparisons({received.sha256: received for _item, received, _header in self.files})
            # A second time for files to compare, and for studies that were deleted at this very moment.
            while waiting:
                try:
                    placed = place_files(
                        self.worklist,
                        self.by,
                        waiting,
                        comparisons,
                        one_by_one=self.one_by_one,
                        is_sent=self.is_sent,
                    )
                except NotCompared:
                    comparisons.read()
                    continue
                for files in placed:
                    results.update(self._results(files))
                    unneeded |= files.unneeded
                    del waiting[files.study.study_instance_uid]
            if unneeded:
                drop_unused(unneeded)
            return [results[index] for index in range(len(self.files))]
        finally:
            self.close()

    def _described(self, file: "tuple[_Item, ReceivedFile, Header]") -> Described:
        _item, received, header = file
        return described(header, received.file, fallback=self.character_set)

    def _results(self, files: StudyFiles) -> dict[int, FileResult]:
        outcomes = {
            FileOutcome.NEW: files.new,
            FileOutcome.KNOWN: files.known,
            FileOutcome.REFUSED: files.refused,
        }
        return {
            arrival.index: self._result(files, arrival, outcome)
            for outcome, arrivals in outcomes.items()
            for arrival in arrivals
        }

    def _result(self, files: StudyFiles, arrival: Arrival, outcome: FileOutcome) -> FileResult:
        other = files.foreign.get(arrival.index, "")
        refused = outcome == FileOutcome.REFUSED
        return self.files[arrival.index][0].result(
            outcome,
            other or files.kept_apart or (OTHER_BYTES if refused else ""),
            study=None if files.kept_apart else files.study.uuid,
            study_id=None if files.kept_apart else files.study.pk,
            blob_id=arrival.blob_id,
            deviations=() if refused else tuple(arrival.header.instance["deviations"]),
            patients=two_patients(files.study, arrival.header.study) if other else None,
            uids=arrival.header.uids,
        )

    def close(self) -> None:
        for _item, received, _header in self.files:
            received.close()
        self.files, self.size = [], 0
