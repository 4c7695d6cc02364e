"""Each limit is the service's: whoever calls it, from a page or from anywhere else, meets it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Invitation
from accounts.services import limits
from audit import clock
from audit.actor import SYSTEM
from sharing.models import GuestLink, Method
from sharing.services import (
    dialog,
    make_guest_link,
    relink_invitation,
    renew_guest_link,
    resend_invitation,
    share_studies,
)
from sharing.targets import Target
from tests.cast import Cast, acting
from tests.factories import make_user, role_of
from tests.fingerprint import fingerprint
from worklists import services
from worklists.models import InvitedMembership
from worklists.services import MembershipOffer

pytestmark = pytest.mark.django_db

Call = Callable[[Cast], Any]


def share_by_email(cast: Cast) -> Any:
    dora = Target(Method.EMAIL, "dora@example.net")
    return share_studies(placements=[cast.placement.uuid], targets=[dora], by=acting(cast.ana))


def share_urgent(cast: Cast) -> Any:
    return share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.LOCATION, str(cast.emergency.uuid))],
        by=acting(cast.ana),
        open_by=clock.now() + timedelta(hours=1),
    )


def invite(cast: Cast) -> Any:
    offer = MembershipOffer("olga@example.net", role_of(cast.northgate, "Viewer"))
    return services.invite_members(account=cast.northgate, offers=[offer], by=acting(cast.adam))


def preview(cast: Cast) -> Any:
    offer = MembershipOffer("olga@example.net", role_of(cast.northgate, "Viewer"))
    return services.preview_invitations(account=cast.northgate, offers=[offer], by=acting(cast.adam))


def add_with_code(cast: Cast) -> Any:
    return services.add_worklist(
        account=cast.northgate, kind="group", name="Stroke", share_code="STROKE1", by=acting(cast.adam)
    )


def change_code(cast: Cast) -> Any:
    return services.change_worklist(worklist=cast.chest, share_code="CHEST1", by=acting(cast.adam))


def check_code(cast: Cast) -> Any:
    return services.check_share_code(worklist=cast.chest, share_code="CHEST1", by=acting(cast.adam))


def make_link(cast: Cast) -> Any:
    return make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana))


def renew_link(cast: Cast) -> Any:
    """Of a link that was made before the limit was reached."""
    [link] = GuestLink.objects.all()
    return renew_guest_link(link=link.uuid, generation=1, by=acting(cast.ana))


def use_up_links(cast: Cast) -> None:
    for _ in range(limits.LINKS.person):
        limits.count_guest_link(by=acting(cast.ana), account=cast.northgate.pk)


def make_and_use_up_links(cast: Cast) -> None:
    make_link(cast)
    for _ in range(limits.LINKS.person - 1):
        limits.count_guest_link(by=acting(cast.ana), account=cast.northgate.pk)


def use_up_links_of_the_account(cast: Cast) -> None:
    people = [make_user(f"Maker {number}") for number in range(limits.LINKS.account // limits.LINKS.person)]
    for person in people:
        for _ in range(limits.LINKS.person):
            limits.count_guest_link(by=acting(person), account=cast.northgate.pk)


def use_up_emails(cast: Cast) -> None:
    limits.count_emails(by=acting(cast.ana), account=cast.northgate.pk, emails=limits.EMAILS.person)


def use_up_urgent(cast: Cast) -> None:
    limits.count_urgent(by=acting(cast.ana), account=cast.northgate.pk, recipients=limits.URGENT.person)


def use_up_invited(cast: Cast) -> None:
    limits.count_invited(by=acting(cast.adam), emails=limits.MOST_INVITED)


def use_up_codes(cast: Cast) -> None:
    for _ in range(limits.CODES.person):
        limits.count_typed_code(by=acting(cast.adam), account=cast.northgate.pk)


CASES: dict[str, tuple[Call, Call, str]] = {
    "share by email": (use_up_emails, share_by_email, limits.TOO_MANY_EMAILS),
    "make a guest link": (use_up_links, make_link, limits.TOO_MANY_LINKS),
    "make a guest link in an account that made many": (
        use_up_links_of_the_account,
        make_link,
        limits.TOO_MANY_LINKS,
    ),
    "share as urgent": (use_up_urgent, share_urgent, limits.TOO_MANY_URGENT),
    "invite": (use_up_invited, invite, limits.too_many_invited()),
    "preview invitations": (use_up_invited, preview, limits.too_many_invited()),
    "add a worklist with a code": (use_up_codes, add_with_code, limits.TOO_MANY_CODES_TYPED),
    "change a code": (use_up_codes, change_code, limits.TOO_MANY_CODES_TYPED),
    "check a code": (use_up_codes, check_code, limits.TOO_MANY_CODES_TYPED),
}


@pytest.mark.parametrize("name", CASES)
def test_past_its_limit_a_service_refuses_and_nothing_changes(cast: Cast, name: str) -> None:
    use_up, call, sentence = CASES[name]
    use_up(cast)
    before = fingerprint()

    with pytest.raises(ValidationError) as refusal:
        call(cast)

    assert refusal.value.messages == [sentence]
    assert fingerprint() == before


@pytest.mark.parametrize("name", CASES)
def test_within_its_limit_a_service_does_what_it_is_asked(cast: Cast, name: str) -> None:
    _, call, _ = CASES[name]

    call(cast)


def test_a_new_url_for_a_guest_link_counts_as_a_link(cast: Cast) -> None:
    make_and_use_up_links(cast)
    before = fingerprint()

    with pytest.raises(ValidationError, match="too many guest links"):
        renew_link(cast)

    assert fingerprint() == before


def test_a_new_url_that_is_emailed_counts_as_an_email(cast: Cast) -> None:
    link = make_guest_link(
        placements=[cast.placement.uuid], by=acting(cast.ana), recipient_email="lee@example.net"
    )
    limits.count_emails(by=acting(cast.ana), account=cast.northgate.pk, emails=limits.EMAILS.person - 1)
    before = fingerprint()

    with pytest.raises(ValidationError) as refusal:
        renew_guest_link(link=link.uuid, generation=1, by=acting(cast.ana), mail=True)

    assert refusal.value.messages == [limits.TOO_MANY_EMAILS]
    assert fingerprint() == before


@pytest.mark.parametrize("send", [resend_invitation, relink_invitation])
def test_a_clinicians_invitation_is_mailed_again_as_often_as_the_limit_says(cast: Cast, send: Any) -> None:
    share_by_email(cast)
    invitation = Invitation.objects.get(email="dora@example.net")
    for _ in range(limits.MOST_MAILS_OF_AN_INVITATION):
        send(invitation=invitation.uuid, by=acting(cast.ana))
    before = fingerprint()

    with pytest.raises(ValidationError, match="sent 5 times in the last hour"):
        send(invitation=invitation.uuid, by=acting(cast.ana))

    assert fingerprint() == before


@pytest.mark.parametrize("send", [services.resend_staff_invitation, services.relink_staff_invitation])
def test_an_administrators_invitation_is_mailed_again_as_often_as_the_limit_says(
    cast: Cast, send: Any
) -> None:
    invite(cast)
    membership = InvitedMembership.objects.get(invitation__email="olga@example.net")
    for _ in range(limits.MOST_MAILS_OF_AN_INVITATION):
        send(membership=membership, by=acting(cast.adam))
    before = fingerprint()

    with pytest.raises(ValidationError, match="sent 5 times in the last hour"):
        send(membership=membership, by=acting(cast.adam))

    assert fingerprint() == before


def test_whoever_may_not_send_uses_up_nothing(cast: Cast) -> None:
    invite(cast)
    membership = InvitedMembership.objects.get(invitation__email="olga@example.net")
    for _ in range(limits.MOST_MAILS_OF_AN_INVITATION + 1):
        with pytest.raises(Exception, match="Only an administrator"):
            services.resend_staff_invitation(membership=membership, by=acting(cast.vera))

    services.resend_staff_invitation(membership=membership, by=acting(cast.adam))


def test_codes_past_the_limit_are_left_out_of_the_look_up(cast: Cast) -> None:
    codes = ["RIVERSIDE", *(f"CODE{number:04}" for number in range(limits.CODES.person))]

    read = dialog.read_back(codes=codes, by=acting(cast.ana), ticked=cast.ct)

    assert [code for code, _ in read.answers] == codes[: limits.CODES.person]
    assert read.not_asked == codes[limits.CODES.person :]
    assert read.answers[0][1].label == "Riverside Clinic — Riverside Imaging"


def test_the_site_by_itself_has_no_limit() -> None:
    limits.count_invited(by=SYSTEM, emails=limits.MOST_INVITED + 1)
    limits.count_emails(by=SYSTEM, account=None, emails=limits.EMAILS.person + 1)
    assert limits.may_look_up(by=SYSTEM, account=None)
