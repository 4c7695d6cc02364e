"""Inviting people to work for an account: each becomes a member by agreeing, registered or not."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.locks import lock_emails
from accounts.models import Account
from accounts.services import limits
from accounts.services.invitations import invite_all
from accounts.services.outbox import queue_mails
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record, record_all
from worklists.events import on_account
from worklists.models import InvitedMembership, InvitedWorklist
from worklists.permissions import check_administers
from worklists.services.common import locked
from worklists.services.staff_added import add_members
from worklists.services.staff_offers import (
    Answer,
    MembershipOffer,
    OfferOutcome,
    judge,
    tidied_offers,
)

NOTHING_TO_DO = (OfferOutcome.ALREADY, OfferOutcome.THERE, OfferOutcome.REFUSED)
CHANGED = gettext_noop("This has changed since you checked the list. Check it again before you invite.")


def preview_invitations(*, account: Account, offers: Sequence[MembershipOffer], by: Actor) -> list[Answer]:
    """What `invite_members` would answer now, row by row. No one is mailed.

    The answers disclose which emails are the account's members, and not which are registered. They count against the
    limit, and the read is recorded: the number of emails, and not which.
    """
    offers = _counted(account, offers, by)
    with transaction.atomic():
        may_give = check_administers(by, account)
        record(Action.INVITATION_CHECK, by=by, on=on_account(account, addresses=len(offers)))
        return judge(account, offers, may_give)


def invite_members(
    *,
    account: Account,
    offers: Sequence[MembershipOffer],
    by: Actor,
    shown: Sequence[OfferOutcome] | None = None,
) -> list[Answer]:
    """Offer each email a membership, which its person accepts or declines; a refused row undoes nothing else.

    The emails count against the limit. `shown`: the outcomes of a preview; an offer whose outcome would be another now
    is refused with a sentence. The same offer again writes nothing and mails no one; another offer to the same email
    changes the waiting offer. A member already is added to the worklists at once, where the
    account role stays the same.
    """
    offers = _counted(account, offers, by)
    return invite_within(account=account, offers=offers, by=by, shown=shown)


def _counted(account: Account, offers: Sequence[MembershipOffer], by: Actor) -> list[MembershipOffer]:
    offers = tidied_offers(offers)
    check_administers(by, account)
    limits.count_invited(by=by, emails=len(offers))
    return offers


@transaction.atomic
def invite_within(
    *,
    account: Account,
    offers: Sequence[MembershipOffer],
    by: Actor,
    shown: Sequence[OfferOutcome] | None = None,
) -> list[Answer]:
    """`invite_members` as a part of a larger change, which has its own limit or none."""
    offers = tidied_offers(offers)
    lock_emails(offer.email for offer in offers)
    account = locked(account)
    may_give = check_administers(by, account)
    answers = judge(account, offers, may_give)
    if shown is not None:
        answers = [_as_shown(answer, then) for answer, then in zip(answers, shown, strict=True)]
    to_invite = (OfferOutcome.INVITED, OfferOutcome.CHANGED)
    add_members([answer for answer in answers if answer.outcome == OfferOutcome.ADDED], account, by)
    _invite([answer for answer in answers if answer.outcome in to_invite], account, by)
    record_all(
        event(
            Action.DENIED,
            by=by,
            on=on_account(account, what="invite", why=answer.sentence, address=answer.offer.email),
            outcome="refused",
        )
        for answer in answers
        if answer.denied
    )
    return answers


def _as_shown(now: Answer, then: OfferOutcome) -> Answer:
    """The answer if it is the one shown, or the work of the same press before; any other was not agreed to."""
    if now.outcome == then or now.outcome in NOTHING_TO_DO:
        return now
    return Answer(now.offer, OfferOutcome.REFUSED, _(CHANGED))


def _invite(answers: Sequence[Answer], account: Account, by: Actor) -> None:
    if not answers:
        return
    offers = {answer.offer.email: answer.offer for answer in answers}
    now = clock.now()
    invited = invite_all(emails=offers, account=account, by=by, now=now)
    rows = InvitedMembership.objects.bulk_create(
        [
            InvitedMembership(
                invitation=invitation, account=account, role=offers[email].role, offered_by=by.user,
                every_worklist=offers[email].every_worklist, offered_at=now,
            )
            for email, invitation in invited.items()
        ],
        update_conflicts=True,
        unique_fields=["invitation"],
        update_fields=["role", "every_worklist", "offered_by", "offered_at", "ended_at", "outcome", "role_name"],
    )  # fmt: skip
    InvitedWorklist.objects.filter(membership__in=rows).delete()
    InvitedWorklist.objects.bulk_create(
        InvitedWorklist(membership=row, account=account, worklist=worklist, role=role)
        for row in rows
        for worklist, role in offers[row.invitation.email].worklists
    )
    record_all(
        event(Action.MEMBER_OFFER, by=by, on=on_account(account, **_detail(offer)))
        for offer in offers.values()
    )
    queue_mails(
        kind="staff_invitation",
        to=[
            (answer.offer.email, {"invitation": invited[answer.offer.email].pk})
            for answer in answers
            if answer.outcome == OfferOutcome.INVITED
        ],
    )


def _detail(offer: MembershipOffer) -> dict[str, object]:
    places = [
        f"{worklist.name} as {role.name}" if role is not None else worklist.name
        for worklist, role in offer.worklists
    ]
    return {
        "address": offer.email,
        "role": offer.role.name,
        "every_worklist": offer.every_worklist,
        "worklists": places,
    }
