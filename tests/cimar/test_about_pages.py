"""Manual, contact, privacy and accessibility: linked from the foot of each page, open to everyone."""

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from tests.cast import acting
from worklists.services import change_account

pytestmark = pytest.mark.django_db

ABOUT = ("manual", "contact", "privacy", "accessibility")


@pytest.mark.parametrize("name", ABOUT)
def test_the_pages_are_open_and_link_each_other(client, name):
    page = client.get(reverse(name))

    assert page.status_code == 200
    for other in ABOUT:
        assert f'<a href="{reverse(other)}">' in page.content.decode()


def test_each_page_has_them_in_its_foot(client, cast):
    client.force_login(cast.adam)
    for url in (
        reverse("studies:worklist", args=[cast.ct.uuid]),
        reverse("sharing:shared_by_me"),
        reverse("worklists:profile"),
        reverse("admin:accounts_accountmembership_changelist"),
        "/not-there/",
    ):
        foot = client.get(url).content.decode().partition('<footer class="site-foot">')[2]
        assert all(reverse(name) in foot for name in ABOUT)


def test_members_read_the_contact_of_their_own_organisation(client, cast, settings):
    settings.CIMAR_CONTACT = "help@cimar.example"
    change_account(account=cast.northgate, by=acting(cast.adam), contact="  Imaging desk,  ext. 1234 ")
    change_account(account=cast.riverside, by=acting(cast.rita), contact="Riverside front desk")

    def page(user=None):
        if user is not None:
            client.force_login(user)
        return client.get(reverse("contact")).content.decode()

    assert "Imaging desk" not in page()
    for user in (cast.vera, cast.ana):
        assert "Imaging desk, ext. 1234" in page(user)
        assert "Riverside" not in page(user)
        assert "help@cimar.example" in page(user)
    for user in (cast.ed, cast.ina):
        assert "Imaging desk" not in page(user)


def test_a_contact_is_changed_by_administrators_with_an_event_and_cannot_be_long(client, cast):
    client.force_login(cast.adam)
    url = reverse("admin:accounts_account_change", args=[cast.northgate.pk])
    filled = {
        "name": "Northgate Hospital", "timezone": "Europe/London", "invitation_days": "30",
        "idle_minutes": "", "second_factor_in": "",
    }  # fmt: skip
    assert client.post(url, {**filled, "contact": "x" * 201}).status_code == 200
    assert client.post(url, {**filled, "contact": "Imaging desk"}).status_code == 302

    cast.northgate.refresh_from_db()
    assert cast.northgate.contact == "Imaging desk"
    assert AuditEvent.objects.latest("pk").detail["now"]["contact"] == "Imaging desk"


def test_the_operators_own_notice_is_linked(client, settings):
    settings.CIMAR_PRIVACY_NOTICE = "https://operator.example/privacy"
    assert 'href="https://operator.example/privacy"' in client.get(reverse("privacy")).content.decode()
