"""Inviting people in the administration: the list of invitations, and a person invited by the form."""

import re
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import AccountMembership, Invitation, OutboxMail
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from tests.administering import adam
from tests.administration.test_people import text_of
from tests.cast import acting
from tests.factories import join, make_role, make_user, role_of
from tests.fingerprint import fingerprint
from worklists import services
from worklists.models import InvitedMembership
from worklists.services import MembershipOffer

__all__ = ["adam"]

pytestmark = pytest.mark.django_db


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:accounts_invitation_{name}", args=args)


def invite(cast: Any, typed: str = "dora@example.net", role: str = "Viewer") -> InvitedMembership:
    offer = MembershipOffer(typed, role_of(cast.northgate, role), ((cast.ct, None),))
    services.invite_members(account=cast.northgate, offers=[offer], by=acting(cast.adam))
    return InvitedMembership.objects.get(invitation__email=typed)


def invite_riverside(cast: Any) -> InvitedMembership:
    offer = MembershipOffer("secret@elsewhere.example", role_of(cast.riverside, "Viewer"))
    services.invite_members(account=cast.riverside, offers=[offer], by=acting(cast.rita))
    return InvitedMembership.objects.get(invitation__email="secret@elsewhere.example")


# --- The list and one invitation


def test_the_list_says_who_to_what_in_which_state_until_when(adam, cast):
    invite(cast)

    text = text_of(adam.get(page("changelist")))

    assert re.search(r"dora@example.net Viewer 1 Waiting \d+ \w+ \d{4}, \d\d:\d\d Adam", text)


@pytest.mark.parametrize(
    "state, shown",
    [
        ("waiting", "dora"),
        ("expired", "erik"),
        ("withdrawn", "fred"),
        ("accepted", "gina"),
        ("declined", "hugo"),
    ],
)
def test_the_states_are_words_and_a_filter(adam, cast, state, shown):
    from sharing.services import withdraw_staff_invitation

    rows = {name: invite(cast, f"{name}@example.net") for name in ("dora", "erik", "fred", "gina", "hugo")}
    Invitation.objects.filter(email="erik@example.net").update(expires_at="2020-01-01T00:00Z")
    withdraw_staff_invitation(membership=rows["fred"], by=acting(cast.adam))
    gina, hugo = (make_user(name, email=f"{name}@example.net") for name in ("gina", "hugo"))
    offered = rows["gina"].invitation.uuid, rows["gina"].offered_at
    services.accept_offer(invitation=offered[0], offered_at=offered[1], by=acting(gina))
    services.decline_offer(invitation=rows["hugo"].invitation.uuid, by=acting(hugo))

    text = text_of(adam.get(f"{page('changelist')}?state={state}"))

    assert [name for name in rows if f"{name}@example.net" in text] == [shown]
    assert state.capitalize() in text


def test_neither_another_accounts_nor_a_clinicians_invitation_is_seen(adam, cast):
    theirs = invite_riverside(cast).invitation
    target = Target(Method.EMAIL, "patient@example.net")
    share = (
        share_studies(placements=[cast.placement.uuid], targets=[target], by=acting(cast.ana)).rows[0].share
    )
    before = fingerprint()

    text = text_of(adam.get(f"{page('changelist')}?q=e"))

    assert "secret@" not in text and "patient@" not in text
    for one in (theirs, share.invitation):
        for name in ("change", "history", "withdraw", "resend", "new_link", "delete"):
            assert adam.get(page(name, one.pk)).status_code == 404
            assert adam.post(page(name, one.pk)).status_code in (404, 405)
    assert fingerprint() == before


def test_an_invitation_is_sent_again_given_a_new_link_and_withdrawn(adam, cast):
    invitation = invite(cast).invitation
    where = page("change", invitation.pk)

    assert "Send a new link" in text_of(adam.get(where))
    assert "with the same link" in text_of(adam.post(page("resend", invitation.pk), follow=True))
    assert "The old link no longer works." in text_of(adam.post(page("new_link", invitation.pk), follow=True))
    assert "The link in the email stops working." in text_of(adam.get(page("withdraw", invitation.pk)))
    withdrawn = text_of(adam.post(page("withdraw", invitation.pk), follow=True))

    assert "was withdrawn. Its link no longer works." in withdrawn and "Send again" not in withdrawn
    invitation.refresh_from_db()
    assert (invitation.generation, invitation.withdrawn_by) == (2, cast.adam)
    assert OutboxMail.objects.filter(kind="staff_invitation").count() == 3
    assert "withdrawn in the meantime" in text_of(adam.post(page("resend", invitation.pk), follow=True))


def test_withdrawing_beside_a_clinicians_promise_says_that_the_link_goes_on(adam, cast):
    invitation = invite(cast).invitation
    target = Target(Method.EMAIL, "dora@example.net")
    share_studies(placements=[cast.placement.uuid], targets=[target], by=acting(cast.ana))

    before = text_of(adam.get(page("withdraw", invitation.pk)))
    after = text_of(adam.post(page("withdraw", invitation.pk), follow=True))

    assert "The link keeps working, because a clinician has shared a study" in before
    assert "Its link still works for the studies that clinicians shared with this address." in after


@pytest.mark.parametrize("name", ["resend", "new_link"])
def test_a_deed_wants_a_post(adam, cast, name):
    assert adam.get(page(name, invite(cast).invitation.pk)).status_code == 405


# --- One person


def form(cast: Any, **more: Any) -> dict[str, Any]:
    return {
        "email": "dora@example.net", "role": role_of(cast.northgate, "Viewer").pk, "rows": "3",
        "place-0-worklist": cast.ct.pk, "place-0-role": role_of(cast.northgate, "Radiologist").pk,
        "place-1-worklist": cast.chest.pk, **more,
    }  # fmt: skip


def test_one_person_is_invited_with_worklists_and_roles(adam, cast):
    response = adam.post(page("add"), form(cast), follow=True)

    assert "dora@example.net has been invited by email." in text_of(response)
    row = InvitedMembership.objects.get()
    places = {
        (offered.worklist.name, offered.role.name if offered.role else None)
        for offered in row.worklists.all()
    }
    assert (row.role.name, places) == ("Viewer", {("CT Reporting", "Radiologist"), ("Chest Clinic", None)})


def test_who_is_registered_is_invited_like_anyone_else(adam, cast):
    response = adam.post(page("add"), form(cast, email=cast.ed.email), follow=True)

    assert f"{cast.ed.email} has been invited by email." in text_of(response)
    assert not AccountMembership.objects.filter(user=cast.ed, account=cast.northgate).exists()


@pytest.mark.parametrize(
    "more, sentence",
    [
        (
            {"email": "ana@example.org"},
            "Ana is already a member of the account.",
        ),
        ({"email": "nobody"}, "Enter an email address, such as name@example.org."),
        ({"role": ""}, "Choose a role."),
        ({"role": "999999999"}, "There is no such role in this account."),
        ({"place-0-worklist": "999999999"}, "There is no such worklist in this account."),
        ({"place-1-worklist": "{ct}"}, "A worklist is named twice for this person."),
        ({"rows": "9" * 40, "email": ""}, "Enter the email address."),
    ],
)
def test_what_cannot_be_brings_the_form_again_with_the_sentence(adam, cast, more, sentence):
    before = fingerprint()
    sent = form(cast, **{name: str(value).format(ct=cast.ct.pk) for name, value in more.items()})

    response = adam.post(page("add"), sent)

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert fingerprint() == before


def test_roles_and_worklists_of_another_account_are_no_choices(adam, cast):
    theirs = role_of(cast.riverside, "Viewer")
    asked = text_of(adam.get(page("add")))
    response = adam.post(page("add"), form(cast, **{"role": theirs.pk, "place-0-worklist": cast.imaging.pk}))

    assert "Riverside Imaging" not in asked and "CT Reporting (location)" in asked
    assert "There is no such role in this account." in text_of(response)
    assert not Invitation.objects.exists()


def test_more_worklists_are_asked_for_without_script_and_nothing_is_lost(adam, cast):
    response = adam.post(page("add"), form(cast, more="1"))

    asked = response.content.decode()
    assert response.status_code == 200 and "place-5-worklist" in asked and "Problem: " not in asked
    assert f'<option value="{cast.ct.pk}" selected>' in asked and "dora@example.net" in asked


def test_what_the_inviters_role_lacks_is_said_on_the_form(cast, client):
    clerk = make_role(cast.northgate, "Clerk", ["administer_account"])
    mina = make_user("Mina")
    join(mina, cast.northgate, clerk)
    client.force_login(mina)

    response = client.post(page("add"), form(cast))

    assert response.status_code == 422
    assert "your own role in this account does not have" in text_of(response)


def test_a_superuser_on_the_whole_platform_chooses_an_account_first(cast, client):
    client.force_login(cast.sue)

    for name in ("add", "batch"):
        assert client.get(page(name))["Location"].startswith(reverse("admin:choose_account"))
    assert client.get(page("changelist")).status_code == 200
