"""The studies of a batch are taken in together: what they cost, and that each keeps its own rules."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection

from audit.models import AuditEvent
from studies.ingest.results import FileOutcome
from studies.ingest.sources import Source
from studies.models import Instance, Placement, Series, Study
from studies.services import take_in_all
from studies.services.ingest import BATCH_FILES
from tests.bad_files import Homes, dicom_storage, homes, sound, source
from tests.cast import IMPORTER
from tests.factories import make_uid
from worklists.models import Worklist

__all__ = ["dicom_storage", "homes"]
pytestmark = pytest.mark.usefixtures("dicom_storage")


def statements(home: Worklist, files: Sequence[Source]) -> int:
    """How many of them it takes to take these new files in, beside what goes in by COPY."""
    sent: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        assert take_in_all(worklist=home, by=IMPORTER, sources=files).n_new == len(files)
    return len(sent)


def of(*studies: str) -> list[Source]:
    return [source(sound(StudyInstanceUID=uid)) for uid in studies]


def small_studies(number: int) -> list[Source]:
    return of(*(make_uid() for _ in range(number)))


def test_a_batch_of_small_studies_takes_no_more_statements_than_a_batch_of_one_study(homes: Homes) -> None:
    one, many = [make_uid()] * BATCH_FILES, [make_uid() for _ in range(BATCH_FILES)]

    of_one, of_many = (statements(homes.ct, of(*studies)) for studies in (one, many))
    # Now the studies are there, and each is given one more instance.
    more_of_one, more_of_many = (statements(homes.ct, of(*studies)) for studies in (one, many))

    assert 0 < of_many <= of_one <= 20
    assert 0 < more_of_many <= more_of_one <= 20
    assert Study.objects.filter(n_instances=2).count() == BATCH_FILES


def test_three_times_the_small_studies_are_at_most_three_times_the_statements(homes: Homes) -> None:
    hundred = statements(homes.ct, small_studies(100))

    assert 0 < statements(homes.ct, small_studies(300)) <= 3 * hundred


def test_the_worker_is_asked_for_previews_once_a_batch(
    homes: Homes, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("accounts.queue._send", lambda task, ids: asked.append(task))

    with django_capture_on_commit_callbacks(execute=True):
        take_in_all(worklist=homes.ct, by=IMPORTER, sources=small_studies(BATCH_FILES + 1))

    assert asked == ["studies.render_previews"] * 2


def test_each_study_of_a_batch_has_its_own_line_in_the_trail_with_its_own_counts(homes: Homes) -> None:
    uids = sorted(make_uid() for _ in range(3))
    known = sound(StudyInstanceUID=uids[2])
    take_in_all(
        worklist=homes.ct, by=IMPORTER, sources=[source(known), source(sound(StudyInstanceUID=uids[1]))]
    )
    before = AuditEvent.objects.count()
    series = make_uid()
    files = [
        known,
        sound(StudyInstanceUID=uids[0], SeriesInstanceUID=series),
        sound(StudyInstanceUID=uids[1]),
        sound(StudyInstanceUID=uids[0], SeriesInstanceUID=series),
        sound(StudyInstanceUID=uids[0]),
    ]

    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data) for data in files])

    lines = {line.study_uid: line for line in AuditEvent.objects.order_by("id")[before:]}
    assert {uid: (str(line.action), line.detail) for uid, line in lines.items()} == {
        uids[0]: ("study:study:add", {"instances": 3, "series": 2}),
        uids[1]: ("study:instances:add", {"instances": 1, "series": 2}),
    }
    places = Placement.objects.in_bulk([line.placement_uuid for line in lines.values()], field_name="uuid")
    assert {place.study.study_instance_uid for place in places.values()} == set(lines)
    assert {(line.worklist_id, line.in_original) for line in lines.values()} == {(homes.ct.pk, True)}


def test_a_refused_file_of_one_study_leaves_the_other_studies_of_its_batch_alone(homes: Homes) -> None:
    mine, other, image = make_uid(), make_uid(), make_uid()
    files = [
        sound(StudyInstanceUID=mine, SOPInstanceUID=image),
        sound(StudyInstanceUID=other, SOPInstanceUID=image),
        sound(StudyInstanceUID=mine, SOPInstanceUID=image, PatientID="OTHER"),
        sound(StudyInstanceUID=other),
    ]

    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data) for data in files])

    outcomes = [FileOutcome.NEW, FileOutcome.NEW, FileOutcome.REFUSED, FileOutcome.NEW]
    assert [file.outcome for file in result.files] == outcomes
    counts = dict(Study.objects.values_list("study_instance_uid", "n_instances"))
    assert counts == {mine: 1, other: 2}


def test_a_study_in_a_batch_is_all_there_or_not_at_all(homes: Homes, monkeypatch: pytest.MonkeyPatch) -> None:
    files = small_studies(5)

    def fail(events: Sequence[AuditEvent]) -> None:
        raise RuntimeError("the trail cannot be written")

    with monkeypatch.context() as broken:
        broken.setattr("studies.services.placing.record_all", fail)
        with pytest.raises(RuntimeError):
            take_in_all(worklist=homes.ct, by=IMPORTER, sources=files)
    left = [model.objects.count() for model in (Study, Series, Instance, Placement)]

    assert left == [0, 0, 0, 0]
    assert take_in_all(worklist=homes.ct, by=IMPORTER, sources=files).n_new == 5


def test_modalities_and_series_of_many_studies_are_counted_each_for_itself(homes: Homes) -> None:
    uids = [make_uid() for _ in range(3)]
    for modalities in (("CT", "MR", ""), ("PT", "MR", "US")):
        files = [
            sound(StudyInstanceUID=uid, Modality=modality)
            for uid, modality in zip(uids, modalities, strict=True)
        ]
        take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data) for data in files])

    studies = {study.study_instance_uid: study for study in Study.objects.all()}
    assert [studies[uid].modalities for uid in uids] == [["CT", "PT"], ["MR"], ["US"]]
    assert [(studies[uid].n_series, studies[uid].n_instances) for uid in uids] == [(2, 2)] * 3
    assert [Placement.objects.get(study=studies[uid]).modalities for uid in uids] == [
        ["CT", "PT"],
        ["MR"],
        ["US"],
    ]
