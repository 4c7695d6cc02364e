"""The demo as a radiologist sees it. With CIMAR_PICTURES=1 it makes the pictures of the documentation anew."""

import re
from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from cimar.demo.people import PASSWORD
from tests.browser.pictures import ANA, BOARD, Picture
from tests.browser.steps import LOOKS, Person
from worklists.models import Worklist


def test_the_demo_through_a_radiologists_eyes(
    demo: Worklist, come: Callable[..., Person], camera: Callable[[Person], Picture]
) -> None:
    ana = come()
    ana.sign_in(ANA, PASSWORD)
    picture = camera(ana)

    # The list: many studies, and how each came here.
    ana.open_worklist(BOARD)
    expect(ana.page.get_by_role("checkbox", name="Select ")).to_have_count(17)
    ana.look("demo-studies")
    ana.tick("Brightwater", "Winterbourne")
    picture("studies", full_page=True)

    # Two studies of one worklist, the recipients of every method beside them.
    ana.open_worklist("MRI")
    dialog = ana.share("Brightwater", "Winterbourne")
    dialog.get_by_label("Emergency Department").check()
    dialog.get_by_label("Neuro MDT").check()
    dialog.get_by_label("Find a physician by name").press_sequentially("lei")
    physicians = dialog.get_by_role("group", name="Physicians")
    physicians.get_by_role("button", name="Add Leila Farouk").click()
    expect(dialog.get_by_label("Find a physician by name")).to_be_focused()
    dialog.get_by_label("Type a share code").fill("southmere")
    dialog.get_by_role("button", name="Check code").click()
    expect(dialog.get_by_text("Southmere Infirmary — Radiology")).to_be_visible()
    expect(dialog.get_by_label("Type a share code")).to_be_focused()
    ana.add_address("a.brandt@hillsidepractice.example")
    expect(dialog.get_by_role("group", name="Email").get_by_text("Outside ")).to_be_visible()
    expect(dialog.get_by_label("Type an email address")).to_be_focused()
    ana.look("demo-share-dialog")
    picture("share-dialog")
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_focused()
    picture("report")
    dialog.get_by_role("link", name="Done").click()

    # Who was invited, and what goes with a share before it is ended.
    ana.page.get_by_role("link", name="Shared by me").click()
    ana.page.get_by_role("link", name="Invitations").click()
    expect(ana.page.get_by_role("row").filter(has_text="hillsidepractice")).to_be_visible()
    picture("invitations")

    # A study, and who can see it and why.
    ana.open_worklist("CT Reporting")
    ana.open_study("Ravensworth, Maeve", "CT Head without contrast")
    ana.sees_an_image()
    ana.look("demo-study")
    picture("study")
    ana.page.get_by_role("link", name="Access", exact=True).click()
    expect(ana.page.get_by_role("heading", name="Who can see this study")).to_be_visible()
    ana.look("demo-access")
    picture("access")
    ana.page.get_by_role("link", name=re.compile("^End the share with")).first.click()
    expect(ana.dialog.get_by_role("heading", name="End the share")).to_be_focused()
    picture("end-share")


def test_the_pages_around_the_demo_are_in_order(demo: Worklist, come: Callable[..., Person]) -> None:
    ana = come(User.objects.get(email=ANA))
    for name in ("sharing:shared_by_me", "sharing:invitations", "studies:worklists", "worklists:profile"):
        ana.go(reverse(name))
        expect(ana.page.get_by_role("heading", level=1)).to_be_visible()
        ana.look(f"demo-{name.partition(':')[2]}", LOOKS[1:3])
    # Where an external copy was shared on: outside, what came from where is not told.
    felix = come(User.objects.get(email="felix.arnaud@harbourview.example"))
    felix.go(reverse("studies:list"))
    felix.open_study("Nightingale-Roy, Kiran")
    felix.sees_an_image()
    felix.look("demo-external", LOOKS[1:3])
