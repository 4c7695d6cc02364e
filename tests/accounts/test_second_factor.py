"""A second factor: set up, asked for, used, and taken away, with every step in the trail."""

import re
from urllib.parse import urlencode

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.adapter.people import TOO_MANY_ATTEMPTS
from accounts.models import OutboxMail, User
from accounts.selectors import factors_of
from accounts.services import second_factor
from audit.actions import Action
from audit.models import AuditEvent
from tests.cast import acting
from tests.confirming import minutes_later
from tests.factories import PASSWORD, make_user
from tests.passkeys import registered
from worklists.services import remove_second_factor

APP, CODES, OVERVIEW = (
    "/profile/second-factor/app/",
    "/profile/second-factor/codes/",
    "/profile/second-factor/",
)
CONFIRM, STEP = "/sign-in/reauthenticate/", "/sign-in/second-factor/"


def events(*actions):
    return list(AuditEvent.objects.filter(action__in=actions).order_by("pk"))


def code_of(secret, step=0):
    """What an app would show now; `step` half minutes from now."""
    now = list(yield_hotp_counters_from_time())[1]
    return format_hotp_value(hotp_value(secret, now + step))


def type_password(client, user, password=PASSWORD):
    return client.post("/sign-in/login/", {"login": user.email, "password": password})


def is_in(client):
    return "_auth_user_id" in client.session


def confirm(client, to):
    """By the password or, for a person with a factor, by a recovery code."""
    way, _, query = client.get(to).url.partition("?")
    assert query == urlencode({"next": to})
    person = User.objects.get(pk=client.session["_auth_user_id"])
    by_code = Authenticator.objects.filter(user=person).exists()
    assert way == ("/sign-in/confirm/code/" if by_code else CONFIRM)
    return client.post(f"{way}?next={to}", {"code": _codes(person)[0]} if by_code else {"password": PASSWORD})


@pytest.fixture
def ana(client, db):
    """She signed in some minutes ago."""
    person = make_user("Ana Reed", email="ana@example.org")
    type_password(client, person)
    minutes_later()
    return person


@pytest.fixture
def secret(ana):
    """Of an app that Ana has set up."""
    second_factor.add_app(by=acting(ana), secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    OutboxMail.objects.all().delete()
    return "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_an_app_is_set_up_with_its_first_code_and_gives_recovery_codes_once(client, ana):
    confirm(client, APP)
    page = client.get(APP)
    secret = page.context["form"].secret
    assert secret in page.content.decode()

    done = client.post(APP, {"code": code_of(secret)})

    assert len(done.context["codes"]) == 10
    assert [event.detail["factor"] for event in events(Action.FACTOR_ADD)] == ["authenticator app"]
    assert [(mail.kind, mail.recipient) for mail in OutboxMail.objects.all()] == [
        ("second_factor_added", ana.email)
    ]
    assert done["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert done.context["codes"][0] not in client.get(OVERVIEW).content.decode()


def test_a_wrong_first_code_sets_nothing_up(client, ana):
    confirm(client, APP)
    client.get(APP)
    answer = client.post(APP, {"code": "000000"})
    assert answer.status_code == 422
    assert "That code is not right." in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_what_is_kept_of_an_app_is_encrypted(ana, secret):
    kept = [str(row.data) for row in Authenticator.objects.all()]
    assert len(kept) == 2
    assert [row for row in kept if secret in row or any(code in row for code in _codes(ana))] == []


def _codes(user):
    return Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()


def test_secrets_are_read_with_the_key_before_and_with_no_other(ana, secret, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
    app = Authenticator.objects.get(user=ana, type="totp").wrap()
    assert app.validate_code(code_of(secret))
    settings.SECRET_KEY_FALLBACKS = []
    assert not app.validate_code(code_of(secret))


def test_after_a_change_of_the_key_everything_is_sealed_anew(ana, secret, settings, capsys):
    codes = _codes(ana)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
    call_command("reseal_second_factors")
    settings.SECRET_KEY_FALLBACKS = []
    assert _codes(ana) == codes
    assert Authenticator.objects.get(user=ana, type="totp").wrap().validate_code(code_of(secret))
    assert "2 secrets are now encrypted with SECRET_KEY." in capsys.readouterr().out

    settings.SECRET_KEY = "lost" * 20
    with pytest.raises(CommandError, match="2 secrets"):
        call_command("reseal_second_factors")


def test_a_sign_in_a_moment_ago_counts_as_confirmed(ana):
    client = Client()
    type_password(client, ana)
    page = client.get(APP)
    assert page.status_code == 200

    done = client.post(APP, {"code": code_of(page.context["form"].secret)})

    assert len(done.context["codes"]) == 10


def test_a_sign_in_by_password_and_app_counts_for_what_asks_for_the_factor(ana, secret):
    client = Client()
    type_password(client, ana)
    client.post(STEP, {"code": code_of(secret)})

    assert client.get(CODES).status_code == 200
    minutes_later()
    assert client.get(CODES).url.startswith("/sign-in/confirm/code/")


def test_a_password_a_moment_ago_does_not_count_for_an_app_that_was_set_up_since(ana):
    client = Client()
    type_password(client, ana)
    second_factor.add_app(by=acting(ana), secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")

    assert client.get(CODES).url.startswith("/sign-in/confirm/code/")


@pytest.mark.parametrize("path", [APP, CODES, "/profile/second-factor/key/"])
def test_changes_ask_for_the_password_once_more(client, ana, path):
    assert client.get(path).url.startswith(CONFIRM)
    assert client.post(path, {"code": "123456"}).url.startswith(CONFIRM)
    assert not Authenticator.objects.exists()


def test_a_wrong_password_when_asked_once_more_is_in_the_trail(client, ana):
    client.post(f"{CONFIRM}?next={APP}", {"password": "not this one"})
    [event] = events(Action.SIGN_IN_FAILED)
    assert (event.by_id, event.detail["why"]) == (ana.pk, "asked_again")


def test_after_the_password_the_code_is_asked_for_and_only_then_one_is_in(ana, secret):
    client = Client()
    assert type_password(client, ana).url == STEP
    assert not is_in(client)
    assert client.get("/profile/").status_code == 302

    assert client.post(STEP, {"code": code_of(secret)}).status_code == 302

    assert is_in(client)
    assert events(Action.SIGN_IN)[-1].detail["how"] == "a password and an authenticator app"
    assert [event.detail["factor"] for event in events(Action.FACTOR_USE)] == ["authenticator app"]


@pytest.mark.parametrize("step", [-1, 1])
def test_a_telephones_clock_may_be_half_a_minute_out(ana, secret, step):
    client = Client()
    type_password(client, ana)
    client.post(STEP, {"code": code_of(secret, step)})
    assert is_in(client)


def test_a_code_is_taken_once(ana, secret):
    first, other, code = Client(), Client(), code_of(secret)
    for client in (first, other):
        type_password(client, ana)
        answer = client.post(STEP, {"code": code})
    assert (is_in(first), is_in(other)) == (True, False)
    assert answer.status_code == 200


def test_a_code_taken_before_is_not_good_with_spaces_in_it_either(ana, secret):
    first, other, code = Client(), Client(), code_of(secret)
    type_password(first, ana)
    first.post(STEP, {"code": code})
    type_password(other, ana)
    other.post(STEP, {"code": f"{code[:3]} {code[3:]}"})
    assert not is_in(other)


def test_wrong_codes_are_in_the_trail_and_after_five_even_the_right_one_waits(ana, secret):
    client = Client()
    type_password(client, ana)
    for _ in range(5):
        assert client.post(STEP, {"code": "000000"}).status_code == 200
    answer = client.post(STEP, {"code": code_of(secret)})
    assert TOO_MANY_ATTEMPTS in answer.content.decode()
    assert not is_in(client)
    assert [(event.by_id, event.outcome) for event in events(Action.FACTOR_FAILED)] == [(None, "failed")] * 5
    assert [event.detail["why"] for event in events(Action.SIGN_IN_FAILED)] == ["too_many"]


def test_a_recovery_code_lets_in_once_and_the_trail_says_so(ana, secret):
    code = _codes(ana)[0]
    for expected in (True, False):
        client = Client()
        type_password(client, ana)
        client.post(STEP, {"code": f"{code[:4]} {code[4:]}"})
        assert is_in(client) is expected
    assert [event.detail["factor"] for event in events(Action.FACTOR_USE)] == ["recovery code"]
    assert factors_of(ana).codes_left == 9


def test_new_recovery_codes_replace_the_old(client, ana, secret):
    old = _codes(ana)
    confirm(client, CODES)
    assert "9 remaining codes will stop working" in client.get(CODES).content.decode()
    shown = client.post(CODES).context["codes"]
    assert {code.replace(" ", "") for code in shown} == set(_codes(ana))
    assert not set(old) & set(_codes(ana))
    assert len(events(Action.FACTOR_CODES)) == 1
    assert [mail.kind for mail in OutboxMail.objects.all()] == ["recovery_codes_renewed"]


def test_there_are_no_recovery_codes_without_a_factor(client, ana):
    confirm(client, CODES)
    assert client.post(CODES).url == OVERVIEW
    assert not Authenticator.objects.exists()


def test_the_last_factor_takes_its_recovery_codes_along(client, ana, secret):
    [factor] = factors_of(ana).listed
    path = f"/profile/second-factor/{factor.uuid}/removal/"
    confirm(client, path)
    assert "You will sign in with your password alone" in client.get(path).content.decode()
    assert client.post(path).url == OVERVIEW
    assert not Authenticator.objects.exists()
    assert [event.detail["factor"] for event in events(Action.FACTOR_REMOVE)] == ["authenticator app"]
    assert [mail.kind for mail in OutboxMail.objects.all()] == ["second_factor_removed"]


def test_nobody_elses_factor_can_be_removed(client, ana, db):
    other = make_user("Ben")
    second_factor.add_app(by=acting(other), secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    path = f"/profile/second-factor/{factors_of(other).listed[0].uuid}/removal/"
    confirm(client, path)
    assert client.post(path).status_code == 404
    assert factors_of(other).has_app


def test_a_second_app_is_refused(client, ana, secret):
    confirm(client, APP)
    assert client.get(APP).url == OVERVIEW
    with pytest.raises(ValidationError):
        second_factor.add_app(by=acting(ana), secret=secret)


@pytest.mark.parametrize("credential", ["", "{", "[]", "{}", '"x"', '{"id": 7}', '{"response": {}}', "null"])
@pytest.mark.parametrize(
    "path", ["/profile/second-factor/key/", STEP, "/sign-in/passkey/", "/sign-in/confirm/key/"]
)
def test_what_no_device_answered_is_refused_with_a_sentence(ana, secret, client, path, credential):
    _a_key(ana)
    visitor = Client()
    type_password(visitor, ana)
    confirm(client, CODES)
    browser = client if path.startswith(("/profile", "/sign-in/confirm")) else visitor
    browser.get(path, headers={"Accept": "application/json"})
    answer = browser.post(path, {"name": "Key", "credential": credential}, follow=True)
    assert answer.status_code in (200, 422)
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    assert not is_in(visitor)


def _a_key(user):
    return second_factor.add_key(by=acting(user), name="Key", credential=registered())


def test_a_lost_factor_is_taken_away_by_an_operator_with_a_reason(ana, secret):
    sue = make_user("Sue", is_superuser=True)
    with pytest.raises(PermissionDenied):
        remove_second_factor(user=ana, by=acting(make_user("Ben")), why="She called")
    with pytest.raises(ValidationError):
        remove_second_factor(user=ana, by=acting(sue), why="  ")
    assert Authenticator.objects.count() == 2

    remove_second_factor(user=ana, by=acting(sue), why="Known by voice")

    assert not Authenticator.objects.exists()
    [event] = events(Action.FACTOR_TAKE)
    assert (event.by_id, event.detail["why"], event.detail["person_id"]) == (
        sue.pk,
        "Known by voice",
        ana.pk,
    )
    assert [(mail.kind, mail.recipient) for mail in OutboxMail.objects.all()] == [
        ("second_factor_taken", ana.email)
    ]
    client = Client()
    type_password(client, ana)
    assert is_in(client)


def test_the_code_can_confirm_a_change_too(client, ana, secret):
    client.get(CODES)
    page = client.get(f"/sign-in/confirm/code/?next={CODES}")
    assert re.search("authenticator app", page.content.decode())
    assert client.post(f"/sign-in/confirm/code/?next={CODES}", {"code": code_of(secret)}).url == CODES
    assert client.get(CODES).status_code == 200
    assert [event.by_id for event in events(Action.FACTOR_USE)] == [ana.pk]


def test_a_code_taken_before_confirms_nothing(client, ana, secret):
    visitor, code = Client(), code_of(secret)
    type_password(visitor, ana)
    visitor.post(STEP, {"code": code})
    assert client.post(f"/sign-in/confirm/code/?next={CODES}", {"code": code}).status_code == 200
    assert client.get(CODES).status_code == 302


def test_a_reset_password_does_not_go_round_the_second_factor(ana, secret, mailoutbox):
    from accounts.services import outbox

    visitor = Client()
    visitor.post("/sign-in/password/reset/", {"email": ana.email})
    outbox.deliver_waiting()
    link = re.search(r"http://127\.0\.0\.1:8000(/\S+)", mailoutbox[0].body)[1]
    page = visitor.get(link, follow=True).request["PATH_INFO"]
    visitor.post(page, {"password1": "another calm room 42", "password2": "another calm room 42"})
    assert not is_in(visitor)
    assert type_password(visitor, ana, "another calm room 42").url == STEP
