"""Inviting people to send studies to a worklist's upload address. The invitation gives no right (ADR 0049)."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.locks import lock_emails
from accounts.models import Account, Invitation
from accounts.services import invitations, limits
from accounts.services.invitations import invite_all
from accounts.services.outbox import queue_mail
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.email_lists import check_email
from common.text import identity
from worklists.events import on_worklist
from worklists.models import InvitedUpload, Worklist
from worklists.permissions import check_administers
from worklists.services.common import NO_SUCH_WORKLIST, locked

NO_UPLOAD_ADDRESS = gettext_noop("This worklist has no upload address that works. Turn it on first.")
ALREADY_INVITED = gettext_noop(
    "%(email)s is already invited. To mail the invitation again, choose Send again."
)


def invite_to_upload(*, worklist: Worklist, email: str, by: Actor) -> InvitedUpload:
    """Mail a person the way to the worklist's upload address, with an invitation to register.

    The answer is the same for a registered person, who signs in instead. The email counts against the limit of
    invitations. Raises PermissionDenied and ValidationError (no upload address, no email, invited already).
    """
    check_administers(by, worklist.account)
    email = _checked(email)
    limits.count_invited(by=by, emails=1)
    with transaction.atomic():
        lock_emails([email])
        worklist = _held(worklist, by)
        assert worklist.account is not None  # an upload address is an account's
        now = clock.now()
        waiting = InvitedUpload.objects.waiting().filter(worklist=worklist, invitation__email=email)
        if waiting.filter(invitation__expires_at__gt=now).exists():
            raise ValidationError({"email": _(ALREADY_INVITED) % {"email": email}}, code="invited")
        invitation = invite_all(emails=[email], account=worklist.account, by=by, now=now)[email]
        row, made = InvitedUpload.objects.get_or_create(
            invitation=invitation, worklist=worklist, ended_at=None,
            defaults={"account": worklist.account, "offered_by": by.person, "offered_at": now},
        )  # fmt: skip
        record(Action.UPLOAD_INVITE, by=by, on=on_worklist(worklist, address=email, again=not made))
        _mail(row)
        return row


def resend_upload_invitation(*, invited: UUID, worklist: Worklist, by: Actor) -> InvitedUpload:
    """Renew the invitation and mail the same link again. Raises as `invite_to_upload`, and once withdrawn."""
    check_administers(by, worklist.account)
    seen = _row(invited, worklist)
    limits.count_mail(invitation=seen.invitation, by=by)
    with transaction.atomic():
        lock_emails([seen.invitation.email])
        _held(worklist, by)
        row = _row(invited, worklist)
        invitations.resend(invitation=row.invitation, by=by)
        _mail(row)
        return row


@transaction.atomic
def end_upload_without_invitation(*, invited: UUID, worklist: Worklist, by: Actor) -> Invitation:
    """Withdraw the invitation to send. A membership or shares that wait on the same invitation stay.

    A part of withdrawing: `sharing.services.withdraw_upload_invitation` checks whether the invitation still waits.
    """
    lock_emails([_row(invited, worklist).invitation.email])
    assert worklist.account is not None
    check_administers(by, locked(worklist.account.pk))
    row = _row(invited, worklist)
    row.ended_at = clock.now()
    row.save(update_fields=["ended_at"])
    record(Action.UPLOAD_INVITE_END, by=by, on=on_worklist(row.worklist, address=row.invitation.email))
    return row.invitation


@transaction.atomic
def end_invited_uploads(*, invitation: Invitation) -> None:
    """The person has registered by the invitation; a part of the registration, which is recorded."""
    InvitedUpload.objects.filter(invitation=invitation, ended_at=None).update(ended_at=clock.now())


def _checked(email: str) -> str:
    email = identity(email)
    try:
        check_email(email)
    except ValidationError as error:
        raise ValidationError({"email": error.messages}) from error
    return email


def _held(worklist: Worklist, by: Actor) -> Worklist:
    """The account's row locked, and the worklist as it is then; raises where it takes no studies at an address."""
    assert worklist.account_id is not None
    account: Account = locked(worklist.account_id)
    check_administers(by, account)
    row = Worklist.objects.filter(pk=worklist.pk, account=account).select_related("account", "owner").first()
    if row is None:
        raise ValidationError(_(NO_SUCH_WORKLIST), code="gone")
    if row.inbox_id is None or not row.takes_shares:
        raise ValidationError(_(NO_UPLOAD_ADDRESS), code="closed")
    return row


def _row(invited: UUID, worklist: Worklist) -> InvitedUpload:
    rows = InvitedUpload.objects.waiting().select_related(
        "invitation__account", "worklist__account", "worklist__owner"
    )
    row = rows.filter(uuid=invited, worklist=worklist).first()
    if row is None:
        raise ValidationError(_(invitations.WITHDRAWN_MEANWHILE), code="ended")
    return row


def _mail(row: InvitedUpload) -> None:
    queue_mail(
        kind="upload_invitation",
        recipient=row.invitation.email,
        data={"invitation": row.invitation_id, "invited": row.pk},
    )
