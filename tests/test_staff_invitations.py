"""People are invited to work for an account: found waiting, claimed, taken back, and never more than was given."""

import re
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts import tokens
from accounts.models import AccountMembership, Invitation, OutboxMail, User
from accounts.services import outbox, registration
from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from sharing.models import Method, Share
from sharing.services import (
    claim_what_waits,
    leave_account,
    share_studies,
    welcome,
    withdraw_invitation,
    withdraw_staff_invitation,
)
from sharing.targets import Target
from tests.factories import PASSWORD, join, make_role, make_user, role_of
from tests.fingerprint import AUDIT, fingerprint
from tests.overlap import address, at_once, queued
from worklists import access, services
from worklists.models import InvitedMembership, InvitedWorklist, WorklistMembership
from worklists.services import Offer, Outcome

ADDRESS = "dora@example.net"
CODE = "123456"


def offer(cast: Any, typed: str = ADDRESS, role: str = "Viewer", *places: Any, **more: Any) -> Offer:
    return Offer(typed, role_of(cast.northgate, role), tuple(places), **more)


def invite(cast: Any, *offers: Offer, by: Any = None) -> list[services.Answer]:
    return services.invite_members(account=cast.northgate, offers=offers, by=by or cast.adam)


def waiting(typed: str = ADDRESS) -> InvitedMembership:
    return InvitedMembership.objects.get(invitation__address=typed)


def register(invitation: Invitation, name: str = "Dora") -> User:
    registration.send_code(invitation=invitation)
    Invitation.objects.filter(pk=invitation.pk).update(code_hash=tokens.hash_code(invitation, CODE))
    invitation.refresh_from_db()
    return welcome(invitation=invitation, name=name, password=make_password(PASSWORD), code=CODE)


def promise(cast: Any, by: Any = None) -> Share:
    target = Target(Method.EMAIL, ADDRESS)
    report = share_studies(placements=[cast.placement.uuid], targets=[target], by=by or cast.ana)
    return report.rows[0].share


# --- Inviting


def test_who_registers_is_a_member_of_what_was_offered(cast):
    radiologist = role_of(cast.northgate, "Radiologist")
    [answer] = invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, radiologist), (cast.chest, None)))

    dora = register(waiting().invitation)

    assert answer.outcome == Outcome.INVITED
    member = AccountMembership.objects.get(user=dora)
    assert (member.account, member.role.name, member.active, member.every_worklist) == (
        cast.northgate, "Viewer", True, False,
    )  # fmt: skip
    assert access.may(dora, "share_study", cast.ct)
    assert access.rights(dora, cast.chest) == {"list_studies", "open_study"}
    assert not access.rights(dora, cast.emergency)


def test_every_worklist_is_offered_and_kept(cast):
    invite(cast, offer(cast, every_worklist=True))

    dora = register(waiting().invitation)

    assert access.may(dora, "list_studies", cast.emergency)


def test_the_mail_says_who_invites_to_which_account_and_holds_nothing_of_a_patient(cast, mailoutbox):
    promise(cast)
    OutboxMail.objects.all().update(delivered_at=None)
    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None)))

    outbox.deliver_waiting()

    mail = next(mail for mail in mailoutbox if "invites you to Northgate" in mail.subject)
    assert mail.to == [ADDRESS] and mail.subject == "Adam invites you to Northgate Hospital on CIMAR"
    assert "“Viewer” and be a member of 1 worklist" in mail.body
    html = mail.alternatives[0].content
    assert re.search(r"/invitations/\S+/", mail.body)[0] in html
    assert "Quill" not in mail.body + html + mail.subject


def test_who_is_registered_is_a_member_at_once_and_told(cast, mailoutbox):
    [answer] = invite(cast, offer(cast, cast.ed.email, "Viewer", (cast.ct, None)))

    outbox.deliver_waiting()

    assert answer.outcome == Outcome.ADDED
    assert access.may(cast.ed, "list_studies", cast.ct)
    assert not Invitation.objects.exists()
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [
        ([cast.ed.email], "You were added to Northgate Hospital on CIMAR")
    ]
    assert "Adam added you" in mailoutbox[0].body


def test_the_same_offer_again_writes_nothing_and_mails_nobody(cast):
    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None)))
    before = fingerprint()

    [answer] = invite(cast, offer(cast, "Dora@Example.net ", "Viewer", (cast.ct, None)))

    assert answer.outcome == Outcome.ALREADY
    assert fingerprint() == before


def test_another_offer_changes_what_waits_without_a_mail(cast):
    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None)))

    [answer] = invite(cast, offer(cast, ADDRESS, "Radiologist", (cast.chest, None)))

    assert answer.outcome == Outcome.CHANGED
    assert waiting().role.name == "Radiologist"
    assert [one.worklist for one in waiting().worklists.all()] == [cast.chest]
    assert OutboxMail.objects.filter(kind="staff_invitation").count() == 1


def test_an_expired_invitation_is_renewed_and_mailed_again(cast, clock):
    invite(cast, offer(cast))
    clock.move(days=31)

    [answer] = invite(cast, offer(cast))

    assert answer.outcome == Outcome.INVITED
    assert Invitation.objects.count() == 1
    assert OutboxMail.objects.filter(kind="staff_invitation").count() == 2


REFUSALS = {
    "ana@example.org": "Ana is a member of the account already.",
    "ina@example.org": "Ina is an inactive member of the account: reactivate them under People.",
    "gone@example.net": "The person with this address is deactivated on the platform and cannot be added.",
    "nobody": "This is not an email address.",
}


@pytest.mark.parametrize("typed", REFUSALS)
def test_a_row_that_cannot_be_is_refused_in_words_and_the_others_are_done(cast, typed):
    make_user("Gone", email="gone@example.net", is_active=False)

    refused, invited = invite(cast, offer(cast, typed), offer(cast))

    assert (refused.outcome, refused.sentence) == (Outcome.REFUSED, REFUSALS[typed])
    assert invited.outcome == Outcome.INVITED
    assert list(Invitation.objects.values_list("address", flat=True)) == [ADDRESS]


def test_the_same_address_twice_is_invited_once(cast):
    first, second = invite(cast, offer(cast), offer(cast, ADDRESS.upper(), "Radiologist"))

    assert (first.outcome, second.outcome) == (Outcome.INVITED, Outcome.REFUSED)
    assert second.sentence == "This address stands in the list twice; the first counts."
    assert waiting().role.name == "Viewer"


def test_a_role_and_a_worklist_of_another_account_are_as_if_they_did_not_exist(cast):
    theirs = role_of(cast.riverside, "Viewer")

    role, place, inside = invite(
        cast,
        Offer("one@example.net", theirs),
        offer(cast, "two@example.net", "Viewer", (cast.imaging, None)),
        offer(cast, "three@example.net", "Viewer", (cast.ct, theirs)),
    )

    assert role.sentence == inside.sentence == "There is no such role in this account."
    assert place.sentence == "There is no such worklist in this account."
    assert not Invitation.objects.exists()


def test_nobody_offers_what_their_own_role_lacks_and_the_trail_says_they_tried(cast):
    clerk = make_role(cast.northgate, "Clerk", ["administer_account", "list_studies", "open_study"])
    mina = make_user("Mina")
    join(mina, cast.northgate, clerk)

    mine, more, by_default = invite(
        cast,
        offer(cast, "one@example.net", "Viewer"),
        offer(cast, "two@example.net", "Radiologist"),
        offer(cast, "three@example.net", "Viewer", (cast.ct, role_of(cast.northgate, "Radiologist"))),
        by=mina,
    )

    assert mine.outcome == Outcome.INVITED
    assert more.sentence.startswith("Your own role in this account does not have")
    assert by_default.outcome == Outcome.REFUSED
    tried = AuditEvent.objects.filter(action=Action.DENIED, outcome="refused", by_id=mina.pk)
    assert sorted(event.detail["address"] for event in tried) == ["three@example.net", "two@example.net"]


@pytest.mark.parametrize("name", ["ana", "vera", "rita", "ed"])
def test_who_does_not_administer_the_account_invites_nobody(cast, name):
    with pytest.raises(PermissionDenied):
        invite(cast, offer(cast), by=getattr(cast, name))

    assert not Invitation.objects.exists()


def test_two_administrators_who_invite_one_address_at_once_make_one_invitation(transactional_db):
    from tests.cast import make_cast

    cast = make_cast()
    carl = make_user("Carl")
    join(carl, cast.northgate, "Administrator", every_worklist=True)

    def deed(by: User) -> Any:
        return lambda: invite(cast, offer(cast), by=by)[0].outcome

    answers = queued(address(ADDRESS), [deed(cast.adam), deed(carl)])
    again = at_once([deed(cast.adam), deed(carl)])

    assert answers == [Outcome.INVITED, Outcome.ALREADY]
    assert again == [Outcome.ALREADY, Outcome.ALREADY]
    assert Invitation.objects.count() == InvitedMembership.objects.count() == 1
    assert OutboxMail.objects.count() == 1


# --- Looking before


def test_a_preview_answers_the_same_and_writes_nothing(cast):
    offers = [offer(cast), offer(cast, cast.ed.email), offer(cast, cast.ana.email)]
    before = fingerprint(but={AUDIT})

    seen = services.preview_invitations(account=cast.northgate, offers=offers, by=cast.adam)

    assert fingerprint(but={AUDIT}) == before
    done = invite(cast, *offers)
    assert [(one.outcome, one.sentence) for one in seen] == [(one.outcome, one.sentence) for one in done]


def test_what_changed_since_it_was_shown_is_not_done(cast):
    offers = [offer(cast), offer(cast, "erika@example.net")]
    make_user("Dora", email=ADDRESS)

    dora, erika = services.invite_members(
        account=cast.northgate, offers=offers, by=cast.adam, shown=[Outcome.INVITED, Outcome.INVITED]
    )

    assert dora.sentence == "This changed since you looked. Look at the list again before you invite."
    assert erika.outcome == Outcome.INVITED
    assert not AccountMembership.objects.filter(user__email=ADDRESS).exists()


def test_the_second_press_finds_its_own_work_done(cast):
    shown = [Outcome.INVITED, Outcome.ADDED]
    offers = [offer(cast), offer(cast, cast.ed.email)]
    services.invite_members(account=cast.northgate, offers=offers, by=cast.adam, shown=shown)
    before = fingerprint()

    again = services.invite_members(account=cast.northgate, offers=offers, by=cast.adam, shown=shown)

    assert [one.outcome for one in again] == [Outcome.ALREADY, Outcome.REFUSED]
    assert again[1].sentence == "Ed is a member of the account already."
    assert fingerprint() == before


def test_two_hundred_people_cost_a_handful_of_statements(cast, django_assert_max_num_queries):
    offers = [offer(cast, f"p{number}@example.net", "Viewer", (cast.ct, None)) for number in range(200)]

    with django_assert_max_num_queries(40):
        answers = invite(cast, *offers)

    assert {one.outcome for one in answers} == {Outcome.INVITED}


# --- Claiming


def test_signing_in_claims_what_waits_for_a_proved_address(cast, client):
    dora = make_user("Dora", email=ADDRESS, verified=False)
    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None)))
    dora.emailaddress_set.update(verified=True)

    client.post("/sign-in/login/", {"login": ADDRESS, "password": PASSWORD})

    assert access.may(dora, "list_studies", cast.ct)
    assert waiting().outcome == "accepted" and waiting().role is None


def test_claiming_twice_gives_once(cast):
    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None)))
    dora = register(waiting().invitation)
    before = fingerprint()

    claim_what_waits(user=dora)

    assert fingerprint() == before


def test_two_accounts_are_claimed_at_once(cast):
    invite(cast, offer(cast))
    services.invite_members(
        account=cast.riverside, offers=[Offer(ADDRESS, role_of(cast.riverside, "Viewer"))], by=cast.rita
    )

    dora = register(Invitation.objects.get(account=cast.riverside))

    accounts = AccountMembership.objects.filter(user=dora).values_list("account__name", flat=True)
    assert set(accounts) == {"Northgate Hospital", "Riverside Clinic"}
    assert not Invitation.objects.filter(accepted_at=None).exists()


def test_an_expired_invitation_gives_nothing(cast, clock):
    invite(cast, offer(cast))
    make_user("Dora", email=ADDRESS)
    clock.move(days=31)

    claim_what_waits(user=User.objects.get(email=ADDRESS))

    assert not AccountMembership.objects.filter(user__email=ADDRESS).exists()


def test_who_is_a_member_already_stays_what_they_are(cast):
    invite(cast, offer(cast, ADDRESS, "Administrator", every_worklist=True))
    dora = make_user("Dora", email=ADDRESS)
    join(dora, cast.northgate, "Viewer")

    claim_what_waits(user=dora)

    member = AccountMembership.objects.get(user=dora)
    assert (member.role.name, member.every_worklist) == ("Viewer", False)
    assert waiting().outcome == "accepted"


def test_a_role_that_waits_on_an_invitation_is_in_use(cast):
    night, day = make_role(cast.northgate, "Night"), make_role(cast.northgate, "Day")
    invite(cast, offer(cast, ADDRESS, "Night", (cast.ct, day)))

    for role in (night, day):
        with pytest.raises(ValidationError, match="in use"):
            services.remove_role(role=role, by=cast.adam)

    withdraw_staff_invitation(membership=waiting(), by=cast.adam)
    services.remove_role(role=night, by=cast.adam)
    services.remove_role(role=day, by=cast.adam)
    assert waiting().role_name == "Night"


def test_a_role_changed_meanwhile_gives_what_it_has_now(cast):
    night = make_role(cast.northgate, "Night", ["list_studies", "open_study", "share_study"])
    invite(cast, offer(cast, ADDRESS, "Night", (cast.ct, None)))
    services.change_role(role=night, permissions=["list_studies"], by=cast.adam)

    dora = register(waiting().invitation)

    assert access.rights(dora, cast.ct) == {"list_studies"}


def test_a_worklist_deleted_meanwhile_is_left_out(cast):
    from sharing.services import delete_worklist

    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None), (cast.chest, None)))
    delete_worklist(worklist=cast.chest, by=cast.adam)

    dora = register(waiting().invitation)

    assert list(WorklistMembership.objects.filter(user=dora).values_list("worklist", flat=True)) == [
        cast.ct.pk
    ]


def test_joining_is_told_as_the_persons_own_deed(cast):
    invite(cast, offer(cast))
    register(waiting().invitation)

    joined = AuditEvent.objects.get(action=Action.MEMBER_ADD)
    assert sentence(joined) == "Dora joined Northgate Hospital as Viewer"
    assert joined.detail["invited_by"] == "Adam"
    offered = AuditEvent.objects.get(action=Action.MEMBER_OFFER)
    assert sentence(offered) == "Adam offered dora@example.net membership of Northgate Hospital as Viewer"


# --- Whoever invited may no longer give it


def _leaves(cast):
    leave_account(membership=AccountMembership.objects.get(user=cast.adam).pk, by=None)


def _is_deactivated(cast):
    User.objects.filter(pk=cast.adam.pk).update(is_active=False)


def _gives_less(cast):
    clerk = make_role(cast.northgate, "Clerk", ["administer_account", "list_studies"])
    membership = AccountMembership.objects.get(user=cast.adam)
    services.change_account_member(membership=membership, role=clerk, by=None)


@pytest.mark.parametrize("lose", [_leaves, _is_deactivated, _gives_less])
def test_an_offer_does_not_outlive_the_right_to_make_it(cast, lose):
    join(make_user("Carl"), cast.northgate, "Administrator")
    invite(cast, offer(cast, ADDRESS, "Radiologist", (cast.ct, None)))
    lose(cast)

    dora = register(waiting().invitation)

    assert not AccountMembership.objects.filter(user=dora).exists()
    assert not access.rights(dora, cast.ct)
    assert (waiting().outcome, waiting().role_name) == ("lapsed", "Radiologist")
    [lapsed] = AuditEvent.objects.filter(action="account:member:lapse", account_id=cast.northgate.pk)
    assert sentence(lapsed) == (
        "The membership of Northgate Hospital offered to dora@example.net lapsed: "
        "who offered it may no longer give it"
    )
    before = fingerprint()
    claim_what_waits(user=dora)
    assert fingerprint() == before


def test_an_offer_lapses_for_the_role_it_gives_on_one_worklist_too(cast):
    join(make_user("Carl"), cast.northgate, "Administrator")
    make_role(cast.northgate, "Small", ["list_studies"])
    invite(cast, offer(cast, ADDRESS, "Small", (cast.ct, role_of(cast.northgate, "Radiologist"))))
    _gives_less(cast)

    dora = register(waiting().invitation)

    assert not access.rights(dora, cast.ct)
    assert waiting().outcome == "lapsed"


def test_what_a_clinician_promised_comes_though_the_membership_lapsed(cast):
    join(make_user("Carl"), cast.northgate, "Administrator")
    share = promise(cast)
    invite(cast, offer(cast))
    _is_deactivated(cast)

    dora = register(waiting().invitation)

    share.refresh_from_db()
    assert share.to_worklist == dora.personal_worklist
    assert waiting().outcome == "lapsed"


def test_what_the_platform_itself_offers_does_not_lapse(cast):
    services.invite_members(account=cast.northgate, offers=[offer(cast)], by=None)
    _is_deactivated(cast)

    dora = register(waiting().invitation)

    assert AccountMembership.objects.get(user=dora).account == cast.northgate


def test_a_lapsed_offer_is_told_by_its_word_in_the_administration(cast):
    carl = make_user("Carl")
    join(carl, cast.northgate, "Administrator")
    invite(cast, offer(cast), offer(cast, "erika@example.net"))
    _is_deactivated(cast)
    register(waiting().invitation)
    client = Client()
    client.force_login(carl)

    listed = client.get("/admin/accounts/invitation/", {"state": "lapsed"}).content.decode()

    assert ADDRESS in listed and "Lapsed" in listed
    assert "erika@example.net" not in listed


# --- Taking back


def test_taking_back_the_membership_ends_the_link_where_nothing_else_waits(cast):
    invite(cast, offer(cast))

    assert withdraw_staff_invitation(membership=waiting(), by=cast.adam)

    assert Invitation.objects.get().withdrawn_at is not None
    assert (waiting().outcome, waiting().role_name) == ("withdrawn", "Viewer")


def test_taking_back_the_membership_leaves_what_a_clinician_promised(cast):
    share = promise(cast)
    invite(cast, offer(cast))

    assert not withdraw_staff_invitation(membership=waiting(), by=cast.adam)
    dora = register(waiting().invitation)

    share.refresh_from_db()
    assert share.to_worklist == dora.personal_worklist
    assert not AccountMembership.objects.filter(user=dora).exists()


def test_a_clinician_who_withdraws_a_promise_leaves_the_membership(cast):
    promise(cast)
    invite(cast, offer(cast))

    ended = withdraw_invitation(invitation=waiting().invitation.uuid, by=cast.ana)
    dora = register(waiting().invitation)

    assert ended == 1
    assert AccountMembership.objects.get(user=dora).account == cast.northgate


def test_what_was_taken_back_can_be_offered_again_on_the_same_invitation(cast):
    promise(cast)
    invite(cast, offer(cast))
    withdraw_staff_invitation(membership=waiting(), by=cast.adam)

    [answer] = invite(cast, offer(cast, ADDRESS, "Radiologist"))

    assert answer.outcome == Outcome.INVITED
    assert (waiting().role.name, waiting().ended_at, waiting().role_name) == ("Radiologist", None, "")
    assert Invitation.objects.count() == 1


def test_a_staff_invitation_is_not_among_a_clinicians_own(cast):
    from sharing.selectors import invitations_of

    invite(cast, offer(cast))
    assert not invitations_of(cast.adam).exists()

    promise(cast, by=cast.adam)
    assert invitations_of(cast.adam).exists()


@pytest.mark.parametrize("again", [services.resend_staff_invitation, services.relink_staff_invitation])
def test_it_is_mailed_again_with_the_same_or_a_new_link(cast, again):
    invite(cast, offer(cast))

    again(membership=waiting(), by=cast.adam)

    assert OutboxMail.objects.filter(kind="staff_invitation", recipient=ADDRESS).count() == 2
    with pytest.raises(PermissionDenied):
        again(membership=waiting(), by=cast.rita)


def test_what_was_withdrawn_or_used_is_neither_sent_nor_withdrawn(cast):
    invite(cast, offer(cast), offer(cast, "erika@example.net"))
    withdraw_staff_invitation(membership=waiting(), by=cast.adam)
    register(waiting("erika@example.net").invitation, "Erika")

    for typed, why in ((ADDRESS, "withdrawn meanwhile"), ("erika@example.net", "registered meanwhile")):
        for deed in (services.resend_staff_invitation, withdraw_staff_invitation):
            with pytest.raises(ValidationError, match=why):
                deed(membership=waiting(typed), by=cast.adam)


def test_a_mail_whose_invitation_was_withdrawn_is_not_sent(cast, mailoutbox):
    invite(cast, offer(cast))
    withdraw_staff_invitation(membership=waiting(), by=cast.adam)

    outbox.deliver_waiting()

    assert not mailoutbox


# --- The database keeps it, whatever the code does


def test_role_and_worklists_are_of_the_invitations_account(cast):
    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None)))
    theirs = role_of(cast.riverside, "Viewer")
    wrongs = [
        lambda: InvitedMembership.objects.update(role=theirs),
        lambda: InvitedMembership.objects.update(account=cast.riverside),
        lambda: InvitedWorklist.objects.update(role=theirs),
        lambda: InvitedWorklist.objects.update(worklist=cast.imaging),
        lambda: InvitedMembership.objects.update(role=None),
    ]

    for wrong in wrongs:
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()
            connection.check_constraints()


def test_the_link_of_a_staff_invitation_leads_to_registration(cast, mailoutbox):
    invite(cast, offer(cast))
    outbox.deliver_waiting()
    client = Client()

    client.get(re.search(r"http://[^/]+(/invitations/\S+/)", mailoutbox[0].body)[1])
    page = client.get("/register/").content.decode()

    assert "Northgate Hospital" in page and ADDRESS in page
