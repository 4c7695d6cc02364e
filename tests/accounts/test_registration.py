"""From the mail to a registered person: a link, a name and a password, a code to the invited address."""

import re
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from accounts import tokens
from accounts.models import Invitation, OutboxMail, User
from accounts.services import invitations, outbox, registration
from accounts.services.registration import NO_TRY_LEFT, REGISTERED, REPLACED, TOO_MANY_CODES, WRONG_CODE
from audit.actions import Action
from audit.clock import now
from audit.models import AuditEvent
from sharing.services import register_invited
from sharing.views.registration import CODE_SENT_JUST_NOW
from tests.cast import acting
from tests.factories import PASSWORD, make_account, make_user

ADDRESS = "hazel@elsewhere.example"
FORM = {"name": "Hazel Moss", "password": "tall green hedges"}
HASHED = "md5$salt$0123456789abcdef0123456789abcdef"


@pytest.fixture
def invitation(db):
    return make_invitation()


def make_invitation(**more):
    account = make_account("Northgate Hospital", timezone="Europe/Paris")
    ana = make_user("Ana Reed")
    values = {"emails": [ADDRESS], "account": account, "by": acting(ana), "now": now()} | more
    [invitation] = invitations.invite_all(**values).values()
    return invitation


def link(invitation):
    return f"/invitations/{tokens.make_token(invitation)}/"


def mailed_code(mailoutbox):
    outbox.deliver_waiting()
    return re.search(r"Your code is (\d{6})", mailoutbox[-1].body)[1]


def up_to_the_code(client, invitation):
    client.get(link(invitation))
    return client.post("/register/", FORM)


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06}"


def test_from_the_mail_to_the_first_page(client, invitation, mailoutbox):
    opened = client.get(link(invitation))
    assert (opened.url, opened["Referrer-Policy"]) == ("/register/", "no-referrer")
    page = client.get("/register/").content.decode()
    assert "Ana Reed" in page
    assert "Northgate Hospital" in page
    assert ADDRESS in page
    assert client.post("/register/", FORM).url == "/register/code/"
    code = mailed_code(mailoutbox)
    assert mailoutbox[-1].to == [ADDRESS]
    done = client.post("/register/code/", {"code": f" {code[:3]} {code[3:]} "})
    assert done.status_code == 302
    hazel = User.objects.get(email=ADDRESS)
    assert int(client.session["_auth_user_id"]) == hazel.pk
    assert (hazel.name, hazel.timezone, hazel.check_password(FORM["password"])) == (
        "Hazel Moss",
        "Europe/Paris",
        True,
    )
    invitation.refresh_from_db()
    assert (invitation.accepted_by, invitation.code_hash) == (hazel, "")
    events = AuditEvent.objects.filter(by_id=hazel.pk).values_list("action", flat=True)
    assert {Action.USER_REGISTER, Action.INVITATION_ACCEPT, Action.SIGN_IN} <= set(events)


def test_the_password_is_kept_between_the_steps_as_a_hash_alone(client, invitation):
    up_to_the_code(client, invitation)
    assert FORM["password"] not in str(dict(client.session))


def test_the_code_stands_nowhere_once_it_is_mailed(client, invitation, mailoutbox):
    up_to_the_code(client, invitation)
    code = mailed_code(mailoutbox)
    invitation.refresh_from_db()
    rows = (
        str(list(OutboxMail.objects.values())) + str(list(AuditEvent.objects.values())) + invitation.code_hash
    )
    assert code not in rows.replace(str(invitation.uuid), "")


def test_a_forwarded_link_alone_registers_nobody(client, invitation):
    up_to_the_code(client, invitation)
    code = "000000"
    Invitation.objects.filter(pk=invitation.pk).update(code_hash=tokens.hash_code(invitation, "111111"))
    answer = client.post("/register/code/", {"code": code})
    assert answer.status_code == 422
    assert WRONG_CODE in answer.content.decode()
    assert not User.objects.filter(email=ADDRESS).exists()
    [event] = AuditEvent.objects.filter(action=Action.DENIED)
    assert (event.outcome, event.invitation_uuid) == ("refused", invitation.uuid)


def test_five_tries_and_then_not_even_the_right_code(client, invitation, mailoutbox):
    up_to_the_code(client, invitation)
    code = mailed_code(mailoutbox)
    for _ in range(5):
        client.post("/register/code/", {"code": wrong(code)})
    answer = client.post("/register/code/", {"code": code})
    assert NO_TRY_LEFT in answer.content.decode()
    assert not User.objects.filter(email=ADDRESS).exists()


def test_a_wrong_code_says_how_many_tries_are_left_and_the_last_what_to_do(client, invitation, mailoutbox):
    up_to_the_code(client, invitation)
    code = mailed_code(mailoutbox)
    said = [client.post("/register/code/", {"code": wrong(code)}).content.decode() for _ in range(5)]
    left = [
        "You have 4 tries left.",
        "You have 3 tries left.",
        "You have 2 tries left.",
        "You have 1 try left.",
    ]
    told = [f"{WRONG_CODE} {then}" in page for then, page in zip([*left, NO_TRY_LEFT], said, strict=True)]
    assert told == [True] * 5


def test_in_place_of_a_code_without_a_try_a_new_one_is_mailed_at_once(client, invitation, mailoutbox):
    up_to_the_code(client, invitation)
    code = mailed_code(mailoutbox)
    for _ in range(5):
        client.post("/register/code/", {"code": wrong(code)})
    page = client.post("/register/code/new/", follow=True)
    assert CODE_SENT_JUST_NOW not in page.content.decode()
    assert OutboxMail.objects.count() == 2


def test_a_new_code_gives_new_tries_but_ten_a_day_are_enough(client, invitation, mailoutbox, clock):
    up_to_the_code(client, invitation)
    for _ in range(9):
        clock.move(seconds=31)
        client.post("/register/code/new/")
    clock.move(seconds=31)
    page = client.post("/register/code/new/", follow=True)
    assert TOO_MANY_CODES in page.content.decode()
    assert OutboxMail.objects.count() == 10
    clock.move(days=1)
    client.post("/register/code/new/")
    assert OutboxMail.objects.count() == 11


def test_a_code_asked_for_twice_in_a_moment_is_mailed_once(client, invitation):
    up_to_the_code(client, invitation)
    page = client.post("/register/code/new/", follow=True)
    assert CODE_SENT_JUST_NOW in page.content.decode()
    assert client.post("/register/", FORM).url == "/register/code/"
    assert OutboxMail.objects.count() == 1


def test_a_code_is_good_for_a_quarter_of_an_hour(client, invitation, mailoutbox, clock):
    up_to_the_code(client, invitation)
    code = mailed_code(mailoutbox)
    clock.move(minutes=15, seconds=1)
    assert NO_TRY_LEFT in client.post("/register/code/", {"code": code}).content.decode()


def test_a_code_of_another_invitation_does_not_do(db, mailoutbox):
    hazel, moss = make_invitation(), None
    [moss] = invitations.invite_all(
        emails=["moss@elsewhere.example"], by_user=hazel.invited_by, by=acting(hazel.invited_by), now=now()
    ).values()
    registration.send_code(invitation=hazel, by=acting(None))
    code = mailed_code(mailoutbox)
    Invitation.objects.filter(pk=moss.pk).update(
        code_hash=Invitation.objects.get(pk=hazel.pk).code_hash, code_expires_at=moss.expires_at
    )
    with pytest.raises(ValidationError, match="not the code"):
        register_invited(invitation=moss, name="Moss", password=HASHED, code=code, by=acting(None))


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34 5x", "0" * 500, "\x00" * 6]
)
def test_a_malformed_code_is_answered_with_a_sentence_and_costs_no_try(client, invitation, typed):
    up_to_the_code(client, invitation)
    answer = client.post("/register/code/", {"code": typed})
    assert answer.status_code == 422
    assert answer.context["form"].errors["code"]
    invitation.refresh_from_db()
    assert invitation.code_tries == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "\u202e \u200f"),
        ("name", "x" * 201),
        ("password", ""),
        ("password", "short"),
        ("password", "password123"),
        ("password", "31415926535897"),
        ("password", ADDRESS),
        ("password", FORM["name"]),
    ],
)
def test_bad_names_and_passwords_come_back_with_a_sentence(client, invitation, field, value):
    client.get(link(invitation))
    answer = client.post("/register/", {**FORM, field: value}, follow=True)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert not OutboxMail.objects.exists()


def test_back_after_an_error_leads_to_the_form_with_the_name_and_without_the_password(client, invitation):
    client.get(link(invitation))
    answer = client.post("/register/", {"name": "Hazel Moss", "password": "short"})

    # A redirect, so that the browser's Back asks for nothing to be sent again.
    assert (answer.status_code, answer.url) == (302, "/register/")
    page = client.get("/register/").content.decode()
    assert 'value="Hazel Moss"' in page
    assert 'aria-invalid="true"' in page
    assert "short" not in page.replace("too short", "")
    again = client.get("/register/").content.decode()
    assert 'value="Hazel Moss"' in again
    assert 'aria-invalid="true"' not in again
    assert "short" not in str(dict(client.session))


def test_html_and_turning_marks_in_names_do_no_harm(client, db, mailoutbox):
    invitation = make_invitation(by=acting(make_user("<script>ana</script>", email="a@example.org")))
    client.get(link(invitation))
    page = client.get("/register/").content.decode()
    assert "&lt;script&gt;ana" in page
    assert "<script>ana" not in page
    client.post("/register/", {**FORM, "name": "<b>Hazel\u202e</b>\r\nBcc: x"})
    client.post("/register/code/", {"code": mailed_code(mailoutbox)})
    assert User.objects.get(email=ADDRESS).name == "<b>Hazel</b> Bcc: x"
    assert "&lt;b&gt;Hazel&lt;/b&gt;" in client.get("/profile/").content.decode()


def test_opening_is_audited_once_and_looking_at_the_head_not_at_all(client, invitation):
    client.head(link(invitation))
    assert "registration" not in client.session
    for _ in range(3):
        client.get(link(invitation))
    assert AuditEvent.objects.filter(action=Action.INVITATION_OPEN).count() == 1


def test_following_the_link_again_keeps_what_was_typed(client, invitation, mailoutbox):
    up_to_the_code(client, invitation)
    client.get(link(invitation))
    assert client.post("/register/code/", {"code": mailed_code(mailoutbox)}).status_code == 302
    assert User.objects.filter(email=ADDRESS).exists()


@pytest.mark.parametrize("path", ["/invitations/x/", "/invitations/%00/", "/invitations/" + "9" * 3000 + "/"])
def test_a_link_we_did_not_make_does_not_exist(client, db, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/register/", "/register/code/"])
def test_without_a_link_there_is_nothing_to_register_on(client, db, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Open the link in your invitation email" in answer.content.decode()


def test_an_expired_invitation_says_whom_to_ask(client, invitation, clock):
    client.get(link(invitation))
    clock.move(days=31)
    for answer in (client.get(link(invitation), follow=True), client.post("/register/", FORM)):
        assert answer.status_code == 410
        assert "Ask Ana Reed at Northgate Hospital for a new invitation." in answer.content.decode()


def test_a_withdrawn_invitation_says_whom_to_ask_even_at_the_last_step(client, invitation, mailoutbox):
    up_to_the_code(client, invitation)
    code = mailed_code(mailoutbox)
    invitations.withdraw(invitation=invitation, by=acting(invitation.invited_by))
    answer = client.post("/register/code/", {"code": code})
    assert answer.status_code == 410
    assert "This invitation has been withdrawn. Ask Ana Reed" in answer.content.decode()
    assert not User.objects.filter(email=ADDRESS).exists()


def test_a_replaced_link_says_that_there_is_a_newer_one(client, invitation, mailoutbox):
    up_to_the_code(client, invitation)
    code, old = mailed_code(mailoutbox), link(invitation)
    invitations.relink(invitation=invitation, by=acting(invitation.invited_by))
    assert client.post("/register/code/", {"code": code}).status_code == 410
    assert REPLACED in client.get(old, follow=True).content.decode()


def test_a_used_link_leads_to_sign_in_with_a_sentence(client, invitation, mailoutbox):
    up_to_the_code(client, invitation)
    client.post("/register/code/", {"code": mailed_code(mailoutbox)})
    page = Client().get(link(invitation), follow=True)
    assert page.request["PATH_INFO"] == "/sign-in/login/"
    assert "This invitation has been used. Sign in with your address." in page.content.decode()
    again = client.get(link(invitation), follow=False)
    assert client.get(again.url).url == "/"


def test_an_address_registered_meanwhile_leads_to_sign_in_with_a_sentence(client, invitation):
    make_user("Hazel", email=ADDRESS)
    page = client.get(link(invitation), follow=True)
    assert page.request["PATH_INFO"] == "/sign-in/login/"
    assert REGISTERED in page.content.decode()


def test_somebody_else_signed_in_here_is_told_so_and_takes_nothing(client, invitation):
    ben = make_user("Ben", email="ben@example.org")
    client.post("/sign-in/login/", {"login": ben.email, "password": PASSWORD})
    page = client.get(link(invitation), follow=True).content.decode()
    assert "You are signed in as" in page
    assert client.post("/register/", FORM).status_code == 200
    assert not OutboxMail.objects.exists()


def test_without_the_audit_nobody_registers(transactional_db, as_owner, mailoutbox):
    invitation = make_invitation()
    registration.send_code(invitation=invitation, by=acting(None))
    code = mailed_code(mailoutbox)
    as_owner("ALTER TABLE audit_auditevent ADD CONSTRAINT the_audit_is_full CHECK (false) NOT VALID")
    client = Client(raise_request_exception=False)
    with pytest.raises(Exception, match="the_audit_is_full"):
        register_invited(invitation=invitation, name="Hazel", password=HASHED, code=code, by=acting(None))
    assert client.get(link(invitation)).status_code == 500
    assert not User.objects.filter(email=ADDRESS).exists()
    assert Invitation.objects.get().opened_at is None


def test_of_two_who_register_at_once_one_wins_and_the_other_is_told(transactional_db, mailoutbox):
    invitation = make_invitation()
    registration.send_code(invitation=invitation, by=acting(None))
    code = mailed_code(mailoutbox)
    start, outcomes = threading.Barrier(2), []

    def attempt(name):
        try:
            start.wait(timeout=10)
            register_invited(invitation=invitation, name=name, password=HASHED, code=code, by=acting(None))
            outcomes.append("registered")
        except ValidationError as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=[name]) for name in ("Hazel", "Moss")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["registered", "used"]
    assert User.objects.filter(email=ADDRESS).count() == 1


def test_no_number_of_tries_at_once_gets_a_sixth(transactional_db, mailoutbox):
    invitation = make_invitation()
    registration.send_code(invitation=invitation, by=acting(None))
    guess = wrong(mailed_code(mailoutbox))
    start, outcomes = threading.Barrier(12), []

    def attempt():
        try:
            start.wait(timeout=20)
            register_invited(
                invitation=invitation, name="Hazel", password=HASHED, code=guess, by=acting(None)
            )
        except ValidationError as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (outcomes.count("wrong_code"), outcomes.count(None)) == (5, 7)
