"""Where a person is signed in, and signing out there; the address they sign in with."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import OutboxMail, User
from accounts.selectors.security import browser_in
from accounts.services import outbox
from audit.actions import Action
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method
from sharing.targets import Target
from tests.cast import acting
from tests.confirming import minutes_later
from tests.factories import PASSWORD, make_user
from worklists.models import Worklist

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"
)
CHROME = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
EDGE = f"{CHROME} Edg/140.0"
PAGE, ELSEWHERE = "/profile/sessions/", "/profile/sessions/end/"
NEW = "another calm room 42"
EMAIL, CODE = "/sign-in/email/", "/sign-in/confirm-email/"


def events(action):
    return list(AuditEvent.objects.filter(action=action).order_by("pk"))


def browser(user, agent=FIREFOX, address="192.0.2.7"):
    client = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    client.post("/sign-in/login/", {"login": user.email, "password": PASSWORD})
    return client


def is_in(client):
    return client.get("/profile/second-factor/").status_code == 200


@pytest.fixture
def ana(db):
    return make_user("Ana Reed", email="ana@example.org")


@pytest.mark.parametrize(
    "agent, words",
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on iPhone"),
        (CHROME, "Chrome on macOS"),
        (EDGE, "Edge on macOS"),
        ("curl/8", "A browser"),
        ("", "A browser"),
        ("Linux \u202e<b>", "A browser on Linux"),
    ],
)
def test_a_browser_is_told_in_words(agent, words):
    assert browser_in(agent) == words


def test_the_page_says_where_since_when_and_which_one_this_is(ana):
    here, _ = browser(ana), browser(ana, SAFARI, "198.51.100.4")
    page = here.get(PAGE)
    found = [(session.browser, session.ip_address, session.is_this) for session in page.context["sessions"]]
    assert sorted(found) == [
        ("Firefox on Windows", "192.0.2.7", True),
        ("Safari on iPhone", "198.51.100.4", False),
    ]
    assert page.content.decode().count("This browser") == 1
    assert not [key for key in UserSession.objects.values_list("session_key", flat=True) if key in str(page)]


def test_one_is_signed_out_from_another_and_the_trail_says_which(ana):
    here, there, third = browser(ana), browser(ana, SAFARI), browser(ana, EDGE)
    [safari] = [
        session for session in here.get(PAGE).context["sessions"] if session.browser == "Safari on iPhone"
    ]
    assert here.post(f"{PAGE}{safari.uuid}/end/").url == PAGE
    assert (is_in(here), is_in(there), is_in(third)) == (True, False, True)
    [event] = events(Action.SESSION_END)
    assert (event.by_id, event.detail["why"], event.detail["browser"]) == (
        ana.pk,
        "signed_out_elsewhere",
        SAFARI,
    )


def test_everywhere_else_at_once(ana):
    here, others = browser(ana), [browser(ana), browser(ana, SAFARI)]
    here.post(ELSEWHERE)
    assert [is_in(one) for one in [here, *others]] == [True, False, False]
    assert len(events(Action.SESSION_END)) == 2
    assert "You were not signed in anywhere else." in here.post(ELSEWHERE, follow=True).content.decode()


def test_nobody_elses_and_not_this_one(ana):
    here, bens = browser(ana), browser(make_user("Ben"))
    [his] = bens.get(PAGE).context["sessions"]
    [mine] = here.get(PAGE).context["sessions"]
    assert {here.post(f"{PAGE}{one.uuid}/end/").status_code for one in (his, mine)} == {404}
    assert is_in(bens)


def test_a_changed_password_signs_out_the_others(ana):
    here, there = browser(ana), browser(ana, SAFARI)
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    here.post("/sign-in/password/change/", form)
    assert (is_in(here), is_in(there)) == (True, False)
    assert [event.detail["why"] for event in events(Action.SESSION_END)] == ["new_password"]
    assert [session.browser for session in here.get(PAGE).context["sessions"]] == ["Firefox on Windows"]


def test_one_that_has_been_idle_is_not_listed(ana, clock):
    browser(ana, SAFARI)
    clock.move(minutes=31)
    assert [session.browser for session in browser(ana).get(PAGE).context["sessions"]] == [
        "Firefox on Windows"
    ]


def test_last_seen_is_noted_once_a_minute_and_costs_a_page_nothing_in_between(ana, clock):
    here = browser(ana)
    before = UserSession.objects.get().last_seen_at
    clock.move(minutes=2)
    here.get("/profile/second-factor/")
    seen = UserSession.objects.get().last_seen_at
    assert (seen - before).total_seconds() >= 120
    with CaptureQueriesContext(connection) as asked:
        here.get("/profile/second-factor/")
    writes = [
        query["sql"] for query in asked.captured_queries if query["sql"].startswith(("UPDATE", "INSERT"))
    ]
    assert (writes, UserSession.objects.get().last_seen_at) == ([], seen)


# --- The address


def confirm_password(client):
    client.get(EMAIL)
    client.post(f"/sign-in/reauthenticate/?next={EMAIL}", {"password": PASSWORD})


def change(client, to):
    confirm_password(client)
    return client.post(EMAIL, {"action_add": "yes", "email": to})


def mailed_code(address):
    return re.search(r"Your code is (\S+)", OutboxMail.objects.get(recipient=address).text_body)[1]


def test_a_new_address_is_proved_by_a_mailed_code_and_the_old_one_is_told(ana, mailoutbox):
    client = browser(ana)
    assert change(client, "Ana@New.example").url == CODE
    assert User.objects.get(pk=ana.pk).email == "ana@example.org"

    assert client.post(CODE, {"code": mailed_code("ana@new.example")}).url == "/profile/"

    assert User.objects.get(pk=ana.pk).email == "ana@new.example"
    email_address = EmailAddress.objects.get(user=ana)
    assert (email_address.email, email_address.verified, email_address.primary) == (
        "ana@new.example",
        True,
        True,
    )
    [event] = events(Action.EMAIL_CHANGE)
    assert (event.detail["before"], event.detail["address"]) == ("ana@example.org", "ana@new.example")
    outbox.deliver_waiting()
    assert ("ana@example.org", "Your email address for CIMAR was changed") in [
        (mail.to[0], mail.subject) for mail in mailoutbox
    ]
    assert is_in(browser(User.objects.get(pk=ana.pk)))


def test_without_the_password_asked_once_more_no_address_changes(ana):
    client = browser(ana)
    minutes_later()
    answer = client.post(EMAIL, {"action_add": "yes", "email": "ana@new.example"})
    assert answer.url.startswith("/sign-in/reauthenticate/")
    assert not OutboxMail.objects.exists()


def test_a_wrong_code_changes_nothing(ana):
    client = browser(ana)
    change(client, "ana@new.example")
    client.post(CODE, {"code": "000000"})
    assert User.objects.get(pk=ana.pk).email == "ana@example.org"
    assert EmailAddress.objects.get(user=ana).email == "ana@example.org"


def test_somebody_elses_address_is_answered_alike_and_even_their_code_changes_nothing(ana):
    make_user("Ben", email="ben@example.org")
    client = browser(ana)
    assert change(client, "ben@example.org").url == CODE
    client.post(CODE, {"code": mailed_code("ben@example.org")})
    assert User.objects.get(pk=ana.pk).email == "ana@example.org"
    assert EmailAddress.objects.get(email="ben@example.org").user.name == "Ben"
    assert not events(Action.EMAIL_CHANGE)


def test_an_address_taken_meanwhile_stays_with_whom_it_is(ana):
    client = browser(ana)
    change(client, "new@example.org")
    make_user("Ben", email="new@example.org")
    client.post(CODE, {"code": mailed_code("new@example.org")})
    assert User.objects.get(pk=ana.pk).email == "ana@example.org"
    assert not events(Action.EMAIL_CHANGE)


@pytest.mark.parametrize("typed", ["", "nonsense", "ana@example.org", "a b@example.org"])
def test_an_address_that_is_none_comes_back_with_a_sentence(ana, typed):
    client = browser(ana)
    answer = change(client, typed)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not OutboxMail.objects.exists()


def test_what_was_promised_to_the_new_address_arrives(cast):
    services.share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.EMAIL, "caro@new.example")],
        by=acting(cast.ana),
    )
    client = browser(cast.caro)
    OutboxMail.objects.all().delete()
    change(client, "caro@new.example")
    client.post(CODE, {"code": mailed_code("caro@new.example")})
    own = Worklist.objects.get(owner=cast.caro)
    assert own.placements.filter(study=cast.study).exists()
