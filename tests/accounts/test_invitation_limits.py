"""How often somebody may have an invitation mailed again, and be told what an address or a code is."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Invitation, OutboxMail
from accounts.services import limits
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from tests.cast import Cast, acting
from tests.factories import role_of
from tests.fingerprint import fingerprint
from tests.plumbing.database import Clock
from worklists import services
from worklists.models import Worklist
from worklists.services import MembershipOffer

pytestmark = pytest.mark.django_db

OFTEN = limits.too_many_mails_of_an_invitation()
MANY = limits.too_many_mails()
ADDRESSES = limits.too_many_invited()


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def said(response: Any) -> str:
    """What the page after a deed says of it."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


# Mailed again


def clinicians(cast: Cast) -> tuple[Any, Invitation, list[str]]:
    to_dora = [Target(Method.EMAIL, "dora@example.net")]
    share_studies(placements=[cast.placement.uuid], targets=to_dora, by=acting(cast.ana))
    row = Invitation.objects.get(email="dora@example.net")
    return cast.ana, row, [reverse(f"sharing:{deed}", args=[row.uuid]) for deed in ("resend", "relink")]


def staffs(cast: Cast) -> tuple[Any, Invitation, list[str]]:
    offer = MembershipOffer("olga@example.net", role_of(cast.northgate, "Viewer"))
    services.invite_members(account=cast.northgate, offers=[offer], by=acting(cast.adam))
    row = Invitation.objects.get(email="olga@example.net")
    deeds = ("resend", "new_link")
    return cast.adam, row, [reverse(f"admin:accounts_invitation_{deed}", args=[row.pk]) for deed in deeds]


BOTH = pytest.mark.parametrize("whose", [clinicians, staffs])


@BOTH
def test_one_invitation_is_mailed_again_five_times_an_hour(cast: Cast, clock: Clock, whose: Any) -> None:
    by, _, (resend, relink) = whose(cast)
    client = signed_in(by)
    for url in (resend, relink, resend, relink, resend):
        assert OFTEN not in said(client.post(url, follow=True))
    mails = OutboxMail.objects.count()
    before = fingerprint()

    answers = [said(client.post(url, follow=True)) for url in (resend, relink)]

    assert [OFTEN in answer for answer in answers] == [True, True]
    assert fingerprint() == before
    clock.move(hours=1, seconds=1)
    assert OFTEN not in said(signed_in(by).post(resend, follow=True))
    assert OutboxMail.objects.count() == mails + 1


@BOTH
def test_another_invitation_has_a_count_of_its_own(cast: Cast, whose: Any) -> None:
    by, row, (resend, _) = whose(cast)
    for _ in range(5):
        limits.count_mail(invitation=Invitation(pk=row.pk + 1), by=acting(by))

    assert "We have sent the invitation" in said(signed_in(by).post(resend, follow=True))


@BOTH
def test_one_person_has_a_hundred_invitations_mailed_again_an_hour(cast: Cast, whose: Any) -> None:
    by, row, (resend, _) = whose(cast)
    for number in range(1, 101):
        limits.count_mail(invitation=Invitation(pk=row.pk + number), by=acting(by))
    client = signed_in(by)
    before = fingerprint()

    answer = client.post(resend, follow=True)

    assert MANY in said(answer)
    assert fingerprint() == before


@pytest.mark.parametrize("whose, who", [(clinicians, "ben"), (clinicians, "adam"), (staffs, "rita")])
def test_whoever_may_not_see_an_invitation_uses_up_nothing_of_it(cast: Cast, whose: Any, who: str) -> None:
    by, _, (resend, _) = whose(cast)
    stranger = signed_in(getattr(cast, who))

    assert {stranger.post(resend).status_code for _ in range(6)} == {404}

    assert "We have sent the invitation" in said(signed_in(by).post(resend, follow=True))


# Addresses looked up and invited

ONE, SEVERAL = reverse("admin:accounts_invitation_add"), reverse("admin:accounts_invitation_batch")
A_LIST = "email,role,worklists\np1@example.net,Viewer,\np2@example.net,Viewer,\n"


def agreed_by(client: Client) -> dict[str, str]:
    """What the page that shows what would come of the list sends on when its button is pressed."""
    looked = client.post(SEVERAL, {"pasted": A_LIST}).content.decode()
    [agreed] = re.findall(r'name="agreed" value="([^"]+)"', looked)
    return {"agreed": agreed}


def test_whoever_is_invited_alone_counts_as_in_a_list(cast: Cast) -> None:
    limits.count_invited(by=acting(cast.adam), emails=999)
    role = role_of(cast.northgate, "Viewer").pk
    adam = signed_in(cast.adam)
    assert adam.post(ONE, {"email": "p1@example.net", "role": role}).status_code == 302
    before = fingerprint()

    answer = adam.post(ONE, {"email": "p2@example.net", "role": role})

    assert (answer.status_code, ADDRESSES in said(answer)) == (422, True)
    assert "p2@example.net" in answer.content.decode()
    assert fingerprint() == before


def test_what_a_look_agreed_to_counts_when_it_is_done(cast: Cast) -> None:
    limits.count_invited(by=acting(cast.adam), emails=997)
    adam = signed_in(cast.adam)
    agreed = agreed_by(adam)
    before = fingerprint()

    answer = adam.post(SEVERAL, agreed)

    assert (answer.status_code, ADDRESSES in said(answer)) == (422, True)
    assert f'name="agreed" value="{agreed["agreed"]}"' in answer.content.decode()
    assert "p1@example.net Will be invited Viewer" in said(answer)
    assert fingerprint() == before


def test_what_was_agreed_to_is_still_good_when_the_hours_count_is_over(cast: Cast, clock: Clock) -> None:
    limits.count_invited(by=acting(cast.adam), emails=997)
    clock.move(minutes=50)
    agreed = agreed_by(signed_in(cast.adam))
    assert signed_in(cast.adam).post(SEVERAL, agreed).status_code == 422

    clock.move(minutes=11)

    assert signed_in(cast.adam).post(SEVERAL, agreed).status_code == 200
    assert Invitation.objects.filter(email__in=["p1@example.net", "p2@example.net"]).count() == 2


# Share codes

CODES = limits.TOO_MANY_CODES_TYPED


def try_on_the_form(client: Client, worklist: Worklist, code: str) -> Any:
    page = reverse("admin:worklists_worklist_code", args=[worklist.pk])
    return client.post(page, {"change": "type", "code": code})


def try_with_a_new_worklist(client: Client, worklist: Worklist, code: str) -> Any:
    """A name that is taken: a code that is free leaves nothing either."""
    form = {"kind": worklist.kind, "name": worklist.name, "takes_shares": "on", "share_code": code}
    return client.post(reverse("admin:worklists_worklist_add"), form)


@pytest.mark.parametrize("attempt", [try_on_the_form, try_with_a_new_worklist])
def test_who_tries_codes_is_told_of_twenty_a_minute(cast: Cast, clock: Clock, attempt: Any) -> None:
    services.change_worklist(worklist=cast.imaging, share_code="RIVERBANK1", by=acting(cast.rita))
    adam = signed_in(cast.adam)
    for _ in range(20):
        assert "This share code is taken." in said(attempt(adam, cast.ct, "RIVERBANK1"))
    before = fingerprint()

    answers = [said(attempt(adam, cast.ct, code)) for code in ("RIVERBANK1", "NOBODYS1")]

    assert [(CODES in answer, "taken" in answer) for answer in answers] == [(True, False)] * 2
    assert fingerprint() == before
    clock.move(minutes=1)
    assert "This share code is taken." in said(attempt(adam, cast.ct, "RIVERBANK1"))


def test_codes_tried_here_and_looked_up_while_sharing_are_one_count(cast: Cast) -> None:
    adam = signed_in(cast.adam)
    for number in range(20):
        dialog = {"placement": [str(cast.placement.uuid)], "new_code": f"WRONG{number}"}
        adam.post(reverse("sharing:share_check"), dialog, headers={"HX-Trigger": "share-codes"})

    assert CODES in said(try_on_the_form(adam, cast.ct, "RIVERBANK1"))
