"""An earlier study of the patient beside the open study: its own images, and its own day under what is saved."""

import io

import pytest
from playwright.sync_api import expect
from pydicom import dcmread

from audit.actions import Action
from audit.models import AuditEvent
from studies.models import Placement
from tests.bad_files import as_bytes
from tests.browser.viewer_study import Viewer, ct, dicom_storage, prepare, taken_in, viewer
from tests.cast import Cast
from tests.factories import make_uid

__all__ = ["dicom_storage", "taken_in", "viewer"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOW, EARLIER = "20260105", "20240203"
# Every text that is drawn on a canvas.
HEAR_TEXTS = """
    window.written = [];
    const fillText = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
        window.written.push(text);
        return fillText.call(this, text, ...where);
    };"""


def volume(study: str, day: str) -> list[bytes]:
    series, files = make_uid(), []
    for number in range(6):
        ds = dcmread(io.BytesIO(ct(number, series)))
        ds.StudyInstanceUID, ds.StudyDate, ds.FrameOfReferenceUID = study, day, f"{study}.1"
        ds.PatientID, ds.PatientName, ds.PatientBirthDate = "M77", "Quill^Hazel", "19500102"
        files.append(as_bytes(ds))
    return files


def test_an_earlier_study_scrolls_along_and_is_saved_with_its_own_day(viewer: Viewer, cast: Cast) -> None:
    here, earlier = make_uid(), make_uid()
    prepare(cast, [*volume(here, NOW), *volume(earlier, EARLIER)])
    placed = {each.study.study_instance_uid: each for each in Placement.objects.select_related("study")}
    viewer.placement = placed[here]
    viewer.page.add_init_script(HEAR_TEXTS)
    viewer.open()

    viewer.page.get_by_role("toolbar", name="Tools").locator("summary", has_text="Other studies").click()
    viewer.page.get_by_role("button", name="3 Feb 2024").click()

    viewer.has_full_quality(2)
    expect(viewer.pane(2)).to_contain_text("Earlier study: ")
    expect(viewer.pane(2)).to_contain_text("3 Feb 2024")
    # Linked, both scroll by equal steps.
    viewer.pane(1).press("k")
    viewer.pane(1).press("ArrowDown")
    expect(viewer.pane(1)).to_contain_text("Image 2 of 6")
    expect(viewer.pane(2)).to_contain_text("Image 2 of 6")
    viewer.pane(2).focus()
    with viewer.page.expect_download():
        viewer.tool("Save this image", "More")
    written = viewer.page.evaluate("window.written")
    [line] = [each for each in written if each.startswith("Quill, Hazel")]
    assert "3 Feb 2024" in line
    assert "MRN M77" in line
    event = AuditEvent.objects.get(action=Action.IMAGE_SAVE)
    assert event.placement_uuid == placed[earlier].uuid
