"""What may be tried how often: counted for the email and the client, one try after another."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import OutboxMail, User
from accounts.services import outbox, second_factor
from tests.cast import acting
from tests.factories import PASSWORD, make_user
from tests.overlap import at_once

LOGIN, RESET, CONFIRM_EMAIL = "/sign-in/login/", "/sign-in/password/reset/", "/sign-in/confirm-email/"
LIMITED = "Too many attempts"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def ana(db: None) -> User:
    return make_user("Ana Reed", email="ana@example.org")


# --- Sign-in


@pytest.mark.parametrize(
    "typed",
    [
        ["ana@example.org"] * 6,
        ["ana@example.org", "ANA@Example.Org", " ana@example.org", "aNa@example.org ", *["ana@EXAMPLE.org"] * 2],
    ],
)  # fmt: skip
def test_failed_sign_ins_are_counted_for_the_email_whatever_host_the_request_names(
    ana: User, settings: Any, typed: list[str]
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    answers = [
        Client(headers={"host": f"site{number}.example"}, REMOTE_ADDR=f"192.0.2.{number + 1}")
        .post(LOGIN, {"login": email, "password": "wrong"})
        .content.decode()
        for number, email in enumerate(typed)
    ]

    assert [LIMITED in answer for answer in answers] == [False] * 5 + [True]


def test_failed_sign_ins_of_one_client_are_counted_whatever_host_and_email(db: None, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    answers = [
        Client(headers={"host": f"site{number}.example"})
        .post(LOGIN, {"login": f"p{number}@example.org", "password": "wrong"})
        .content.decode()
        for number in range(31)
    ]

    assert [LIMITED in answer for answer in answers] == [False] * 30 + [True]


# --- A forgotten password


def asked(email: str) -> tuple[list[str], Any]:
    cache.clear()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = Client().post(RESET, {"email": email})
    return [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries], answer


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.from_regex(r"[a-z]{1,20}", fullmatch=True))
def test_asking_for_a_new_password_does_the_same_work_for_every_email(ana: User, name: str) -> None:
    gone = User.objects.filter(email="gone@example.org").first() or make_user(
        "Gone", email="gone@example.org"
    )
    User.objects.filter(pk=gone.pk).update(is_active=False)

    answers = [asked(email) for email in ("ana@example.org", gone.email, f"{name}@unknown.example")]

    assert len({tuple(work) for work, _ in answers}) == 1
    assert not any("accounts_user" in query or "account_emailaddress" in query for query in answers[0][0])
    assert {(answer.status_code, answer["Location"]) for _, answer in answers} == {(302, f"{RESET}done/")}


def test_the_mail_goes_to_a_registered_person_alone(ana: User, mailoutbox: list[Any]) -> None:
    gone = make_user("Gone", email="gone@example.org", is_active=False)
    for email in (" ANA@example.org", gone.email, "unknown@example.org"):
        assert Client().post(RESET, {"email": email}).status_code == 302

    outbox.deliver_waiting()

    [mail] = mailoutbox
    assert mail.to == [ana.email]
    link = re.search(r"http://[^/]+(/sign-in/password/reset/key/\S+/)", mail.body)[1]
    client = Client()
    form = client.get(link, follow=True)
    path = form.redirect_chain[-1][0]
    client.post(path, {"password1": "tall green hedges", "password2": "tall green hedges"})
    ana.refresh_from_db()
    assert ana.check_password("tall green hedges")
    dropped = OutboxMail.objects.filter(dropped_as="nothing")
    assert {row.recipient for row in dropped} == {gone.email, "unknown@example.org"}


# --- A code in a mail


@pytest.mark.parametrize("signed_in", [True, False])
def test_sixteen_tries_at_once_share_the_three_that_a_code_allows(
    transactional_db: None, signed_in: bool
) -> None:
    ana = make_user("Ana Reed", email="ana@example.org", verified=signed_in)
    client = Client()
    if signed_in:
        client.force_login(ana)
        client.post("/sign-in/reauthenticate/?next=/sign-in/email/", {"password": PASSWORD})
        client.post("/sign-in/email/", {"action_add": "", "email": "new@example.org"})
    else:
        client.post(LOGIN, {"login": ana.email, "password": PASSWORD})
    state = client.session["account_email_verification_code"]
    wrong = "".join("A" if sign != "A" else "B" for sign in state["code"])

    def attempt() -> Any:
        other = Client()
        other.cookies = client.cookies
        return "This code is not right." in other.post(CONFIRM_EMAIL, {"code": wrong}).content.decode()

    answers = at_once([attempt] * 16)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert answers.count(True) <= 3
    client.post(CONFIRM_EMAIL, {"code": state["code"]})
    assert not EmailAddress.objects.filter(email="new@example.org", verified=True).exists()
    assert EmailAddress.objects.get(user=ana, email=ana.email).verified == signed_in


def test_the_right_code_still_proves_the_email(ana: User) -> None:
    client = Client()
    EmailAddress.objects.filter(user=ana).update(verified=False)
    client.post(LOGIN, {"login": ana.email, "password": PASSWORD})
    code = client.session["account_email_verification_code"]["code"]

    client.post(CONFIRM_EMAIL, {"code": "WRONG1"})
    client.post(CONFIRM_EMAIL, {"code": code})

    assert EmailAddress.objects.get(user=ana).verified
    assert "_auth_user_id" in client.session


# --- Confirming that it is you


def code() -> str:
    return format_hotp_value(hotp_value(SECRET, list(yield_hotp_counters_from_time())[1]))


@pytest.fixture
def app(ana: User) -> str:
    """Where the person's authenticator app is removed."""
    second_factor.add_app(by=acting(ana), secret=SECRET)
    from accounts.selectors import factors_of

    return f"/profile/second-factor/{factors_of(ana).listed[0].uuid}/removal/"


def test_the_password_alone_removes_no_factor(ana: User, app: str) -> None:
    client = Client()
    client.force_login(ana)

    for path in (app, "/profile/second-factor/codes/", "/profile/second-factor/key/"):
        to_confirm = client.get(path)
        assert to_confirm["Location"].startswith("/sign-in/confirm/code/"), path
        # The page for the password leads to that for the code.
        by_password = client.post(f"/sign-in/reauthenticate/?next={path}", {"password": PASSWORD})
        assert by_password["Location"].startswith("/sign-in/confirm/code/")
    change = client.post("/sign-in/email/", {"action_add": "", "email": "new@example.org"})
    assert change["Location"].startswith("/sign-in/confirm/code/")
    client.post(app)
    assert ana.authenticator_set.filter(type="totp").exists()

    client.post(f"/sign-in/confirm/code/?next={app}", {"code": code()})
    client.post(app)

    assert not ana.authenticator_set.exists()


def test_a_password_given_before_the_factor_was_set_up_does_not_remove_it(ana: User) -> None:
    client = Client()
    client.force_login(ana)
    client.get("/profile/second-factor/app/")
    client.post("/sign-in/reauthenticate/?next=/profile/second-factor/app/", {"password": PASSWORD})
    second_factor.add_app(by=acting(ana), secret=SECRET)
    from accounts.selectors import factors_of

    removal = f"/profile/second-factor/{factors_of(ana).listed[0].uuid}/removal/"

    assert client.post(removal)["Location"].startswith("/sign-in/confirm/code/")
    assert ana.authenticator_set.filter(type="totp").exists()


def test_without_a_factor_the_password_is_asked_for(ana: User) -> None:
    client = Client()
    client.force_login(ana)

    assert client.get("/profile/second-factor/app/")["Location"].startswith("/sign-in/reauthenticate/")
