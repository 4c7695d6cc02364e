"""What an account demands of its members' sign-in: a second factor from a date, and an earlier idle sign-out."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account
from accounts.services import second_factor
from audit import clock as the_clock
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from tests.cast import acting
from tests.factories import PASSWORD, join, make_account, make_instance, make_series, make_user
from tests.fingerprint import AUDIT, fingerprint
from worklists.services import deactivate_member_without_shares

REQUIRED, SET_UP = "/profile/second-factor/required/", "/profile/second-factor/app/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def require(account, **from_now):
    Account.objects.filter(pk=account.pk).update(second_factor_from=the_clock.now() + timedelta(**from_now))


def idle(account, minutes):
    Account.objects.filter(pk=account.pk).update(idle_minutes=minutes)


@pytest.fixture
def ana(client, cast):
    client.force_login(cast.ana)
    return cast.ana


def test_until_the_date_a_reminder_names_it_and_everything_works(client, ana, cast):
    require(cast.northgate, days=7)
    page = " ".join(client.get("/profile/").content.decode().split())
    assert "Set up a second factor" in page
    assert "Northgate Hospital</bdi> requires a second factor from" in page
    assert client.get(reverse("studies:study", args=[cast.placement.uuid])).status_code == 200


def test_who_has_one_is_reminded_of_nothing(client, ana, cast):
    require(cast.northgate, days=7)
    second_factor.add_app(by=acting(ana), secret=SECRET)
    assert "requires a second factor" not in client.get("/profile/").content.decode()


def test_somebody_of_another_account_is_not_asked(client, cast):
    require(cast.northgate, days=-1)
    client.force_login(cast.caro)
    assert client.get(reverse("studies:worklist", args=[cast.imaging.uuid])).status_code == 200


def closed_pages(cast):
    instance = make_instance(make_series(cast.study))
    return [
        "/",
        "/profile/",
        "/admin/",
        reverse("studies:list"),
        reverse("studies:worklist", args=[cast.ct.uuid]),
        reverse("studies:study", args=[cast.placement.uuid]),
        reverse("studies:frame", args=[cast.placement.uuid, instance.uuid, 1]),
        reverse("studies:trail_csv", args=[cast.placement.uuid]),
        reverse("sharing:shared_by_me"),
        reverse("account_email"),
    ]


def test_from_the_date_on_every_page_leads_to_the_one_that_says_so(client, ana, cast):
    require(cast.northgate, minutes=-1)
    answers = {path: client.get(path) for path in closed_pages(cast)}
    assert {path: (one.status_code, one.get("Location")) for path, one in answers.items()} == dict.fromkeys(
        answers, (302, REQUIRED)
    )
    page = client.get(REQUIRED)
    assert "Northgate Hospital</bdi> requires a second factor" in page.content.decode()


def test_a_superuser_who_is_a_member_is_asked_like_everybody(client, cast):
    join(cast.sue, cast.northgate, "Viewer")
    require(cast.northgate, minutes=-1)
    client.force_login(cast.sue)
    assert client.get("/admin/").url == REQUIRED


def test_a_post_does_nothing(client, ana, cast):
    require(cast.northgate, minutes=-1)
    client.get("/profile/")
    before = fingerprint()
    data = {"placement": [str(cast.placement.uuid)], "location": [str(cast.emergency.uuid)]}
    for path, form in {
        reverse("sharing:share_studies"): data,
        "/profile/details/": {"name": "New", "timezone": "UTC"},
        reverse("studies:search", args=[cast.ct.uuid]): {"q": "Quill"},
    }.items():
        assert client.post(path, form).url == REQUIRED
    assert fingerprint() == before


def test_a_part_of_a_page_is_refused_with_the_sentence_and_leads_there(client, ana, cast):
    require(cast.northgate, minutes=-1)
    client.get("/profile/")
    before = fingerprint(but={AUDIT})
    answer = client.post(reverse("sharing:share_open"), headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (403, REQUIRED)
    assert answer.content.decode() == "Northgate Hospital requires a second factor. Set one up to continue."
    assert fingerprint(but={AUDIT}) == before


@pytest.mark.parametrize(
    "path",
    [
        REQUIRED,
        "/profile/second-factor/",
        "/profile/sessions/",
        "/sign-in/password/change/",
        "/sign-in/logout/",
        "/health/live",
    ],
)
def test_what_setting_one_up_takes_stays_open(client, ana, cast, path):
    require(cast.northgate, minutes=-1)
    assert client.get(path).status_code == 200


def test_setting_one_up_opens_everything_with_the_next_request(client, ana, cast):
    require(cast.northgate, minutes=-1)
    assert client.get(SET_UP).url.startswith("/sign-in/reauthenticate/")
    second_factor.add_app(by=acting(ana), secret=SECRET)
    assert client.get("/profile/").status_code == 200


def test_the_date_comes_by_the_clock_alone(client, ana, cast, clock):
    require(cast.northgate, days=7)
    assert client.get("/profile/").status_code == 200
    clock.move(days=8)
    client.logout()
    client.force_login(ana)
    assert client.get("/profile/").url == REQUIRED


def test_a_demand_ends_with_the_membership(client, ana, cast):
    require(cast.northgate, minutes=-1)
    deactivate_member_without_shares(membership=ana.account_memberships.get(), by=OPERATOR)
    assert client.get("/profile/").status_code == 200


def test_the_last_factor_stays_while_an_account_requires_one(ana, cast):
    second_factor.add_app(by=acting(ana), secret=SECRET)
    require(cast.northgate, minutes=-1)
    from accounts.selectors import factors_of

    with pytest.raises(Exception, match="Northgate Hospital requires a second factor"):
        second_factor.remove_factor(by=acting(ana), factor=factors_of(ana).listed[0].row)
    assert factors_of(ana).has_app


@pytest.mark.parametrize(
    "northgate, second, still_in_after",
    [
        (None, "none", 29),
        (5, "none", 3),
        (60, "none", 58),
        (60, 10, 8),
        (60, None, 28),
    ],
)
def test_the_shortest_of_a_persons_accounts_counts_else_the_platforms(
    client, ana, cast, clock, northgate, second, still_in_after
):
    idle(cast.northgate, northgate)
    if second != "none":
        other = make_account("Third Hospital")
        idle(other, second)
        join(ana, other, "Viewer")
    client.get("/profile/")
    clock.move(minutes=still_in_after)
    assert client.get("/profile/").status_code == 200
    clock.move(minutes=still_in_after + 3)
    assert client.get("/profile/").status_code == 302


def test_a_shorter_time_counts_from_the_next_request(client, ana, cast, clock):
    client.get("/profile/")
    clock.move(minutes=10)
    idle(cast.northgate, 5)
    assert client.get("/profile/").url.startswith("/sign-in/login/")
    [event] = AuditEvent.objects.filter(action=Action.SESSION_END)
    assert (event.by_id, event.detail["why"]) == (ana.pk, "idle")


def test_an_image_kept_open_does_not_outlive_the_time(client, ana, cast, clock):
    instance = make_instance(make_series(cast.study))
    frame = reverse("studies:frame", args=[cast.placement.uuid, instance.uuid, 1])
    client.get("/profile/")
    clock.move(minutes=31)
    assert client.get(frame).url.startswith("/sign-in/login/")


def test_the_demands_cost_no_statement_of_their_own(client, cast):
    person = make_user("Nora")
    for number in range(5):
        join(person, make_account(f"Ward {number}"), "Viewer")
    client.force_login(person)
    client.get(REQUIRED)
    with CaptureQueriesContext(connection) as asked:
        client.get(REQUIRED)
    about = [query["sql"] for query in asked.captured_queries if "accountmembership" in query["sql"]]
    assert len(about) == 1


def test_a_new_sign_in_is_not_idle_however_long_the_browser_was_shut(cast, clock):
    client = Client()
    for _ in range(2):
        client.post("/sign-in/login/", {"login": cast.ana.email, "password": PASSWORD})
        assert client.get("/profile/").status_code == 200
        clock.move(days=3)
