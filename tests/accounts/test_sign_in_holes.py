"""Ways round the sign-in that somebody might try, each of them closed."""

import json

import pytest
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.contrib import admin
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.adapter.people import TOO_MANY_ATTEMPTS
from accounts.models import AccountMembership
from accounts.services import second_factor
from accounts.services.limits import too_many_invited
from administration.change import Change
from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from common.exceptions import NothingThere
from sharing.services import leave_account
from tests import oidc
from tests.cast import acting, make_cast
from tests.factories import PASSWORD, make_user, role_of
from tests.overlap import queued
from tests.passkeys import Device
from worklists.services import remove_second_factor
from worklists.services.people import set_active

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
    second_factor.add_app(by=acting(ana), secret=SECRET)
    first, other, code = Client(), Client(), code_of(SECRET)
    type_password(first, ana)
    first.post(STEP, {"code": code})
    assert is_in(first)
    # allauth forgets a code after half a minute, of the minute and a half that it is right.
    cache.delete(f"allauth.mfa.totp.used?user={ana.pk}&code={code}")

    type_password(other, ana)
    other.post(STEP, {"code": dressed.format(code[:3], code[3:])})

    assert not is_in(other)


def test_the_code_that_sets_an_app_up_is_not_good_for_signing_in(ana):
    client, other, app = Client(), Client(), "/profile/second-factor/app/"
    type_password(client, ana)
    client.post(f"{CONFIRM}?next={app}", {"password": PASSWORD})
    secret = client.get(app).context["form"].secret
    code = code_of(secret)
    assert client.post(app, {"code": f" {code[:3]} {code[3:]} "}).status_code == 200

    type_password(other, ana)
    answer = other.post(STEP, {"code": code})

    assert "This code has been used." in answer.content.decode()
    assert not is_in(other)


# Whoever runs the platform

REQUIRED = "/profile/second-factor/required/"


@pytest.fixture
def sue(db, settings):
    """A superuser of a platform that requires a second factor of them, and a member of no account."""
    settings.CIMAR_SUPERUSER_SECOND_FACTOR = True
    return make_user("Sue", email="sue@example.org", is_superuser=True, is_staff=True)


@pytest.mark.parametrize("path", ["/", "/admin/", "/admin/accounts/user/", PROFILE])
def test_a_superuser_without_a_second_factor_is_led_to_setting_one_up(sue, path):
    client = browser()
    type_password(client, sue)

    assert client.get(path).url == REQUIRED
    page = " ".join(client.get(REQUIRED).content.decode().split())
    assert "CIMAR</bdi> requires a second factor" in page
    assert "The people who run CIMAR must sign in with a second factor as well as a password." in page
    assert "Ask another superuser" in page


def test_a_superuser_without_a_second_factor_does_nothing(sue, ana):
    client = browser()
    type_password(client, sue)

    assert client.post(f"/admin/accounts/user/{ana.pk}/deactivate/").url == REQUIRED

    ana.refresh_from_db()
    assert ana.is_active


def test_a_superuser_with_a_second_factor_goes_on_and_keeps_it(sue):
    second_factor.add_app(by=acting(sue), secret=SECRET)
    client = browser()
    type_password(client, sue)
    client.post(STEP, {"code": code_of(SECRET)})

    assert client.get("/admin/accounts/user/").status_code == 200
    with pytest.raises(ValidationError, match="CIMAR requires a second factor"):
        second_factor.remove_factor(by=acting(sue), factor=Authenticator.objects.get(user=sue, type="totp"))


def test_only_superusers_are_asked_by_the_platform(sue, ana):
    client = browser()
    type_password(client, ana)

    assert client.get(PROFILE).status_code == 200


def test_a_platform_may_ask_it_of_none(sue, settings):
    settings.CIMAR_SUPERUSER_SECOND_FACTOR = False
    client = browser()
    type_password(client, sue)

    assert client.get("/admin/accounts/user/").status_code == 200


# Limits


def test_a_count_left_locked_by_a_server_that_died_keeps_nobody_out(ana, monkeypatch):
    locks = []
    monkeypatch.setattr(cache, "add", lambda key, *_, **__: locks.append(key) or True)
    type_password(Client(), ana, password="wrong")
    monkeypatch.undo()
    died_with = [cache.add(lock, True, timeout=ratelimit.CACHE_LOCK_TIMEOUT) for lock in set(locks)]
    client = Client()

    type_password(client, ana)

    assert len(died_with) >= 2
    assert all(died_with)
    assert is_in(client)


def test_no_flood_of_other_tries_makes_a_limit_forget(ana):
    for _ in range(5):
        type_password(Client(), ana, "a wrong one")
    for number in range(MORE_THAN_DJANGO_KEEPS):
        cache.set(f"sign-in-limited:somebody-else-{number}", 1, timeout=300)
    client = Client()

    answer = type_password(client, ana)

    assert TOO_MANY_ATTEMPTS in answer.content.decode()
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

    set_active(user=ana, active=False, by=acting(sue))
    set_active(user=ana, active=True, by=acting(sue))

    assert client.get(PROFILE).status_code == 302
    [ended] = AuditEvent.objects.filter(action=Action.SESSION_END)
    assert (ended.by_id, ended.detail["person_id"], ended.detail["why"]) == (sue.pk, ana.pk, "deactivated")


def test_who_found_the_lost_key_is_signed_out_when_it_is_taken_away(ana):
    sue = make_user("Sue", is_superuser=True, is_staff=True)
    second_factor.add_app(by=acting(ana), secret=SECRET)
    client = browser()
    type_password(client, ana)
    client.post(STEP, {"code": code_of(SECRET)})
    assert client.get(PROFILE).status_code == 200

    remove_second_factor(user=ana, by=acting(sue), why="She called")

    assert client.get(PROFILE).status_code == 302
    [ended] = AuditEvent.objects.filter(action=Action.SESSION_END)
    assert (ended.by_id, ended.detail["person_id"]) == (sue.pk, ana.pk)
    assert sentence(ended) == "A session of Ana Reed ended: a lost second factor was removed"


def test_a_superuser_who_takes_away_their_own_is_signed_out_and_told_so(db):
    sue = make_user("Sue", is_superuser=True, is_staff=True)
    second_factor.add_app(by=acting(sue), secret=SECRET)
    client = browser()
    type_password(client, sue)
    client.post(STEP, {"code": code_of(SECRET)})

    answer = client.post(f"/admin/accounts/user/{sue.pk}/second-factor/", {"why": "It drowned"})

    assert answer.status_code == 302
    assert client.get(PROFILE).status_code == 302


# Addresses of strangers


LOOK = "/admin/accounts/invitation/batch/"


def look_up(client, count, start=0):
    lines = "".join(f"p{number}@example.net,Viewer,,\n" for number in range(start, start + count))
    return client.post(LOOK, {"pasted": f"email,role,worklists,every_worklist\n{lines}"})


def test_whoever_looks_up_addresses_leaves_a_line_without_them(cast):
    client = Client()
    client.force_login(cast.adam)

    assert look_up(client, 3).status_code == 200

    [line] = AuditEvent.objects.filter(action="account:invitation:check")
    assert (line.by_id, line.account_id, line.detail) == (cast.adam.pk, cast.northgate.pk, {"addresses": 3})
    assert sentence(line) == "Adam looked up addresses for invitations to Northgate Hospital (3 addresses)"


def test_a_thousand_addresses_an_hour_can_be_looked_up(cast, clock):
    client = Client()
    client.force_login(cast.adam)
    for number in range(5):
        assert look_up(client, 200, 200 * number).status_code == 200

    answer = look_up(client, 1)

    assert answer.status_code == 422
    assert too_many_invited() in answer.content.decode()
    assert "p0@example.net" in answer.content.decode()
    assert AuditEvent.objects.filter(action="account:invitation:check").count() == 5
    clock.move(hours=1, seconds=1)
    later = Client()  # the first was idle for too long
    later.force_login(cast.adam)
    assert look_up(later, 1).status_code == 200
    assert AuditEvent.objects.filter(action="account:invitation:check").count() == 6


# Removed at the same moment

PERSON = "/admin/accounts/accountmembership/{}/{}/"


@pytest.mark.parametrize("where", ["change", "reactivate"])
def test_a_membership_that_is_removed_meanwhile_is_as_if_it_had_never_been(transactional_db, where):
    cast = make_cast()
    membership = AccountMembership.objects.get(user=cast.ben, account=cast.northgate)
    held = "SELECT FROM accounts_account WHERE id = %s FOR NO KEY UPDATE", [cast.northgate.pk]
    client = Client()
    client.force_login(cast.adam)
    form = {"role": role_of(cast.northgate, "Viewer").pk}

    _, answer = queued(
        held,
        [
            lambda: leave_account(membership=membership.pk, by=acting(cast.adam), remove=True),
            lambda: client.post(PERSON.format(membership.pk, where), form),
        ],
    )

    assert answer.status_code == 404


def test_a_row_that_is_gone_between_the_form_and_the_change_is_not_found(cast):
    membership = AccountMembership.objects.get(user=cast.ben, account=cast.northgate)
    people = admin.site._registry[AccountMembership]
    filled = {"role": role_of(cast.northgate, "Viewer"), "every_worklist": False}
    leave_account(membership=membership.pk, by=acting(cast.adam), remove=True)

    with pytest.raises(NothingThere):
        people.change(Change(acting(cast.adam), cast.northgate, membership, filled))
