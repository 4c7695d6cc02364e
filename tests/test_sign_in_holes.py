"""Ways round the sign-in that somebody might try, each of them closed."""

import json

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

from accounts.services import second_factor
from accounts.services.people import set_active
from audit.actions import Action
from audit.models import AuditEvent
from tests import oidc
from tests.factories import PASSWORD, make_user
from tests.passkeys import Device

ADD, PASSKEY, STEP = "/profile/second-factor/key/", "/sign-in/passkey/", "/sign-in/second-factor/"
LOGIN, CONFIRM, PROFILE = "/sign-in/login/", "/sign-in/reauthenticate/", "/profile/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
MORE_THAN_DJANGO_KEEPS = 320


def browser() -> Client:
    """Under https: no device answers a page without."""
    return Client(headers={"host": "testserver"}, SERVER_PORT="443", **{"wsgi.url_scheme": "https"})


def type_password(client, user, password=PASSWORD):
    return client.post(LOGIN, {"login": user.email, "password": password})


def is_in(client):
    return "_auth_user_id" in client.session


def code_of(secret):
    now = list(yield_hotp_counters_from_time())[1]
    return format_hotp_value(hotp_value(secret, now))


def set_up(user, device, *, alone, resident=None):
    """A key on the person's own page; `resident` is what the device says it became."""
    client = browser()
    type_password(client, user)
    client.get(ADD)
    client.post(f"{CONFIRM}?next={ADD}", {"password": PASSWORD})
    options = json.loads(client.get(ADD).context["options"])
    answer = device.register(options, alone=alone if resident is None else resident)
    form = {"name": "Blue key", "credential": answer} | ({"passwordless": "on"} if alone else {})
    assert client.post(ADD, form).status_code == 200


@pytest.fixture
def ana(db):
    return make_user("Ana Reed", email="ana@example.org")


@pytest.fixture
def mallory(db):
    return make_user("Mallory", email="mallory@example.org")


# A key


def test_a_key_meant_for_after_the_password_is_no_passkey(ana):
    device = Device()
    set_up(ana, device, alone=False)
    client = browser()
    asked = client.get(PASSKEY, headers={"Accept": "application/json"}).json()["request_options"]

    client.post(PASSKEY, {"credential": device.sign(asked)})

    assert not is_in(client)


def test_what_the_person_ticked_counts_and_not_what_the_device_says(ana):
    device = Device()
    set_up(ana, device, alone=False, resident=True)
    client = browser()
    asked = client.get(PASSKEY, headers={"Accept": "application/json"}).json()["request_options"]

    client.post(PASSKEY, {"credential": device.sign(asked)})

    assert not is_in(client)


def test_the_easier_question_of_the_second_step_is_no_answer_to_the_passkeys(ana, mallory):
    """After a password a key may be touched alone; without one it must know its holder."""
    anas, own = Device(), Device(verifies=False)
    set_up(ana, anas, alone=True)
    set_up(mallory, own, alone=False)
    anas.verifies = False  # in a thief's hand: it is touched, and nobody shows a finger
    client = browser()
    assert type_password(client, mallory).url == STEP
    asked = json.loads(client.get(STEP).context["options"])

    client.post(PASSKEY, {"credential": anas.sign(asked)})

    assert not is_in(client)
    assert not AuditEvent.objects.filter(
        action=Action.SIGN_IN, by_id=ana.pk, detail__how="a passkey"
    ).exists()


# A code


@pytest.mark.parametrize("dressed", ["{0}-{1}", "{0}.{1}", "({0}){1}", "{0}_{1}"])
def test_a_code_taken_before_is_not_good_with_marks_in_it_either(ana, dressed):
    second_factor.add_app(user=ana, secret=SECRET)
    one, other, code = Client(), Client(), code_of(SECRET)
    type_password(one, ana)
    one.post(STEP, {"code": code})
    assert is_in(one)
    # allauth forgets a code after half a minute, of the minute and a half that it is right.
    cache.delete(f"allauth.mfa.totp.used?user={ana.pk}&code={code}")

    type_password(other, ana)
    other.post(STEP, {"code": dressed.format(code[:3], code[3:])})

    assert not is_in(other)


# Limits


def test_no_flood_of_other_tries_makes_a_limit_forget(ana):
    for _ in range(5):
        type_password(Client(), ana, "a wrong one")
    for number in range(MORE_THAN_DJANGO_KEEPS):
        cache.set(f"sign-in-limited:somebody-else-{number}", 1, timeout=300)
    client = Client()

    answer = type_password(client, ana)

    assert "Too many tries" in answer.content.decode()
    assert not is_in(client)


# Browsers


def by_password(ana, settings):
    client = browser()
    type_password(client, ana)
    return client


def by_passkey(ana, settings):
    device, client = Device(), browser()
    set_up(ana, device, alone=True)
    asked = client.get(PASSKEY, headers={"Accept": "application/json"}).json()["request_options"]
    client.post(PASSKEY, {"credential": device.sign(asked)})
    return client


def by_provider(ana, settings):
    client = Client()
    for provider in oidc.running():
        settings.SOCIALACCOUNT_PROVIDERS = provider.settings()
        leads = client.post("/sign-in/organisation/")["Refresh"].partition("url=")[2]
        client.get(provider.visit(leads))
    return client


@pytest.mark.parametrize("come", [by_password, by_passkey, by_provider])
def test_a_shared_machine_forgets_whoever_signed_in_when_its_browser_closes(ana, settings, come):
    client = come(ana, settings)

    assert is_in(client)
    assert client.cookies["sessionid"]["max-age"] == ""


def test_who_is_deactivated_is_signed_out_for_good(ana):
    sue = make_user("Sue", is_superuser=True, is_staff=True)
    client = browser()
    type_password(client, ana)
    assert client.get(PROFILE).status_code == 200

    set_active(user=ana, active=False, by=sue)
    set_active(user=ana, active=True, by=sue)

    assert client.get(PROFILE).status_code == 302
    [ended] = AuditEvent.objects.filter(action=Action.SESSION_END)
    assert (ended.by_id, ended.detail["person_id"], ended.detail["why"]) == (sue.pk, ana.pk, "deactivated")
