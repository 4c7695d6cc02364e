"""People are invited to work for an account: what is offered, refused, looked at before, and kept by the database."""

import re
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AccountMembership, Invitation, OutboxMail, User
from accounts.services import outbox
from audit.actions import Action
from audit.models import AuditEvent
from tests.cast import acting
from tests.factories import join, make_location, make_role, make_user, role_of
from tests.fingerprint import AUDIT, fingerprint
from tests.overlap import address, at_once, queued
from tests.staff_invitations import ADDRESS, invite, offer, promise, register, waiting
from worklists import access, services
from worklists.models import InvitedMembership, InvitedWorklist, WorklistMembership
from worklists.services import MembershipOffer, OfferOutcome
from worklists.services.staff_invitations import CHANGED
from worklists.services.staff_offers import ALREADY_MEMBER, LISTED_TWICE

# --- Inviting


def test_who_registers_is_a_member_of_what_was_offered(cast):
    radiologist = role_of(cast.northgate, "Radiologist")
    [answer] = invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, radiologist), (cast.chest, None)))

    dora = register(waiting().invitation)

    assert answer.outcome == OfferOutcome.INVITED
    member = AccountMembership.objects.get(user=dora)
    assert (member.account, member.role.name, member.active, member.every_worklist) == (
        cast.northgate, "Viewer", True, False,
    )  # fmt: skip
    assert access.may(acting(dora), "share_study", cast.ct)
    assert access.rights(acting(dora), cast.chest) == {"list_studies", "open_study"}
    assert not access.rights(acting(dora), cast.emergency)


def test_every_worklist_is_offered_and_kept(cast):
    invite(cast, offer(cast, every_worklist=True))

    dora = register(waiting().invitation)

    assert access.may(acting(dora), "list_studies", cast.emergency)


def test_the_mail_says_who_invites_to_which_account_and_holds_nothing_of_a_patient(cast, mailoutbox):
    promise(cast)
    OutboxMail.objects.all().update(delivered_at=None)
    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None)))

    outbox.deliver_waiting()

    mail = next(mail for mail in mailoutbox if "invites you to Northgate" in mail.subject)
    assert mail.to == [ADDRESS] and mail.subject == "Adam invites you to Northgate Hospital on CIMAR"
    assert "“Viewer”.\nYou will be a member of 1 worklist." in mail.body
    html = mail.alternatives[0].content
    assert re.search(r"/invitations/\S+/", mail.body)[0] in html
    assert "Quill" not in mail.body + html + mail.subject


def test_a_registered_person_is_offered_a_membership_and_is_no_member(cast, mailoutbox):
    known, unknown = invite(cast, offer(cast, cast.ed.email, "Viewer", (cast.ct, None)), offer(cast))

    outbox.deliver_waiting()

    assert known.outcome == unknown.outcome == OfferOutcome.INVITED
    assert not AccountMembership.objects.filter(user=cast.ed).exists()
    assert not access.rights(acting(cast.ed), cast.ct)
    mail = next(mail for mail in mailoutbox if mail.to == [cast.ed.email])
    assert "Sign in with this email address to accept or decline." in mail.body
    assert "Register" not in mail.body


def test_the_same_offer_again_writes_nothing_and_mails_nobody(cast):
    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None)))
    before = fingerprint()

    [answer] = invite(cast, offer(cast, "Dora@Example.net ", "Viewer", (cast.ct, None)))

    assert answer.outcome == OfferOutcome.ALREADY
    assert fingerprint() == before


def test_another_offer_changes_what_waits_without_a_mail(cast):
    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None)))

    [answer] = invite(cast, offer(cast, ADDRESS, "Radiologist", (cast.chest, None)))

    assert answer.outcome == OfferOutcome.CHANGED
    assert waiting().role.name == "Radiologist"
    assert [worklist.worklist for worklist in waiting().worklists.all()] == [cast.chest]
    assert OutboxMail.objects.filter(kind="staff_invitation").count() == 1


def test_an_expired_invitation_is_renewed_and_mailed_again(cast, clock):
    invite(cast, offer(cast))
    clock.move(days=31)

    [answer] = invite(cast, offer(cast))

    assert answer.outcome == OfferOutcome.INVITED
    assert Invitation.objects.count() == 1
    assert OutboxMail.objects.filter(kind="staff_invitation").count() == 2


REFUSALS = {
    "ana@example.org": ALREADY_MEMBER.format("Ana"),
    "ina@example.org": "Ina is an inactive member of the account. Reactivate them under People.",
    "nobody": "Enter an email address, such as name@example.org.",
}


@pytest.mark.parametrize("typed", REFUSALS)
def test_a_row_that_cannot_be_is_refused_in_words_and_the_others_are_done(cast, typed):
    refused, invited = invite(cast, offer(cast, typed), offer(cast))

    assert (refused.outcome, refused.sentence) == (OfferOutcome.REFUSED, REFUSALS[typed])
    assert invited.outcome == OfferOutcome.INVITED
    assert list(Invitation.objects.values_list("email", flat=True)) == [ADDRESS]


def test_a_member_already_gets_the_worklists_at_once_and_is_mailed_nothing(cast):
    radiologist, viewer = role_of(cast.northgate, "Radiologist"), role_of(cast.northgate, "Viewer")
    listed = offer(cast, "ana@example.org", "Radiologist", (cast.ct, None), (cast.chest, viewer))

    added, invited = invite(cast, listed, offer(cast))
    [again] = invite(cast, listed)

    assert (added.outcome, invited.outcome, again.outcome) == (
        OfferOutcome.ADDED,
        OfferOutcome.INVITED,
        OfferOutcome.THERE,
    )
    membership = WorklistMembership.objects.get(user=cast.ana, worklist=cast.chest)
    assert membership.role == viewer
    assert access.rights(acting(cast.ana), cast.chest) == access.rights(acting(cast.vera), cast.ct)
    assert list(Invitation.objects.values_list("email", flat=True)) == [ADDRESS]
    assert not OutboxMail.objects.filter(recipient=cast.ana.email).exists()
    events = AuditEvent.objects.filter(action=Action.WORKLIST_MEMBER_ADD, by_id=cast.adam.pk)
    assert [(event.worklist_id, event.detail["person"], event.detail["role"]) for event in events] == [
        (cast.chest.pk, "Ana", "Viewer")
    ]
    assert AccountMembership.objects.get(user=cast.ana, account=cast.northgate).role == radiologist


def test_a_list_does_not_change_the_account_role_of_a_member_or_give_every_worklist(cast):
    before = fingerprint()

    other, every = invite(
        cast,
        offer(cast, "ana@example.org", "Viewer", (cast.chest, None)),
        replace(offer(cast, "vera@example.org", "Viewer", (cast.chest, None)), every_worklist=True),
    )

    assert {other.sentence, every.sentence} == {ALREADY_MEMBER.format("Ana"), ALREADY_MEMBER.format("Vera")}
    assert fingerprint() == before


def test_no_one_adds_a_member_to_a_worklist_under_a_role_that_they_could_not_give(cast):
    clerk = make_role(cast.northgate, "Clerk", ["administer_account", "list_studies", "open_study"])
    mina = make_user("Mina")
    join(mina, cast.northgate, clerk)
    radiologist = role_of(cast.northgate, "Radiologist")

    [answer] = invite(
        cast, offer(cast, "vera@example.org", "Viewer", (cast.chest, radiologist)), by=acting(mina)
    )

    assert (answer.outcome, answer.denied) == (OfferOutcome.REFUSED, True)
    assert not WorklistMembership.objects.filter(user=cast.vera, worklist=cast.chest).exists()


def test_ten_members_in_a_list_cost_as_many_statements_as_two(cast):
    costs = []
    for number in (2, 10):
        place = make_location(cast.northgate, f"Ward {number}")
        people = [make_user(f"Member {number} {each}") for each in range(number)]
        for person in people:
            join(person, cast.northgate, "Viewer")
        offers = [offer(cast, person.email, "Viewer", (place, None)) for person in people]
        with CaptureQueriesContext(connection) as asked:
            invite(cast, *offers)
        costs.append(len(asked))

    assert costs[0] == costs[1]
    assert WorklistMembership.objects.filter(worklist__name__startswith="Ward ").count() == 12


def test_the_same_address_twice_is_invited_once(cast):
    first, second = invite(cast, offer(cast), offer(cast, ADDRESS.upper(), "Radiologist"))

    assert (first.outcome, second.outcome) == (OfferOutcome.INVITED, OfferOutcome.REFUSED)
    assert second.sentence == LISTED_TWICE
    assert waiting().role.name == "Viewer"


def test_a_role_and_a_worklist_of_another_account_are_as_if_they_did_not_exist(cast):
    theirs = role_of(cast.riverside, "Viewer")

    role, place, inside = invite(
        cast,
        MembershipOffer("one@example.net", theirs),
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
        by=acting(mina),
    )

    assert mine.outcome == OfferOutcome.INVITED
    assert more.sentence.startswith("You cannot give")
    assert by_default.outcome == OfferOutcome.REFUSED
    tried = AuditEvent.objects.filter(action=Action.DENIED, outcome="refused", by_id=mina.pk)
    assert sorted(event.detail["address"] for event in tried) == ["three@example.net", "two@example.net"]


@pytest.mark.parametrize("name", ["ana", "vera", "rita", "ed"])
def test_who_does_not_administer_the_account_invites_nobody(cast, name):
    with pytest.raises(PermissionDenied):
        invite(cast, offer(cast), by=acting(getattr(cast, name)))

    assert not Invitation.objects.exists()


def test_two_administrators_who_invite_one_address_at_once_make_one_invitation(transactional_db):
    from tests.cast import make_cast

    cast = make_cast()
    carl = make_user("Carl")
    join(carl, cast.northgate, "Administrator", every_worklist=True)

    def deed(by: User) -> Any:
        return lambda: invite(cast, offer(cast), by=acting(by))[0].outcome

    answers = queued(address(ADDRESS), [deed(cast.adam), deed(carl)])
    again = at_once([deed(cast.adam), deed(carl)])

    assert answers == [OfferOutcome.INVITED, OfferOutcome.ALREADY]
    assert again == [OfferOutcome.ALREADY, OfferOutcome.ALREADY]
    assert Invitation.objects.count() == InvitedMembership.objects.count() == 1
    assert OutboxMail.objects.count() == 1


# --- Looking before


def test_a_preview_answers_the_same_and_writes_nothing(cast):
    offers = [offer(cast), offer(cast, cast.ed.email), offer(cast, cast.ana.email)]
    before = fingerprint(but={AUDIT})

    seen = services.preview_invitations(account=cast.northgate, offers=offers, by=acting(cast.adam))

    assert fingerprint(but={AUDIT}) == before
    done = invite(cast, *offers)
    assert [(one.outcome, one.sentence) for one in seen] == [(one.outcome, one.sentence) for one in done]


def test_what_changed_since_it_was_shown_is_not_done(cast):
    offers = [offer(cast), offer(cast, "erika@example.net")]
    invite(cast, offer(cast, ADDRESS, "Radiologist"))

    dora, erika = services.invite_members(
        account=cast.northgate,
        offers=offers,
        by=acting(cast.adam),
        shown=[OfferOutcome.INVITED, OfferOutcome.INVITED],
    )

    assert dora.sentence == CHANGED
    assert erika.outcome == OfferOutcome.INVITED
    assert waiting().role.name == "Radiologist"


def test_the_second_press_finds_its_own_work_done(cast):
    shown = [OfferOutcome.INVITED, OfferOutcome.INVITED]
    offers = [offer(cast), offer(cast, cast.ed.email)]
    services.invite_members(account=cast.northgate, offers=offers, by=acting(cast.adam), shown=shown)
    before = fingerprint()

    again = services.invite_members(account=cast.northgate, offers=offers, by=acting(cast.adam), shown=shown)

    assert [one.outcome for one in again] == [OfferOutcome.ALREADY, OfferOutcome.ALREADY]
    assert fingerprint() == before


def test_two_hundred_people_cost_a_handful_of_statements(cast, django_assert_max_num_queries):
    offers = [offer(cast, f"p{number}@example.net", "Viewer", (cast.ct, None)) for number in range(200)]

    with django_assert_max_num_queries(40):
        answers = invite(cast, *offers)

    assert {answer.outcome for answer in answers} == {OfferOutcome.INVITED}


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
