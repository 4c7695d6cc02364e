"""A slow line, and none at all: what is typed stays where it was typed, and nothing is done unseen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from sharing.models import Share
from tests.browser.steps import CT_PATIENT, Hospital, Person

CHECK, PRESS, ASKED = "**/share/check/", "**/share/studies/", "**/share/pressed/**"
AFTER = "htmx:afterRequest, [object HTMLDivElement]"
# What the browser and htmx write of each way to lose an answer.
LOST = {
    "in time": ["htmx:timeout, [object HTMLDivElement]", AFTER],
    "at all": ["Failed to load resource: net::ERR_FAILED", "htmx:sendError, [object HTMLDivElement]", AFTER],
    "by the proxy": ["504 /share/studies/", "htmx 504 /share/studies/"],
}


def test_an_answer_that_comes_late_does_not_take_the_keyboard_away(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    held: list[Route] = []
    ana.page.route(CHECK, lambda route: held.append(route))
    dialog.get_by_label("Type a share code").fill("riverside")
    with ana.page.expect_request(CHECK):
        ana.page.keyboard.press("Enter")

    # She types on in another field; only then the code is read back. What is still being typed is no recipient yet.
    address = dialog.get_by_label("Type an email address")
    address.press_sequentially("dora@sea")
    held[0].continue_()
    expect(dialog.get_by_text("Riverside Clinic — Riverside Imaging")).to_be_visible()
    expect(dialog.get_by_text("to 1 recipient")).to_be_visible()
    ana.page.keyboard.type("view.example")
    expect(address).to_have_value("dora@seaview.example")
    expect(address).to_be_focused()


def test_between_swap_and_settle_the_keyboard_stays_where_it_is_typed(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    # htmx settles what it swapped in after 20 ms: here the reader has time to go on meanwhile.
    ana.page.evaluate("htmx.config.defaultSettleDelay = 1500")
    ana.page.evaluate(
        "document.addEventListener('htmx:afterSettle', () => (document.body.dataset.settled = ''))"
    )
    settled = ana.page.locator("body[data-settled]")
    dialog.get_by_label("Type a share code").fill("riverside")
    dialog.get_by_role("button", name="Check code").click()
    expect(dialog.get_by_text("Riverside Clinic — Riverside Imaging")).to_be_visible()

    email = dialog.get_by_label("Type an email address")
    email.focus()
    ana.page.keyboard.type("dora@sea")
    expect(settled).to_have_count(0)
    expect(settled).to_have_count(1)
    ana.page.keyboard.type("view.example")

    expect(email).to_have_value("dora@seaview.example")
    expect(email).to_be_focused()
    expect(dialog.get_by_label("Type a share code")).to_have_value("")


def test_without_a_line_the_dialog_says_so_and_keeps_what_was_typed(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_label("Emergency").check()
    dialog.get_by_label("Note").fill("Is there a second lesion?")
    # What the dialog asks for by itself has been answered: the press alone is lost.
    ana.page.wait_for_load_state("networkidle")
    ana.page.context.set_offline(True)
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("alert").first).to_contain_text("We could not reach the server.")
    ana.page.context.set_offline(False)
    expect(dialog.get_by_label("Note")).to_have_value("Is there a second lesion?")
    assert not Share.objects.exists()
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_focused()
    assert Share.objects.count() == 1
    lost = ["htmx:sendError, [object HTMLDivElement]", "htmx:afterRequest, [object HTMLDivElement]"]
    ana.meant("Failed to load resource: net::ERR_INTERNET_DISCONNECTED", *lost)


def test_an_answer_that_does_not_come_in_time_is_no_promise_that_nothing_was_done(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_label("Emergency").check()
    ana.page.clock.install()
    ana.page.evaluate("htmx.config.timeout = 300")
    ana.page.route(PRESS, lambda route: None)
    with ana.page.expect_response(ASKED):
        dialog.get_by_role("button", name="Share Studies").click()

    # It never reached the server: she is told what is known, and may press again.
    expect(dialog.get_by_role("alert").first).to_contain_text("We are asking whether the studies were shared")
    for _ in range(5):
        with ana.page.expect_response(ASKED):
            ana.page.clock.run_for(11_000)
    expect(dialog.get_by_role("alert").first).to_contain_text("no new share is recorded")
    assert not Share.objects.exists()
    ana.page.unroute(PRESS)
    ana.page.evaluate("htmx.config.timeout = 60000")
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_focused()
    assert Share.objects.count() == 1
    ana.meant("htmx:timeout, [object HTMLDivElement]", "htmx:afterRequest, [object HTMLDivElement]")


@pytest.mark.parametrize("lost", ["in time", "at all", "by the proxy"])
def test_of_a_press_whose_answer_was_lost_the_server_says_what_became(
    hospital: Hospital, come: Callable[..., Person], lost: str
) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_label("Emergency").check()
    ana.add_address("dora@seaview.example")

    def reaches_the_server(route: Route) -> None:
        route.fetch()
        if lost == "at all":
            route.abort()
        elif lost == "by the proxy":
            route.fulfill(status=504, body="")

    if lost == "in time":
        ana.page.evaluate("htmx.config.timeout = 1500")
    ana.page.route(PRESS, reaches_the_server)
    dialog.get_by_role("button", name="Share Studies").click()

    expect(dialog.get_by_text("but the server did share")).to_be_visible()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_focused()
    expect(dialog.get_by_role("list", name="New shares")).to_contain_text("1 recipient shared")
    expect(dialog.get_by_role("list", name="New shares")).to_contain_text("1 recipient invited")
    assert Share.objects.count() == 2
    ana.page.unroute(PRESS)
    ana.look("pressed")
    ana.meant(*LOST[lost])
