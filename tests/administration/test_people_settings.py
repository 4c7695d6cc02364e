"""An account's settings, and what superusers do about users: in the administration."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AccountMembership, Invitation, LifePolicy, OutboxMail, User
from accounts.services.second_factor import add_app
from audit import clock as database
from audit.actions import Action
from audit.actor import OPERATOR
from audit.history import sentence
from audit.models import AuditEvent
from tests.administering import adam, sue
from tests.administration.test_people import text_of
from tests.cast import acting
from tests.fingerprint import fingerprint
from worklists import services

__all__ = ["adam", "sue"]

pytestmark = pytest.mark.django_db


def account_page(name: str, *args: Any) -> str:
    return reverse(f"admin:accounts_account_{name}", args=args)


def user_page(name: str, *args: Any) -> str:
    return reverse(f"admin:accounts_user_{name}", args=args)


def filled(**more: Any) -> dict[str, Any]:
    return {
        "name": "Northgate Hospital", "timezone": "Europe/London", "invitation_days": "30",
        "idle_minutes": "", "second_factor_in": "", **more,
    }  # fmt: skip


# --- Settings


def test_settings_are_changed_and_the_trail_says_what_was_and_is(adam, cast):
    sent = filled(name="Northgate Trust", timezone="Europe/Paris", invitation_days="14", idle_minutes="20")

    response = adam.post(account_page("change", cast.northgate.pk), sent, follow=True)

    assert "The settings are saved." in text_of(response)
    account = Account.objects.get(pk=cast.northgate.pk)
    assert (account.name, account.timezone, account.invitation_days, account.idle_minutes) == (
        "Northgate Hospital", "Europe/Paris", 14, 20,
    )  # fmt: skip
    event = AuditEvent.objects.get(action=Action.ACCOUNT_CHANGE)
    assert event.detail == {
        "was": {"timezone": "Europe/London", "invitation_days": 30, "idle_minutes": None},
        "now": {"timezone": "Europe/Paris", "invitation_days": 14, "idle_minutes": 20},
    }
    assert "changed the settings of" in text_of(adam.get(account_page("history", cast.northgate.pk)))


def test_the_mark_on_images_is_removed_by_accepting_what_stands_beside_the_box(adam, cast):
    page = account_page("change", cast.northgate.pk)
    assert "takes responsibility for that use" in text_of(adam.get(page))

    adam.post(page, filled(primary_diagnosis="on", blanks_images="on"), follow=True)

    account = Account.objects.get(pk=cast.northgate.pk)
    assert account.primary_diagnosis_at is not None
    assert account.blanks_images
    assert "Accepted on" in text_of(adam.get(page))
    adam.post(page, filled(), follow=True)
    account.refresh_from_db()
    assert (account.primary_diagnosis_at, account.primary_diagnosis_text) == (None, "")


def of_the_platform(cast):
    """Sue with a browser of her own, beside Adam's."""
    client = Client()
    client.force_login(cast.sue)
    return client


def test_another_name_waits_until_the_platform_confirms_it(adam, cast):
    sue = of_the_platform(cast)
    settings, identity = (
        account_page("change", cast.northgate.pk),
        account_page("identity", cast.northgate.pk),
    )
    waits = "“Northgate Trust” is shown as soon as the people who run CIMAR have confirmed it."

    asked = adam.post(settings, filled(name="Northgate Trust"), follow=True)
    adam.post(settings, filled(name="Northgate Trust"))  # saved again, it goes on waiting
    sue.post(settings, filled())  # and the platform's own change of something else leaves it waiting
    shown = text_of(sue.get(identity))
    refused = adam.post(identity, {"decision": "confirm"})

    assert waits in text_of(asked) and "asks to be called Northgate Trust" in shown
    assert (refused.status_code, Account.objects.get(pk=cast.northgate.pk).name) == (
        403,
        "Northgate Hospital",
    )

    known = {"domain": "Northgate.Example.", "town": "Northgate-on-Sea", "decision": "confirm"}
    known["asked"] = "Northgate Trust"
    confirmed = sue.post(identity, known, follow=True)

    account = Account.objects.get(pk=cast.northgate.pk)
    assert "Northgate Trust is confirmed." in text_of(confirmed)
    assert (account.name, account.name_asked_for, account.domain) == (
        "Northgate Trust",
        "",
        "northgate.example",
    )
    assert "Northgate-on-Sea, northgate.example, confirmed by CIMAR." in text_of(adam.get(settings))
    trail = AuditEvent.objects.filter(account_id=cast.northgate.pk, action__startswith="account:name:")
    assert [sentence(event) for event in trail.order_by("pk")][-2:] == [
        "Adam asked to rename Northgate Hospital to “Northgate Trust”",
        "Sue confirmed the name of Northgate Trust, before: “Northgate Hospital”",
    ]
    assert trail.filter(action=Action.ACCOUNT_NAME_ASK).count() == 1


def test_a_name_is_declined_with_a_reason_or_taken_back(adam, cast):
    sue = of_the_platform(cast)
    settings, identity = (
        account_page("change", cast.northgate.pk),
        account_page("identity", cast.northgate.pk),
    )
    adam.post(settings, filled(name="Royal Northgate"))

    sue.post(identity, {"decision": "decline", "why": "Not royal"})
    again = sue.post(identity, {"decision": "decline"})

    assert Account.objects.get(pk=cast.northgate.pk).name_asked_for == ""
    declined = AuditEvent.objects.get(action=Action.ACCOUNT_NAME_DECLINE)
    assert sentence(declined) == ("Sue declined to rename Northgate Hospital to “Royal Northgate”: Not royal")
    assert again.status_code == 422 and "No other name of this account waits" in text_of(again)

    adam.post(settings, filled(name="Northgate Trust"))
    adam.post(settings, filled())
    assert Account.objects.get(pk=cast.northgate.pk).name_asked_for == ""


@pytest.mark.parametrize("wrong", [{"domain": "https://x.example/a"}, {"domain": "x"}, {"town": "a\u202eb"}])
def test_what_is_no_domain_or_town_is_refused(sue, cast, wrong):
    answer = sue.post(account_page("identity", cast.northgate.pk), {"decision": "confirm", **wrong})

    assert answer.status_code == 422
    assert Account.objects.get(pk=cast.northgate.pk).domain == ""


def test_a_name_that_another_account_took_meanwhile_is_not_confirmed(adam, cast):
    sue = of_the_platform(cast)
    adam.post(account_page("change", cast.northgate.pk), filled(name="Northgate Trust"))
    services.create_account(name="Northgate Trust", by=OPERATOR)

    filled_in = {"decision": "confirm", "asked": "Northgate Trust"}
    answer = sue.post(account_page("identity", cast.northgate.pk), filled_in)

    assert "already an account named “Northgate Trust”" in text_of(answer)
    assert Account.objects.get(pk=cast.northgate.pk).name == "Northgate Hospital"


def test_saving_what_is_writes_nothing(adam, cast):
    before = fingerprint()

    adam.post(account_page("change", cast.northgate.pk), filled())

    assert fingerprint() == before


def test_invitations_from_then_on_live_as_long_as_the_account_says(adam, cast):
    adam.post(account_page("change", cast.northgate.pk), filled(invitation_days="3"))
    role = cast.northgate.roles.get(name="Viewer")

    services.invite_members(
        account=cast.northgate,
        offers=[services.MembershipOffer("dora@example.net", role)],
        by=acting(cast.adam),
    )

    invitation = Invitation.objects.get()
    assert invitation.expires_at - invitation.created_at == timedelta(days=3)


def test_a_second_factor_is_required_after_the_grace_period_and_taken_back(adam, cast):
    where = account_page("change", cast.northgate.pk)
    asked = text_of(adam.get(where))
    assert "10 of 10 active members have no second factor yet. You do not have one yourself" in asked

    adam.post(where, filled(second_factor="on", second_factor_in="7"))
    since = Account.objects.get(pk=cast.northgate.pk).second_factor_from
    assert timedelta(days=6, hours=23) < since - database.now() <= timedelta(days=7)
    assert "Required from" in text_of(adam.get(where))

    adam.post(where, filled(second_factor="on", name="Northgate Trust"))
    assert Account.objects.get(pk=cast.northgate.pk).second_factor_from == since

    adam.post(where, filled(name="Northgate Trust"))
    assert Account.objects.get(pk=cast.northgate.pk).second_factor_from is None


def test_the_page_says_since_when_it_is_required(adam, cast, clock):
    add_app(by=acting(cast.adam), secret="JBSWY3DPEHPK3PXP")
    services.change_account(account=cast.northgate, by=acting(cast.adam), second_factor_in=1)
    clock.move(days=2)

    assert "Required since" in text_of(adam.get(account_page("change", cast.northgate.pk)))


def test_the_life_of_guest_links_is_set_beside_that_of_shares(adam, cast):
    adam.post(
        account_page("lives", cast.northgate.pk), {"preset_guest_link": "3", "longest_guest_link": "60"}
    )

    [policy] = LifePolicy.objects.filter(account=cast.northgate)
    assert (policy.method, policy.preset_days, policy.longest_days) == ("guest_link", 3, 60)
    page = text_of(adam.get(account_page("lives", cast.northgate.pk)))
    assert "30 if left empty, 365 at most." in page


@pytest.mark.parametrize(
    ("preset", "longest", "sentence"),
    [
        ("", "366", "Enter 1 to 365 days."),
        ("0", "", "Enter 1 to 365 days."),
        ("9", "8", "The preset must not be longer than the longest life of the method."),
        ("31", "", "The preset must not be longer than the longest life of the method."),
    ],
)
def test_a_life_that_no_guest_link_may_have_is_refused(adam, cast, preset, longest, sentence):
    sent = {"preset_guest_link": preset, "longest_guest_link": longest}

    answer = adam.post(account_page("lives", cast.northgate.pk), sent)

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not LifePolicy.objects.exists()


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ({"name": " "}, "This field is required."),
        (
            {"name": "riverside CLINIC"},
            "There is already an account named “Riverside Clinic”. Choose another name.",
        ),
        ({"timezone": "Europe/Atlantis"}, "Choose a time zone from the list."),
        ({"invitation_days": "0"}, "Enter 1 to 365 days."),
        ({"invitation_days": ""}, "This field is required."),
        ({"idle_minutes": "4"}, "Enter 5 to 480 minutes, or leave this empty."),
        ({"second_factor": "on", "second_factor_in": "0"}, "Enter 1 to 90 days."),
        ({"second_factor": "on", "second_factor_in": "91"}, "Enter 1 to 90 days."),
        ({"idle_minutes": "999999999999"}, "Enter 5 to 480 minutes"),
    ],
)
def test_what_cannot_be_is_said_in_words_and_changes_nothing(adam, cast, wrong, sentence):
    before = fingerprint()

    response = adam.post(account_page("change", cast.northgate.pk), filled(**wrong))

    assert sentence in text_of(response)
    assert fingerprint() == before


@pytest.mark.parametrize("name", ["change", "history"])
def test_another_accounts_settings_are_as_if_they_did_not_exist(adam, cast, name):
    before = fingerprint()

    assert adam.get(account_page(name, cast.riverside.pk)).status_code == 404
    assert adam.post(account_page("change", cast.riverside.pk), filled()).status_code == 404
    assert fingerprint() == before


def test_the_list_of_one_account_is_its_settings(adam, cast):
    assert adam.get(account_page("changelist"))["Location"] == account_page("change", cast.northgate.pk)
    assert adam.get(account_page("add")).status_code == 403
    assert adam.post(account_page("delete", cast.northgate.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("name", ["rita", "ana", "ed"])
def test_only_who_administers_an_account_changes_it(cast, name):
    with pytest.raises(PermissionDenied):
        services.change_account(account=cast.northgate, by=acting(getattr(cast, name)), name="Mine")

    assert not Account.objects.filter(name="Mine").exists()


def test_a_time_zone_nobody_knows_is_refused_by_the_service(cast):
    with pytest.raises(ValidationError, match="Choose a time zone"):
        services.change_account(account=cast.northgate, by=acting(cast.adam), timezone="../etc/passwd")


def test_a_superuser_makes_an_account_and_its_administrator_is_invited(sue, cast):
    sent = {"name": "Third Hospital", "timezone": "Europe/Dublin", "email": "head@third.example"}

    response = sue.post(account_page("add"), sent, follow=True)

    assert "Third Hospital was created. We have emailed its first administrator." in text_of(response)
    account = Account.objects.get(name="Third Hospital")
    assert (account.timezone, account.roles.count()) == ("Europe/Dublin", 5)
    assert OutboxMail.objects.get().recipient == "head@third.example"
    taken = "There is already an account named “Third Hospital”. Choose another name."
    assert taken in text_of(sue.post(account_page("add"), sent))


# --- Users, for superusers


def test_users_are_the_superusers_to_see(adam, cast):
    for name, args in (
        ("changelist", []), ("change", [cast.ana.pk]), ("history", [cast.ana.pk]), ("deactivate", [cast.ana.pk]),
        ("reactivate", [cast.ana.pk]), ("second_factor", [cast.ana.pk]),
    ):  # fmt: skip
        assert adam.get(user_page(name, *args)).status_code == 403
        assert adam.post(user_page(name, *args)).status_code == 403

    assert User.objects.get(pk=cast.ana.pk).is_active


def test_a_user_is_deactivated_and_let_in_again(sue, cast):
    asked = text_of(sue.get(user_page("deactivate", cast.ana.pk)))
    assert User.objects.get(pk=cast.ana.pk).is_active

    gone = text_of(sue.post(user_page("deactivate", cast.ana.pk), follow=True))
    back = text_of(sue.post(user_page("reactivate", cast.ana.pk), follow=True))

    assert "cannot sign in anywhere on the platform" in asked
    assert "Ana is deactivated and can no longer sign in." in gone and "Deactivated" in gone
    assert "Ana can sign in again" in back
    assert User.objects.get(pk=cast.ana.pk).is_active
    events = AuditEvent.objects.filter(by_id=cast.sue.pk).exclude(action=Action.ADMINISTRATION_READ)
    actions = events.order_by("pk").values_list("action", flat=True)
    assert list(actions) == [Action.USER_DEACTIVATE, Action.USER_REACTIVATE]


def test_nobody_deactivates_themselves(sue, cast):
    response = sue.post(user_page("deactivate", cast.sue.pk), follow=True)

    assert "You cannot deactivate yourself." in text_of(response)
    assert User.objects.get(pk=cast.sue.pk).is_active


def test_a_lost_second_factor_is_taken_away_with_a_reason(sue, cast):
    add_app(by=acting(cast.ana), secret="JBSWY3DPEHPK3PXP")

    shown = text_of(sue.get(user_page("change", cast.ana.pk)))
    without = sue.post(user_page("second_factor", cast.ana.pk), {"why": " "})
    done = text_of(
        sue.post(user_page("second_factor", cast.ana.pk), {"why": "She rang from the ward"}, follow=True)
    )

    assert "Authenticator app" in shown and "Radiologist" in shown
    assert without.status_code == 422 and "Say how you checked the person’s identity." in text_of(without)
    assert "Ana signs in with the password alone until they set up a new second factor." in done
    assert AuditEvent.objects.get(action=Action.FACTOR_TAKE).detail["why"] == "She rang from the ward"


def test_a_users_page_changes_nothing(sue, cast):
    before = fingerprint()

    response = sue.post(user_page("change", cast.ana.pk), {"name": "X", "is_superuser": "on"})

    assert response.status_code == 405
    assert sue.post(user_page("add"), {"email": "x@example.net"}).status_code == 403
    assert sue.post(user_page("delete", cast.ana.pk), {"post": "yes"}).status_code == 403
    assert fingerprint(but={"audit_auditevent"}) == {
        k: v for k, v in before.items() if k != "audit_auditevent"
    }


def test_a_superuser_sees_the_people_of_every_account(sue, cast):
    people = text_of(sue.get(reverse("admin:accounts_accountmembership_changelist")))

    assert "ana@example.org Northgate Hospital" in people and "caro@example.org Riverside Clinic" in people
    assert text_of(sue.get(account_page("changelist"))).count("Europe/London") == 2
    row = AccountMembership.objects.get(user=cast.caro)
    assert sue.get(reverse("admin:accounts_accountmembership_change", args=[row.pk])).status_code == 200
