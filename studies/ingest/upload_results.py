"""The rows that say what became of an upload: its files with their sentences, and its studies with their counts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from django.db import connection
from django.db.models.functions import Now

from studies.ingest.results import FileOutcome, FileResult
from studies.models import OtherPatient, Upload, UploadedFile

COUNT = """
INSERT INTO studies_uploadedstudy (upload_id, study_id, n_new, n_known)
SELECT %s, * FROM unnest(%s::bigint[], %s::int[], %s::int[])
ON CONFLICT (upload_id, study_id) DO UPDATE
SET n_new = studies_uploadedstudy.n_new + EXCLUDED.n_new, n_known = studies_uploadedstudy.n_known + EXCLUDED.n_known
"""


def note_files(upload: Upload, files: Sequence[UploadedFile], results: Sequence[FileResult]) -> None:
    """A row for each file that was sent, and for each member of a ZIP that was left out or is odd."""
    by_tag = {result.tag: result for result in results if not result.in_zip}
    noted: list[tuple[UploadedFile, FileResult]] = []
    for file in files:
        file.done_at = Now()
        if result := by_tag.get(file.pk):
            noted.append((_noted(file, result), result))
    UploadedFile.objects.bulk_update(files, ["done_at", "refused_because", "is_aside", "deviations"])
    members = [result for result in results if result.in_zip and (result.sentence or result.deviations)]
    rows = [
        _noted(UploadedFile(upload=upload, name=member.name, done_at=Now()), member) for member in members
    ]
    noted += zip(UploadedFile.objects.bulk_create(rows), members, strict=True)
    OtherPatient.objects.bulk_create(
        OtherPatient(file=file, study_id=result.study_id, **asdict(result.patients))
        for file, result in noted
        if result.patients is not None and result.study_id is not None
    )


def count_studies(upload: Upload, results: Sequence[FileResult]) -> None:
    new = Counter(result.study_id for result in results if result.outcome == FileOutcome.NEW)
    known = Counter(result.study_id for result in results if result.outcome == FileOutcome.KNOWN)
    if studies := sorted(study for study in new.keys() | known.keys() if study is not None):
        counts = [[each[study] for study in studies] for each in (new, known)]
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [upload.pk, studies, *counts])


def _noted(file: UploadedFile, result: FileResult) -> UploadedFile:
    file.refused_because = result.sentence
    file.is_aside = result.outcome == FileOutcome.ASIDE
    file.deviations = list(result.deviations)
    return file
