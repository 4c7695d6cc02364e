"""A membership that waits on an invitation: mailed again, and withdrawn. The person's own answers: `own_offers`."""

from collections.abc import Callable, Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.locks import lock_emails
from accounts.models import Account, Invitation
from accounts.services import invitations, limits
from accounts.services.outbox import queue_mail
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from worklists.events import on_account
from worklists.models import InvitedMembership, InvitedWorklist
from worklists.permissions import check_administers, check_may_give_roles
from worklists.services.common import locked


def resend_staff_invitation(*, membership: InvitedMembership, by: Actor) -> Invitation:
    """Mail the same link again; an expired invitation is renewed."""
    return _mail_again(membership, by, invitations.resend)


def relink_staff_invitation(*, membership: InvitedMembership, by: Actor) -> Invitation:
    """Make a new link, which ends the old one, and mail it."""
    return _mail_again(membership, by, invitations.relink)


def _mail_again(membership: InvitedMembership, by: Actor, renew: Callable[..., Invitation]) -> Invitation:
    """The mail counts against the limit before the transaction begins, once it is known that the person may send it."""
    check_may_still_give(membership.account, membership, by)
    limits.count_mail(invitation=membership.invitation, by=by)
    with transaction.atomic():
        account, row = held(membership)
        check_may_still_give(account, row, by)
        sent = renew(invitation=row.invitation, by=by)
        queue_mail(kind="staff_invitation", recipient=sent.email, data={"invitation": sent.pk})
        return sent


@transaction.atomic
def end_offer_without_invitation(*, membership: InvitedMembership, by: Actor) -> Invitation:
    """Withdraw the offered membership. Shares promised on the same invitation are others' and stay.

    A part of withdrawing: `sharing.services.withdraw_staff_invitation` checks whether the invitation still waits.
    """
    account, row = held(membership)
    check_administers(by, account)
    role = row.role.name if row.role is not None else ""
    end_waiting([row], InvitedMembership.Outcome.WITHDRAWN)
    on = on_account(account, address=row.invitation.email, role=role)
    record(Action.MEMBER_OFFER_END, by=by, on=on)
    return row.invitation


def end_waiting(rows: Collection[InvitedMembership], outcome: InvitedMembership.Outcome) -> None:
    """They wait no longer and hold no role; a part of the change that ends them."""
    now = clock.now()
    for row in rows:
        row.role_name = row.role.name if row.role is not None else ""
        row.role, row.ended_at, row.outcome = None, now, outcome
    InvitedMembership.objects.bulk_update(rows, ["role", "role_name", "ended_at", "outcome"])
    InvitedWorklist.objects.filter(membership__in=rows).delete()


def held(membership: InvitedMembership) -> tuple[Account, InvitedMembership]:
    """Email, account and row, locked in this order; raises the sentence where the offer waits no more."""
    seen = InvitedMembership.objects.select_related("invitation").get(pk=membership.pk)
    lock_emails([seen.invitation.email])
    account = locked(seen.account_id)
    rows = InvitedMembership.objects.select_for_update(of=("self",)).select_related(
        "invitation__account", "role"
    )
    row = rows.get(pk=seen.pk)
    if row.invitation.accepted_at is not None or row.outcome == InvitedMembership.Outcome.ACCEPTED:
        raise ValidationError(_(invitations.USED_MEANWHILE), code="used")
    if row.ended_at is not None or row.invitation.withdrawn_at is not None:
        raise ValidationError(_(invitations.WITHDRAWN_MEANWHILE), code="ended")
    return account, row


def check_may_still_give(account: Account, row: InvitedMembership, by: Actor) -> None:
    """To renew an offer is to make it: no one offers what their own role lacks."""
    may_give = check_administers(by, account)
    invited = row.worklists.select_related("worklist")
    roles = {place.role_id or place.worklist.default_role_id for place in invited}
    check_may_give_roles(may_give, {pk for pk in (row.role_id, *roles) if pk is not None}, account)
