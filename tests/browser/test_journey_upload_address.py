"""Somebody of no account sends a study to a hospital's upload address, and a member of the worklist sees it."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from audit.actor import OPERATOR
from sharing.services import hand_on_sent
from studies.services import ingest_waiting
from tests.bad_files import dicom_storage, sound, written
from tests.browser.steps import Hospital, Person
from worklists.services import change_worklist

__all__ = ["dicom_storage"]


def test_a_study_is_sent_to_an_upload_address(
    hospital: Hospital, come: Callable[..., Person], dicom_storage: Path, tmp_path: Path
) -> None:
    cast = hospital.cast
    change_worklist(worklist=cast.emergency, needs_approval=True, by=OPERATOR)
    files = written(tmp_path, {"IM1": sound(PatientName="Rowan^Jane", StudyDescription="Wrist")})

    # Adam gives the worklist an upload address.
    adam = come(cast.adam)
    adam.go(f"/admin/worklists/worklist/{cast.emergency.pk}/address/")
    adam.page.get_by_label("Studies arrive in").select_option(label="Chest Clinic")
    adam.look("upload-address-settings")
    adam.page.get_by_role("button", name="Save").click()
    expect(adam.page.get_by_text("/to/NORTHGATE/")).to_be_visible()

    # Ed opens it, reads whose it is, and sends a file.
    ed = come(cast.ed)
    ed.go("/to/NORTHGATE/")
    ed.look("upload-address")
    ed.page.get_by_role("button", name="Continue").click()
    expect(ed.page.get_by_role("heading", name="Send studies")).to_be_visible()
    expect(ed.page.get_by_text("Northgate Hospital").first).to_be_visible()
    expect(ed.page.get_by_text("Someone there approves them first.")).to_be_visible()
    ed.look("upload-address-files")
    ed.page.set_input_files("input[type=file]:not([webkitdirectory])", files / "IM1")
    ed.page.get_by_role("button", name="Upload").click()
    ed.page.wait_for_url("**/uploads/**")
    ingest_waiting()
    hand_on_sent()
    expect(ed.page.get_by_text("The studies have reached Northgate Hospital")).to_be_visible()
    ed.look("upload-address-sent")
    ed.page.get_by_role("link", name="Shared by me").last.click()
    expect(ed.page.get_by_role("row").filter(has_text="Emergency")).to_contain_text("Awaiting approval")

    # Adam approves it, and it is on the worklist.
    adam.go("/approvals/")
    row = adam.page.get_by_role("row").filter(has_text="Rowan")
    row.get_by_role("checkbox").check()
    adam.page.get_by_role("button", name="Approve").click()
    expect(adam.page.get_by_role("status").first).to_contain_text("1 share approved.")
    ben = come(cast.ben)
    ben.open_worklist("Emergency")
    expect(ben.page.get_by_role("row").filter(has_text="Rowan")).to_be_visible()
