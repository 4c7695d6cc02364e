"""A method taken from the role is gone from the dialog, and refused in one that was open."""

from collections.abc import Callable

from playwright.sync_api import expect

from sharing.models import Share
from tests.browser.steps import CT_PATIENT, LOOKS, Hospital, Person
from tests.cast import acting
from tests.factories import role_of
from worklists.services import change_role
from worklists.shipped_roles import SHIPPED_ROLES

METHODS = ["Locations", "Groups", "Physicians", "Share Code", "Email"]


def test_a_method_taken_from_the_role_is_refused_in_an_open_dialog(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    cast = hospital.cast
    ana = come(cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_label("Emergency").check()
    ana.add_address("dora@seaview.example")
    expect(dialog.get_by_label("Type an email address")).to_be_focused()

    # Meanwhile her administrator takes sharing by email from radiologists.
    role = role_of(cast.northgate, "Radiologist")
    change_role(
        role=role, by=acting(cast.adam), permissions=SHIPPED_ROLES["Radiologist"] - {"share_study_by_email"}
    )

    # What her role still lets her do is done, the rest is refused with the reason.
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_focused()
    expect(ana.report_on("Emergency")).to_contain_text("Shared")
    by_email = ana.report_on("dora@seaview.example")
    expect(by_email).to_contain_text("Refused")
    expect(by_email).to_contain_text("Your role does not let you share by email.")
    ana.look("refused", LOOKS[1:3])
    dialog.get_by_role("link", name="Done").click()
    assert [share.to_worklist for share in Share.objects.select_related("to_worklist")] == [cast.emergency]

    # The next dialog does not offer it.
    ana.page.reload()
    dialog = ana.share(CT_PATIENT)
    for method in METHODS[:-1]:
        expect(dialog.get_by_role("group", name=method, exact=True)).to_be_visible()
    expect(dialog.get_by_role("group", name="Email", exact=True)).to_have_count(0)


def test_the_right_to_share_taken_away_is_told_in_the_open_dialog(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    cast = hospital.cast
    ana = come(cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_label("Emergency").check()
    change_role(
        role=role_of(cast.northgate, "Radiologist"), by=acting(cast.adam), permissions=SHIPPED_ROLES["Viewer"]
    )
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("alert").first).to_contain_text(
        "Your role on this worklist does not let you share studies."
    )
    ana.meant("403 /share/studies/", "htmx 403 /share/studies/")
    ana.page.reload()
    expect(ana.page.get_by_role("link", name=CT_PATIENT)).to_be_visible()
    expect(ana.page.locator("summary", has_text="Actions")).to_have_count(0)
    assert not Share.objects.exists()
