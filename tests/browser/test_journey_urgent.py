"""An urgent study that no one opens: the contact is emailed, opens it, and the sharer sees that it was late."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import reverse
from playwright.sync_api import expect

from audit import clock
from sharing.models import Share
from sharing.services.urgent import escalate_urgent
from tests.browser.steps import CT_PATIENT, Hospital, Mail, Person

pytestmark = [pytest.mark.browser]


def let_the_time_pass() -> None:
    """As if the share had been made two hours ago, to be opened an hour ago."""
    passed = clock.now() - timedelta(hours=1)
    two = timedelta(hours=2)
    Share.objects.update(shared_at=F("shared_at") - two, approved_at=F("approved_at") - two)
    Share.objects.update(open_by=passed, escalate_at=passed)


def test_an_urgent_study_is_escalated(hospital: Hospital, come: Callable[..., Person], mail: Mail) -> None:
    cast = hospital.cast
    adam = come(cast.adam)
    adam.go(reverse("admin:worklists_worklist_urgent", args=[cast.emergency.pk]))
    adam.page.get_by_label("Contacts", exact=False).first.fill(cast.ben.email)
    adam.page.get_by_role("button", name="Save the contacts").click()
    expect(adam.page.get_by_role("main")).to_contain_text("Ben")
    adam.look("urgent-contacts")

    ana = come(cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_role("checkbox", name="Emergency").check()
    urgent = dialog.get_by_label("Urgent: to be opened by")
    expect(dialog.get_by_label("Day and time")).to_be_hidden()
    urgent.select_option("At another time")
    expect(dialog.get_by_label("Day and time")).to_be_visible()
    urgent.select_option("In 1 hour")
    ana.look("urgent-dialog")
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog).to_contain_text("to be opened by")

    ben = come(cast.ben)
    ben.open_worklist("Emergency")
    expect(ben.row(CT_PATIENT)).to_contain_text("Urgent")
    ben.look("urgent-list")

    let_the_time_pass()
    assert escalate_urgent() == 1
    [to_contact] = [sent for sent in mail.to(cast.ben.email) if sent.subject.startswith("Urgent:")]
    [to_sharer] = mail.to(cast.ana.email)
    assert "was not opened by" in to_sharer.subject
    assert "CompressedSamples" not in to_contact.text + to_sharer.text
    ana.go(reverse("sharing:shared_by_me"))
    expect(ana.row(CT_PATIENT)).to_contain_text("Urgent: overdue")
    expect(ana.row(CT_PATIENT)).to_contain_text("1 contact was notified")
    ana.look("urgent-overdue")

    ben.go(reverse("sharing:notices"))
    expect(ben.page.get_by_role("main")).to_contain_text("Urgent: no one has opened what Ana shared")
    ben.look("urgent-notices")
    ben.open_worklist("Emergency")
    ben.page.get_by_label("Urgent, not opened yet").check()
    ben.page.get_by_role("button", name="Search", exact=True).click()
    expect(ben.page.get_by_label("Urgent, not opened yet")).to_be_checked()
    expect(ben.row(CT_PATIENT)).to_contain_text("Urgent: overdue")
    ben.look("urgent-search")
    ben.page.get_by_role("link", name=CT_PATIENT).click()
    expect(ben.page.get_by_role("main")).to_contain_text("To acknowledge receipt is not enough")
    ben.look("urgent-study")
    expect(ben.page.locator("img").first).to_be_visible()

    ana.go(reverse("sharing:shared_by_me"))
    expect(ana.row(CT_PATIENT)).to_contain_text("Urgent: opened late")
    ana.look("urgent-late")
    ben.open_worklist("Emergency")
    expect(ben.row(CT_PATIENT)).not_to_contain_text("Urgent")
