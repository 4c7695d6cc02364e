"""Uploading in a real browser: the files are sent with their folders, and the result opens the share dialog."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from studies.models import Upload
from studies.services import ingest_waiting
from tests.bad_files import dicom_storage, sound, truncated, written
from tests.browser.axe import violations
from tests.browser.steps import let_in
from tests.cast import Cast
from tests.factories import make_uid

__all__ = ["dicom_storage"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def disc(folder: Path) -> Path:
    study = make_uid()
    return written(
        folder / "disc",
        {
            "DICOMDIR": b"x",
            "README.TXT": b"x",
            "IMAGES/A/IM1": sound(StudyInstanceUID=study, PatientBirthDate="19610704"),
            "IMAGES/A/IM2": truncated(),
            "IMAGES/B/IM1": sound(StudyInstanceUID=study, PatientName="Rowan^Jane", PatientID="X9"),
            "IMAGES/B/IM3": sound(StudyInstanceUID=study) + b"\n",
        },
    )


def test_a_folder_is_sent_with_its_paths_and_its_study_is_shared_from_the_result(
    page: Page, live_server: Any, cast: Cast, dicom_storage: Path, tmp_path: Path
) -> None:
    let_in(page.context, cast.ana, live_server.url)
    page.goto(f"{live_server.url}{reverse('studies:upload', args=[cast.ct.uuid])}")
    page.set_input_files("input[webkitdirectory]", disc(tmp_path))
    page.get_by_role("checkbox", name="These are 2 patients").check()

    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/uploads/**")
    ingest_waiting()

    expect(page.get_by_role("heading", name="Files not added")).to_be_visible()
    assert Upload.objects.get().files.filter(name="disc/IMAGES/A/IM2").exists()
    expect(page.get_by_text("disc/IMAGES/B/IM1")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Share this study").click()
    expect(page.get_by_role("dialog").get_by_text("Share 1 study").first).to_be_visible()


def test_nothing_chosen_is_said_on_the_page(page: Page, live_server: Any, cast: Cast) -> None:
    let_in(page.context, cast.ana, live_server.url)
    page.goto(f"{live_server.url}{reverse('studies:upload', args=[cast.ct.uuid])}")

    page.get_by_role("button", name="Upload").click()

    expect(page.get_by_text("Choose at least one file, folder or ZIP.")).to_be_visible()
    expect(page.get_by_role("button", name="Upload")).to_be_enabled()
