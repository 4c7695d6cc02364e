"""A share from the press to the acknowledgement, as its sharer and its recipients see it."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from sharing.models import Method
from tests.browser.steps import CT_PATIENT, Hospital, Person
from tests.sharing.share_pages import share

pytestmark = [pytest.mark.browser]


def test_the_sharer_sees_it_opened_and_acknowledged(hospital: Hospital, come: Callable[..., Person]) -> None:
    cast, placement = hospital.cast, hospital.placement(hospital.ct)
    share(cast.ana, placement, Method.PHYSICIAN, hospital.phoebe.uuid, note="Please compare with March.")
    share(cast.ana, placement, Method.EMAIL, cast.ed.email, note="For your clinic on Tuesday.")
    ana = come(cast.ana)
    ana.go(reverse("sharing:shared_by_me"))
    expect(ana.row(CT_PATIENT).first).to_contain_text("Not opened yet")

    phoebe = come(hospital.phoebe)
    phoebe.go(reverse("sharing:shared_with_me"))
    phoebe.look("received")
    phoebe.page.get_by_role("link", name=CT_PATIENT).click()
    phoebe.look("acknowledge")
    phoebe.page.get_by_role("button", name="Acknowledge receipt").click()
    expect(phoebe.page.get_by_role("main")).to_contain_text("Receipt acknowledged by Phoebe Lund")

    ed = come(cast.ed)
    ed.go("/")
    expect(ed.page.get_by_role("heading", level=1, name="Shared with me")).to_be_visible()
    ed.page.get_by_role("button", name="Acknowledge the study shared by Ana").click()
    expect(ed.row(CT_PATIENT)).to_contain_text("Acknowledged")
    ed.look("received-acknowledged")

    ana.go(reverse("sharing:shared_by_me"))
    by_email, by_name = ana.row(CT_PATIENT).all()
    expect(by_name).to_contain_text("Phoebe Lund")
    expect(by_name).to_contain_text("Images opened")
    expect(by_email).to_contain_text("Acknowledged")
    expect(by_email).not_to_contain_text("Images opened")
    ana.look("delivery")
