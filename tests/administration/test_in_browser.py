"""The administration in a real browser: the product's look, nothing for axe, nothing outside the policy."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, Route, expect

from accounts.models import Role
from tests.browser.steps import let_in, look_over, signed_in
from tests.cast import Cast, acting, make_cast
from tests.factories import join, make_role, role_of
from worklists import access, services

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)]


@pytest.fixture
def here(transactional_db: None) -> Cast:
    cast = make_cast()
    services.add_role(account=cast.northgate, name="Night shift", by=acting(cast.adam))
    return cast


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def adam(context: BrowserContext, live_server: Any, here: Cast, complaints: list[str]) -> Page:
    return signed_in(context, live_server, here.adam, complaints)


@pytest.fixture
def look(screenshots: Any) -> Callable[[Page, str], None]:
    """Axe, sideways scrolling and a picture, in both themes, wide and narrow."""

    def looked(page: Page, name: str) -> None:
        look_over(page, LOOKS, f"{screenshots}/admin-{name}-{{}}-{{}}.png", full_page=True)

    return looked


def test_every_page_looks_like_the_product(adam: Page, live_server, here: Cast, complaints, look) -> None:
    night, viewer = role_of(here.northgate, "Night shift"), role_of(here.northgate, "Viewer")
    pages = {
        "index": reverse("admin:index"),
        "roles": reverse("admin:accounts_role_changelist"),
        "role": reverse("admin:accounts_role_change", args=[viewer.pk]),
        "role-add": reverse("admin:accounts_role_add"),
        "role-copy": reverse("admin:accounts_role_copy", args=[viewer.pk]),
        "role-replace": reverse("admin:accounts_role_replace", args=[viewer.pk]),
        "role-history": reverse("admin:accounts_role_history", args=[night.pk]),
        "role-delete": reverse("admin:accounts_role_delete", args=[night.pk]),
        "role-stays": reverse("admin:accounts_role_delete", args=[viewer.pk]),
        "account": reverse("admin:choose_account"),
        "audit": reverse("admin:audit_auditevent_changelist"),
    }
    for name, url in pages.items():
        adam.goto(live_server.url + url)
        look(adam, name)
    assert complaints == []


def test_the_whole_platform_looks_like_the_product(
    context: BrowserContext, live_server, here: Cast, complaints, look
) -> None:
    join(here.adam, here.riverside, "Administrator")
    sue = signed_in(context, live_server, here.sue, complaints)
    personal = Role.objects.get(platform_key="personal")
    pages = {
        "platform": reverse("admin:index"),
        "platform-roles": reverse("admin:accounts_role_changelist"),
        "platform-role": reverse("admin:accounts_role_change", args=[personal.pk]),
        "platform-choose": reverse("admin:choose_account"),
    }
    for name, url in pages.items():
        sue.goto(live_server.url + url)
        look(sue, name)

    sue.get_by_role("button", name="Choose Northgate Hospital").click()
    expect(sue.get_by_role("heading", level=1, name="Administration")).to_be_visible()
    expect(sue.get_by_role("main")).to_contain_text("Northgate Hospital")
    assert complaints == []


def test_somebody_is_found_by_typing_a_part_of_their_name(
    adam: Page, live_server, here: Cast, complaints, look
) -> None:
    adam.goto(live_server.url + reverse("admin:worklists_worklistmembership_add"))
    adam.get_by_label("Worklist").select_option(label="Chest Clinic")
    adam.get_by_role("combobox", name="Person").click()
    adam.get_by_role("searchbox").press_sequentially("ver")
    adam.get_by_role("option", name="Vera").click()
    look(adam, "found")
    adam.get_by_role("button", name="Save").click()
    expect(adam.get_by_role("heading", level=1, name="Chest Clinic")).to_be_visible()
    expect(adam.get_by_role("row", name="Vera vera@example.org")).to_be_visible()
    assert complaints == []


def test_the_checklist_follows_its_parent_and_says_what_would_change(
    adam: Page, live_server, here: Cast, complaints
) -> None:
    role = role_of(here.northgate, "Viewer")
    adam.goto(live_server.url + reverse("admin:accounts_role_change", args=[role.pk]))
    effect = adam.get_by_role("status").filter(has_text="What changes if you save")
    by_code = adam.get_by_role("checkbox", name="Studies: Share study via share code")
    by_email = adam.get_by_role("checkbox", name="Studies: Share study via email")
    expect(effect).to_contain_text("Nothing changes for anyone.")
    expect(by_code).to_be_disabled()

    adam.get_by_role("checkbox", name="Studies: Share a study").check()
    expect(by_code).to_be_checked()
    expect(by_email).to_be_enabled()
    expect(effect).to_contain_text("1 person gains on 1 worklist:")
    expect(effect.get_by_role("listitem")).to_have_text(
        ["Studies: Share a study", "Studies: Share study via share code", "No one gains or loses a study."]
    )

    adam.get_by_role("checkbox", name="Studies: Open images").uncheck()
    expect(effect).to_contain_text("1 person loses on 1 worklist:")

    adam.get_by_role("button", name="Save").click()
    sentence = (
        "The role “Viewer” was saved. 1 person gained 2 permissions on 1 worklist. 1 person lost 1 permission"
    )
    expect(adam.get_by_role("main")).to_contain_text(sentence)
    expect(by_code).to_be_checked()
    assert complaints == []


def test_a_role_is_replaced_and_the_page_follows_the_worker_until_it_can_be_deleted(
    adam: Page, live_server, here: Cast, complaints, look
) -> None:
    viewer, clinician = role_of(here.northgate, "Viewer"), role_of(here.northgate, "Referring clinician")
    adam.goto(live_server.url + reverse("admin:accounts_role_change", args=[viewer.pk]))
    adam.get_by_role("link", name="Replace").click()
    adam.get_by_label("New role").select_option("Referring clinician")
    expect(adam.get_by_role("heading", name="What gets the new role")).to_be_visible()
    expect(adam.get_by_text("Studies: Share study with users")).to_be_visible()
    look(adam, "role-replace-chosen")

    adam.get_by_role("button", name="Replace the role").click()
    expect(adam.get_by_role("progressbar", name="Updating worklists")).to_be_visible()
    look(adam, "role-replacing")
    services.carry_on_replacements()

    expect(adam.get_by_text("No one has the old role any more.")).to_be_visible()
    look(adam, "role-replaced")
    adam.get_by_role("link", name="Delete the old role").click()
    adam.get_by_role("button", name="Delete the role").click()
    expect(adam.get_by_text("The role “Viewer” was deleted.")).to_be_visible()
    assert access.rights(acting(here.vera), here.ct) == set(
        clinician.permissions.values_list("codename", flat=True)
    )
    assert complaints == []


def test_a_tick_made_before_the_scripts_are_there_is_told_of(
    adam: Page, live_server, here: Cast, complaints
) -> None:
    waiting: list[Route] = []
    adam.route("**/htmx.min*.js", lambda route: waiting.append(route))
    role = role_of(here.northgate, "Viewer")
    adam.goto(live_server.url + reverse("admin:accounts_role_change", args=[role.pk]), wait_until="commit")
    adam.get_by_role("checkbox", name="Studies: Open images").uncheck()

    for route in waiting:
        route.continue_()

    effect = adam.get_by_role("status").filter(has_text="What changes if you save")
    expect(effect.get_by_role("listitem")).to_have_text(
        ["Studies: Open images", "Vera can no longer open 1 study on CT Reporting."]
    )
    assert (len(waiting), complaints) == (1, [])


def test_without_script_a_button_says_the_same(browser, live_server, here: Cast) -> None:
    context = browser.new_context(java_script_enabled=False)
    let_in(context, here.adam, live_server.url)
    page = context.new_page()
    role = make_role(here.northgate, "Locum", ["list_studies"])
    page.goto(live_server.url + reverse("admin:accounts_role_change", args=[role.pk]))

    page.get_by_role("checkbox", name="Studies: Share study via email").check()
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("checkbox", name="Studies: Share study via email")).to_be_checked()
    expect(page.get_by_role("status").filter(has_text="What changes")).to_contain_text(
        re.compile("“Studies: Share study via email” is ticked, but has no effect without")
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("The role “Locum” was saved.")
    context.close()
