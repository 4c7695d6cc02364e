"""Sign-in by the email's domain in a real browser: both themes, wide and narrow."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, expect

from audit.actor import OPERATOR
from tests.browser.steps import look_over, signed_in
from tests.cast import make_cast
from worklists.services import set_provider

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = [("light", 1280), ("dark", 390)]


def test_the_pages_of_signing_in_with_an_organisation(
    context: BrowserContext, live_server: Any, transactional_db: None, settings: Any, screenshots: Any
) -> None:
    settings.CIMAR_OIDC_SECRETS = {"northgate": "theirs"}
    cast = make_cast()
    provider = set_provider(
        account=cast.northgate, name="northgate", issuer="https://login.northgate.example", client_id="cimar",
        domains=["northgate.example"], by=OPERATOR,
    )  # fmt: skip
    visitor = context.new_page()
    visitor.goto(f"{live_server.url}{reverse('account_login')}")
    look_over(visitor, LOOKS, f"{screenshots}/provider-login-{{}}-{{}}.png", full_page=True)
    visitor.get_by_role("button", name="Sign in with your organisation").click()
    look_over(visitor, LOOKS, f"{screenshots}/provider-find-{{}}-{{}}.png", full_page=True)
    visitor.get_by_label("Email").fill("nora@elsewhere.example")
    visitor.get_by_role("button", name="Continue").click()
    expect(
        visitor.get_by_text("People with this email domain sign in with a password.").first
    ).to_be_visible()
    visitor.goto(f"{live_server.url}{reverse('provider_own', args=[provider.uuid])}")
    expect(visitor.get_by_role("button", name="Sign in with Northgate Hospital")).to_be_visible()
    look_over(visitor, LOOKS, f"{screenshots}/provider-own-{{}}-{{}}.png", full_page=True)
    visitor.close()

    page = signed_in(context, live_server, cast.sue, [])
    page.goto(f"{live_server.url}{reverse('admin:accounts_account_provider', args=[cast.northgate.pk])}")
    look_over(page, LOOKS, f"{screenshots}/provider-admin-{{}}-{{}}.png", full_page=True)
    page.get_by_role("button", name="Remove the provider").click()
    expect(page.get_by_text("sign in with their passwords")).to_be_visible()
