"""What a filled dialog, a slow line, a double click and a mistake do: nothing is lost, unseen or sent twice."""

from collections.abc import Callable
from datetime import date

from playwright.sync_api import Route, expect

from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from tests.browser.steps import CT_PATIENT, Hospital, Person
from tests.cast import acting


def test_a_filled_dialog_asks_before_it_is_shut(hospital: Hospital, come: Callable[..., Person]) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_label("Emergency").check()
    dialog.get_by_label("Note").fill("Is there a second lesion?")
    ana.page.keyboard.press("Escape")
    keep = dialog.get_by_role("button", name="Keep it open")
    expect(keep).to_be_focused()
    ana.look("discard")
    keep.click()
    expect(dialog.get_by_label("Note")).to_have_value("Is there a second lesion?")
    dialog.get_by_role("link", name="Close").first.click()
    dialog.get_by_role("button", name="Close and lose it").click()
    expect(dialog).to_be_hidden()

    # An empty dialog asks nothing.
    ana.choose("Share")
    expect(dialog.get_by_role("heading", name="Share 1 study")).to_be_focused()
    ana.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_on_a_slow_line_something_is_seen_to_happen(hospital: Hospital, come: Callable[..., Person]) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    held: list[Route] = []
    ana.page.route("**/share/", lambda route: held.append(route))
    ana.tick(CT_PATIENT)
    ana.choose("Share")
    expect(ana.page.locator("#busy")).to_be_visible()
    expect(ana.page.get_by_text("Working …")).to_be_attached()
    held[0].continue_()
    expect(ana.dialog.get_by_role("heading", name="Share 1 study")).to_be_focused()
    expect(ana.page.locator("#busy")).to_be_hidden()
    # The styles of the dialog were there before it: it stands beside the studies at once.
    assert ana.page.locator("head link[href*='sharing']").count() == 1


def test_a_change_is_sent_once_however_often_it_is_pressed(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    cast = hospital.cast
    placement = hospital.placement(hospital.ct)
    to = Target(Method.LOCATION, str(cast.emergency.uuid))
    services.share_studies(placements=[placement.uuid], targets=[to], by=acting(cast.ana))
    ana = come(cast.ana)
    ana.go("/shared-by-me/")
    ana.page.get_by_role("checkbox", name="Select the share with Emergency").check()
    ana.page.get_by_role("button", name="End shares").click()
    ana.dialog.get_by_role("button", name="End the share").dblclick()
    expect(ana.page.get_by_role("status").filter(has_text="1 share ended.")).to_be_visible()
    expect(ana.page.get_by_text("had already ended")).to_have_count(0)
    assert Share.objects.get().ended_at is not None


def test_a_mistake_is_said_at_its_field_and_the_keyboard_is_taken_there(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_label("Emergency").check()
    dialog.get_by_label("End date").fill((date(2026, 1, 2)).isoformat())
    expect(dialog.get_by_text("until Friday 2 January 2026")).to_be_visible()
    dialog.get_by_label("Find a physician by name").fill("Dr")
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("alert").filter(has_text="Nothing has been shared yet.")).to_be_focused()
    expect(dialog.get_by_label("Find a physician by name")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Find a physician by name").fill("")
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_label("End date")).to_have_attribute("aria-invalid", "true")
    ana.look("mistakes")
    ana.meant("422 /share/studies/", "422 /share/studies/")


def test_enter_adds_the_only_physician_who_fits_and_arrows_reach_several(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    find = dialog.get_by_label("Find a physician by name")
    find.press_sequentially("Dr Phoebe")
    expect(dialog.locator(".hit")).to_have_count(1)
    find.press("Enter")
    expect(dialog.locator("#share-physicians .chip")).to_contain_text("Phoebe Lund")
    find.press_sequentially("er")
    expect(dialog.locator(".hit").nth(1)).to_be_visible()
    find.press("ArrowDown")
    expect(dialog.locator(".hit").first).to_be_focused()
    ana.page.keyboard.press("ArrowUp")
    expect(find).to_be_focused()
    dialog.get_by_label("Type a share code").focus()


def test_the_way_back_from_a_study_keeps_search_and_sorting(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    ana.page.get_by_label("Search").or_(ana.page.get_by_label("Patient")).first.wait_for()
    ana.page.locator("#id_q").fill("Compressed")
    ana.page.get_by_role("button", name="Search", exact=True).click()
    expect(ana.page.get_by_text("1 study matches")).to_be_visible()
    searched = ana.page.url
    ana.open_study(CT_PATIENT)
    assert "CT" in ana.page.title()
    ana.page.get_by_role("link", name="Details").click()
    ana.page.get_by_role("link", name="Studies on").click()
    expect(ana.page.get_by_text("1 study matches")).to_be_visible()
    assert ana.page.url == searched


def test_at_four_hundred_percent_the_dialog_leaves_room_for_its_content(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    ana.page.set_viewport_size({"width": 320, "height": 256})
    for part in (".dialog-head", ".dialog-actions"):
        assert (
            dialog.locator(part).first.evaluate("element => getComputedStyle(element).position") == "static"
        )
    assert ana.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
