"""Correcting a study at home: every worklist, answer and file carries it at once, and what was received is kept."""

import io
import json
import zipfile
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.test import Client
from pydicom import dcmread

from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from common.exceptions import NothingThere, Refused
from sharing.models import Method
from sharing.services import delete_study, share_studies
from sharing.targets import Target
from studies.corrected import ORIGINALS
from studies.ingest.refusals import OTHER_PATIENT
from studies.models import Correction, Placement, Study
from studies.services import correct_study, present_values, take_in_all, values_mark
from tests.bad_files import dicom_storage, sound, source
from tests.cast import IMPORTER, Cast, acting
from tests.dicomweb.asking import body_of, client_of, take_in, url_of
from tests.factories import placement_of

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

UID = "2.25.77"
HAZEL = {
    "StudyInstanceUID": UID,
    "PatientName": "Quill^Hazel",
    "PatientID": "Q1",
    "PatientBirthDate": "19610704",
    "PatientSex": "F",
}


@pytest.fixture
def data() -> bytes:
    return sound(SeriesInstanceUID="2.25.78", SOPInstanceUID="2.25.79", **HAZEL)


@pytest.fixture
def study(cast: Cast, dicom_storage: Any, data: bytes) -> Study:
    take_in(cast.ct, [data])
    return Study.objects.get(study_instance_uid=UID)


def correct(study: Study, by: Any, why: str = "wrong order", **values: str) -> Correction:
    study.refresh_from_db()
    return correct_study(
        placement=placement_of(study, study.home).uuid,
        by=acting(by),
        values={**present_values(study), **values},
        mark=values_mark(study),
        why=why,
    )


def share(study: Study, cast: Cast) -> Placement:
    share_studies(
        placements=[placement_of(study, cast.ct).uuid],
        targets=[Target(Method.LOCATION, str(cast.emergency.uuid))],
        by=acting(cast.ana),
    )
    return placement_of(study, cast.emergency)


def test_the_correction_is_on_every_worklist_at_once(cast: Cast, study: Study) -> None:
    there = share(study, cast)

    correct(study, cast.adam, patient_name="Rowan^Jane", patient_id="R2")

    there.refresh_from_db()
    assert (there.name_key, there.mrn_key) == ("rowan jane", "R2")
    page = client_of(cast.ben).get(f"/placements/{there.uuid}/details/").content.decode()
    assert "ROWAN, JANE" in page.upper()
    assert "QUILL" not in page.upper()


def test_the_trail_has_the_old_and_the_new(cast: Cast, study: Study) -> None:
    correct(study, cast.adam, patient_name="Rowan^Jane", description="")

    event = AuditEvent.objects.get(action=Action.STUDY_EDIT)
    assert "patient name from “Quill^Hazel” to “Rowan^Jane”" in sentence(event)
    assert sentence(event).endswith("; reason: wrong order")
    assert (event.study_id, event.in_original) == (study.pk, True)


def test_metadata_search_and_objects_carry_it(cast: Cast, study: Study, data: bytes) -> None:
    client = client_of(cast.ana)
    before = client.get(url_of(cast.ct, study, "/metadata"))
    correct(study, cast.adam, patient_name="Müller^Ida", issuer_of_patient_id="NG")

    after = client.get(url_of(cast.ct, study, "/metadata"), headers={"If-None-Match": before["ETag"]})
    [model] = json.loads(body_of(after))
    [match] = client.get(
        f"{url_of(cast.ct, study)[: -len(UID) - 1]}?PatientName=Müller*&includefield=all"
    ).json()
    parts = body_of(client.get(url_of(cast.ct, study), headers={"Accept": "multipart/related"}))
    sent = dcmread(io.BytesIO(parts[parts.index(b"\r\n\r\n") + 4 :]))
    original = client.get(
        f"/placements/{placement_of(study, cast.ct).uuid}/instances/{study.instances.get().uuid}/original.dcm"
    )

    assert model["00100010"]["Value"] == match["00100010"]["Value"] == [{"Alphabetic": "Müller^Ida"}]
    assert match["00100021"]["Value"] == ["NG"]
    assert sent.PatientName == "Müller^Ida"
    [item] = sent[ORIGINALS].value
    assert item.ModifiedAttributesSequence[0].PatientName == "Quill^Hazel"
    assert model[f"{ORIGINALS:08X}"]["Value"][0]["04000550"]["Value"][0]["00100010"] == {
        "vr": "PN",
        "Value": [{"Alphabetic": "Quill^Hazel"}],
    }
    assert dcmread(io.BytesIO(body_of(original))).PatientName == "Müller^Ida"


def test_the_download_and_its_directory_carry_it(cast: Cast, study: Study) -> None:
    correct(study, cast.adam, patient_id="R2")

    answer = client_of(cast.ana).get(f"/placements/{placement_of(study, cast.ct).uuid}/download/")

    with zipfile.ZipFile(io.BytesIO(body_of(answer))) as archive:
        directory = dcmread(io.BytesIO(archive.read("DICOMDIR")))
        [image] = [name for name in archive.namelist() if name.rpartition("/")[2].startswith("IM")]
        assert dcmread(io.BytesIO(archive.read(image))).PatientID == "R2"
        assert "corrected" in archive.read("README.TXT").decode()
    assert directory.DirectoryRecordSequence[0].PatientID == "R2"


def test_the_stored_bytes_stay(cast: Cast, study: Study, data: bytes) -> None:
    correct(study, cast.adam, patient_name="Rowan^Jane")

    with storages["dicom"].open(study.instances.get().blob.key) as file:
        assert file.read() == data


def test_a_later_image_is_compared_with_what_was_received_and_carries_the_correction(
    cast: Cast, study: Study
) -> None:
    correct(study, cast.adam, patient_name="Rowan^Jane", patient_id="R2", patient_birth_date_raw="1970-01-01")

    later = sound(SeriesInstanceUID="2.25.78", SOPInstanceUID="2.25.80", **HAZEL)
    other = sound(SOPInstanceUID="2.25.81", **{**HAZEL, "PatientID": "R2", "PatientName": "Rowan^Jane"})
    result = take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(later, "a"), source(other, "b")])

    assert [file.outcome for file in result.files] == ["new", "refused"]
    assert result.files[1].sentence in OTHER_PATIENT
    study.refresh_from_db()
    assert (study.patient_name, study.n_instances) == ("Rowan^Jane", 2)
    models = json.loads(body_of(client_of(cast.ana).get(url_of(cast.ct, study, "/metadata"))))
    assert {model["00100020"]["Value"][0] for model in models} == {"R2"}


def test_what_was_corrected_to_nothing_is_not_filled_again(cast: Cast, study: Study) -> None:
    correct(study, cast.adam, patient_sex="")

    take_in(cast.ct, [sound(SOPInstanceUID="2.25.80", **HAZEL)])

    study.refresh_from_db()
    assert study.patient_sex == ""


def test_a_correction_is_undone_by_another(cast: Cast, study: Study) -> None:
    correct(study, cast.adam, patient_name="Rowan^Jane")
    correct(study, cast.adam, patient_name="Quill^Hazel", why="it was right")

    [model] = json.loads(body_of(client_of(cast.ana).get(url_of(cast.ct, study, "/metadata"))))

    assert model["00100010"]["Value"] == [{"Alphabetic": "Quill^Hazel"}]
    assert len(model[f"{ORIGINALS:08X}"]["Value"]) == 2


def test_a_stale_page_saves_nothing(cast: Cast, study: Study) -> None:
    old = values_mark(study)
    correct(study, cast.adam, patient_sex="M")

    with pytest.raises(ValidationError, match="changed since"):
        correct_study(
            placement=placement_of(study, cast.ct).uuid,
            by=acting(cast.adam),
            values={"patient_id": "R2"},
            mark=old,
            why="late",
        )

    study.refresh_from_db()
    assert (study.patient_id, study.n_corrections) == ("Q1", 1)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("patient_name", "a" * 65),
        ("patient_name", "a=b=c=d"),
        ("patient_name", "a^b^c^d^e^f"),
        ("patient_name", "a\\b"),
        ("patient_name", "a\x00b"),
        ("patient_name", "a\u202eb"),
        ("patient_id", "1" * 65),
        ("patient_id", "1\n2"),
        ("accession_number", "1" * 17),
        ("issuer_of_patient_id", "\ud800"),
        ("description", "é" * 65),
        ("patient_birth_date_raw", "31.12.1999"),
        ("patient_birth_date_raw", "20010230"),
        ("patient_birth_date_raw", "29990101"),
        ("patient_sex", "male"),
    ],
)
def test_what_dicom_cannot_hold_is_refused_with_a_sentence(
    cast: Cast, study: Study, column: str, value: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        correct(study, cast.adam, **{column: value})

    assert list(refused.value.message_dict) == [column]
    assert not Correction.objects.exists()


def test_nothing_changed_and_no_reason_are_refused(cast: Cast, study: Study) -> None:
    with pytest.raises(ValidationError, match="Nothing differs"):
        correct(study, cast.adam)
    with pytest.raises(ValidationError, match="reason"):
        correct(study, cast.adam, why=" ", patient_sex="M")


def test_only_at_home_and_only_with_the_right(cast: Cast, study: Study) -> None:
    there = share(study, cast)
    values = {"values": {"patient_sex": "M"}, "mark": values_mark(study), "why": "x"}

    with pytest.raises(Refused):
        correct_study(placement=there.uuid, by=acting(cast.adam), **values)
    with pytest.raises(Refused):
        correct_study(placement=placement_of(study, cast.ct).uuid, by=acting(cast.ana), **values)
    with pytest.raises(NothingThere):
        correct_study(placement=placement_of(study, cast.ct).uuid, by=acting(cast.ed), **values)


def test_corrections_go_with_the_study(cast: Cast, study: Study) -> None:
    correct(study, cast.adam, patient_name="Rowan^Jane")

    delete_study(placement=placement_of(study, cast.ct).uuid, by=acting(cast.adam), why="wrong patient")

    assert not Correction.objects.exists()


def form(study: Study, **values: str) -> dict[str, str]:
    return {**present_values(study), "mark": values_mark(study), "why": "wrong order", **values}


def test_the_pages_show_before_and_after_and_then_save(cast: Cast, study: Study) -> None:
    client: Client = client_of(cast.adam)
    url = f"/placements/{placement_of(study, cast.ct).uuid}/correct/"

    page = client.get(url)
    check = client.post(f"{url}check/", form(study, patient_name="Rowan^Jane"))
    again = client.post(f"{url}check/", form(study, patient_name="Rowan^Jane", again="1"))
    assert not Correction.objects.exists()
    saved = client.post(f"{url}save/", form(study, patient_name="Rowan^Jane"))
    twice = client.post(f"{url}save/", form(study, patient_name="Rowan^Jane"))

    assert 'value="Quill^Hazel"' in page.content.decode()
    assert b"<del>" in check.content
    assert 'value="Rowan^Jane"' in again.content.decode()
    assert saved.status_code == 302
    assert twice.status_code == 422
    assert "changed since" in twice.content.decode()
    assert Correction.objects.count() == 1


@pytest.mark.parametrize(
    ("received", "shown"),
    [("19610704", "1961-07-04"), ("1961", "1961"), ("20990101", "2099-01-01"), ("", "")],
)
def test_a_birth_date_is_shown_as_it_is_asked_for_and_left_as_it_was(
    cast: Cast, study: Study, received: str, shown: str
) -> None:
    Study.objects.filter(pk=study.pk).update(patient_birth_date_raw=received)
    study.refresh_from_db()
    client: Client = client_of(cast.adam)
    url = f"/placements/{placement_of(study, cast.ct).uuid}/correct/"

    page = client.get(url).content.decode()
    saved = client.post(f"{url}save/", form(study, patient_birth_date_raw=shown, patient_name="Rowan^Jane"))

    assert shown == "" or f'value="{shown}"' in page
    assert saved.status_code == 302
    study.refresh_from_db()
    assert (study.patient_birth_date_raw, study.patient_name) == (received, "Rowan^Jane")
