"""The studies pages in a real browser: keyboard, history, no script, nothing for axe to find."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pydicom.data import get_testdata_file

from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from studies import services
from studies.ingest.sources import Source
from studies.models import Placement
from tests.browser.axe import violations
from tests.browser.steps import let_in, signed_in
from tests.cast import acting
from tests.factories import make_study

# 30 frames of colour ultrasound.
SCAN = "examples_ybr_color.dcm"


@pytest.fixture
def filled(cast):
    """Enough for two pages, something shared by another account, and a real scan on top."""
    for number in range(60):
        make_study(
            cast.ct,
            patient_name=f"Harrow^Ida^{number:02}",
            description="CT chest with contrast",
            accession_number=f"ACC{number:04}",
            study_date="2026-10-01",
            patient_birth_date="1961-02-03",
            patient_sex="F",
        )
    share_studies(
        placements=[cast.other_placement.uuid],
        targets=[Target(Method.CODE, "NGCT2026")],
        by=acting(cast.caro),
    )
    path = Path(get_testdata_file(SCAN))
    services.take_in_all(
        worklist=cast.ct, by=acting(cast.ana), sources=[Source("scan", lambda: path.open("rb"))]
    )
    services.render_waiting()
    return cast


@pytest.fixture
def scan(filled) -> str:
    placement = Placement.objects.get(worklist=filled.ct, study__modalities=["US"])
    return reverse("studies:study", args=[placement.uuid])


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def ana(filled, page: Page, live_server, complaints: list[str]) -> Page:
    """Ana's browser."""
    let_in(page.context, filled.ana, live_server.url)
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_studies_pages(
    ana: Page, live_server, filled, scan: str, complaints: list[str], scheme: str, width: int
) -> None:
    ana.emulate_media(color_scheme=scheme)
    ana.set_viewport_size({"width": width, "height": 900})
    pages = {
        "list": reverse("studies:worklist", args=[filled.ct.uuid]),
        "worklists": reverse("studies:worklists"),
        "study": scan,
        "details": f"{scan}details/",
        "upload": reverse("studies:upload", args=[filled.ct.uuid]),
    }
    for name, url in pages.items():
        ana.goto(f"{live_server.url}{url}")
        assert (name, violations(ana)) == (name, [])
        assert ana.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
            name
        )
    assert complaints == []


def test_a_search_is_typed_found_opened_and_come_back_to(
    ana: Page, live_server, filled, complaints: list[str]
) -> None:
    ana.goto(f"{live_server.url}{reverse('studies:worklist', args=[filled.ct.uuid])}")
    box = ana.get_by_label("Name, MRN or accession")
    box.fill("quill")
    box.press("Enter")
    expect(ana.get_by_text("1 study matches")).to_be_visible()
    assert "search=" in ana.url
    assert "quill" not in ana.url.lower()
    expect(box).to_be_focused()

    ana.get_by_role("link", name="Quill, Hazel").click()
    expect(ana.get_by_role("region", name="Patient and study").get_by_text("Quill, Hazel")).to_be_visible()
    ana.go_back()
    expect(ana.get_by_text("1 study matches")).to_be_visible()
    expect(box).to_have_value("quill")
    ana.reload()
    expect(ana.get_by_text("1 study matches")).to_be_visible()

    box.fill("q")
    box.press("Enter")
    expect(ana.get_by_text("Enter at least 3 letters").first).to_be_visible()
    expect(box).to_have_value("q")
    ana.get_by_role("link", name="Clear").click()
    expect(ana.get_by_text("All studies, ")).to_be_visible()
    # The browser notes every 4xx it gets, the form with its sentence too.
    assert [complaint for complaint in complaints if "422" not in complaint] == []


def test_columns_and_pages_are_reached_by_keyboard_and_the_address_follows(
    ana: Page, live_server, filled, complaints: list[str]
) -> None:
    ana.goto(f"{live_server.url}{reverse('studies:worklist', args=[filled.ct.uuid])}")
    ana.get_by_role("link", name="Patient").press("Enter")
    expect(ana.get_by_role("columnheader", name="Patient")).to_have_attribute("aria-sort", "ascending")
    expect(ana.get_by_role("link", name="Patient", exact=True)).to_be_focused()
    assert "sort=name" in ana.url

    ana.get_by_role("link", name="Next").press("Enter")
    expect(ana.get_by_role("link", name="Quill, Hazel")).to_be_visible()
    expect(ana.get_by_role("region", name="Studies on this worklist")).to_be_focused()
    ana.go_back()
    expect(ana.get_by_role("link", name="Ferry, Magnus")).to_be_visible()
    assert complaints == []


def test_the_picker_is_filled_when_it_is_opened(
    ana: Page, live_server, filled, complaints: list[str]
) -> None:
    make_study(filled.ct)
    ana.goto(f"{live_server.url}{reverse('studies:worklist', args=[filled.ana.personal_worklist.uuid])}")
    ana.get_by_text("Change worklist").click()
    ana.get_by_role("link", name="CT Reporting 64 new").click()
    expect(ana.get_by_role("heading", name="CT Reporting", level=1)).to_be_visible()
    assert complaints == []


def test_all_that_match_are_ticked_and_carried_to_the_share_dialog(
    ana: Page, live_server, filled, complaints: list[str]
) -> None:
    ana.goto(f"{live_server.url}{reverse('studies:worklist', args=[filled.ct.uuid])}")
    ana.get_by_label("Name, MRN or accession").fill("harrow")
    ana.get_by_role("button", name="Search").click()
    expect(ana.get_by_text("60 studies match")).to_be_visible()
    ana.get_by_role("link", name="Select all that match").click()
    expect(ana.get_by_text("60 studies selected")).to_be_visible()
    ana.get_by_role("checkbox", name="Select all on this page").uncheck()
    expect(ana.get_by_text("None selected")).to_be_visible()
    ana.get_by_role("checkbox", name="Select Harrow, Ida 59, CT chest with contrast, 1 Oct 2026").check()
    ana.get_by_text("Actions").click()
    ana.get_by_role("button", name="Share", exact=True).click()
    expect(ana.get_by_role("dialog").get_by_role("heading", name="Share")).to_be_visible()
    expect(ana.get_by_role("dialog").get_by_text("Harrow, Ida 59")).to_be_visible()
    assert complaints == []


def test_ticks_stay_on_the_next_page_and_go_with_another_search(
    ana: Page, live_server, filled, complaints: list[str]
) -> None:
    ana.goto(f"{live_server.url}{reverse('studies:worklist', args=[filled.ct.uuid])}")
    ana.get_by_role("checkbox", name="Select ").nth(1).check()
    ana.get_by_role("checkbox", name="Select ").nth(2).check()
    ana.get_by_role("link", name="Next").click()
    expect(ana.get_by_role("link", name="Quill, Hazel")).to_be_visible()
    expect(ana.get_by_text("2 studies selected")).to_be_visible()
    expect(ana.get_by_text("On other pages: 2")).to_be_visible()
    ana.get_by_role("checkbox", name="Select Quill, Hazel").check()
    expect(ana.get_by_text("3 studies selected")).to_be_visible()
    assert "placement" not in ana.url

    # Another order of the same list keeps them as well; all three go into the dialog.
    ana.locator("#sort-name").click()
    expect(ana.get_by_text("by name, A to Z.")).to_be_visible()
    ana.wait_for_timeout(200)  # the answer settles
    expect(ana.get_by_text("3 studies selected")).to_be_visible()
    ana.locator("summary", has_text="Actions").click()
    ana.get_by_role("button", name="Share", exact=True).click()
    expect(ana.get_by_role("dialog").get_by_role("heading", name="Share 3 studies")).to_be_visible()
    ana.keyboard.press("Escape")

    # One press takes all of them away; another search begins with nothing ticked.
    ana.get_by_role("checkbox", name="Select ").nth(1).check()
    ana.get_by_label("Name, MRN or accession").fill("harrow")
    ana.get_by_role("button", name="Search").click()
    expect(ana.get_by_text("60 studies match")).to_be_visible()
    expect(ana.get_by_text("None selected")).to_be_visible()
    ana.get_by_role("checkbox", name="Select Harrow").first.check()
    ana.get_by_role("link", name="Next").click()
    expect(ana.get_by_text("On other pages: 1")).to_be_visible()
    ana.get_by_role("button", name="Select none").click()
    expect(ana.get_by_text("None selected")).to_be_visible()
    assert complaints == []


def test_on_a_phone_the_text_is_searched_at_once_and_the_filters_are_behind_a_tick(
    browser: Browser, live_server, filled, complaints: list[str], screenshots: Path
) -> None:
    for script in (True, False):
        context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=script)
        page = signed_in(context, live_server, filled.ana, complaints)
        page.goto(f"{live_server.url}{reverse('studies:worklist', args=[filled.ct.uuid])}")
        expect(page.get_by_label("Name, MRN or accession")).to_be_visible()
        expect(page.get_by_label("Study date from")).to_be_hidden()
        assert page.locator(".search-panel").bounding_box()["height"] < 150
        page.screenshot(path=screenshots / "phone-list.png", caret="initial")
        page.get_by_text("Filters").click()
        expect(page.get_by_label("Study date from")).to_be_visible()
        page.screenshot(path=screenshots / "phone-filters.png", caret="initial")
        page.get_by_label("Modality").select_option("CT")
        page.get_by_role("button", name="Search").click()
        # In use it stays in sight.
        expect(page.get_by_role("link", name="Clear")).to_be_visible()
        expect(page.get_by_label("Modality")).to_have_value("CT")
        expect(page.get_by_label("Modality")).to_be_visible()
        context.close()
    wide = browser.new_context(viewport={"width": 1280, "height": 800})
    page = signed_in(wide, live_server, filled.ana, complaints)
    page.goto(f"{live_server.url}{reverse('studies:worklist', args=[filled.ct.uuid])}")
    expect(page.get_by_label("Study date from")).to_be_visible()
    expect(page.get_by_text("Filters")).to_be_hidden()
    wide.close()
    assert complaints == []


def test_arrow_keys_leaf_through_a_series_with_one_opening_in_the_trail(
    ana: Page, live_server, scan: str, complaints: list[str], screenshots: Path
) -> None:
    ana.goto(f"{live_server.url}{scan}")
    image = ana.locator("[data-image]")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth > 100)")
    ana.screenshot(path=screenshots / "study.png")

    ana.keyboard.press("ArrowRight")
    ana.keyboard.press("ArrowRight")
    expect(ana.get_by_text("Image 3 of 30")).to_be_visible()
    expect(image).to_have_attribute("alt", "Image 3 of 30, Series 1, US")
    expect(image).to_have_attribute("src", "".join((scan, image.get_attribute("src").removeprefix(scan))))
    assert image.get_attribute("src").endswith("/frames/3.png")
    ana.keyboard.press("ArrowLeft")
    expect(ana.get_by_text("Image 2 of 30")).to_be_visible()

    ana.locator("[data-stage]").focus()
    ana.keyboard.press("End")
    expect(ana.get_by_text("Image 30 of 30")).to_be_visible()
    expect(ana.locator("[data-next]")).to_have_attribute("aria-disabled", "true")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth > 100)")
    assert "image=30" in ana.url
    ana.get_by_role("link", name="Previous").click()
    expect(ana.get_by_text("Image 29 of 30")).to_be_visible()

    assert AuditEvent.objects.filter(action=Action.STUDY_OPEN).count() == 1
    assert AuditEvent.objects.filter(action=Action.IMAGES_SERVED).count() == 1
    ana.reload()
    expect(ana.get_by_text("Image 29 of 30")).to_be_visible()
    assert [complaint for complaint in complaints if "style" not in complaint] == []


def test_search_pages_and_images_work_without_script(
    browser: Browser, filled, live_server, scan: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    let_in(context, filled.ana, live_server.url)
    page = context.new_page()
    page.goto(f"{live_server.url}/studies/")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Harrow, Ida 00")).to_be_visible()
    page.get_by_label("Name, MRN or accession").fill("quill")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("1 study matches")).to_be_visible()
    assert "quill" not in page.url.lower()

    page.goto(f"{live_server.url}{scan}")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Image 2 of 30")).to_be_visible()
    context.close()
