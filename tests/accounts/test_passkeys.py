"""Passkeys and security keys, answered by a device in software."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from accounts.selectors import factors_of
from accounts.services import second_factor
from accounts.views.sign_in import NOT_THIS_PASSKEY
from audit.actions import Action
from audit.models import AuditEvent
from tests.cast import acting
from tests.factories import PASSWORD, make_user
from tests.passkeys import Device, registered

ADD, PASSKEY, STEP = "/profile/second-factor/key/", "/sign-in/passkey/", "/sign-in/second-factor/"
CONFIRM = "/sign-in/reauthenticate/"


def browser():
    """Under https: no device answers a page without."""
    return Client(headers={"host": "testserver"}, SERVER_PORT="443", **{"wsgi.url_scheme": "https"})


def type_password(client, user):
    return client.post("/sign-in/login/", {"login": user.email, "password": PASSWORD})


def is_in(client):
    return "_auth_user_id" in client.session


def events(*actions):
    return list(AuditEvent.objects.filter(action__in=actions).order_by("pk"))


@pytest.fixture
def ana(db):
    return make_user("Ana Reed", email="ana@example.org")


def set_up(user, device, *, alone=True, name="My phone"):
    client = browser()
    type_password(client, user)
    client.get(ADD)
    client.post(f"{CONFIRM}?next={ADD}", {"password": PASSWORD})
    options = json.loads(client.get(ADD).context["options"])
    form = {"name": name, "credential": device.register(options, alone=alone)}
    return client.post(ADD, form | ({"passwordless": "on"} if alone else {}))


def challenge(client):
    return client.get(PASSKEY, headers={"Accept": "application/json"}).json()["request_options"]


def test_a_passkey_is_set_up_and_signs_in_alone(ana):
    device = Device()
    assert len(set_up(ana, device).context["codes"]) == 10
    assert [(factor.name, factor.kind) for factor in factors_of(ana).listed] == [("My phone", "passkey")]

    client = browser()
    answer = client.post(PASSKEY, {"credential": device.sign(challenge(client)), "next": "/profile/"})

    assert answer.url == "/profile/"
    assert client.get("/profile/").status_code == 200
    assert events(Action.SIGN_IN)[-1].detail["how"] == "a passkey"
    assert [event.detail["factor"] for event in events(Action.FACTOR_USE)] == ["passkey"]


def test_a_security_key_is_asked_for_after_the_password(ana):
    device = Device(verifies=False)
    set_up(ana, device, alone=False, name="Blue key")
    assert [factor.kind for factor in factors_of(ana).listed] == ["security key"]

    client = browser()
    assert type_password(client, ana).url == STEP
    options = json.loads(client.get(STEP).context["options"])
    client.post(STEP, {"credential": device.sign(options)})

    assert is_in(client)
    assert events(Action.SIGN_IN)[-1].detail["how"] == "a password and a security key"


def test_a_key_that_does_not_know_its_holder_is_no_passkey(ana):
    assert set_up(ana, Device(verifies=False), alone=True).status_code == 422
    assert not Authenticator.objects.exists()


def test_a_challenge_is_answered_once(ana):
    device = Device()
    set_up(ana, device)
    client = browser()
    answer = device.sign(challenge(client))
    client.post(PASSKEY, {"credential": answer})
    client.post("/sign-in/logout/")
    client.post(PASSKEY, {"credential": answer})
    assert not is_in(client)


@pytest.mark.parametrize(
    "device",
    [Device(), Device("https://elsewhere.example"), Device("http://testserver")],
    ids=["another device", "another site", "not by TLS"],
)
def test_another_device_or_another_site_signs_nobody_in(ana, device):
    mine = Device()
    set_up(ana, mine)
    device.user = mine.user
    if device.origin != mine.origin:
        device.key, device.id = mine.key, mine.id
    client = browser()
    answer = client.post(PASSKEY, {"credential": device.sign(challenge(client))}, follow=True)
    assert NOT_THIS_PASSKEY in answer.content.decode()
    assert not is_in(client)
    assert [event.detail["why"] for event in events(Action.SIGN_IN_FAILED)] == ["passkey"]


def test_a_forged_signature_signs_nobody_in(ana):
    mine, forged = Device(), Device()
    set_up(ana, mine)
    forged.id, forged.user = mine.id, mine.user
    client = browser()
    answer = client.post(PASSKEY, {"credential": forged.sign(challenge(client))}, follow=True)
    assert NOT_THIS_PASSKEY in answer.content.decode()
    assert not is_in(client)


def test_a_deactivated_persons_passkey_is_refused(ana):
    device = Device()
    set_up(ana, device)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    client = browser()
    assert client.post(PASSKEY, {"credential": device.sign(challenge(client))}).url == "/sign-in/inactive/"
    assert not is_in(client)


def test_there_is_a_most_of_keys(ana):
    for number in range(second_factor.MOST_KEYS):
        second_factor.add_key(by=acting(ana), name=f"Key {number}", credential=registered())
    assert set_up_refused(ana)


def set_up_refused(user):
    with pytest.raises(Exception, match="You already have 20 keys"):
        second_factor.add_key(by=acting(user), name="One more", credential=registered())
    return Authenticator.objects.filter(user=user, type="webauthn").count() == second_factor.MOST_KEYS


def test_asking_for_challenges_without_end_is_stopped(db):
    client = browser()
    answers = [client.post(PASSKEY, {"credential": "{}"}).status_code for _ in range(12)]
    assert answers == [302] * 10 + [429] * 2
    assert [event.detail["why"] for event in events(Action.SIGN_IN_FAILED) if event.outcome == "refused"] == [
        "too_many"
    ]
