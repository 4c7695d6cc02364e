"""A membership is agreed to: the person accepts or declines what an account offers them.

Until then the account has no row about the person, and its trail names only the email that was typed.
"""

from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.locks import lock_emails
from accounts.models import Account, AccountMembership, Invitation, User
from accounts.services import invitations
from audit import clock
from audit.actions import Action
from audit.actor import OPERATOR, Actor
from audit.services import record
from common.exceptions import NothingThere, Refused
from worklists.events import on_account
from worklists.models import InvitedMembership
from worklists.selectors.offers import offers_to
from worklists.services.common import locked
from worklists.services.members import Enrolment, enrol
from worklists.services.staff_claims import check_may_still_give, end_waiting

OFFER_CHANGED = gettext_noop("%(account)s has changed its offer. Read it again before you answer.")


@transaction.atomic
def accept_offer(*, invitation: UUID, offered_at: datetime | None, by: Actor) -> bool:
    """The person becomes a member as the page showed them; False where the offer can no longer be made.

    `offered_at` is that of the offer shown: an offer that was changed since is not accepted. Raises NothingThere where
    the offer does not wait for this person, and ValidationError.
    """
    account, row = _held(invitation, by)
    if row.offered_at != offered_at:
        raise ValidationError(_(OFFER_CHANGED) % {"account": account.name}, code="changed")
    made = _enrolled(account, row, by)
    if made and row.invitation.accepted_at is None:
        invitations.mark_accepted(invitation=row.invitation, by=by, now=clock.now())
    return made


@transaction.atomic
def decline_offer(*, invitation: UUID, by: Actor) -> Account:
    """The offer ends; the account is shown that it was declined, by the email alone. Raises NothingThere."""
    account, row = _held(invitation, by)
    role = row.role.name if row.role is not None else ""
    end_waiting([row], InvitedMembership.Outcome.DECLINED)
    email = row.invitation.email
    on = on_account(account, address=email, role=role)
    record(Action.MEMBER_OFFER_DECLINE, by=by.as_email(email), on=on)
    return account


@transaction.atomic
def join_by_registration(*, invitation: Invitation, by: Actor) -> bool:
    """The membership on the invitation by which the person has just registered: that page showed them the offer.

    Other offers to the same email wait for their answer. An offer that its maker could no longer make lapses.
    """
    if invitation.account_id is None:
        return False
    account = locked(invitation.account_id)
    row = _rows().filter(invitation=invitation, ended_at=None).first()
    return row is not None and _enrolled(account, row, by)


def _held(invitation: UUID, by: Actor) -> tuple[Account, InvitedMembership]:
    """Email, account, person and row, locked in this order; raises NothingThere where no offer waits for the person."""
    user = by.person
    seen = offers_to(user).filter(invitation__uuid=invitation).select_related("invitation").first()
    if seen is None:
        raise NothingThere
    lock_emails([seen.invitation.email])
    account = locked(seen.account_id)
    list(User.objects.filter(pk=user.pk).select_for_update(no_key=True).values_list("pk"))
    if (row := _rows().filter(pk__in=offers_to(user).filter(pk=seen.pk)).first()) is None:
        raise NothingThere
    return account, row


def _rows() -> QuerySet[InvitedMembership]:
    return (
        InvitedMembership.objects.select_for_update(of=("self",))
        .select_related("invitation__account", "role", "offered_by")
        .prefetch_related("worklists__worklist__account", "worklists__worklist__owner", "worklists__role")
    )


def _enrolled(account: Account, row: InvitedMembership, by: Actor) -> bool:
    """Whether the person is a member now. Who is a member already, active or not, keeps that membership."""
    if not _may_still_be_given(account, row):
        _lapse(row, account, by)
        return False
    if not AccountMembership.objects.filter(account=account, user=by.person).exists():
        enrol(account, [_enrolment(by, row)])
    end_waiting([row], InvitedMembership.Outcome.ACCEPTED)
    return True


def _may_still_be_given(account: Account, row: InvitedMembership) -> bool:
    """Whether the maker of an offer may give it today, when it is accepted; the platform always may."""
    try:
        check_may_still_give(
            account, row, Actor.of(row.offered_by) if row.offered_by is not None else OPERATOR
        )
    except Refused:
        return False
    return True


def _lapse(row: InvitedMembership, account: Account, by: Actor) -> None:
    end_waiting([row], InvitedMembership.Outcome.LAPSED)
    email = row.invitation.email
    on = on_account(account, address=email, role=row.role_name, why="may_not_give")
    record(Action.MEMBER_OFFER_LAPSE, by=by.as_email(email), on=on)


def _enrolment(by: Actor, row: InvitedMembership) -> Enrolment:
    assert row.role is not None  # a constraint: what waits has a role
    invited_by = row.offered_by.name if row.offered_by is not None else "CIMAR"
    return Enrolment(
        user=by.person,
        role=row.role,
        by=by,
        every_worklist=row.every_worklist,
        worklists=[(invited.worklist, invited.role) for invited in row.worklists.all()],
        detail={"invited_by": invited_by},
    )
