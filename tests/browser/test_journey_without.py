"""Without a mouse, and without script: the way to share and back is open to everyone."""

from collections.abc import Callable

from playwright.sync_api import expect

from sharing.models import Share
from tests.browser.steps import CT_PATIENT, US_PATIENT, Hospital, Person


def test_by_the_keyboard_alone(hospital: Hospital, come: Callable[..., Person]) -> None:
    ana = come(hospital.cast.ana)
    ana.go("/")
    press, page = ana.page.keyboard.press, ana.page
    actions = page.locator("summary", has_text="Actions")

    # Tick, open the menu, open the dialog; Escape leads back to the menu.
    ana.tab_to(page.get_by_role("checkbox", name=f"Select {CT_PATIENT}"))
    press("Space")
    expect(page.get_by_text("1 study selected")).to_be_visible()
    ana.tab_to(actions, back=True)
    press("Enter")
    press("ArrowDown")
    expect(page.get_by_role("button", name="Share", exact=True)).to_be_focused()
    press("Enter")
    expect(page.get_by_role("heading", name="Share 1 study")).to_be_focused()
    press("Escape")
    expect(ana.dialog).to_be_hidden()
    expect(actions).to_be_focused()
    expect(page.get_by_role("checkbox", name=f"Select {CT_PATIENT}")).to_be_checked()

    # In again, a location and a code, where Enter reads back and does not yet share, and Share Studies.
    press("Enter")
    press("ArrowDown")
    press("Enter")
    expect(page.get_by_role("heading", name="Share 1 study")).to_be_focused()
    ana.tab_to(ana.dialog.get_by_label("Emergency"))
    press("Space")
    ana.tab_to(ana.dialog.get_by_label("Type a share code"))
    page.keyboard.type("riverside")
    press("Enter")
    expect(ana.dialog.get_by_text("Riverside Clinic — Riverside Imaging")).to_be_visible()
    expect(ana.dialog.get_by_label("Type a share code")).to_be_focused()
    assert not Share.objects.exists()
    ana.tab_to(ana.dialog.get_by_role("button", name="Share Studies"))
    press("Enter")
    expect(page.get_by_role("heading", name="What was shared")).to_be_focused()
    assert Share.objects.count() == 2
    press("Escape")
    expect(ana.dialog).to_be_hidden()
    expect(actions).to_be_focused()


def test_without_script(hospital: Hospital, come: Callable[..., Person]) -> None:
    ana = come(script=False)
    page = ana.page
    ana.sign_in(hospital.cast.ana.email)

    # Search and find.
    page.get_by_label("Name, MRN or accession").fill("compressed")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("1 study matches")).to_be_visible()
    assert "compressed" not in page.url.lower()

    # Share, with the Check step in place of the live read-back.
    ana.tick(CT_PATIENT)
    ana.choose("Share")
    page.get_by_label("Emergency").check()
    page.get_by_label("Type a share code").fill("riverside")
    page.get_by_label("Find a physician by name").fill("phoe")
    page.get_by_role("button", name="Check", exact=True).last.click()
    page.get_by_role("button", name="Add Phoebe Lund").click()
    expect(page.get_by_text("Riverside Clinic — Riverside Imaging")).to_be_visible()
    expect(page.get_by_role("button", name="Remove Phoebe Lund")).to_be_visible()
    expect(page.get_by_label("Emergency")).to_be_checked()
    expect(page.get_by_text("3 recipients")).to_be_visible()
    assert not Share.objects.exists()
    page.get_by_role("button", name="Share Studies").click()
    expect(page.get_by_role("heading", name="What was shared")).to_be_visible()
    assert Share.objects.count() == 3
    page.get_by_role("link", name="Done").click()

    # The study, its image, and the end of one share.
    ana.open_study(CT_PATIENT)
    expect(page.get_by_role("region", name="Image", exact=True).get_by_role("img")).to_be_visible()
    page.get_by_role("link", name="Access", exact=True).click()
    page.get_by_role("link", name="End the share with Emergency").click()
    expect(page.get_by_text("Shared with Emergency")).to_be_visible()
    page.get_by_role("button", name="End the share").click()
    expect(page.get_by_role("status")).to_contain_text("1 share ended.")
    expect(page.get_by_role("heading", name="Who can see this study")).to_be_visible()
    assert Share.objects.filter(ended_at=None).count() == 2
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to CIMAR")).to_be_visible()


def test_without_script_by_email_from_recent_recipients_to_shared_by_me(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(script=False)
    page = ana.page
    ana.sign_in(hospital.cast.ana.email)

    # By email and to a location. What was typed is read back first.
    ana.tick(CT_PATIENT)
    ana.choose("Share")
    page.get_by_label("Emergency").check()
    page.get_by_label("Type an email address").fill("dora@example.net")
    page.get_by_role("button", name="Share Studies").click()
    expect(page.get_by_text("Check the recipient that was added, then share.")).to_be_visible()
    assert not Share.objects.exists()
    page.get_by_role("button", name="Share Studies").click()
    expect(page.get_by_role("heading", name="What was shared")).to_be_visible()
    assert Share.objects.count() == 2
    page.get_by_role("link", name="Done").click()

    # The next study goes to the same recipients by one button.
    ana.tick(US_PATIENT)
    ana.choose("Share")
    page.get_by_role("button", name="Add the 2 recipients of your last share").click()
    expect(page.get_by_label("Emergency")).to_be_checked()
    expect(page.get_by_role("button", name="Remove dora@example.net")).to_be_visible()
    page.get_by_role("button", name="Share Studies").click()
    expect(page.get_by_role("heading", name="What was shared")).to_be_visible()
    assert Share.objects.count() == 4

    # All of it is on Shared by me, and one share ends there.
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Shared by me").click()
    expect(page.get_by_role("row").filter(has_text="dora@example.net")).to_have_count(2)
    page.get_by_role("checkbox", name="Select the share with Emergency").first.check()
    page.get_by_role("button", name="End shares").click()
    page.get_by_role("button", name="End the share").click()
    expect(page.get_by_role("status").first).to_contain_text("1 share ended.")
    assert Share.objects.filter(ended_at=None).count() == 3

    ana.meant("422 /share/studies/")

    # The foot leads to the manual.
    page.get_by_role("contentinfo").get_by_role("link", name="Manual").click()
    expect(page.get_by_role("heading", name="Share a study")).to_be_visible()
