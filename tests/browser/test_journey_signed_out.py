"""Signed out in the middle of sharing: one signs in again, and what was typed is still there."""

from collections.abc import Callable

from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from sharing.models import Share
from tests.browser.steps import CT_PATIENT, LOOKS, Hospital, Person


def test_what_was_typed_outlives_the_session(hospital: Hospital, come: Callable[..., Person]) -> None:
    ana = come(hospital.cast.ana)
    page = ana.page
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_label("Emergency").check()
    dialog.get_by_label("Note").fill("Is there a second lesion?")
    ana.waits()
    Session.objects.all().delete()

    # The press is not lost: the page asks to sign in, and everything stands as it was.
    dialog.get_by_role("button", name="Share Studies").click()
    asks = page.get_by_role("dialog", name="Please sign in again")
    expect(asks).to_contain_text("What you typed is still here.")
    ana.meant("401 /share/studies/", "htmx 401 /share/studies/")
    ana.look("signed-out", LOOKS[1:3])
    assert not Share.objects.exists()

    # Too early: she has not signed in yet.
    asks.get_by_role("button", name="Continue").click()
    expect(asks).to_contain_text("You are not signed in yet.")

    with ana.page.context.expect_page() as opened:
        asks.get_by_role("link", name="Sign in").click()
    ana.type_who_they_are(opened.value, hospital.cast.ana.email)
    opened.value.close()
    asks.get_by_role("button", name="Continue").click()
    expect(asks).to_be_hidden()

    expect(dialog.get_by_label("Emergency")).to_be_checked()
    expect(dialog.get_by_label("Note")).to_have_value("Is there a second lesion?")
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_focused()
    assert Share.objects.get().note == "Is there a second lesion?"


def test_somebody_elses_sign_in_does_not_inherit_the_page(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_label("Emergency").check()
    ana.waits()
    Session.objects.all().delete()
    dialog.get_by_role("button", name="Share Studies").click()
    asks = ana.page.get_by_role("dialog", name="Please sign in again")
    with ana.page.context.expect_page() as opened:
        asks.get_by_role("link", name="Sign in").click()
    ana.type_who_they_are(opened.value, hospital.cast.caro.email)
    opened.value.close()
    asks.get_by_role("button", name="Continue").click()
    expect(ana.page.get_by_role("heading", level=1, name="Riverside Imaging")).to_be_visible()
    expect(ana.page.get_by_text(CT_PATIENT)).to_have_count(0)
    assert not Share.objects.exists()
    ana.meant("401 /share/studies/", "htmx 401 /share/studies/")
