"""The administration speaks with the house's words: titles, crumbs, lists, and errors at their fields."""

import re

import pytest
from django.urls import reverse

from tests.factories import make_role

pytestmark = pytest.mark.django_db


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def crumbs(response):
    found = re.search(r'<nav class="crumbs".*?</nav>', response.content.decode(), re.S)
    return [each.strip() for each in re.findall(r">([^<>]*)<", found[0]) if each.strip()] if found else []


def title(response):
    return " ".join(re.search(r"<title>(.*?)</title>", response.content.decode(), re.S)[1].split())


def test_the_history_of_an_accounts_settings_is_called_so(client, cast):
    client.force_login(cast.adam)

    page = client.get(reverse("admin:accounts_account_history", args=[cast.northgate.pk]))

    assert crumbs(page) == ["Settings", "History"]
    assert title(page) == "History of Northgate Hospital · Administration · CIMAR"


def test_a_superuser_finds_the_history_of_an_account_below_the_list_of_accounts(client, cast):
    client.force_login(cast.sue)

    page = client.get(reverse("admin:accounts_account_history", args=[cast.northgate.pk]))

    assert crumbs(page) == ["Accounts", "Northgate Hospital", "History"]


def test_no_title_says_administration_twice(client, cast):
    client.force_login(cast.adam)
    for name in (
        "admin:index", "admin:accounts_role_changelist", "admin:accounts_accountmembership_changelist",
        "admin:worklists_worklist_changelist", "admin:accounts_invitation_changelist",
    ):  # fmt: skip
        assert title(client.get(reverse(name), follow=True)).count("Administration") <= 1


def test_the_list_of_worklist_members_has_the_houses_words(client, cast):
    client.force_login(cast.adam)

    page = words(client.get(reverse("admin:worklists_worklistmembership_changelist")))

    assert "Worklist members" in page
    assert "Add a person to a worklist" in page
    for strange in ("Memberships", "User ", "Add a membership", "Worklist memberships"):
        assert strange not in page


def refused(client, name, filled):
    page = client.post(reverse(name), filled).content.decode()
    return page, re.search(r"<input[^>]*name=\"name\"[^>]*>", page)[0]


def test_a_role_name_that_is_taken_is_an_error_of_its_field(client, cast):
    make_role(cast.northgate, "Night shift", ["list_studies"])
    client.force_login(cast.adam)

    page, field = refused(client, "admin:accounts_role_add", {"name": "night  shift"})

    assert 'aria-invalid="true"' in field
    [about] = re.findall(r'aria-describedby="([^"]*)"', field)
    assert any(f'id="{each}"' in page for each in about.split() if "error" in each)
    assert "data-focus" in page


def test_a_worklist_name_that_is_taken_is_an_error_of_its_field(client, cast):
    client.force_login(cast.adam)

    page, field = refused(
        client, "admin:worklists_worklist_add", {"kind": "location", "name": "CT  reporting"}
    )

    assert 'aria-invalid="true"' in field
    assert "data-focus" in page


def test_a_share_code_that_is_too_short_or_taken_is_an_error_of_its_field(client, cast):
    client.force_login(cast.adam)
    url = reverse("admin:worklists_worklist_code", args=[cast.chest.pk])
    for code in ("abc", "RIVERSIDE"):
        page = client.post(url, {"change": "type", "code": code}).content.decode()
        assert 'aria-invalid="true"' in re.search(r"<input[^>]*name=\"code\"[^>]*>", page)[0]
        assert "data-focus" in page


def test_an_account_is_added_with_its_article(client, cast):
    client.force_login(cast.sue)

    page = client.get(reverse("admin:accounts_account_add"))

    assert "Add an account" in title(page)
    assert "a account" not in words(page)


def test_lists_of_the_platform_have_the_products_dates_and_words(client, cast):
    client.force_login(cast.sue)
    for name in ("admin:accounts_account_changelist", "admin:accounts_user_changelist"):
        page = words(client.get(reverse(name)))
        assert re.search(r"\b\d{1,2} [A-Z][a-z]{2} 20\d\d\b", page)
        for strange in ("Timezone", "Created at", "Is active", "Superuser status", "a.m.", "p.m."):
            assert strange not in page
