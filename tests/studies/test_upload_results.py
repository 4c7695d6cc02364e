"""The page of a finished upload: the important line is first, a line for each reason, and nothing is cut silently."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import uid

from audit.actions import Action
from audit.models import AuditEvent
from studies.ingest.bystanders import KINDS, as_bystander
from studies.ingest.refusals import NOT_DICOM, FileRefused, LeftAside
from studies.models import Placement, Upload
from studies.services import ingest_waiting
from tests.bad_files import dicom_storage, sound, truncated, zipped
from tests.cast import Cast
from tests.factories import make_uid

__all__ = ["dicom_storage"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dicom_storage")]

BYSTANDERS = {
    "DICOMDIR": "Index of a disc (DICOMDIR)",
    "dicomdir": "Index of a disc (DICOMDIR)",
    "__MACOSX/IMAGES/._IM0001": "Files that macOS adds",
    ".DS_Store": "Files that macOS adds",
    "CD/.ds_store": "Files that macOS adds",
    "Thumbs.db": "Files that Windows adds",
    "desktop.ini": "Files that Windows adds",
    "AUTORUN.INF": "Files that start a disc’s viewer",
    "VIEWER/viewer.exe": "Programs and their parts",
    "VIEWER/lib/core.DLL": "Programs and their parts",
    "thumbnail.jpg": "Thumbnails and other pictures that are not DICOM",
    "logo.PNG": "Thumbnails and other pictures that are not DICOM",
    "LICENSE": "Licences and instructions",
    "Licence.txt": "Licences and instructions",
    "COPYING.LESSER": "Licences and instructions",
    "README": "Licences and instructions",
    "index.htm": "Texts, web pages and settings",
    "report.pdf": "Documents that are not DICOM",
}


def press(
    client: Client, cast: Cast, *files: tuple[str, bytes], paths: list[str] | None = None
) -> tuple[Upload, str]:
    client.force_login(cast.ana)
    sent = [SimpleUploadedFile(name, data) for name, data in files]
    field = {"folder": sent, "paths": json.dumps(paths)} if paths else {"files": sent}
    begun = client.post(reverse("studies:upload_files", args=[cast.ct.uuid]), field)
    ingest_waiting()
    return Upload.objects.latest("pk"), client.get(begun["Location"]).content.decode()


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("name", BYSTANDERS)
def test_what_lies_beside_images_is_left_aside_by_its_kind(name: str) -> None:
    left = as_bystander(FileRefused(NOT_DICOM), f"disc.zip: {name}", b"anything")

    assert isinstance(left, LeftAside)
    assert left.sentence == BYSTANDERS[name]
    assert left.sentence in KINDS


@pytest.mark.parametrize(
    "name", ["IM0001", "IMAGES/1.2.840.113619.2", "scan.dcm", "A0000001", "series.7z", "1.ima"]
)
def test_what_may_be_an_image_is_never_left_aside(name: str) -> None:
    assert not isinstance(as_bystander(FileRefused(NOT_DICOM), name, b"anything"), LeftAside)


@pytest.mark.parametrize("name", BYSTANDERS)
def test_an_image_is_taken_in_whatever_it_is_called(client: Client, cast: Cast, name: str) -> None:
    upload, _page = press(client, cast, ("disc.zip", zipped([(name, sound())])))

    assert upload.n_new == 1
    assert not upload.files.filter(is_aside=True).exists()


files = st.lists(
    st.one_of(
        st.sampled_from(sorted(BYSTANDERS)).map(lambda name: (name, b"not an image")),
        st.integers(1, 3).map(lambda n: (f"cut-{n}.dcm", truncated())),
        st.integers(1, 3).map(lambda n: (f"IM{n}", b"not an image")),
        st.integers(1, 3).map(lambda n: (f"good-{n}.dcm", sound())),
    ),
    min_size=1, max_size=12, unique_by=lambda file: file[0],
)  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=files)
def test_lost_images_stand_above_everything_and_each_kind_of_bystander_on_one_line(
    client: Client, cast: Cast, files: list[tuple[str, bytes]]
) -> None:
    before = AuditEvent.objects.filter(action=Action.UPLOAD_REFUSED).count()
    upload, page = press(client, cast, ("disc.zip", zipped(files)))

    text = words(page.partition('<main id="main"')[2].partition("</main>")[0])
    lost = [name for name, data in files if name.startswith(("cut", "IM"))]
    aside = {BYSTANDERS[name] for name, data in files if name in BYSTANDERS}
    refused = AuditEvent.objects.filter(action=Action.UPLOAD_REFUSED).count() - before

    assert bool(refused) == bool(lost)
    assert ("Files not added" in text) == bool(lost)
    assert all(text.count(kind) == (kind in aside) for kind in KINDS)
    if lost:
        others = [
            word
            for word in ("Upload complete", "No study was added", "Left aside", "Studies of")
            if word in text
        ]
        assert others
        assert all(text.index("Files not added") < text.index(word) for word in others)
        if any(name.startswith("cut") for name in lost) and any(name.startswith("IM") for name in lost):
            assert text.index("The file is incomplete.") < text.index("It is not a DICOM file.")
    assert upload.n_new == sum(name.startswith("good") for name, _ in files)
    assert upload.files.exclude(key="").count() == 1


def test_a_long_list_says_how_many_more_there_are_and_the_download_has_them_all(
    client: Client, cast: Cast
) -> None:
    upload, page = press(client, cast, ("disc.zip", zipped((f"cut-{n}.dcm", truncated()) for n in range(25))))

    assert "The file is incomplete. 25 files" in words(page)
    assert "5 files more are not listed here." in words(page)
    answer = client.get(reverse("studies:upload_files_csv", args=[upload.uuid]))
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len([row for row in rows if row[1] == "Not added"]) == 25


def test_of_a_folder_the_path_inside_it_is_shown(client: Client, cast: Cast) -> None:
    _upload, page = press(client, cast, ("IM1", b"x"), ("IM2", b"x"), paths=["disc/A/IM1", "disc/B/IM2"])

    assert "disc/A/IM1" in page
    assert "disc/B/IM2" in page


@pytest.mark.parametrize(
    "paths", ['["a/other", "b/IM2"]', "no JSON", '{"a": 1}', "[1, 2]", '["a/IM1"]', "[[[", "null"]
)
def test_paths_that_do_not_fit_the_files_are_not_used(client: Client, cast: Cast, paths: str) -> None:
    client.force_login(cast.ana)
    sent = [SimpleUploadedFile(name, b"x") for name in ("IM1", "IM2")]

    client.post(reverse("studies:upload_files", args=[cast.ct.uuid]), {"folder": sent, "paths": paths})

    assert list(Upload.objects.get().files.order_by("id").values_list("name", flat=True)) == ["IM1", "IM2"]


def test_an_empty_zip_is_named(client: Client, cast: Cast) -> None:
    _upload, page = press(client, cast, ("empty.zip", zipped([])))

    assert "empty.zip" in page
    assert "The ZIP contains no files." in page


@pytest.mark.parametrize(
    ("sop_class", "kind"),
    [
        (uid.BasicTextSRStorage, "Structured report"),
        (uid.KeyObjectSelectionDocumentStorage, "Key object selection"),
        (uid.GrayscaleSoftcopyPresentationStateStorage, "Presentation state"),
        (uid.EncapsulatedPDFStorage, "PDF document"),
        (uid.RawDataStorage, "Raw data"),
        (uid.TwelveLeadECGWaveformStorage, "Waveform"),
        (uid.UID("1.2.3.4.5.6"), "Object without images"),
    ],
)
def test_an_object_without_images_is_taken_in_and_named(
    client: Client, cast: Cast, sop_class: uid.UID, kind: str
) -> None:
    data = sound(SOPClassUID=sop_class, PixelData=None, Rows=None, Columns=None, BitsAllocated=None)

    upload, page = press(client, cast, ("object.dcm", data))

    assert upload.n_new == 1
    assert f"{kind} 1 object" in words(page)


def test_of_files_that_were_here_the_study_is_linked_and_can_be_shared(client: Client, cast: Cast) -> None:
    data = sound(StudyInstanceUID=make_uid())
    press(client, cast, ("1.dcm", data))
    _upload, page = press(client, cast, ("1.dcm", data))

    placement = Placement.objects.exclude(pk=cast.placement.pk).filter(worklist=cast.ct).latest("pk")
    assert "Nothing new. All of these files were already here." in page
    assert f'href="/placements/{placement.uuid}/"' in page
    assert f'action="{reverse("sharing:share")}"' in page
    assert f'name="placement" value="{placement.uuid}"' in page
    dialog = client.post(
        reverse("sharing:share"), {"placement": [placement.uuid]}, headers={"HX-Request": "true"}
    )
    assert dialog.status_code == 200


def test_who_may_not_share_is_offered_no_button(client: Client, cast: Cast, dicom_storage: Path) -> None:
    client.force_login(cast.nolan)
    files_url = reverse("studies:upload_files", args=[cast.ct.uuid])
    begun = client.post(files_url, {"files": [SimpleUploadedFile("1.dcm", sound())]})
    ingest_waiting()

    page = client.get(begun["Location"]).content.decode()
    assert ('name="placement"' in page) is False


def test_both_patients_stand_beside_the_refused_file(client: Client, cast: Cast) -> None:
    study = make_uid()
    ours = sound(StudyInstanceUID=study, PatientBirthDate="19610704")
    theirs = sound(
        StudyInstanceUID=study, PatientName="Rowan^Jane", PatientID="X9", PatientBirthDate="19800101"
    )

    _upload, page = press(client, cast, ("1.dcm", ours), ("2.dcm", theirs))

    assert (
        "Patient of the study: H. Q. , born 4 Jul 1961. Patient of this file: J. R. , born 1 Jan 1980."
        in words(page)
    )
    assert "Rowan" not in page


def test_the_page_asks_the_database_the_same_number_of_times_however_long_it_is(
    client: Client, cast: Cast, django_assert_num_queries: Any
) -> None:
    few, _page = press(
        client, cast, ("few.zip", zipped([("cut", truncated()), ("good", sound()), ("README", b"x")]))
    )
    many_files = [
        *((f"cut-{n}", truncated()) for n in range(9)),
        *((f"good-{n}", sound()) for n in range(9)),
        ("a.txt", b"x"),
    ]
    many, _page = press(client, cast, ("many.zip", zipped(many_files)))

    with django_assert_num_queries(QUERIES):
        client.get(reverse("studies:upload_progress", args=[few.uuid]))
    with django_assert_num_queries(QUERIES):
        client.get(reverse("studies:upload_progress", args=[many.uuid]))


QUERIES = 14
