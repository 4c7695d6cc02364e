"""A study as a ZIP: its files bit for bit, a DICOMDIR over them, and the trail of every download."""

import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pydicom import dcmread
from pydicom.fileset import FileSet

from audit.actions import Action
from audit.actor import OPERATOR
from audit.history import sentence
from audit.models import AuditEvent
from common.exceptions import NothingThere, Refused
from studies.models import Placement, Study
from studies.services import Download, begin_download, check_download, lay_out, send_download
from tests.bad_files import dicom_storage, sound
from tests.cast import PATIENTS, Cast, acting
from tests.dicomweb.asking import body_of, client_of, take_in
from tests.factories import membership_of, placement_of
from worklists import services as worklist_services

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

UID = "2.25.77"


@pytest.fixture
def files() -> list[bytes]:
    return [
        sound(StudyInstanceUID=UID, SeriesInstanceUID=f"2.25.78{number % 2}", InstanceNumber=number)
        for number in range(4)
    ]


@pytest.fixture
def study(cast: Cast, dicom_storage: Any, files: list[bytes]) -> Study:
    take_in(cast.ct, files)
    return Study.objects.get(study_instance_uid=UID)


def url_of(cast: Cast, study: Study, query: str = "") -> str:
    return f"/placements/{placement_of(study, cast.ct).uuid}/download/{query}"


def unzipped(data: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return folder


def objects_in(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.name.startswith("IM")]


def begun_by(person: Any, *placements: Placement) -> tuple[Download, Iterator[bytes]]:
    """A download and its pieces, of which none is sent yet."""
    checked = check_download(placements=[each.uuid for each in placements], by=acting(person), session="x")
    begin_download(download=checked)
    layout = lay_out(download=checked, readme="")
    return checked, send_download(download=checked, layout=layout)


def events() -> list[str]:
    about = AuditEvent.objects.filter(action__in=[Action.STUDY_DOWNLOAD, Action.STUDY_DOWNLOAD_END])
    return [sentence(event) for event in about.order_by("pk")]


def test_every_file_comes_out_bit_for_bit_with_a_dicomdir(
    cast: Cast, study: Study, files: list[bytes], tmp_path: Path
) -> None:
    answer = client_of(cast.ana).get(url_of(cast, study))
    folder = unzipped(body_of(answer), tmp_path)

    assert answer["Content-Type"] == "application/zip"
    assert sorted(objects_in(folder)) == sorted(files)
    listed = FileSet(folder / "DICOMDIR")
    assert len(listed) == len(files)
    assert {file.SOPInstanceUID for file in listed} == {
        dcmread(io.BytesIO(data)).SOPInstanceUID for data in files
    }
    for file in listed:
        assert Path(file.path).read_bytes() in files
    if shutil.which("dcmdump"):
        subprocess.run(["dcmdump", folder / "DICOMDIR"], check=True, capture_output=True)
    assert "4 images" in (folder / "README.TXT").read_text()
    assert events() == [
        "Ana downloaded the study (4 images)", "Ana has received the whole download of the study (4 images)",
    ]  # fmt: skip


def test_no_name_says_who_the_patient_is(cast: Cast, study: Study) -> None:
    answer = client_of(cast.ana).get(url_of(cast, study))
    names = zipfile.ZipFile(io.BytesIO(body_of(answer))).namelist()

    assert names
    text = " ".join([answer["Content-Disposition"], *names])
    assert [name for name in (*PATIENTS, study.patient_id or "?", UID) if name in text] == []
    assert all(len(part) <= 8 for name in names for part in name.split("/") if "." not in part)


def test_some_series(cast: Cast, study: Study, tmp_path: Path) -> None:
    series = study.series.first()
    assert series is not None
    ana = client_of(cast.ana)

    folder = unzipped(body_of(ana.get(url_of(cast, study, f"?series={series.uuid}"))), tmp_path)

    assert len(objects_in(folder)) == 2
    for query in (f"?series={study.uuid}", "?series=x", f"?series={series.uuid}&series={study.uuid}"):
        assert ana.get(url_of(cast, study, query)).status_code == 404


def test_who_may_not_download_is_refused_before_anything_is_sent(cast: Cast, study: Study) -> None:
    assert client_of(cast.vera).get(url_of(cast, study)).status_code == 403
    assert client_of(cast.ben).get(url_of(cast, study)).status_code == 404
    assert Client().get(url_of(cast, study)).status_code == 302
    assert events() == []
    with pytest.raises(Refused):
        check_download(placements=[placement_of(study, cast.ct).uuid], by=acting(cast.vera), session="")
    assert (
        "Download"
        not in client_of(cast.vera).get(f"/placements/{placement_of(study, cast.ct).uuid}/").content.decode()
    )


def test_a_right_that_ends_breaks_the_download_off_at_the_next_file(cast: Cast, study: Study) -> None:
    begun, pieces = begun_by(cast.ana, placement_of(study, cast.ct))
    while begun.studies[0].sent < 2:
        next(pieces)

    worklist_services.remove_worklist_member(membership=membership_of(cast.ana, cast.ct), by=OPERATOR)

    with pytest.raises(NothingThere):
        list(pieces)
    assert begun.studies[0].sent == 2
    assert events()[-1] == "Ana has received a part of the download of the study (2 images)"


def test_a_file_that_the_storage_has_lost_is_answered_calmly(cast: Cast, study: Study) -> None:
    key = study.instances.select_related("blob").order_by("pk")[2].blob.key
    storages["dicom"].delete(key)

    answer = client_of(cast.ana).get(url_of(cast, study))

    assert answer.status_code == 404
    assert events() == []


def test_a_reader_who_goes_away_is_recorded(cast: Cast, study: Study) -> None:
    _begun, pieces = begun_by(cast.ana, placement_of(study, cast.ct))
    next(pieces)

    pieces.close()  # type: ignore[attr-defined]  # a generator, as the server closes it

    assert events()[-1] == "Ana has received a part of the download of the study (0 images)"


def test_odd_objects_are_sent_though_a_dicomdir_cannot_list_them(
    cast: Cast, dicom_storage: Any, tmp_path: Path
) -> None:
    bare = sound(StudyInstanceUID=UID, StudyDate="", StudyTime="", StudyID="", Modality="", PatientID="")
    report = sound(StudyInstanceUID=UID, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", PatientID="")
    take_in(cast.ct, [bare, report])
    study = Study.objects.get(study_instance_uid=UID)

    folder = unzipped(body_of(client_of(cast.ana).get(url_of(cast, study))), tmp_path)

    sent = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert bare in sent
    assert report in sent


@pytest.fixture
def other(cast: Cast, study: Study) -> Study:
    """An instance has the UID of an instance of the first study, as copies from elsewhere may have."""
    first = study.instances.order_by("pk").first()
    assert first is not None
    take_in(cast.emergency, [sound(StudyInstanceUID="2.25.79", SOPInstanceUID=first.sop_instance_uid)])
    return Study.objects.get(study_instance_uid="2.25.79")


def selected(client: Client, *placements: Placement) -> Any:
    return client.get("/studies/download/", {"placement": [placement.uuid for placement in placements]})


def test_the_selected_studies_come_in_one_download_with_one_dicomdir(
    cast: Cast, study: Study, other: Study, files: list[bytes], tmp_path: Path
) -> None:
    answer = selected(client_of(cast.adam), placement_of(study, cast.ct), placement_of(other, cast.emergency))
    folder = unzipped(body_of(answer), tmp_path)

    sent = objects_in(folder)
    assert len(sent) == 5
    assert set(files) < set(sent)
    assert len(FileSet(folder / "DICOMDIR")) == 4
    assert "2 imaging studies, downloaded from CIMAR: 5 images." in (folder / "README.TXT").read_text()
    assert sorted(events()) == [
        "Adam downloaded the study (1 image)",
        "Adam downloaded the study (4 images)",
        "Adam has received the whole download of the study (1 image)",
        "Adam has received the whole download of the study (4 images)",
    ]


def test_of_several_studies_each_is_asked_for_and_none_is_sent_where_a_right_is_missing(
    cast: Cast, study: Study, other: Study
) -> None:
    at_ct, at_emergency = placement_of(study, cast.ct), placement_of(other, cast.emergency)

    assert selected(client_of(cast.vera), at_ct).status_code == 403
    # Ana is on CT Reporting alone.
    assert selected(client_of(cast.ana), at_ct, at_emergency).status_code == 403
    assert selected(client_of(cast.ana), at_emergency).status_code == 404
    assert selected(client_of(cast.ana)).status_code == 404
    assert events() == []


def test_more_studies_than_the_setting_allows_are_refused_with_both_numbers(
    cast: Cast, study: Study, other: Study, settings: Any
) -> None:
    settings.CIMAR_DOWNLOAD_STUDIES = 1

    answer = selected(client_of(cast.adam), placement_of(study, cast.ct), placement_of(other, cast.emergency))

    assert answer.status_code == 403
    assert "At most 1 study can be downloaded at once; 2 studies are selected." in answer.content.decode()
    assert events() == []


def test_what_was_not_sent_is_recorded_for_each_study(cast: Cast, study: Study, other: Study) -> None:
    begun, pieces = begun_by(cast.adam, placement_of(study, cast.ct), placement_of(other, cast.emergency))
    while begun.studies[0].sent < 4:
        next(pieces)

    pieces.close()  # type: ignore[attr-defined]  # a generator, as the server closes it

    assert sorted(events()[-2:]) == [
        "Adam has received a part of the download of the study (0 images)",
        "Adam has received the whole download of the study (4 images)",
    ]


def test_the_cost_of_beginning_a_download_does_not_grow_with_the_studies(
    cast: Cast, study: Study, other: Study, django_assert_num_queries: Any
) -> None:
    placements = [placement_of(study, cast.ct).uuid, placement_of(other, cast.emergency).uuid]
    with CaptureQueriesContext(connection) as alone:
        begin_download(download=check_download(placements=placements[:1], by=acting(cast.adam), session="x"))

    # the rights on the other worklist
    with django_assert_num_queries(len(alone) + 1):
        begin_download(download=check_download(placements=placements, by=acting(cast.adam), session="x"))
