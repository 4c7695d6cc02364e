"""An upload in a real browser that is paused, cut off or begun anew: what has arrived is not sent again."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from studies.models import Instance, Upload, UploadedFile, UploadedPiece
from studies.services import ingest_waiting
from tests.bad_files import as_bytes, dicom, dicom_storage, sound, written
from tests.browser.axe import violations
from tests.browser.steps import let_in
from tests.cast import Cast
from tests.factories import make_uid

__all__ = ["dicom_storage"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FILES = 120  # three parts
A_PART = re.compile(r"/upload/files/$")


@pytest.fixture
def choose(page: Page, live_server: Any, cast: Cast, tmp_path: Path) -> Callable[[], Page]:
    study = make_uid()
    folder = written(
        tmp_path / "disc", {f"IM{number:03}": sound(StudyInstanceUID=study) for number in range(FILES)}
    )
    let_in(page.context, cast.ana, live_server.url)

    def chosen() -> Page:
        page.goto(f"{live_server.url}{reverse('studies:upload', args=[cast.ct.uuid])}")
        page.set_input_files("input[webkitdirectory]", folder)
        expect(page.get_by_role("row").filter(has_text="MRN")).to_contain_text("120 files")
        return page

    return chosen


def break_after(page: Page, parts: int) -> list[int]:
    """The connection fails from the part after these on; returns the count of those that went through."""
    through = [0]

    def serve(route: Route) -> None:
        if through[0] >= parts:
            route.abort("connectionfailed")
        else:
            through[0] += 1
            route.continue_()

    page.route(A_PART, serve)
    return through


def test_sending_continues_by_itself_when_the_connection_is_back(
    choose: Callable[[], Page], dicom_storage: Path
) -> None:
    page = choose()
    break_after(page, 1)

    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("The connection is interrupted.")).to_be_visible()
    ingest_waiting()
    expect(page.get_by_role("heading", name="Studies of these files")).to_be_visible()
    page.unroute(A_PART)

    page.wait_for_url("**/uploads/**")
    ingest_waiting()
    expect(page.get_by_text("Upload complete")).to_be_visible()
    assert (
        Upload.objects.get().n_files,
        Instance.objects.filter(arrived_at__isnull=False).count() > 100,
    ) == (120, True)


def test_paused_and_continued(choose: Callable[[], Page], dicom_storage: Path) -> None:
    page = choose()
    break_after(page, 1)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("The connection is interrupted.")).to_be_visible()

    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.get_by_text("Paused. 50 of 120 files have arrived.")).to_be_visible()
    assert violations(page) == []
    page.unroute(A_PART)
    page.get_by_role("button", name="Continue").press("Enter")

    page.wait_for_url("**/uploads/**")
    assert UploadedFile.objects.count() == FILES


def test_a_page_opened_anew_sends_only_the_rest(choose: Callable[[], Page], dicom_storage: Path) -> None:
    page = choose()
    break_after(page, 2)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("The connection is interrupted.")).to_be_visible()
    page.unroute(A_PART)
    # The laptop is shut: nothing more of this page is sent.
    page.get_by_role("button", name="Pause").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("about:blank")
    parts = []
    page.on("request", lambda request: parts.append(request) if A_PART.search(request.url) else None)

    choose()
    expect(page.get_by_text("100 files of 120 chosen files arrived")).to_be_visible()
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/uploads/**")

    assert len(parts) == 1
    upload = Upload.objects.get()
    assert (upload.n_files, upload.open_until) == (FILES, None)


def test_stopped_keeps_what_has_arrived_and_says_what_has_not(
    choose: Callable[[], Page], dicom_storage: Path
) -> None:
    page = choose()
    break_after(page, 1)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("The connection is interrupted.")).to_be_visible()

    page.get_by_role("button", name="Stop").click()
    page.wait_for_url("**/uploads/**")
    ingest_waiting()

    expect(page.get_by_text("70 files were not sent, of 120 chosen files.")).to_be_visible()


def test_the_focus_stays_at_a_study_while_the_list_is_read_again(
    choose: Callable[[], Page], dicom_storage: Path
) -> None:
    page = choose()
    break_after(page, 1)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("The connection is interrupted.")).to_be_visible()
    ingest_waiting()
    study = page.locator("[data-follow]").get_by_role("link").first
    study.focus()
    before = study.element_handle()

    for _poll in range(2):
        with page.expect_response(re.compile(r"/uploads/[0-9a-f-]{36}/$")):
            pass

    expect(study).to_be_focused()
    assert before is not None
    assert not before.evaluate("element => element.isConnected")


def test_a_large_file_is_sent_in_pieces_and_continued_in_its_middle(
    page: Page, live_server: Any, cast: Cast, tmp_path: Path, dicom_storage: Path
) -> None:
    ds = dicom()
    ds.Rows = ds.Columns = 1024
    ds.NumberOfFrames = 20
    ds.PixelData = bytes(2 * 1024 * 1024 * 20)
    large = tmp_path / "large.dcm"
    large.write_bytes(as_bytes(ds))
    let_in(page.context, cast.ana, live_server.url)
    page.goto(f"{live_server.url}{reverse('studies:upload', args=[cast.ct.uuid])}")
    page.set_input_files('input[name="files"]', large)
    through = break_after(page, 1)

    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("The connection is interrupted.")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("about:blank")
    page.unroute(A_PART)
    page.goto(f"{live_server.url}{reverse('studies:upload', args=[cast.ct.uuid])}")
    page.set_input_files('input[name="files"]', large)
    sent: list[int] = []
    page.on("request", lambda request: sent.append(1) if A_PART.search(request.url) else None)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_url("**/uploads/**")

    ingest_waiting()

    assert (through, len(sent)) == ([1], 2)
    assert Instance.objects.get().blob.size == large.stat().st_size
    assert not UploadedPiece.objects.exists()
