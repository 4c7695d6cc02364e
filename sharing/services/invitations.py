"""An invitation after it was made: sent again, given a new link, withdrawn."""

from collections.abc import Callable
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.locks import lock_emails
from accounts.models import Invitation
from accounts.services import invitations as accounts_invitations
from accounts.services import limits
from accounts.services.outbox import queue_mail
from audit.actor import Actor
from common.exceptions import NothingThere
from sharing import permissions, selectors
from sharing.models import Method
from sharing.services.promises import end_promises
from worklists.models import InvitedMembership, Worklist
from worklists.services import end_offer_without_invitation, end_upload_without_invitation

NOTHING_WAITS = gettext_noop("Nothing that you shared waits for this person any more.")


def resend_invitation(*, invitation: UUID, by: Actor) -> Invitation:
    """Mail the same link again; an expired invitation is renewed.

    Raises NothingThere, PermissionDenied and ValidationError.
    """
    return _mail_again(invitation, by, accounts_invitations.resend)


def relink_invitation(*, invitation: UUID, by: Actor) -> Invitation:
    """Make a new link, which ends the old one, and mail it. Raises as `resend_invitation` does."""
    return _mail_again(invitation, by, accounts_invitations.relink)


def _mail_again(invitation: UUID, by: Actor, renew: Callable[..., Invitation]) -> Invitation:
    """The mail counts against the limit before the transaction begins, once it is known that they may send it."""
    seen = _seen(invitation, by)
    _check_may_promise(seen, by)
    limits.count_mail(invitation=seen, by=by)
    with transaction.atomic():
        row = _own(invitation, by)
        _check_may_promise(row, by)
        renew(invitation=row, by=by)
        _mail(row)
        return row


@transaction.atomic
def withdraw_invitation(*, invitation: UUID, by: Actor) -> int:
    """End what the person promised with an invitation; how many promises ended.

    An invitation that carries no one else's promise and no membership is withdrawn with them, so that its link stops
    working.
    """
    row = _own(invitation, by)
    ended = end_promises(invitation=row, by=by)
    if not selectors.is_waited_for(row):
        accounts_invitations.withdraw(invitation=row, by=by)
    return ended


@transaction.atomic
def withdraw_staff_invitation(*, membership: InvitedMembership, by: Actor) -> bool:
    """Withdraw an invited membership; whether the link stopped working with it.

    Shares that clinicians promised on the same invitation are theirs: while one waits, so does the invitation.
    """
    return _withdraw_alone(end_offer_without_invitation(membership=membership, by=by), by)


@transaction.atomic
def withdraw_upload_invitation(*, invited: UUID, worklist: Worklist, by: Actor) -> Invitation:
    """Withdraw an invitation to send studies to the worklist. Its link stops working when nothing else waits on it."""
    invitation = end_upload_without_invitation(invited=invited, worklist=worklist, by=by)
    _withdraw_alone(invitation, by)
    return invitation


def _withdraw_alone(invitation: Invitation, by: Actor) -> bool:
    if selectors.is_waited_for(invitation):
        return False
    accounts_invitations.withdraw(invitation=invitation, by=by)
    return True


def _seen(invitation: UUID, by: Actor) -> Invitation:
    seen = selectors.invitations_of(by).filter(uuid=invitation).first()
    if seen is None:
        raise NothingThere
    return seen


def _check_may_promise(invitation: Invitation, by: Actor) -> None:
    """To mail an invitation again is to promise again: only with the right to share by email where they promised."""
    promises = selectors.promises_of(invitation).filter(shared_by=by.person)
    worklists = {promise.from_worklist for promise in promises.select_related("from_worklist__account")}
    if not worklists and invitation.accepted_at is None and invitation.withdrawn_at is None:
        raise ValidationError(_(NOTHING_WAITS))
    for worklist in worklists:
        rights = permissions.check_share(by, worklist)
        if Method.EMAIL not in permissions.methods_by_role(worklist, rights):
            raise PermissionDenied(_(permissions.SENTENCES[Method.EMAIL]))


def _own(invitation: UUID, by: Actor) -> Invitation:
    """An invitation by which the person promised something, locked in the product's order: email, then row."""
    seen = _seen(invitation, by)
    lock_emails([seen.email])
    row = Invitation.objects.select_for_update().get(pk=seen.pk)
    if row.accepted_at is not None:
        raise ValidationError(_(accounts_invitations.USED_MEANWHILE))
    if row.withdrawn_at is not None:
        raise ValidationError(_(accounts_invitations.WITHDRAWN_MEANWHILE))
    return row


def _mail(invitation: Invitation) -> None:
    queue_mail(
        kind="invitation",
        recipient=invitation.email,
        data={"invitation": invitation.pk},
    )
