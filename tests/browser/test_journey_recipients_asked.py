"""A recipient who may be the wrong person: marked in the dialog, typed twice, asked about; with and without script."""

from collections.abc import Callable

from playwright.sync_api import expect

from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from tests.browser.steps import CT_PATIENT, Hospital, Person
from tests.cast import acting
from tests.factories import make_study, placement_of

USED = "frida.holm@practice.example"
SLIP = "frida.holn@practice.example"


def used_twice(hospital: Hospital) -> None:
    cast = hospital.cast
    for _ in range(2):
        placement = placement_of(make_study(cast.ct), cast.ct)
        services.share_studies(
            placements=[placement.uuid], targets=[Target(Method.EMAIL, USED)], by=acting(cast.erin)
        )


def test_a_letter_away_from_a_frequent_email(hospital: Hospital, come: Callable[..., Person]) -> None:
    used_twice(hospital)
    hospital.cast.northgate.types_emails_twice = True
    hospital.cast.northgate.save(update_fields=["types_emails_twice"])
    ana = come(hospital.cast.ana)
    ana.go("/")
    dialog = ana.share(CT_PATIENT)
    emails = dialog.get_by_role("group", name="Email")

    # New here: the second time is asked for, and the keyboard is in its field.
    dialog.get_by_label("Type an email address").fill(SLIP)
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(emails.get_by_text("Type this email address a second time")).to_be_visible()
    expect(dialog.get_by_label("Type the email address a second time")).to_be_focused()
    ana.look("email-typed-once")
    ana.page.keyboard.type(SLIP)
    ana.page.keyboard.press("Enter")

    # The chip is marked in words, and asks.
    expect(emails.get_by_text("First time")).to_be_visible()
    expect(emails.get_by_text("Outside Northgate Hospital")).to_be_visible()
    expect(emails.get_by_text(f"Did you mean {USED}?")).to_be_visible()
    ana.look("email-asked-about")

    # Pressed without an answer, nothing is shared.
    shares = Share.objects.count()
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_text("An email address looks like another.")).to_be_visible()
    ana.meant("422 /share/studies/", perhaps={"htmx 422 /share/studies/"})
    assert Share.objects.count() == shares
    ana.look("email-not-confirmed")

    dialog.get_by_label(f"No, share with {SLIP}").check()
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_focused()
    assert list(Share.objects.filter(email=SLIP).values_list("shared_by__name", flat=True)) == ["Ana"]


def test_without_script(hospital: Hospital, come: Callable[..., Person]) -> None:
    used_twice(hospital)
    ana = come(script=False)
    page = ana.page
    ana.sign_in(hospital.cast.ana.email)
    ana.tick(CT_PATIENT)
    ana.choose("Share")

    page.get_by_label("Type an email address").fill(SLIP)
    page.get_by_role("button", name="Check", exact=True).last.click()

    emails = page.get_by_role("group", name="Email")
    expect(emails.get_by_text("First time")).to_be_visible()
    expect(emails.get_by_text("Outside Northgate Hospital")).to_be_visible()
    page.get_by_role("button", name="Share Studies").click()
    expect(page.get_by_text("An email address looks like another.")).to_be_visible()
    page.get_by_label(f"No, share with {SLIP}").check()
    page.get_by_role("button", name="Share Studies").click()
    expect(page.get_by_role("heading", name="What was shared")).to_be_visible()
    ana.meant("422 /share/studies/")
