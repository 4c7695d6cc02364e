"""What was chosen is shown by patient, study and series before anything is sent; several patients want a tick."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Request, expect

from studies.models import Instance, Upload
from studies.services import ingest_waiting
from tests.bad_files import dicom_storage, sound, written
from tests.browser.axe import violations
from tests.browser.steps import let_in
from tests.cast import Cast
from tests.factories import make_uid

__all__ = ["dicom_storage"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def zipped(*contents: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.dcm", content)
    return packed.getvalue()


def media(folder: Path) -> Path:
    first, second, series = make_uid(), make_uid(), make_uid()
    one = {"PatientName": "Rowan^Jane", "PatientID": "N1", "PatientBirthDate": "19610704"}
    two = {"PatientName": "Müller^Jörg", "PatientID": "N2", "SpecificCharacterSet": "ISO_IR 192"}
    one["StudyInstanceUID"], two["StudyInstanceUID"] = first, second
    return written(
        folder / "media",
        {
            "DICOMDIR": b"no index",
            "VIEWER/START.EXE": b"MZ" * 100,
            "A/1": sound(**one, SeriesInstanceUID=series, StudyDescription="Chest", SeriesDescription="Thin"),
            "A/2": sound(**one, SeriesInstanceUID=series, StudyDescription="Chest", SeriesDescription="Thin"),
            "A/3": sound(**one, StudyDescription="Chest", SeriesDescription="Scout"),
            "B/1": sound(**two, SeriesDescription="Knee"),
            "more.zip": zipped(sound()),
        },
    )


@pytest.fixture
def at_upload(page: Page, live_server: Any, cast: Cast) -> Page:
    let_in(page.context, cast.ana, live_server.url)
    page.goto(f"{live_server.url}{reverse('studies:upload', args=[cast.ct.uuid])}")
    return page


def test_what_was_chosen_is_a_table_before_anything_is_sent(
    at_upload: Page, dicom_storage: Path, tmp_path: Path
) -> None:
    page, sent = at_upload, list[Request]()
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)

    page.set_input_files("input[webkitdirectory]", media(tmp_path))

    table = page.get_by_role("table")
    jane = table.get_by_role("row").filter(has_text="Rowan, Jane")
    expect(jane).to_contain_text("MRN N1")
    expect(jane).to_contain_text("born 4 Jul 1961")
    expect(jane).to_contain_text("3 files")
    expect(table.get_by_role("row").filter(has_text="Thin")).to_contain_text("2 files")
    expect(table.get_by_role("row").filter(has_text="Müller, Jörg")).to_contain_text("1 file")
    expect(table.get_by_role("row").filter(has_text="more.zip")).to_contain_text("read by the server")
    expect(page.get_by_text("Not sent, because they are no DICOM images: 2 files")).to_be_visible()
    assert violations(page) == []
    assert sent == []


def test_several_patients_are_sent_after_a_tick_and_unticked_series_stay(
    at_upload: Page, dicom_storage: Path, tmp_path: Path
) -> None:
    page = at_upload
    page.set_input_files("input[webkitdirectory]", media(tmp_path))
    page.get_by_role("checkbox", name="Scout").uncheck()
    page.get_by_role("checkbox", name="more.zip").uncheck()

    page.get_by_role("button", name="Upload").click()

    tick = page.get_by_role("checkbox", name="These are 2 patients and all belong on this worklist")
    expect(page.get_by_text("Nothing was sent.", exact=False)).to_be_visible()
    expect(tick).to_be_focused()
    assert not Upload.objects.exists()
    tick.check()
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/uploads/**")
    ingest_waiting()
    assert sorted(Upload.objects.get().files.values_list("name", flat=True)) == [
        "media/A/1",
        "media/A/2",
        "media/B/1",
    ]
    assert Instance.objects.filter(series__description="Scout").count() == 0


def test_a_patient_less_wants_no_tick(at_upload: Page, dicom_storage: Path, tmp_path: Path) -> None:
    page = at_upload
    page.set_input_files("input[webkitdirectory]", media(tmp_path))
    tick = page.get_by_role("checkbox", name="These are 2 patients")
    expect(tick).to_be_visible()

    page.get_by_role("checkbox", name="Müller").uncheck()

    expect(tick).to_be_hidden()
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/uploads/**")
