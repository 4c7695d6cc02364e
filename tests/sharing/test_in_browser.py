"""The pages of sharing in a real browser: nothing for axe, nothing outside the policy, with and without script."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Placement
from tests.browser.steps import look_over, signed_in
from tests.cast import Cast, acting, make_cast
from tests.chains import share_onward
from tests.factories import join, make_location, make_study, make_user, placement_of

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = [("light", 1440), ("dark", 1440), ("light", 390)]


@pytest.fixture
def here(transactional_db: None) -> Cast:
    cast = make_cast()
    make_study(
        cast.ct,
        patient_name="Osei^Kofi",
        patient_birth_date_raw="19610304",
        study_date="2026-11-22",
        modalities=["MR"],
    )
    for name in ("Ben Okafor", "Benita Lund", "Bea Marsh"):
        join(make_user(name), cast.northgate, "Radiologist", [cast.emergency])
    for name in (
        "Main Theatre",
        "Paediatrics",
        "Outpatients East",
        "Outpatients West",
        "Day Surgery",
        "Stroke Unit",
        "Renal",
        "Oncology",
        "Maternity",
    ):
        make_location(cast.northgate, name)
    return cast


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def ana(context: BrowserContext, live_server: Any, here: Cast, complaints: list[str]) -> Page:
    return signed_in(context, live_server, here.ana, complaints)


@pytest.fixture
def look(screenshots: Any) -> Callable[[Page, str], None]:
    """Axe, sideways scrolling and a picture, in every theme and at every width."""

    def looked(page: Page, name: str) -> None:
        look_over(page, LOOKS, f"{screenshots}/sharing-{name}-{{}}-{{}}.png")

    return looked


def open_dialog(page: Page, live_server: Any, cast: Cast) -> None:
    page.goto(live_server.url + reverse("studies:worklist", args=[cast.ct.uuid]))
    for box in page.get_by_role("checkbox", name="Select").all()[:3]:
        box.check()
    page.locator("summary", has_text="Actions").click()
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("heading", name="Share 2 studies")).to_be_focused()


def test_five_methods_in_one_press(ana: Page, live_server, here: Cast, complaints, look) -> None:
    open_dialog(ana, live_server, here)
    dialog = ana.locator("#dialog")
    dialog.get_by_role("checkbox", name="Emergency").check()
    dialog.get_by_role("checkbox", name="Chest Clinic").check()
    expect(dialog.locator("#share-line")).to_have_text(re.compile("2 studies.*to 2 recipients", re.S))
    dialog.get_by_label("Find a physician by name").press_sequentially("ben ok")
    dialog.get_by_role("button", name="Add Ben Okafor").click()
    expect(dialog.locator("#share-physicians .chip")).to_contain_text("Ben Okafor")
    expect(dialog.get_by_label("Find a physician by name")).to_be_focused()
    dialog.get_by_label("Type a share code").fill("river side")
    dialog.get_by_label("Type a share code").press("Enter")
    expect(dialog.locator("#share-codes .chip")).to_contain_text("Riverside Clinic — Riverside Imaging")
    expect(dialog.get_by_label("Type a share code")).to_be_focused()
    dialog.get_by_label("Type an email address").fill("dora@example.net")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.locator("#share-emails .chip")).to_contain_text("Outside Northgate Hospital")
    expect(dialog.get_by_label("Type an email address")).to_be_focused()
    expect(dialog.locator("#share-line")).to_have_text(re.compile("2 studies.*to 5 recipients", re.S))
    dialog.get_by_label("Note").fill("Please look at the left hilum.")
    look(ana, "dialog")
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_focused()
    expect(dialog.locator(".report-counts")).to_contain_text("4 recipients shared")
    look(ana, "report")
    assert Share.objects.count() == 10
    dialog.get_by_role("link", name="Done").click()
    expect(dialog).to_be_hidden()
    assert complaints == []


def test_a_mistake_keeps_what_was_typed_and_says_where(
    ana: Page, live_server, here: Cast, complaints, look
) -> None:
    open_dialog(ana, live_server, here)
    dialog = ana.locator("#dialog")
    dialog.get_by_label("Type a share code").fill("nosuchcode")
    dialog.get_by_role("button", name="Check code").click()
    expect(dialog.locator("#codes_error")).to_contain_text("No worklist has this share code.")
    expect(dialog.locator("#share-line")).to_have_text(re.compile("to 0 recipients.*1 invalid entry", re.S))
    dialog.get_by_label("Type a share code").fill("")
    dialog.get_by_label("Note").fill("x" * 2001)
    dialog.get_by_role("checkbox", name="Emergency").check()
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.locator(".notice--danger")).to_contain_text("This one has 2,001")
    expect(dialog.get_by_role("checkbox", name="Emergency")).to_be_checked()
    look(ana, "mistake")
    # The browser reports the 422 by itself.
    assert [text for text in complaints if "422" not in text] == []


def test_long_lists_are_filtered(ana: Page, live_server, here: Cast) -> None:
    open_dialog(ana, live_server, here)
    dialog = ana.locator("#dialog")
    dialog.get_by_label("Filter locations").fill("outp")
    expect(dialog.get_by_role("checkbox", name="Outpatients East")).to_be_visible()
    expect(dialog.get_by_role("checkbox", name="Emergency")).to_be_hidden()


def test_a_share_is_ended_from_the_access_tab(ana: Page, live_server, here: Cast, complaints, look) -> None:
    spread(here)
    ana.goto(live_server.url + reverse("sharing:access", args=[here.placement.uuid]))
    look(ana, "access")
    ana.get_by_role("link", name="End the share with Emergency").click()
    dialog = ana.locator("#dialog")
    expect(dialog.get_by_role("heading", name="End the share")).to_be_focused()
    look(ana, "end")
    dialog.get_by_role("button", name="End the share").click()
    expect(ana.get_by_role("status").first).to_contain_text("1 share ended, and 1 share with it.")
    expect(ana.get_by_role("link", name="End the share with Emergency")).to_have_count(0)
    assert complaints == []


@pytest.fixture
def many(here: Cast) -> dict[str, Placement]:
    """Studies that were shared many times."""
    placements = {}
    for shape, number in {"chain": 20, "star": 50}.items():
        study = make_study(here.ct, patient_name=f"Many^{shape.title()}")
        with transaction.atomic():
            share_onward(study, shape, number, here.ana)
        placements[shape] = placement_of(study, here.ct)
    return placements


@pytest.mark.parametrize("shape", ["chain", "star"])
def test_a_study_that_was_shared_many_times(
    ana: Page, live_server, many: dict[str, Placement], complaints, look, shape: str
) -> None:
    shares = Share.objects.filter(study=many[shape].study)
    last = shares.select_related("to_worklist").latest("pk").to_worklist
    ana.goto(live_server.url + reverse("sharing:access", args=[many[shape].uuid]))
    look(ana, f"access-{shape}")
    place = ana.locator(f"#worklist-{last.uuid}")
    place.get_by_text("1 person can see it here").press("Enter")
    expect(place.locator(".access-roles")).to_have_text("AdministratorAdam")
    if shape == "chain":
        fold = place.locator(".path-fold summary")
        fold.press("Enter")
        expect(place.locator(".path-rest .path-step")).to_have_count(37)
        expect(fold).to_be_focused()
    look(ana, f"access-{shape}-open")
    assert complaints == []


def test_without_script_a_folded_path_and_names_are_links(
    browser: Browser, live_server, here: Cast, many: dict[str, Placement], complaints
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = signed_in(context, live_server, here.ana, complaints)
    last = Share.objects.filter(study=many["chain"].study).latest("pk").to_worklist
    page.goto(live_server.url + reverse("sharing:access", args=[many["chain"].uuid]))
    place = page.locator(f"#worklist-{last.uuid}")

    place.locator(".path-fold summary").click()
    place.get_by_role("link", name="Show them").click()
    expect(place.locator(".path-rest .path-step")).to_have_count(37)

    place.get_by_text("1 person can see it here").click()
    place.get_by_role("link", name="Show the names").click()
    expect(place.locator(".access-roles")).to_have_text("AdministratorAdam")
    context.close()


def test_the_pages_around_look_right(ana: Page, live_server, here: Cast, complaints, look) -> None:
    spread(here)
    for name, url in {
        "mine": reverse("sharing:shared_by_me"),
        "invitations": reverse("sharing:invitations"),
        "share-page": f"{reverse('sharing:share')}?placement={here.placement.uuid}",
        "delete-page": f"{reverse('sharing:delete')}?placement={here.placement.uuid}",
    }.items():
        ana.goto(live_server.url + url)
        look(ana, name)
    assert complaints == []


def spread(cast: Cast) -> None:
    def share(by: Any, placement: Placement, *targets: Target) -> services.ShareReport:
        return services.share_studies(
            placements=[placement.uuid], targets=targets, by=acting(by), note="Left hilum?"
        )

    asks = make_location(cast.northgate, "Second Opinion", needs_approval=True)
    share(
        cast.ana,
        cast.placement,
        Target(Method.LOCATION, str(cast.emergency.uuid)),
        Target(Method.PHYSICIAN, str(cast.ben.uuid)),
        Target(Method.EMAIL, cast.ed.email),
        Target(Method.EMAIL, "dora@example.net"),
        Target(Method.LOCATION, str(asks.uuid)),
    )
    share(cast.ben, placement_of(cast.study, cast.emergency), Target(Method.CODE, "RIVERSIDE"))
    share(
        cast.ed,
        Placement.objects.get(study=cast.study, worklist__owner=cast.ed),
        Target(Method.EMAIL, "far@example.net"),
    )


def test_a_received_press_looks_right(
    context: BrowserContext, live_server, here: Cast, complaints, look
) -> None:
    spread(here)
    press = Share.objects.get(method=Method.PHYSICIAN).press
    page = signed_in(context, live_server, here.ben, complaints)
    page.goto(live_server.url + reverse("sharing:received", args=[press]))
    look(page, "received")
    page.goto(live_server.url + reverse("studies:worklist", args=[here.emergency.uuid]))
    page.get_by_role("checkbox", name="Select").last.check()
    page.locator("summary", has_text="Actions").click()
    page.get_by_role("button", name="Remove from this worklist").click()
    expect(page.get_by_role("heading", name="Remove 1 study")).to_be_focused()
    look(page, "remove")
    page.get_by_role("button", name="Remove 1 study").click()
    expect(page.get_by_text("1 study removed from this worklist.")).to_be_visible()
    assert complaints == []


def test_removing_is_offered_while_a_ticked_study_can_be_removed(
    context: BrowserContext, live_server, here: Cast, complaints, look
) -> None:
    spread(here)
    make_study(here.emergency, patient_name="Lund^Ida", description="Chest PA")
    page = signed_in(context, live_server, here.ben, complaints)
    page.goto(live_server.url + reverse("studies:worklist", args=[here.emergency.uuid]))
    actions = page.locator("summary", has_text="Actions")
    remove = page.get_by_role("button", name="Remove from this worklist")
    page.get_by_role("checkbox", name="Select Lund, Ida").check()
    actions.click()
    expect(page.get_by_role("button", name="Share", exact=True)).to_be_visible()
    expect(remove).to_be_hidden()
    actions.click()
    page.get_by_role("checkbox", name="Select all on this page").check()
    actions.click()
    remove.click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_role("list", name="Studies that stay")).to_contain_text("Lund, Ida")
    expect(dialog.get_by_role("list", name="Studies that will be removed")).not_to_contain_text("Lund")
    look(page, "remove-some")
    dialog.get_by_role("button", name=re.compile("^Remove . stud")).click()
    expect(page.get_by_text("removed from this worklist.")).to_be_visible()
    expect(page.get_by_role("link", name="Lund, Ida")).to_be_visible()
    assert complaints == []


def test_without_script_the_whole_way_is_open(browser: Browser, live_server, here: Cast, complaints) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = signed_in(context, live_server, here.ana, complaints)
    page.goto(live_server.url + reverse("studies:worklist", args=[here.ct.uuid]))
    page.get_by_role("checkbox", name="Select Quill").check()
    page.locator("summary", has_text="Actions").click()
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("checkbox", name="Emergency").check()
    page.get_by_label("Find a physician by name").fill("ben ok")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("button", name="Add Ben Okafor").click()
    page.get_by_label("Type a share code").fill("riverside")
    page.get_by_label("Type an email address").fill("dora@example.net")
    page.get_by_role("button", name="Check", exact=True).last.click()
    expect(page.locator(".chip")).to_have_count(3)
    expect(page.locator("#share-line")).to_contain_text("4 recipients")
    page.get_by_role("button", name="Share Studies").click()
    expect(page.get_by_role("heading", name="What was shared")).to_be_visible()
    assert Share.objects.count() == 4
    context.close()


def test_the_filters_of_shares(
    ana: Page, live_server: Any, here: Cast, look: Callable[[Page, str], None]
) -> None:
    with transaction.atomic():
        targets = [
            Target(Method.EMAIL, "dora@example.net"),
            Target(Method.LOCATION, str(here.emergency.uuid)),
        ]
        services.share_studies(placements=[here.placement.uuid], targets=targets, by=acting(here.ana))
    ana.goto(live_server.url + reverse("sharing:shared_by_me"))
    look(ana, "filters")

    ana.get_by_label("Method").select_option("Email")
    ana.get_by_label("Outside the organisation").check()
    ana.get_by_role("button", name="Filter", exact=True).click()
    expect(ana.get_by_role("checkbox", name="Select the share with dora@example.net")).to_be_visible()
    expect(ana.get_by_role("checkbox", name="Select the share with Emergency")).to_have_count(0)
    look(ana, "filters-in-use")

    ana.get_by_label("State").select_option("Opened")
    ana.get_by_role("button", name="Filter", exact=True).click()
    expect(ana.get_by_text("No share matches these filters.")).to_be_visible()
    look(ana, "filters-without-result")
    ana.get_by_role("link", name="Clear filters").first.click()
    expect(ana.get_by_role("checkbox", name="Select the share with Emergency")).to_be_visible()
