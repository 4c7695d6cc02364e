"""Somebody of no account sends a study to a hospital's upload address, and a member of the worklist sees it."""

import re
from collections.abc import Callable
from pathlib import Path

from django.urls import reverse
from playwright.sync_api import expect

from audit.actor import OPERATOR
from sharing.services import hand_on_sent
from studies.services import ingest_waiting
from tests.bad_files import dicom_storage, sound, written
from tests.browser.steps import LOOKS, Hospital, Mail, Person
from worklists.services import change_worklist, set_inbox

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


def test_someone_without_an_account_is_invited_to_send(
    hospital: Hospital, come: Callable[..., Person], mail: Mail, dicom_storage: Path, tmp_path: Path
) -> None:
    cast, email = hospital.cast, "dora@seaview.example"
    set_inbox(worklist=cast.emergency, inbox=cast.chest, by=OPERATOR)
    files = written(tmp_path, {"IM1": sound(PatientName="Rowan^Jane", StudyDescription="Wrist")})

    # Adam invites Dora; the page keeps who is invited.
    adam = come(cast.adam)
    adam.go(f"/admin/worklists/worklist/{cast.emergency.pk}/address/")
    adam.page.get_by_label("Email").fill(email)
    adam.page.get_by_role("button", name="Invite").click()
    expect(adam.page.get_by_text(f"An email with the invitation is on its way to {email}.")).to_be_visible()
    expect(adam.page.get_by_role("row").filter(has_text=email)).to_be_visible()
    adam.look("upload-address-invited", LOOKS)

    # Dora follows the link in her email, registers, and is at the upload address.
    [invitation] = mail.to(email)
    dora = come()
    dora.go(re.search(r"http\S+/invitations/\S+", invitation.text)[0])
    expect(dora.page.get_by_role("main")).to_contain_text("to send imaging studies to Emergency")
    dora.look("register-to-send", LOOKS[1:3])
    dora.page.get_by_label("Your name").fill("Dora Quay")
    dora.page.get_by_label("Choose a password").fill("quiet harbour lights")
    dora.page.get_by_role("button", name="Email me the code").click()
    expect(dora.page.get_by_role("heading", name="Check your email")).to_be_visible()
    code = re.search(r"Your code is (\d{6})", mail.to(email)[0].text)[1]
    dora.page.get_by_label("Code from the email").fill(code)
    dora.page.get_by_role("button", name="Register").click()
    expect(dora.page).to_have_url(f"{dora.site}{reverse('studies:upload_address', args=['NORTHGATE'])}")
    dora.page.get_by_role("button", name="Continue").click()
    dora.page.set_input_files("input[type=file]:not([webkitdirectory])", files / "IM1")
    dora.page.get_by_role("button", name="Upload").click()
    dora.page.wait_for_url("**/uploads/**")
    ingest_waiting()
    hand_on_sent()
    expect(dora.page.get_by_text("The studies have reached Northgate Hospital")).to_be_visible()

    # Dora is no longer among the invited people, and her study is on the worklist.
    adam.page.reload()
    expect(adam.page.get_by_role("row").filter(has_text=email)).to_have_count(0)
    ben = come(cast.ben)
    ben.open_worklist("Emergency")
    expect(ben.page.get_by_role("row").filter(has_text="Rowan")).to_be_visible()
