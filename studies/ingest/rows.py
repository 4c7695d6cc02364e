"""The rows of one study's new instances, set by set, under the study's lock."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from studies.ingest.headers import Header
from studies.ingest.sources import Received
from studies.ingest.store import still_there, store_blobs
from studies.models import Instance, Series, Study
from worklists.models import Worklist


@dataclass(frozen=True)
class Arrival:
    """A read and stored file: its place in the batch, what it says, and its bytes."""

    index: int
    header: Header
    received: Received
    blob_id: int

    @property
    def sha256(self) -> str:
        return self.received.sha256


def find_or_add_study(home: Worklist, header: Header) -> tuple[Study, bool]:
    """The undeleted study of this UID at this home, locked; made from the first file's words where there is none."""
    while True:
        # Two imports may arrive together: the second waits here until the first one's study is there or undone.
        new = Study(home=home, study_instance_uid=header.study_instance_uid, **header.study)
        Study.objects.bulk_create([new], ignore_conflicts=True)
        locked = (
            Study.objects.select_for_update(no_key=True)
            .filter(home=home, study_instance_uid=header.study_instance_uid, deleted_at=None)
            .first()
        )
        if locked is not None:  # else it was deleted in between: once more
            return locked, locked.uuid == new.uuid


def add_instances(
    study: Study, arrivals: Sequence[Arrival]
) -> tuple[list[Arrival], list[Arrival], list[Arrival]]:
    """New, known and refused ones (same UID, other bytes). The caller holds the study's lock."""
    uids = {arrival.header.sop_instance_uid for arrival in arrivals}
    held = dict(
        Instance.objects.filter(study=study, sop_instance_uid__in=uids).values_list(
            "sop_instance_uid", "blob__sha256"
        )
    )
    new: list[Arrival] = []
    known: list[Arrival] = []
    refused: list[Arrival] = []
    for arrival in arrivals:
        there = held.get(arrival.header.sop_instance_uid)
        (new if there is None else known if there == arrival.sha256 else refused).append(arrival)
        held.setdefault(arrival.header.sop_instance_uid, arrival.sha256)
    if new:
        new = _with_their_bytes(new)
        series = _series(study, new)
        Instance.objects.bulk_create(
            [
                Instance(
                    series=series[arrival.header.series_instance_uid],
                    study=study,
                    blob_id=arrival.blob_id,
                    sop_instance_uid=arrival.header.sop_instance_uid,
                    **arrival.header.instance,
                )
                for arrival in new
            ]
        )
        _count(study, series, new)
    return new, known, refused


def _with_their_bytes(new: list[Arrival]) -> list[Arrival]:
    """Bytes that were stored a moment ago may have been forgotten since, with another file that nothing came of."""
    there = still_there({arrival.blob_id for arrival in new})
    gone = [arrival for arrival in new if arrival.blob_id not in there]
    if not gone:
        return new
    without = {arrival.sha256 for arrival in gone if not arrival.header.instance["frames"]}
    again = store_blobs([arrival.received for arrival in gone], without_pictures=without)
    return [replace(arrival, blob_id=again.get(arrival.sha256, arrival.blob_id)) for arrival in new]


def _series(study: Study, arrivals: Sequence[Arrival]) -> dict[str, Series]:
    """The series these belong to, by UID; a new one is described by its first file."""
    first = {arrival.header.series_instance_uid: arrival.header for arrival in reversed(arrivals)}
    found = {
        s.series_instance_uid: s for s in Series.objects.filter(study=study, series_instance_uid__in=first)
    }
    missing = [
        Series(study=study, series_instance_uid=uid, **header.series)
        for uid, header in first.items()
        if uid not in found
    ]
    return found | {series.series_instance_uid: series for series in Series.objects.bulk_create(missing)}


def _count(study: Study, series: dict[str, Series], new: Sequence[Arrival]) -> None:
    more = Counter(arrival.header.series_instance_uid for arrival in new)
    for uid, one in series.items():
        one.n_instances += more[uid]
    Series.objects.bulk_update(series.values(), ["n_instances"])
    study.n_instances += len(new)
    study.n_series = study.series.count()
    study.modalities = sorted({*study.modalities, *(one.modality for one in series.values() if one.modality)})
    study.save(update_fields=["n_instances", "n_series", "modalities"])
