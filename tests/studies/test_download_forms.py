"""A download that goes on where it broke off, with pages that show its pictures, and without what identifies."""

import io
import re
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.fileset import FileSet

from audit.actions import Action
from audit.models import AuditEvent
from studies.disc import Disc, head_of
from studies.models import Blob, Study
from studies.renderer import MORE_DATA, OVERLAYS_DRAWN
from studies.zipping import Zip
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast
from tests.dicomweb.asking import body_of, client_of, take_in
from tests.factories import placement_of
from tests.studies.test_download import events, url_of
from tests.studies.test_download import files as files
from tests.studies.test_download import study as study

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

NAME, MRN = "Quill", "MRN000117"


def opened(data: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


def test_a_download_goes_on_where_it_broke_off(cast: Cast, study: Study) -> None:
    ana, url = client_of(cast.ana), url_of(cast, study)
    whole = ana.get(url)
    data = body_of(whole)
    assert (len(data), whole["Accept-Ranges"]) == (int(whole["Content-Length"]), "bytes")
    middle = data.index(b"PK\x03\x04", len(data) // 2)

    rest = ana.get(url, headers={"Range": f"bytes={middle}-", "If-Range": whole["ETag"]})

    assert rest.status_code == 206
    assert rest["Content-Range"] == f"bytes {middle}-{len(data) - 1}/{len(data)}"
    assert rest["ETag"] == whole["ETag"]
    assert data[:middle] + body_of(rest) == data
    began, ended = events()[-2:]
    assert began == "Ana downloaded the study (4 images), where it had broken off"
    assert re.fullmatch(r"Ana has received the rest of the download of the study \([123] images?\)", ended)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=5-5", slice(5, 6)),
        ("bytes=0-5,9-", slice(None)),
    ],
)
def test_any_single_range_is_sent(cast: Cast, study: Study, asked: str, expected: slice) -> None:
    ana, url = client_of(cast.ana), url_of(cast, study)
    data = body_of(ana.get(url))

    assert body_of(ana.get(url, headers={"Range": asked})) == data[expected]


def test_a_range_behind_the_end_and_another_version(cast: Cast, study: Study) -> None:
    ana, url = client_of(cast.ana), url_of(cast, study)
    whole = ana.get(url)
    data = body_of(whole)

    assert ana.get(url, headers={"Range": f"bytes={len(data)}-"}).status_code == 416
    take_in(cast.ct, [sound(StudyInstanceUID=study.study_instance_uid, InstanceNumber=9)])
    changed = ana.get(url, headers={"Range": "bytes=100-", "If-Range": whole["ETag"]})

    assert changed.status_code == 200
    assert len(opened(body_of(changed)).namelist()) == len(opened(data).namelist()) + 1


def test_head_tells_the_size_and_is_no_download(cast: Cast, study: Study) -> None:
    ana, url = client_of(cast.ana), url_of(cast, study)

    answer = ana.head(url)

    assert events() == []
    assert int(answer["Content-Length"]) == len(body_of(ana.get(url)))


def test_the_right_is_asked_again_when_a_download_goes_on(cast: Cast, study: Study) -> None:
    url = url_of(cast, study)

    assert client_of(cast.vera).get(url, headers={"Range": "bytes=10-"}).status_code == 403
    assert client_of(cast.ben).get(url, headers={"Range": "bytes=10-"}).status_code == 404


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(st.binary(max_size=3000), min_size=1, max_size=6),
    cuts=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_the_size_of_a_zip_is_known_and_its_bytes_are_the_same(
    entries: list[bytes], cuts: tuple[float, float]
) -> None:
    def made() -> tuple[int, bytes]:
        archive = Zip(sized=True)
        for number, entry in enumerate(entries):
            archive.add(f"F{number}", iter([entry[:100], entry[100:]]), len(entry))
        return archive.size, b"".join(archive.rest())

    size, data = made()

    assert (size, data) == (len(data), made()[1])
    assert [opened(data).read(f"F{number}") for number in range(len(entries))] == entries


class Links(HTMLParser):
    """Every URL of a page, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.urls += [
            str(value) for name, value in attrs if name in ("href", "src", "action", "srcset", "style")
        ]


def with_pictures(study: Study) -> None:
    for instance in study.instances.select_related("blob"):
        storages["dicom"].save(instance.blob.preview_key(1), ContentFile(b"\x89PNG picture"))
    Blob.objects.filter(instances__study=study).update(preview=Blob.Preview.READY)


@pytest.fixture
def odd(cast: Cast, dicom_storage: Any) -> Study:
    take_in(
        cast.ct,
        [
            sound(
                StudyInstanceUID="2.25.90", SeriesInstanceUID="2.25.91", SeriesDescription="<script>alert(1)</script>",
                PatientName="<b>Quill</b>^Hazel", InstanceNumber=number, SOPClassUID="1.2.840.10008.5.1.4.1.1.2",
            )
            for number in range(3)
        ],
    )  # fmt: skip
    study = Study.objects.get(study_instance_uid="2.25.90")
    with_pictures(study)
    return study


def test_the_pages_show_every_picture_from_a_disk_without_script(cast: Cast, odd: Study) -> None:
    archive = opened(body_of(client_of(cast.ana).get(url_of(cast, odd, "?index=1"))))
    names = set(archive.namelist())
    pages = [name for name in names if name.endswith(".HTM")]

    assert len(pages) == 2
    shown = set()
    for name in pages:
        page = archive.read(name).decode()
        links = Links(page)
        assert not {"script", "iframe", "object", "form", "b"} & links.tags
        assert 'name="viewport"' in page
        assert links.urls
        for url in links.urls:
            target = str((Path("/") / name).parent.joinpath(url).resolve())[1:]
            assert ":" not in url and target in names, url
            shown.add(target)
    assert {name for name in names if name.endswith(".PNG")} <= shown
    assert {name for name in names if "/IM" in name} <= shown
    assert "&lt;script&gt;" in archive.read("PAGES/S000000.HTM").decode()
    assert ":" not in archive.read("INDEX.CSS").decode().partition("url(")[2]


DEIDENTIFIED = "?form=deidentified"


def test_nothing_of_the_patient_is_in_a_deidentified_download(cast: Cast, odd: Study, tmp_path: Path) -> None:
    answer = client_of(cast.adam).get(url_of(cast, odd, f"{DEIDENTIFIED}&index=1"))
    data = body_of(answer)
    archive = opened(data)
    archive.extractall(tmp_path)

    for text in ("Quill", "Hazel", MRN, "20261120", "alert"):
        assert text.encode() not in data, text
    # The new UIDs are random numbers, some of which begin like the old ones.
    assert not re.search(rb"2\.25\.9[01](?!\d)", data)
    assert answer["Accept-Ranges"] == "none" and "Content-Length" not in answer
    listed = FileSet(tmp_path / "DICOMDIR")
    assert len(listed) == 3
    assert len({file.StudyInstanceUID for file in listed}) == len({file.PatientID for file in listed}) == 1
    for file in listed:
        assert dcmread(file.path).SOPInstanceUID == file.SOPInstanceUID
    if shutil.which("dciodvfy"):
        ran = subprocess.run(["dciodvfy", tmp_path / "DICOMDIR"], capture_output=True, text=True)
        assert "Error" not in ran.stderr
    assert events() == [
        "Adam downloaded the study (3 images), without what identifies the patient",
        "Adam has received the whole download of the study (3 images), without what identifies the patient",
    ]


def test_a_picture_with_an_overlay_on_it_is_in_no_page_of_a_deidentified_download(
    cast: Cast, odd: Study
) -> None:
    """In the file there is no overlay any more, and in the picture its text may be the patient's name."""
    first, *_others = odd.instances.order_by("number")
    Blob.objects.filter(pk=first.blob_id).update(preview_note=f"{MORE_DATA}\n{OVERLAYS_DRAWN}")
    adam = client_of(cast.adam)

    bare = opened(body_of(adam.get(url_of(cast, odd, f"{DEIDENTIFIED}&index=1"))))
    whole = opened(body_of(adam.get(url_of(cast, odd, "?index=1"))))

    assert [sum(name.endswith(".PNG") for name in archive.namelist()) for archive in (bare, whole)] == [2, 3]
    assert sum("/IM" in name for name in bare.namelist()) == 3
    readme = bare.read("README.TXT").decode()
    assert "Without a picture in the pages, since an overlay is drawn on it: 1 image." in readme
    assert "overlay is drawn" not in whole.read("README.TXT").decode()


def test_a_deidentified_download_begins_again(cast: Cast, odd: Study) -> None:
    adam, url = client_of(cast.adam), url_of(cast, odd, DEIDENTIFIED)

    first, second = (adam.get(url, headers={"Range": "bytes=10-"}) for _ in range(2))

    assert first.status_code == second.status_code == 200
    assert body_of(first) != body_of(second)


def test_what_is_no_image_is_left_out_and_named(cast: Cast, dicom_storage: Any) -> None:
    uid = "2.25.95"
    report = sound(StudyInstanceUID=uid, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    captured = sound(StudyInstanceUID=uid)
    plain = sound(StudyInstanceUID=uid, SOPClassUID="1.2.840.10008.5.1.4.1.1.2")
    take_in(cast.ct, [report, captured, plain])
    study, adam = Study.objects.get(study_instance_uid=uid), client_of(cast.adam)

    few = opened(body_of(adam.get(url_of(cast, study, DEIDENTIFIED))))
    more = opened(body_of(adam.get(url_of(cast, study, f"{DEIDENTIFIED}&with_text=1"))))

    assert [sum("/IM" in name for name in archive.namelist()) for archive in (few, more)] == [1, 2]
    readme = few.read("README.TXT").decode()
    assert "Structured report: 1 object" in readme
    assert "1 image may show text that identifies the patient. They were left out." in readme
    assert "look at each before you pass it on" in more.read("README.TXT").decode()
    assert events()[-1].startswith("Adam has received the whole download of the study (2 images)")


def test_a_deidentified_download_has_a_permission_of_its_own(cast: Cast, odd: Study) -> None:
    url = url_of(cast, odd, DEIDENTIFIED)

    # Ana may download, and not this.
    assert client_of(cast.ana).get(url).status_code == 403
    page = client_of(cast.ana).get(f"/studies/download/choose/?placement={placement_of(odd, cast.ct).uuid}")
    assert 'value="deidentified"' not in page.content.decode()
    assert events() == []


def begin(client: Client, *placements: Any, **ticks: Any) -> Any:
    named = {"placement": [placement.uuid for placement in placements], "begin": "1"}
    return client.post("/studies/download/choose/", {**named, **ticks})


def test_the_dialog_leads_to_what_was_ticked(cast: Cast, study: Study) -> None:
    adam, placement = client_of(cast.adam), placement_of(study, cast.ct)
    series = list(study.series.order_by("pk"))

    every = begin(adam, placement, series=[each.uuid for each in series])
    few = begin(adam, placement, series=[series[0].uuid], form="deidentified", dates="shift", device="1")
    none = begin(adam, placement)

    assert every.url == f"/placements/{placement.uuid}/download/"
    assert few.url == (
        f"/placements/{placement.uuid}/download/?series={series[0].uuid.hex}&form=deidentified&dates=shift&device=1"
    )
    assert (none.status_code, "Tick at least one series." in none.content.decode()) == (422, True)
    reads = AuditEvent.objects.filter(action=Action.DIALOG_READ, detail__dialog="download")
    assert reads.count() == 3


def test_a_dicomdir_costs_the_same_for_each_file(tmp_path: Path) -> None:
    disc = Disc()
    names = [
        disc.add(head_of(io.BytesIO(sound(StudyInstanceUID="2.25.1", SeriesInstanceUID=f"2.25.2{number % 3}",
                                          PatientID=f"P{number % 2}", InstanceNumber=number))))
        for number in range(40)
    ]  # fmt: skip
    path = tmp_path / "DICOMDIR"
    path.write_bytes(disc.directory())

    assert len(set(names)) == 40
    directory = dcmread(path)
    assert sum(record.DirectoryRecordType == "IMAGE" for record in directory.DirectoryRecordSequence) == 40
    if shutil.which("dciodvfy"):
        ran = subprocess.run(["dciodvfy", path], capture_output=True, text=True)
        assert "Error" not in ran.stderr
