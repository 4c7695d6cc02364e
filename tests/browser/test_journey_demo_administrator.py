"""The demo as an administrator sees it. With CIMAR_PICTURES=1 it makes the pictures of their manual anew."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.pictures import ADAEZE, Picture
from tests.browser.steps import LOOKS, Person
from worklists.models import Worklist

SEVERAL = """email,role,worklists,every_worklist
marta.kuhn@northgate.example,Radiologist,CT Reporting; MRI; Tumour Board = Viewer,no
idris.bello@northgate.example,Referring clinician,Emergency Department,no
sunniva.dahl@northgate,Radiographer,Echo Lab,no
noor.haddad@northgate.example,Chief radiologist,MRI,no
caroline.fenwick@riverside.example,Radiologist,Neuro MDT,no
olivia.grant@northgate.example,Administrator,,yes
"""


def test_the_demo_through_an_administrators_eyes(
    demo: Worklist, come: Callable[..., Person], camera: Callable[[Person], Picture], settings: Any
) -> None:
    settings.CIMAR_BASE_URL = "https://cimar.northgate.example"
    adaeze = come(User.objects.get(email=ADAEZE))
    page, picture = adaeze.page, camera(adaeze)

    def open_place(name: str) -> None:
        adaeze.go(reverse("admin:index"))
        page.get_by_role("navigation", name="Administration").get_by_role("link", name=name).click()

    adaeze.go(reverse("admin:index"))
    expect(page.get_by_role("heading", level=1, name="Administration")).to_be_visible()
    adaeze.look("demo-admin", LOOKS[1:3])

    # A permission taken from a role: whom it concerns, before it is saved.
    open_place("Roles")
    page.get_by_role("link", name="Referring clinician").click()
    page.get_by_role("checkbox", name="Studies: Share study via share code").uncheck()
    changes = page.get_by_role("status").filter(has_text="What changes if you save")
    expect(changes.get_by_role("listitem")).to_have_text(
        ["Studies: Share study via share code", "No one gains or loses a study."]
    )
    picture("admin-role", height=960)

    # The members of a worklist, and the role that counts for each.
    open_place("Worklists")
    page.get_by_role("main").get_by_role("link", name="Tumour Board", exact=True).click()
    page.get_by_role("link", name="Members", exact=True).click()
    expect(page.get_by_role("row", name="Fatima Benali")).to_contain_text("own role on this worklist")
    adaeze.look("demo-admin-members", LOOKS[1:3])
    picture("admin-members", height=580)

    # A share code to put beside the telephone.
    open_place("Worklists")
    page.get_by_role("main").get_by_role("link", name="Outside Images", exact=True).click()
    page.get_by_role("link", name="Share code", exact=True).click()
    page.get_by_role("link", name="Card to print").click()
    expect(page.get_by_role("img", name="QR code that opens the share code")).to_be_visible()
    picture("admin-card", height=560)

    # Somebody's rights, worklist by worklist, and why.
    open_place("People")
    page.get_by_role("link", name="Ana Moreau").click()
    expect(page.get_by_role("heading", name="Permissions on each worklist")).to_be_visible()
    adaeze.look("demo-admin-person", LOOKS[1:3])
    picture("admin-person", height=800)

    # A list of people: what would come of each line.
    open_place("Invitations")
    page.get_by_role("link", name="Invite several").click()
    page.get_by_label("Paste the list").fill(SEVERAL)
    page.get_by_role("button", name="Check the list").click()
    expect(page.get_by_text("2 of 6 lines have a problem")).to_be_visible()
    adaeze.look("demo-admin-several", LOOKS[1:3])
    picture("admin-invite-several", height=560)

    open_place("Settings")
    page.get_by_label("Require a second factor").check()
    picture("admin-settings", height=1280)
