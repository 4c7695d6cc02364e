"""What becomes of sound files: one study at home, its series and instances, its bytes once."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import storages

from audit.models import AuditEvent
from studies.ingest import store
from studies.ingest.refusals import OTHER_BYTES
from studies.ingest.results import FileOutcome
from studies.models import FOREVER, Blob, Instance, Placement, Series, Study
from studies.models.study import ERASED
from studies.services import take_in_all
from tests import bad_files
from tests.bad_files import Homes, dicom, dicom_storage, homes, sound, source
from tests.cast import IMPORTER, Cast, acting
from tests.factories import make_uid

__all__ = ["dicom_storage", "homes"]
pytestmark = pytest.mark.usefixtures("dicom_storage")


def test_a_new_file_makes_a_study_a_series_and_an_instance_at_home(cast: Cast) -> None:
    data = sound(StudyInstanceUID="2.25.77", PatientName="Quill^Hazel", Modality="CT")
    result = take_in_all(worklist=cast.ct, by=acting(cast.adam), sources=[source(data)])

    study = Study.objects.get(study_instance_uid="2.25.77")
    assert [file.outcome for file in result.files] == [FileOutcome.NEW]
    assert result.studies == {study.uuid}
    assert (study.home, study.patient_name, study.modalities) == (cast.ct, "Quill^Hazel", ["CT"])
    assert (study.study_date, study.study_date_raw) == (date(2026, 11, 20), "20261120")
    assert (study.n_series, study.n_instances) == (1, 1)
    series = study.series.get()
    assert (series.modality, series.number, series.n_instances) == ("CT", 1, 1)
    instance = series.instances.get()
    assert (instance.rows, instance.columns, instance.frames, instance.study) == (8, 8, 1, study)


def test_home_keeps_the_study_for_ever(homes: Homes) -> None:
    take_in_all(
        worklist=homes.ct,
        by=IMPORTER,
        sources=[source(sound(StudyInstanceUID="2.25.77", PatientID=" mrn9 "))],
    )

    placement = Placement.objects.get(study__study_instance_uid="2.25.77")
    assert placement.worklist == homes.ct
    assert placement.is_home
    assert (placement.visible_until, placement.internal_until, placement.exists_until) == (FOREVER,) * 3
    assert (placement.name_key, placement.mrn_key) == ("quill hazel", "MRN9")


def test_the_bytes_are_stored_as_received_under_their_hash(homes: Homes) -> None:
    data = sound()
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)])

    blob = Blob.objects.get(sha256=hashlib.sha256(data).hexdigest())
    assert blob.size == len(data)
    assert blob.preview == Blob.Preview.WAITING
    with storages["dicom"].open(blob.key) as stored:
        assert stored.read() == data


def test_the_same_bytes_again_change_nothing(homes: Homes) -> None:
    data = sound()
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)])
    before = counts()

    again = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)])

    assert [file.outcome for file in again.files] == [FileOutcome.KNOWN]
    assert counts() == before


def test_the_same_bytes_twice_in_one_go_are_one_instance(homes: Homes) -> None:
    data = sound(StudyInstanceUID="2.25.77")
    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data, "a"), source(data, "b")])

    assert [file.outcome for file in result.files] == [FileOutcome.NEW, FileOutcome.KNOWN]
    assert Study.objects.get(study_instance_uid="2.25.77").n_instances == 1


def test_the_same_instance_uid_with_other_bytes_is_refused_by_name(homes: Homes, dicom_storage: Path) -> None:
    uids = {"StudyInstanceUID": make_uid(), "SeriesInstanceUID": make_uid(), "SOPInstanceUID": make_uid()}
    first, other = sound(**uids), sound(**uids, StudyDescription="OTHER")
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(first)])

    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(other, "other.dcm")])

    [refused] = result.left_out
    assert refused.name == "other.dcm"
    assert refused.sentence == OTHER_BYTES
    kept = Instance.objects.get(sop_instance_uid=uids["SOPInstanceUID"])
    assert kept.blob.sha256 == hashlib.sha256(first).hexdigest()
    assert Blob.objects.get() == kept.blob
    assert [path.stem for path in dicom_storage.rglob("*.dcm")] == [kept.blob.sha256]


def test_bytes_forgotten_between_storing_and_placing_are_stored_anew(
    homes: Homes, dicom_storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = sound()

    def and_then_forgotten(*args: Any, **kwargs: Any) -> dict[str, int]:
        stored = store.store_blobs(*args, **kwargs)
        store.drop_unused(stored.values())
        assert not list(dicom_storage.rglob("*.dcm"))
        return stored

    monkeypatch.setattr("studies.services.ingest.store_blobs", and_then_forgotten)
    assert take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)]).n_new == 1

    with storages["dicom"].open(Instance.objects.get().blob.key) as stored:
        assert stored.read() == data


def test_what_a_crash_left_in_the_storage_is_written_anew(homes: Homes) -> None:
    data = sound()
    key = Blob(sha256=hashlib.sha256(data).hexdigest()).key
    bad_files.written(Path(storages["dicom"].location), {key: data[:100]})

    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)])

    with storages["dicom"].open(key) as stored:
        assert stored.read() == data


def test_one_refused_file_does_not_stop_the_rest(homes: Homes) -> None:
    study = make_uid()
    files = [
        source(sound(StudyInstanceUID=study), "1"),
        source(b"hello", "2"),
        source(sound(StudyInstanceUID=study), "3"),
    ]

    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=files)

    assert (result.n_new, [file.name for file in result.left_out]) == (2, ["2"])
    assert Study.objects.get(study_instance_uid=study).n_instances == 2


def test_the_same_study_uid_at_another_home_is_another_study_with_the_same_bytes(homes: Homes) -> None:
    data = sound(StudyInstanceUID="2.25.77")
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)])
    result = take_in_all(worklist=homes.imaging, by=IMPORTER, sources=[source(data)])

    here, there = Study.objects.filter(study_instance_uid="2.25.77").order_by("id")
    assert result.n_new == 1
    assert (here.home, there.home) == (homes.ct, homes.imaging)
    assert here.uuid != there.uuid
    assert here.instances.get().blob == there.instances.get().blob


def test_a_deleted_study_does_not_come_back_to_life(cast: Cast, django_capture_on_commit_callbacks) -> None:
    data = sound(StudyInstanceUID="2.25.77")
    take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(data)])
    buried = Study.objects.get(study_instance_uid="2.25.77")
    Study.objects.filter(pk=buried.pk).update(
        **ERASED, deleted_at="2026-11-24T00:00Z", deleted_by=cast.adam, deleted_because="a mistake"
    )

    take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(data)])

    assert Study.objects.filter(study_instance_uid="2.25.77", deleted_at=None).count() == 1


def test_series_and_instances_are_counted_over_several_imports(homes: Homes) -> None:
    study, axial, coronal = make_uid(), make_uid(), make_uid()
    for series, modality in ((axial, "CT"), (axial, "CT"), (coronal, "PT")):
        data = sound(StudyInstanceUID=study, SeriesInstanceUID=series, Modality=modality)
        take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)])

    made = Study.objects.get(study_instance_uid=study)
    assert (made.n_series, made.n_instances, made.modalities) == (2, 3, ["CT", "PT"])
    assert dict(made.series.values_list("series_instance_uid", "n_instances")) == {axial: 2, coronal: 1}


def test_where_files_of_one_study_disagree_the_first_wins(homes: Homes) -> None:
    for name in ("First^Word", "Second^Word"):
        take_in_all(
            worklist=homes.ct,
            by=IMPORTER,
            sources=[source(sound(StudyInstanceUID="2.25.77", PatientName=name))],
        )

    assert Study.objects.get(study_instance_uid="2.25.77").patient_name == "First^Word"


def test_an_object_without_pixels_needs_no_preview(homes: Homes) -> None:
    plain = dicom(
        PixelData=None, Rows=None, Columns=None, Modality="SR", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.22"
    )
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(bad_files.as_bytes(plain))])

    instance = Instance.objects.select_related("blob").get(sop_instance_uid=plain.SOPInstanceUID)
    assert (instance.frames, instance.blob.preview) == (0, Blob.Preview.NONE)


def test_one_audit_line_says_that_a_study_arrived_and_one_that_images_were_added(cast: Cast) -> None:
    def files(n: int) -> list:
        return [source(sound(StudyInstanceUID="2.25.77")) for _ in range(n)]

    take_in_all(worklist=cast.ct, by=acting(cast.adam), sources=files(3))
    take_in_all(worklist=cast.ct, by=acting(cast.adam), sources=files(2))

    arrived, added = AuditEvent.objects.filter(study_uid="2.25.77").order_by("id")
    assert (arrived.action, added.action) == ("study:study:add", "study:instances:add")
    assert (arrived.detail["instances"], added.detail["instances"]) == (3, 2)
    assert {arrived.by_id, added.by_id} == {cast.adam.pk}
    assert arrived.in_original
    assert arrived.worklist_id == cast.ct.pk


def test_who_may_not_upload_is_refused_and_nothing_is_stored(cast: Cast) -> None:
    before = counts()

    with pytest.raises(PermissionDenied, match="does not let you upload"):
        take_in_all(worklist=cast.ct, by=acting(cast.vera), sources=[source(sound())])

    assert counts() == before


def test_a_personal_worklist_receives_nothing(cast: Cast) -> None:
    with pytest.raises(PermissionDenied, match="personal worklist receives no uploads"):
        take_in_all(worklist=cast.ana.personal_worklist, by=acting(cast.ana), sources=[source(sound())])


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.1"])
def test_deflated_and_plain_files_say_the_same(homes: Homes, syntax: str) -> None:
    ds = dicom(StudyInstanceUID="2.25.77")
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(bad_files.as_bytes(ds, syntax=syntax))])

    instance = Instance.objects.get(study__study_instance_uid="2.25.77")
    assert (instance.transfer_syntax_uid, instance.rows) == (syntax, 8)
    assert instance.study.patient_name == "Quill^Hazel"


def test_an_import_of_five_hundred_files_asks_the_database_little(
    homes: Homes, django_assert_max_num_queries
) -> None:
    study, series = make_uid(), make_uid()
    files = [source(sound(StudyInstanceUID=study, SeriesInstanceUID=series)) for _ in range(500)]

    with django_assert_max_num_queries(5 * 30):
        take_in_all(worklist=homes.ct, by=IMPORTER, sources=files)

    assert Study.objects.get(study_instance_uid=study).n_instances == 500


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Study, Series, Instance, Blob, Placement))
