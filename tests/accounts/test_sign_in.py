"""Signing in and out, and the password: by invitation only, audited, in small doses."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpResponse
from django.utils import timezone

from accounts.middleware.demands import TimeZoneMiddleware
from accounts.models import OutboxMail, User
from accounts.services import outbox, people
from audit.actions import Action
from audit.models import AuditEvent
from common.text import PASSWORD_HELP
from tests.accounts.test_outbox import dead_broker
from tests.cast import acting
from tests.factories import PASSWORD, make_user
from worklists.services import set_active

__all__ = ["dead_broker"]

SIGN_IN, SIGN_OUT, RESET = "/sign-in/login/", "/sign-in/logout/", "/sign-in/password/reset/"
NEW = "another calm room 42"


def sign_in(client, user, password=PASSWORD, **more):
    return client.post(SIGN_IN, {"login": user.email, "password": password}, **more)


def events(*actions):
    return list(AuditEvent.objects.filter(action__in=actions).order_by("pk"))


@pytest.fixture
def ana(db):
    return make_user("Ana Reed", email="ana@example.org")


@pytest.fixture
def audit_is_full(transactional_db, as_owner):
    """From the moment it is called nothing can be written to the audit."""

    def fill():
        as_owner("ALTER TABLE audit_auditevent ADD CONSTRAINT the_audit_is_full CHECK (false) NOT VALID")

    return fill


def test_signing_in_is_audited_with_the_address_it_came_from(client, ana):
    assert sign_in(client, ana).status_code == 302
    [event] = events(Action.SIGN_IN)
    assert (event.by_id, event.ip_address, event.outcome) == (ana.pk, "127.0.0.1", "success")


@pytest.mark.parametrize(
    "path, missing",
    [
        (SIGN_IN, {"login": ["Enter your email address."], "password": ["Enter your password."]}),
        (RESET, {"email": ["Enter your email address."]}),
        (
            "/sign-in/password/change/",
            {
                "oldpassword": ["Enter your current password."],
                "password1": ["Enter a new password."],
                "password2": ["Enter the new password again."],
            },
        ),
        ("/sign-in/email/", {"email": ["Enter your new email address."]}),
    ],
)
def test_an_empty_form_says_what_to_enter(client, ana, path, missing):
    if path not in (SIGN_IN, RESET):
        sign_in(client, ana)
    answer = client.post(path, {"action_add": "yes"} if "email" in path else {})
    assert answer.context["form"].errors == missing
    assert "There is a problem" in answer.content.decode()


def test_the_pages_of_passwords_say_the_same_of_a_good_one(client, ana):
    sign_in(client, ana)
    page = client.get("/sign-in/password/change/").content.decode()
    assert page.count(PASSWORD_HELP) == 1
    assert "New password again" in page


def test_the_case_of_the_address_does_not_matter(client, ana):
    assert client.post(SIGN_IN, {"login": "ANA@Example.ORG", "password": PASSWORD}).status_code == 302


def test_a_wrong_password_is_audited_and_says_no_more_than_a_wrong_address(client, ana):
    wrong = sign_in(client, ana, "not this one")
    nobody = client.post(SIGN_IN, {"login": "nobody@example.org", "password": "not this one"})
    assert wrong.status_code == nobody.status_code == 200
    assert wrong.context["form"].errors == nobody.context["form"].errors
    found = [(event.by_id, event.outcome, event.detail["address"]) for event in events(Action.SIGN_IN_FAILED)]
    assert found == [(None, "failed", "ana@example.org"), (None, "failed", "nobody@example.org")]


def test_after_five_wrong_passwords_even_the_right_one_waits(client, ana):
    for _ in range(5):
        sign_in(client, ana, "not this one")
    sign_in(client, ana)
    assert "_auth_user_id" not in client.session


def test_a_deactivated_person_cannot_sign_in(client, ana):
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert sign_in(client, ana).url == "/sign-in/inactive/"
    assert "_auth_user_id" not in client.session
    [event] = events(Action.SIGN_IN_FAILED)
    assert (event.outcome, event.detail["why"]) == ("refused", "deactivated")


def test_a_person_deactivated_meanwhile_is_signed_out_on_the_next_request(client, ana):
    sign_in(client, ana)
    assert client.get("/profile/").status_code == 200
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert client.get("/profile/").url.startswith(SIGN_IN)


def test_signing_out_is_audited(client, ana):
    sign_in(client, ana)
    client.post(SIGN_OUT)
    assert [event.by_id for event in events(Action.SIGN_OUT)] == [ana.pk]
    assert "_auth_user_id" not in client.session


def test_without_the_audit_nobody_signs_in(client, transactional_db, audit_is_full):
    ana = make_user("Ana Reed", email="ana@example.org")
    audit_is_full()
    client.raise_request_exception = False
    assert sign_in(client, ana).status_code == 500
    assert client.get("/profile/").status_code == 302
    ana.refresh_from_db()
    assert ana.last_login is None


def test_without_the_audit_no_password_changes(transactional_db, audit_is_full):
    ana = make_user("Ana Reed", email="ana@example.org")
    audit_is_full()
    with pytest.raises(DatabaseError):
        people.set_password(user=ana, password=NEW, reset=False, by=acting(ana))
    assert User.objects.get(pk=ana.pk).check_password(PASSWORD)


def test_a_session_ends_after_half_an_hour_without_a_request(client, ana, clock):
    sign_in(client, ana)
    clock.move(minutes=29)
    assert client.get("/profile/").status_code == 200
    clock.move(minutes=29)
    assert client.get("/profile/").status_code == 200
    clock.move(minutes=31)
    assert client.get("/profile/").url.startswith(SIGN_IN)
    assert "_auth_user_id" not in client.session
    assert [event.detail["why"] for event in events(Action.SESSION_END)] == ["idle"]


def test_a_forgotten_password_is_reset_by_a_mailed_link(client, ana, mailoutbox):
    assert client.post(RESET, {"email": "Ana@example.org"}).status_code == 302
    outbox.deliver_waiting()
    [mail] = mailoutbox
    assert mail.to == ["ana@example.org"]
    link = re.search(r"http://127\.0\.0\.1:8000(/\S+)", mail.body)[1]
    form_page = client.get(link, follow=True)
    assert "set-password" in form_page.request["PATH_INFO"]
    done = client.post(form_page.request["PATH_INFO"], {"password1": NEW, "password2": NEW}, follow=True)
    assert done.content.decode().count("Your password has been changed") == 1
    assert [event.by_id for event in events(Action.PASSWORD_RESET)] == [ana.pk]
    assert sign_in(client, ana, NEW).status_code == 302
    outbox.deliver_waiting()
    assert [mail.subject for mail in mailoutbox[1:]] == ["Your CIMAR password was reset"]


def test_signing_in_and_asking_for_a_password_work_with_the_broker_down(
    client, transactional_db, dead_broker
):
    ana = make_user("Ana Reed", email="ana@example.org")
    started = time.monotonic()
    assert sign_in(client, ana).status_code == 302
    client.post(SIGN_OUT)
    client.post(RESET, {"email": ana.email})
    assert time.monotonic() - started < 5
    assert [mail.recipient for mail in OutboxMail.objects.all()] == [ana.email]


def test_a_reset_link_works_once_and_its_text_is_gone_from_the_outbox(client, ana, mailoutbox):
    client.post(RESET, {"email": ana.email})
    outbox.deliver_waiting()
    assert OutboxMail.objects.get().text_body == ""
    link = re.search(r"http://127\.0\.0\.1:8000(/\S+)", mailoutbox[0].body)[1]
    page = client.get(link, follow=True).request["PATH_INFO"]
    client.post(page, {"password1": NEW, "password2": NEW})
    assert client.get(link, follow=True).context["token_fail"] is True


def test_a_reset_for_nobody_mails_nobody_and_says_the_same(client, ana, mailoutbox):
    known, unknown = (
        client.post(RESET, {"email": ana.email}),
        client.post(RESET, {"email": "nobody@example.org"}),
    )
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert outbox.deliver_waiting() == 1
    assert [mail.to for mail in mailoutbox] == [[ana.email]]
    assert not OutboxMail.objects.waiting().exists()


def test_a_reset_link_nobody_could_use_any_more_is_not_mailed(client, ana, clock):
    client.post(RESET, {"email": ana.email})
    clock.move(hours=1, minutes=1)
    assert outbox.deliver_waiting() == 0
    assert OutboxMail.objects.get().dropped_at is not None


def test_a_changed_password_is_audited_and_told(client, ana):
    sign_in(client, ana)
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.post("/sign-in/password/change/", form).url == "/profile/"
    assert [event.by_id for event in events(Action.PASSWORD_CHANGE)] == [ana.pk]
    assert [mail.kind for mail in OutboxMail.objects.all()] == ["password_changed"]
    assert client.get("/profile/").status_code == 200


def test_nobody_signs_up_without_an_invitation(client, db):
    assert "You need an invitation to register" in client.get("/sign-in/signup/").content.decode()
    client.post("/sign-in/signup/", {"email": "new@example.org", "password1": NEW})
    assert not User.objects.filter(email="new@example.org").exists()


def test_an_address_nobody_proved_is_proved_by_a_mailed_code_at_sign_in(client, db, mailoutbox):
    user = make_user("New Person", email="new@example.org", verified=False)
    assert sign_in(client, user).url == "/sign-in/confirm-email/"
    outbox.deliver_waiting()
    code = re.search(r"Your code is (\S+)", mailoutbox[0].body)[1]
    assert client.post("/sign-in/confirm-email/", {"code": code}).status_code == 302
    assert EmailAddress.objects.get(user=user).verified
    assert [event.detail["proved"] for event in events(Action.USER_CHANGE)] == ["new@example.org"]
    assert client.get("/profile/").status_code == 200


def test_a_part_of_a_page_is_answered_401_and_changes_nothing_on_the_page(client, db):
    answer = client.get("/profile/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Reswap"]) == (401, "none")


@pytest.mark.parametrize(
    ("dest", "mode", "expected"),
    [
        ("empty", "cors", 401),
        ("document", "navigate", 302),
        ("image", "no-cors", 302),
        ("empty", "navigate", 302),
    ],
)
def test_a_script_that_reads_data_is_answered_401_and_not_redirected(client, db, dest, mode, expected):
    """As browsers say it: fetch(), a page, a picture, a link that downloads."""
    answer = client.get("/profile/", headers={"Sec-Fetch-Dest": dest, "Sec-Fetch-Mode": mode})

    assert answer.status_code == expected


def test_a_whole_page_leads_to_sign_in_and_back(client, ana):
    answer = client.get("/profile/?page=2")
    assert answer.url == f"{SIGN_IN}?next=/profile/%3Fpage%3D2"
    assert (
        client.post(answer.url, {"login": ana.email, "password": PASSWORD, "next": "/profile/?page=2"}).url
        == "/profile/?page=2"
    )


def test_sign_in_leads_to_no_other_site(client, ana):
    answer = client.post(
        SIGN_IN, {"login": ana.email, "password": PASSWORD, "next": "https://elsewhere.example/"}
    )
    assert answer.url == "/"


def test_the_admin_has_no_sign_in_of_its_own(client, ana):
    assert client.get("/admin/", follow=True).request["PATH_INFO"] == SIGN_IN
    sign_in(client, ana)
    assert client.get("/admin/", follow=True).status_code == 403
    assert client.post("/admin/login/", {"username": ana.email, "password": PASSWORD}).status_code == 405


def test_times_are_shown_in_the_readers_zone(ana, rf):
    people.change_details(user=ana, name=ana.name, timezone="Asia/Tokyo", by=acting(ana))
    request = rf.get("/")
    request.COOKIES["sessionid"] = "any"
    request.user = User.objects.get(pk=ana.pk)
    zone = TimeZoneMiddleware(lambda request: HttpResponse(timezone.get_current_timezone_name()))(request)
    assert zone.content == b"Asia/Tokyo"
    assert timezone.get_current_timezone_name() == "UTC"


def test_only_a_superuser_deactivates_people(db, ana):
    with pytest.raises(PermissionDenied):
        set_active(user=ana, active=False, by=acting(make_user("Ben")))
    set_active(user=ana, active=False, by=acting(make_user("Sue", is_superuser=True)))
    assert not User.objects.get(pk=ana.pk).is_active
    assert len(events(Action.USER_DEACTIVATE)) == 1
