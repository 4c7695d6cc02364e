"""A study is sent to another system from the menu Actions, by the keyboard alone; what the pages say meanwhile."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import storages
from playwright.sync_api import Locator, expect

from studies.services import send_waiting
from tests.browser.steps import CT_PATIENT, US_PATIENT, Hospital, Person
from tests.studies.destinations import enter, stow_service


@pytest.fixture(autouse=True)
def this_machine(settings: Any) -> None:
    settings.CIMAR_DESTINATION_NETWORKS = ["127.0.0.0/8"]


def choose_by_keyboard(person: Person, patient: str) -> None:
    """From the list to the page of destinations."""
    page = person.page
    person.open_worklist("CT Reporting")
    press(person, page.get_by_role("checkbox", name=f"Select {patient}"), "Space")
    press(person, page.locator("summary", has_text="Actions"), "Enter")
    press(person, page.get_by_role("button", name="Send to another system", exact=True), "Enter")
    expect(page.get_by_role("heading", level=1, name="Send to another system")).to_be_visible()


def press(person: Person, control: Locator, key: str) -> None:
    person.tab_to(control)
    person.page.keyboard.press(key)


def test_a_study_is_sent_by_the_keyboard_alone(hospital: Hospital, come: Callable[..., Person]) -> None:
    with stow_service() as pacs:
        enter(hospital.cast, pacs.url)
        adam = come(hospital.cast.adam)
        choose_by_keyboard(adam, CT_PATIENT)
        expect(adam.page.get_by_role("listitem").filter(has_text=CT_PATIENT)).to_be_visible()
        adam.look("sending-choice")
        press(adam, adam.page.get_by_role("radio", name="PACS"), "Space")
        press(adam, adam.page.get_by_role("button", name="Send 1 study"), "Enter")

        expect(adam.page.get_by_role("heading", level=1, name="Sent to other systems")).to_be_visible()
        expect(adam.page.get_by_role("status").first).to_contain_text("1 study will be sent to PACS.")
        row = adam.page.get_by_role("row").filter(has_text=CT_PATIENT)
        expect(row).to_contain_text("Waiting")
        adam.look("sendings-waiting")
        send_waiting()

        # The page asks by itself.
        expect(row).to_contain_text("Sent: 1 of 1")
        adam.look("sendings-sent")
    blob = hospital.ct.instances.get().blob
    with storages["dicom"].open(blob.key) as stored:
        assert pacs.files == [stored.read()]


def test_a_sending_that_waits_is_cancelled_and_repeated_by_the_keyboard(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    with stow_service() as pacs:
        url = pacs.url
    enter(hospital.cast, url)
    adam = come(hospital.cast.adam)
    choose_by_keyboard(adam, US_PATIENT)
    press(adam, adam.page.get_by_role("radio", name="PACS"), "Space")
    press(adam, adam.page.get_by_role("button", name="Send 1 study"), "Enter")
    row = adam.page.get_by_role("row").filter(has_text=US_PATIENT)
    expect(row).to_contain_text("Waiting")
    send_waiting()
    expect(row).to_contain_text("Next attempt:")
    adam.look("sendings-unreachable")

    press(adam, row.get_by_role("button", name="Cancel"), "Enter")
    expect(adam.page.get_by_role("status").first).to_contain_text("The sending was cancelled.")
    expect(row).to_contain_text("Cancelled")
    adam.look("sendings-cancelled")
    press(adam, row.get_by_role("button", name="Send again"), "Enter")
    expect(adam.page.get_by_role("radio", name="PACS")).to_be_checked()


def test_without_a_destination_the_page_says_who_adds_one(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    adam = come(hospital.cast.adam)
    choose_by_keyboard(adam, CT_PATIENT)
    expect(adam.page.get_by_text("There is no destination yet")).to_be_visible()
    adam.look("sending-no-destination")
    press(adam, adam.page.get_by_role("link", name="Back", exact=True), "Enter")
    expect(adam.page.get_by_role("region", name="Patient and study").get_by_text(CT_PATIENT)).to_be_visible()
