"""The rows of a batch's new instances, set by set, under the locks of their studies."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID, uuid4

from django.db import connection

from common.copying import copy_in
from studies.ingest.arrivals import Arrival, StudyFiles
from studies.ingest.comparing import Comparisons
from studies.ingest.headers import Header
from studies.ingest.metadata import write_metadata
from studies.ingest.store import still_there, store_blobs
from studies.ingest.view_copies import images_arrived
from studies.models import Correction, Instance, Series, Study
from worklists.models import Worklist

INSTANCE = [
    "uuid",
    "series_id",
    "study_id",
    "blob_id",
    "sop_instance_uid",
]  # beside the columns of the header

COUNT_STUDIES = """
UPDATE studies_study s SET
    n_instances = s.n_instances + more.instances,
    n_series = (SELECT count(*) FROM studies_series WHERE study_id = s.id),
    modalities = ARRAY(
        SELECT modality FROM (
            SELECT unnest(s.modalities)
            UNION SELECT modality FROM studies_series WHERE study_id = s.id AND modality <> ''
        ) AS each (modality) ORDER BY modality COLLATE "C")
FROM unnest(%s::bigint[], %s::int[]) AS more (study, instances)
WHERE s.id = more.study
RETURNING s.id, s.n_series
"""
COUNT_SERIES = """
UPDATE studies_series s SET n_instances = s.n_instances + more.instances
FROM unnest(%s::bigint[], %s::int[]) AS more (series, instances) WHERE s.id = more.series
"""


def find_or_add_studies(
    home: Worklist, arrivals: Mapping[str, Sequence[Arrival]], *, sent_by: int | None = None
) -> list[StudyFiles]:
    """The undeleted studies of these UIDs at this home, locked; made from the first file's words where there is none.

    A study that is deleted at this very moment is missing: it is for the next transaction, since this one holds locks.
    `sent_by`: the key of the person whose new studies these are, where they were sent to an upload address.
    """
    added = _add_studies(home, arrivals, sent_by)
    locked = (
        Study.objects.select_for_update(no_key=True)
        .filter(home=home, study_instance_uid__in=arrivals, deleted_at=None)
        .order_by("id")
    )
    return [StudyFiles(study, study.uuid in added, arrivals[study.study_instance_uid]) for study in locked]


def _add_studies(home: Worklist, arrivals: Mapping[str, Sequence[Arrival]], sent_by: int | None) -> set[UUID]:
    """Add the studies that are missing; which they are.

    Imports that arrive together add them in the same order: the second waits here until the first one's are there or
    undone, and holds nothing yet that the first one waits for.
    """
    first = {uid: arrivals[uid][0].header.study for uid in sorted(arrivals)}
    names = ["uuid", "study_instance_uid", *next(iter(first.values()))]
    rows = [(uuid4(), uid, *columns.values()) for uid, columns in first.items()]
    types = [str(Study._meta.get_field(name).db_type(connection)).partition("(")[0] for name in names]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO studies_study (home_id, sent_by_id, {', '.join(names)}) "
            f"SELECT %s, %s::bigint, * FROM unnest({', '.join(f'%s::{kind}[]' for kind in types)}) "
            "ON CONFLICT DO NOTHING RETURNING uuid",
            [home.pk, sent_by, *map(list, zip(*rows, strict=True))],
        )
        return {uuid for (uuid,) in cursor.fetchall()}


def add_instances(studies: Sequence[StudyFiles], comparisons: Comparisons) -> None:
    """Sort the files of these studies, and write the rows of the new ones. The caller holds the studies' locks.

    Raises NotCompared where files of one instance have to be read first.
    """
    held = _held([files for files in studies if not files.is_new])
    _received(studies)
    for files in studies:
        files.sort(held[files.study.pk], comparisons)
    comparisons.check()
    _fill([files for files in studies if files.filled])
    with_new = [files for files in studies if files.new]
    if with_new:
        _keep_bytes(with_new)
        series = _series(with_new)
        _write(with_new, series)
        _count(with_new, {*series.values()})


def _received(studies: Sequence[StudyFiles]) -> None:
    """Of the studies' corrected columns what was received: other files are of the same patient as that."""
    corrected = {files.study.pk: files for files in studies if files.study.n_corrections}
    if corrected:
        rows = Correction.objects.filter(study__in=corrected).order_by("pk")
        for study, changes in rows.values_list("study", "changes"):
            for name, (before, _after) in changes.items():
                corrected[study].received.setdefault(name, before)


def _fill(studies: Sequence[StudyFiles]) -> None:
    """Write what the studies' rows left empty and a later file says."""
    if studies:
        columns = sorted(set().union(*(files.filled for files in studies)))
        Study.objects.bulk_update([files.study for files in studies], columns)


def _held(studies: Sequence[StudyFiles]) -> dict[int, dict[str, str]]:
    """The hashes of the instances that are there already, by study and UID."""
    held: dict[int, dict[str, str]] = defaultdict(dict)
    if studies:
        uids = {arrival.uid for files in studies for arrival in files.arrivals}
        instances = Instance.objects.filter(
            study__in=[files.study for files in studies], sop_instance_uid__in=uids
        )
        for study, uid, sha256 in instances.values_list("study_id", "sop_instance_uid", "blob__sha256"):
            held[study][uid] = sha256
    return held


def _keep_bytes(studies: Sequence[StudyFiles]) -> None:
    """Bytes that were stored a moment ago may have been forgotten since, with another file that was refused."""
    new = [arrival for files in studies for arrival in files.new]
    there = still_there({arrival.blob_id for arrival in new})
    gone = [arrival for arrival in new if arrival.blob_id not in there]
    if not gone:
        return
    without = {arrival.sha256 for arrival in gone if not arrival.header.instance["frames"]}
    again = store_blobs([arrival.received for arrival in gone], without_pictures=without)
    for files in studies:
        files.new = [
            replace(arrival, blob_id=again.get(arrival.sha256, arrival.blob_id)) for arrival in files.new
        ]


def _series(studies: Sequence[StudyFiles]) -> dict[tuple[int, str], int]:
    """The series of the new files by study and UID, with what is added counted; the first file describes a new one."""
    headers: dict[tuple[int, str], list[Header]] = defaultdict(list)
    for files in studies:
        for arrival in files.new:
            headers[files.study.pk, arrival.header.series_instance_uid].append(arrival.header)
    there: dict[tuple[int, str], int] = {}
    if known := [files.study for files in studies if not files.is_new]:
        held = Series.objects.filter(study__in=known, series_instance_uid__in={uid for _, uid in headers})
        for study, uid, pk in held.values_list("study_id", "series_instance_uid", "id"):
            if (study, uid) in headers:
                there[study, uid] = pk
        with connection.cursor() as cursor:
            cursor.execute(COUNT_SERIES, [[*there.values()], [len(headers[which]) for which in there]])
    made = Series.objects.bulk_create(
        Series(study_id=study, series_instance_uid=uid, n_instances=len(these), **these[0].series)
        for (study, uid), these in headers.items()
        if (study, uid) not in there
    )
    return there | {(series.study_id, series.series_instance_uid): series.pk for series in made}


def _write(studies: Sequence[StudyFiles], series: Mapping[tuple[int, str], int]) -> None:
    new = [(uuid4(), files, arrival) for files in studies for arrival in files.new]
    rows = (
        (
            uuid,
            series[files.study.pk, arrival.header.series_instance_uid],
            files.study.pk,
            arrival.blob_id,
            arrival.uid,
            *arrival.header.instance.values(),
        )
        for uuid, files, arrival in new
    )
    copy_in(Instance, [*INSTANCE, *studies[0].new[0].header.instance], rows)
    write_metadata({uuid: arrival.described for uuid, _, arrival in new})


def _count(studies: Sequence[StudyFiles], series: Collection[int]) -> None:
    by_pk = {files.study.pk: files for files in studies}
    arrived, values = images_arrived(series)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH arrived AS ({arrived}) {COUNT_STUDIES}",
            [*values, [*by_pk], [len(files.new) for files in by_pk.values()]],
        )
        for pk, n_series in cursor.fetchall():
            by_pk[pk].study.n_series = n_series
