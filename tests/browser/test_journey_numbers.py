"""A list for a meeting: its numbers are pasted, each is answered, and the studies that were ticked are shared."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.steps import CT_PATIENT, US_PATIENT, Hospital, Person

pytestmark = [pytest.mark.browser]


def test_studies_are_found_by_pasted_numbers_and_shared(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    ana.page.get_by_role("link", name="By numbers").click()
    expect(ana.page.get_by_label("MRN or accession numbers")).to_be_focused()
    ana.look("numbers-empty")

    ana.page.get_by_label("MRN or accession numbers").fill("," * 10_000)
    ana.page.get_by_role("button", name="Find", exact=True).click()
    expect(ana.page.get_by_role("alert")).to_be_visible()
    ana.look("numbers-refused")
    ana.meant(f"422 {ana.path}")

    pasted = [hospital.ct.patient_id, "not a number of ours", hospital.us.patient_id, hospital.ct.patient_id]
    ana.page.get_by_label("MRN or accession numbers").fill("\n".join(pasted))
    ana.page.get_by_role("button", name="Find", exact=True).click()
    expect(ana.page.get_by_role("status").first).to_contain_text("1 number was pasted more than once.")
    expect(ana.page.get_by_role("main")).to_contain_text("not found on this worklist")
    expect(ana.row(CT_PATIENT)).to_be_visible()
    assert hospital.ct.patient_id not in ana.page.url
    ana.look("numbers-found")

    dialog = ana.share(CT_PATIENT)
    expect(dialog).not_to_contain_text(US_PATIENT)
    dialog.get_by_role("checkbox", name="Emergency").check()
    dialog.get_by_role("button", name="Share Studies").click()
    expect(ana.report_on("Emergency")).to_be_visible()

    ana.go(reverse("studies:all_by_number"))
    ana.page.get_by_label("MRN or accession numbers").fill("no such number")
    ana.page.get_by_role("button", name="Find", exact=True).click()
    expect(ana.page.get_by_role("main")).to_contain_text("not found on your worklists")
    ana.look("numbers-none")
