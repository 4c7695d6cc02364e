"""Take files in: read, store, and place at home what is sound; name the rest with a sentence each."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.queue import poke
from audit import clock
from audit.actions import Action
from audit.services import record
from common.exceptions import Refused as NotAllowed
from studies.events import on_placement, on_worklist
from studies.ingest.archive import is_zip, members
from studies.ingest.headers import Header, read_header
from studies.ingest.limits import MB, Limits, limits
from studies.ingest.refusals import OTHER_BYTES, UNEXPECTED, Refused, Skipped
from studies.ingest.results import FileResult, IngestResult, Outcome
from studies.ingest.rows import Arrival, add_instances, find_or_add_study
from studies.ingest.sources import Received, Source, receive, shown
from studies.ingest.store import drop_unused, store_blobs
from studies.models import FOREVER, Placement, Study
from worklists import access
from worklists.models import Worklist

log = logging.getLogger(__name__)

BATCH_FILES = 100
BATCH_BYTES = 64 * MB

Progress = Callable[[FileResult], None]


def take_in(*, worklist: Worklist, by: User | None, source: Source) -> IngestResult:
    """One file, or one ZIP with all its members. `by=None` is the platform itself, as commands are."""
    return take_in_all(worklist=worklist, by=by, sources=[source])


def take_in_all(
    *,
    worklist: Worklist,
    by: User | None,
    sources: Iterable[Source],
    progress: Progress = lambda result: None,
) -> IngestResult:
    """Many files, a batch at a time: each batch is stored and committed before the next one is read."""
    check_upload(worklist=worklist, by=by)
    return carry_in(worklist=worklist, by=by, sources=sources, progress=progress)


def check_upload(*, worklist: Worklist, by: User | None) -> None:
    """Only a location or group of an account receives studies, and only from holders of `upload_study` there."""
    if worklist.is_personal:
        raise NotAllowed("A personal worklist receives no uploads.", on=on_worklist(worklist))
    if by is not None and not access.may(by, "upload_study", worklist):
        raise NotAllowed(
            "Your role on this worklist does not let you upload studies.", on=on_worklist(worklist)
        )


def carry_in(
    *,
    worklist: Worklist,
    by: User | None,
    sources: Iterable[Source],
    progress: Progress = lambda result: None,
) -> IngestResult:
    """`take_in_all` for what was allowed before, when it was uploaded: a right taken since stops it no more."""
    bounds, result, batch = limits(), IngestResult(), _Batch(worklist, by)

    def note(done: list[FileResult]) -> None:
        result.add(done)
        for one in done:
            progress(one)

    try:
        for item in _unpacked(sources, bounds):
            note(batch.add(item, bounds))
            if batch.is_full:
                note(batch.flush())
        note(batch.flush())
    finally:
        batch.close()
    return result


@dataclass(frozen=True)
class _Item:
    """A single file, or a member of a ZIP: its name to show and its bytes, or why it has none for us."""

    source: Source
    name: str
    found: Received | Refused
    in_zip: bool = False

    def result(self, outcome: Outcome, sentence: str = "", **more: Any) -> FileResult:
        return FileResult(
            name=self.name,
            outcome=outcome,
            sentence=sentence,
            tag=self.source.tag,
            in_zip=self.in_zip,
            **more,
        )

    def left_out(self, refused: Refused) -> FileResult:
        return self.result(
            Outcome.SKIPPED if isinstance(refused, Skipped) else Outcome.REFUSED, refused.sentence
        )


def _unpacked(sources: Iterable[Source], bounds: Limits) -> Iterator[_Item]:
    """Every single file; in place of a ZIP its members, named behind it."""
    for source in sources:
        try:
            with source.open() as stream:
                if not is_zip(stream):
                    yield _Item(source, source.shown, receive(stream, limits=bounds))
                    continue
                for name, found in members(stream, size=stream.seek(0, 2), limits=bounds):
                    yield _Item(source, shown(f"{source.name}: {name}"), found, in_zip=True)
        except Refused as refused:
            yield _Item(source, source.shown, refused)
        except (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError):
            # The system's own words would name a path of ours. A disk that is full or away is no fault of the file's:
            # that goes up, and the upload is tried again.
            yield _Item(source, source.shown, Refused(UNEXPECTED))


@dataclass
class _Batch:
    """Files that were read and are sound, until they are stored together."""

    worklist: Worklist
    by: User | None
    files: list[tuple[_Item, Received, Header]] = field(default_factory=list)
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.files) >= BATCH_FILES or self.size >= BATCH_BYTES

    def add(self, item: _Item, bounds: Limits) -> list[FileResult]:
        """Read one more; answers at once for what is refused."""
        if isinstance(item.found, Refused):
            return [item.left_out(item.found)]
        received = item.found
        try:
            header = read_header(received.file, size=received.size, limits=bounds)
        except Exception as error:
            received.close()
            if isinstance(error, Refused):
                return [item.left_out(error)]
            # A hostile file found a way nobody thought of: the rest goes on.
            log.warning("a file could not be read: %s", type(error).__name__)
            return [item.left_out(Refused(UNEXPECTED))]
        self.files.append((item, received, header))
        self.size += received.size
        return []

    def flush(self) -> list[FileResult]:
        """Store the batch and place it, study by study; the results in the order of the files."""
        if not self.files:
            return []
        try:
            without = {received.sha256 for _, received, header in self.files if not header.instance["frames"]}
            blobs = store_blobs([received for _, received, _ in self.files], without_pictures=without)
            studies: dict[str, list[Arrival]] = defaultdict(list)
            for index, (_, received, header) in enumerate(self.files):
                studies[header.study_instance_uid].append(
                    Arrival(index, header, received, blobs[received.sha256])
                )
            results: dict[int, FileResult] = {}
            for uid in sorted(studies):
                results.update(self._place(studies[uid]))
            refused = [index for index, one in results.items() if one.outcome == Outcome.REFUSED]
            if refused:
                drop_unused({blobs[self.files[index][1].sha256] for index in refused})
            return [results[index] for index in range(len(self.files))]
        finally:
            self.close()

    def _place(self, arrivals: list[Arrival]) -> dict[int, FileResult]:
        study, outcomes = _place(worklist=self.worklist, by=self.by, arrivals=arrivals)
        return {
            arrival.index: self.files[arrival.index][0].result(
                outcome,
                OTHER_BYTES if outcome == Outcome.REFUSED else "",
                study=study.uuid,
                blob_id=arrival.blob_id,
            )
            for arrival, outcome in outcomes
        }

    def close(self) -> None:
        for _, received, _ in self.files:
            received.close()
        self.files, self.size = [], 0


@transaction.atomic
def _place(
    *, worklist: Worklist, by: User | None, arrivals: list[Arrival]
) -> tuple[Study, list[tuple[Arrival, Outcome]]]:
    """One study's files of a batch: study, home's placement, series, instances and the audit line, or nothing."""
    study, is_new = find_or_add_study(worklist, arrivals[0].header)
    new, known, refused = add_instances(study, arrivals)
    if is_new:
        Placement.objects.create(
            study=study,
            worklist=worklist,
            visible_until=FOREVER,
            internal_until=FOREVER,
            exists_until=FOREVER,
        )
    if new:
        placement = Placement.objects.select_related("study", "worklist__account", "worklist__owner").get(
            study=study, worklist=worklist
        )
        action = Action.STUDY_ARRIVE if is_new else Action.STUDY_ADD_IMAGES
        detail = {"instances": len(new), "series": study.n_series}
        record(action, by=by, on=on_placement(placement, at=clock.now(), detail=detail))
        poke("studies.render_previews")
    outcomes = [(Outcome.NEW, new), (Outcome.KNOWN, known), (Outcome.REFUSED, refused)]
    return study, [(arrival, outcome) for outcome, those in outcomes for arrival in those]
