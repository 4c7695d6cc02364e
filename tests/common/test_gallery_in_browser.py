"""The gallery in a real browser: axe finds nothing, nothing breaks the policy, the scripts do their part."""

from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from cimar import urls, views
from common import responses
from tests.browser.axe import violations


def signed_out(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=401)


def ended(request: HttpRequest) -> HttpResponse:
    return responses.gone(request, "This share has ended.")


urlpatterns = [
    path("gallery/", views.gallery),
    path("signed-out/", signed_out),
    path("ended/", ended),
    *urls.urlpatterns,
]
pytestmark = [pytest.mark.urls(__name__)]


@pytest.fixture
def complaints() -> list[str]:
    """What the browser had to say: script errors and policy violations."""
    return []


@pytest.fixture
def gallery(page: Page, live_server: LiveServer, complaints: list[str]) -> Iterator[Page]:
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{live_server.url}/gallery/")
    yield page


@pytest.mark.parametrize(
    ("scheme", "width", "query"),
    [
        ("light", 1440, ""),
        ("light", 390, "?broken=1&size=small"),
        ("dark", 1440, "?broken=1&size=wide"),
        ("dark", 390, ""),
    ],
)
def test_axe_finds_nothing_in_any_theme_at_any_width(
    gallery: Page, live_server: LiveServer, complaints: list[str], scheme: str, width: int, query: str
) -> None:
    gallery.emulate_media(color_scheme=scheme)
    gallery.set_viewport_size({"width": width, "height": 900})
    gallery.goto(f"{live_server.url}/gallery/{query}")
    expect(gallery.locator("html")).to_have_attribute("data-bs-theme", scheme)
    assert violations(gallery) == []
    assert gallery.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert complaints == []


def test_ticked_rows_enable_the_actions_menu(gallery: Page, complaints: list[str]) -> None:
    actions = gallery.locator("summary", has_text="Actions")
    rows = gallery.get_by_role("checkbox", name="Select this study")
    actions.click()
    expect(gallery.get_by_role("button", name="Remove from this worklist")).to_be_hidden()
    rows.nth(0).check()
    rows.nth(3).click(modifiers=["Shift"])
    expect(gallery.get_by_text("4 studies selected")).to_be_visible()
    gallery.get_by_role("checkbox", name="Select all on this page").check()
    expect(gallery.get_by_text("5 studies selected")).to_be_visible()
    actions.click()
    expect(gallery.get_by_role("button", name="Remove from this worklist")).to_be_visible()
    gallery.keyboard.press("ArrowDown")
    gallery.keyboard.press("Escape")
    expect(actions).to_be_focused()
    assert complaints == []


def test_a_dialog_takes_the_focus_and_gives_it_back(gallery: Page, complaints: list[str]) -> None:
    opener = gallery.get_by_role("link", name="Open a dialog")
    opener.click()
    expect(gallery.locator("#dialog").get_by_role("heading", name="Share 3 studies")).to_be_focused()
    gallery.keyboard.press("Escape")
    expect(gallery.locator("#dialog")).to_be_hidden()
    expect(opener).to_be_focused()
    assert complaints == []


def test_a_signed_out_answer_asks_to_sign_in_and_keeps_what_was_typed(gallery: Page) -> None:
    gallery.get_by_label("Note").fill("Please look at the left hilum.")
    gallery.evaluate("htmx.ajax('GET', '/signed-out/', {target: '#dialog-body'})")
    expect(gallery.get_by_role("dialog", name="Please sign in again")).to_be_visible()
    expect(gallery.locator("[name=note]")).to_have_value("Please look at the left hilum.")


def test_a_refusal_shows_the_sentence_of_the_server(gallery: Page) -> None:
    gallery.evaluate("htmx.ajax('GET', '/ended/', {target: '#dialog-body'})")
    expect(gallery.get_by_role("alert").get_by_text("This share has ended.")).to_be_visible()


def test_the_chosen_theme_is_kept(gallery: Page) -> None:
    gallery.get_by_role("button", name="Dark").click()
    gallery.reload()
    expect(gallery.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_without_script_the_menu_opens_and_the_system_theme_holds(
    browser: Browser, live_server: LiveServer
) -> None:
    context = browser.new_context(java_script_enabled=False, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{live_server.url}/gallery/")
    expect(page.locator("body")).to_have_css("background-color", "rgb(15, 19, 22)")
    page.locator("summary", has_text="Actions").click()
    expect(page.get_by_role("button", name="Remove from this worklist")).to_be_visible()
    expect(page.get_by_role("button", name="Dark")).to_be_hidden()
    context.close()
