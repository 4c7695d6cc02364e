"""All my worklists, a pasted list of numbers, and a saved recipient list: with the keyboard, in every look, and without
script."""

from collections.abc import Callable

from playwright.sync_api import expect

from audit.actor import OPERATOR
from sharing.models import RecipientList, Share
from tests.browser.steps import CT_PATIENT, Hospital, Person
from tests.factories import make_study
from worklists.services import add_worklist_member


def also_on_emergency(hospital: Hospital) -> None:
    cast = hospital.cast
    add_worklist_member(worklist=cast.emergency, user=cast.ana, role=None, by=OPERATOR)
    make_study(cast.emergency, patient_name="Osprey^Ned", patient_id="M-1", issuer_of_patient_id="Northgate")


def test_a_list_is_saved_and_used_by_the_keyboard(hospital: Hospital, come: Callable[..., Person]) -> None:
    ana = come(hospital.cast.ana)
    ana.go("/")
    page, press = ana.page, ana.page.keyboard.press
    dialog = ana.share(CT_PATIENT)
    ana.tab_to(dialog.get_by_label("Emergency"))
    press("Space")
    ana.tab_to(dialog.get_by_text("Save the recipients as a list"), back=True)
    press("Enter")
    ana.tab_to(dialog.get_by_label("Name of the list"))
    page.keyboard.type("Tuesday MDT")
    ana.look("list-named")
    press("Enter")
    expect(dialog.get_by_text("“Tuesday MDT” was saved. Nothing has been shared yet.")).to_be_visible()
    ana.look("list-saved")
    press("Escape")
    page.once("dialog", lambda asked: asked.accept())
    ana.go("/")

    dialog = ana.share(CT_PATIENT)
    ana.tab_to(dialog.get_by_role("button", name="Add Tuesday MDT"))
    press("Enter")
    expect(dialog.get_by_label("Emergency")).to_be_checked()
    assert not Share.objects.exists()
    assert RecipientList.objects.get().name == "Tuesday MDT"


def test_every_worklist_at_once_and_numbers(hospital: Hospital, come: Callable[..., Person]) -> None:
    also_on_emergency(hospital)
    ana = come(hospital.cast.ana)
    page = ana.page
    ana.go("/")
    page.locator("summary", has_text="Change worklist").click()
    page.get_by_role("link", name="All my worklists").click()
    expect(page.get_by_role("heading", level=1, name="All my worklists")).to_be_visible()
    ana.look("all-worklists")
    ana.tick(CT_PATIENT, "Osprey, Ned")
    ana.choose("Share")
    expect(ana.dialog.get_by_role("heading", name="Your selection is on 2 worklists")).to_be_visible()
    ana.look("by-worklist")
    ana.dialog.get_by_role("button", name="Share 1 study on Emergency").click()
    expect(ana.dialog.get_by_text("Osprey, Ned")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_role("link", name="By numbers").click()
    page.get_by_label("MRN or accession numbers").fill("M-1\nX-2")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("not found on your worklists")).to_be_visible()
    ana.look("by-numbers")
    ana.share("Osprey, Ned")


def test_without_script(hospital: Hospital, come: Callable[..., Person]) -> None:
    also_on_emergency(hospital)
    ana = come(hospital.cast.ana, script=False)
    page = ana.page
    ana.go("/worklists/all/studies/")
    page.get_by_role("link", name="By numbers").click()
    page.get_by_label("MRN or accession numbers").fill("M-1")
    page.get_by_role("button", name="Find").click()
    ana.tick("Osprey, Ned")
    ana.choose("Share")
    page.get_by_label("CT Reporting").check()
    page.get_by_text("Save the recipients as a list").click()
    page.get_by_label("Name of the list").fill("Tuesday MDT")
    page.get_by_role("button", name="Save list").click()
    expect(page.get_by_text("“Tuesday MDT” was saved.")).to_be_visible()
    ana.go("/recipient-lists/")
    page.get_by_role("link", name="Tuesday MDT").click()
    page.get_by_role("button", name="Delete the list").click()
    expect(page.get_by_text("“Tuesday MDT” was deleted.")).to_be_visible()
