"""The first file does not speak for the study: later files fill what it leaves empty, and no other patient slips in."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.actions import Action
from audit.models import AuditEvent
from studies.ingest.patients import fill, initials, other_patient
from studies.ingest.refusals import OTHER_ISSUER, OTHER_MRN, OTHER_PATIENT, OTHER_PERSON
from studies.ingest.results import IngestResult
from studies.models import Blob, Instance, Placement, Study
from studies.services import take_in_all
from tests.bad_files import Homes, dicom_storage, homes, sound, source
from tests.cast import IMPORTER
from tests.factories import make_uid

__all__ = ["dicom_storage", "homes"]

EMPTY = {
    "patient_name": "", "patient_id": "", "issuer_of_patient_id": "", "patient_birth_date_raw": "",
    "patient_birth_date": None, "patient_sex": "", "study_date_raw": "", "study_date": None,
}  # fmt: skip
HAZEL = {
    "patient_name": "Quill^Hazel",
    "patient_id": "Q1",
    "issuer_of_patient_id": "NG",
    "patient_birth_date_raw": "19610704",
}


def columns(**values: str) -> dict[str, Any]:
    return {**EMPTY, **HAZEL, **values}


def bring(homes: Homes, *files: bytes) -> IngestResult:
    return take_in_all(
        worklist=homes.ct, by=IMPORTER, sources=[source(data, f"{n}.dcm") for n, data in enumerate(files, 1)]
    )


@pytest.mark.parametrize(
    ("theirs", "why"),
    [
        ({}, ""),
        ({"patient_id": "Q2"}, OTHER_MRN),
        ({"patient_id": " q1"}, ""),
        ({"patient_id": "Q1\u200b"}, ""),
        ({"issuer_of_patient_id": "SM"}, OTHER_ISSUER),
        ({"issuer_of_patient_id": ""}, ""),
        ({"patient_name": "QUILL^HAZEL^^"}, ""),
        ({"patient_name": "Quill^Hasel"}, ""),
        ({"patient_birth_date_raw": "19610407"}, ""),
        ({"patient_birth_date_raw": "1961.07.04"}, ""),
        ({"patient_birth_date_raw": "1961", "patient_name": "Rowan^Jane"}, ""),
        ({"patient_name": "Rowan^Jane", "patient_birth_date_raw": "19800101"}, OTHER_PERSON),
        ({"patient_name": "Rowan^Jane", "patient_id": "", "patient_birth_date_raw": ""}, OTHER_PERSON),
        ({"patient_name": "Rowan^Jane", "patient_id": ""}, ""),
        ({"patient_name": "Rowan^Jane", "patient_birth_date_raw": ""}, ""),
        ({"patient_name": "", "patient_id": "", "patient_birth_date_raw": "", "issuer_of_patient_id": ""}, ""),
    ],
)  # fmt: skip
def test_who_is_another_patient(theirs: dict[str, str], why: str) -> None:
    assert other_patient(columns(), columns(**theirs)) == why
    assert other_patient(columns(**theirs), columns()) == why


texts = st.sampled_from(["", "Q1", "q1 ", "Q2", "Ｑ１"])
names = st.sampled_from(
    ["", "Quill^Hazel", "QUILL^Hazel", "Rowan^Jane", "山田^太郎", "Yamada^Tarou=山田^太郎", "^^"]
)
days = st.sampled_from(["", "19610704", "1961-07-04", "1961", "19800101"])
patients = st.builds(
    lambda name, mrn, issuer, born: {
        **EMPTY, "patient_name": name, "patient_id": mrn, "issuer_of_patient_id": issuer, "patient_birth_date_raw": born
    },
    names, texts, texts, days,
)  # fmt: skip


@given(patients, patients)
def test_comparing_patients_is_the_same_both_ways_and_nobody_is_another_than_themselves(
    ours: Any, theirs: Any
) -> None:
    assert other_patient(ours, theirs) == other_patient(theirs, ours)
    assert other_patient(ours, ours) == ""


@given(st.lists(patients, min_size=1, max_size=6))
def test_what_is_filled_was_empty_and_comes_from_a_file_of_the_same_patient(
    headers: list[dict[str, Any]],
) -> None:
    assert headers
    study = dict(headers[0])
    for header in headers:
        before = dict(study)
        if other_patient(study, header):
            continue
        filled = set(fill(study, header))
        assert not any((before[name] or "").strip("^") for name in filled)
        assert {name for name in study if study[name] != before[name]} <= filled
        assert not other_patient(study, header)


values = {"PatientName": names, "PatientID": texts, "PatientBirthDate": days, "IssuerOfPatientID": texts}


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries(values), min_size=2, max_size=5))
def test_no_file_of_another_patient_is_filed(
    homes: Homes, dicom_storage: Path, tags: list[dict[str, str]]
) -> None:
    study = make_uid()
    files = [sound(StudyInstanceUID=study, **tag, SpecificCharacterSet="ISO_IR 192") for tag in tags]

    result = bring(homes, *files)

    made = Study.objects.get(study_instance_uid=study)
    row = {name: getattr(made, name) for name in EMPTY}
    assert len(result.files) == len(files)
    for file in result.files:
        if file.sentence:
            assert file.sentence in OTHER_PATIENT
            assert file.patients is not None
        else:
            assert Instance.objects.filter(study=made, blob=file.blob_id).exists()
    assert made.n_instances == sum(not file.sentence for file in result.files)
    assert row["patient_id"] == next(
        (tag["PatientID"].strip() for tag in tags if tag["PatientID"]), ""
    ) or any(file.sentence for file in result.files)


@pytest.mark.django_db
def test_what_the_first_file_leaves_empty_the_next_fill_in_and_the_list_has_it(
    homes: Homes, dicom_storage: Path
) -> None:
    study = make_uid()
    nothing = {"PatientName": "", "PatientID": "", "StudyDate": "", "StudyDescription": ""}
    bring(homes, sound(StudyInstanceUID=study, **nothing))
    bring(
        homes,
        sound(StudyInstanceUID=study, PatientName="", StudyDescription="Chest"),
        sound(StudyInstanceUID=study),
    )

    made = Study.objects.get(study_instance_uid=study)
    placement = Placement.objects.get(study=made)
    assert (made.patient_name, made.patient_id, made.study_date_raw) == (
        "Quill^Hazel",
        "MRN000117",
        "20261120",
    )
    assert made.study_date is not None
    assert made.description == "Chest"
    assert (placement.mrn_key, placement.study_date) == ("MRN000117", made.study_date)
    assert "quill" in placement.name_key


@pytest.mark.django_db
@pytest.mark.parametrize("at_once", [True, False])
def test_images_of_another_patient_are_refused_by_name_and_audited(
    homes: Homes, dicom_storage: Path, at_once: bool
) -> None:
    study = make_uid()
    ours = sound(StudyInstanceUID=study, PatientBirthDate="19610704")
    theirs = sound(
        StudyInstanceUID=study, PatientName="Rowan^Jane", PatientID="X9", PatientBirthDate="19800101"
    )

    if at_once:
        refused = bring(homes, ours, theirs).files[1]
    else:
        bring(homes, ours)
        [refused] = bring(homes, theirs).files

    assert refused.sentence == OTHER_MRN
    assert refused.patients is not None
    assert (refused.patients.study_initials, refused.patients.file_initials) == ("H. Q.", "J. R.")
    assert (refused.patients.study_born, refused.patients.file_born) == ("19610704", "19800101")
    assert Instance.objects.count() == Blob.objects.count() == 1
    [event] = AuditEvent.objects.filter(action=Action.OTHER_PATIENT_REFUSED)
    assert (event.outcome, event.detail["instances"]) == ("refused", 1)
    assert event.study_uid == study
    assert not any(word in str(event.detail) for word in ("Rowan", "Jane", "X9", "Quill"))


def test_initials_are_of_the_first_group_with_letters() -> None:
    assert initials("Quill^Hazel^M") == "H. Q."
    assert initials("^^=山田^太郎") == "太. 山."
    assert initials("Quill") == "Q."
    assert initials("") == initials("^=") == ""
