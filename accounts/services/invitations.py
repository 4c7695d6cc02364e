"""An invitation: made, renewed, sent again, given a new link, withdrawn, accepted.

They have no part of shares: `sharing.services` checks rights, ends the waiting shares and sends the mails.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.events import on_invitation
from accounts.models import Account, Invitation, User
from accounts.models.invitation import InvitationQuerySet
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record, record_all
from common.text import identity

# From a personal worklist; an account has its own number.
PRESET_DAYS = 30
# Inviting again moves the end, but only by a day or more, so that the identical press writes nothing.
WORTH_RENEWING = timedelta(days=1)

USED = gettext_noop("This invitation has been used.")
WITHDRAWN = gettext_noop("This invitation has been withdrawn.")
# For a reader whose page is older than that.
USED_MEANWHILE = gettext_noop(
    "This person has registered in the meantime. There is nothing left to send or withdraw."
)
WITHDRAWN_MEANWHILE = gettext_noop("This invitation has been withdrawn in the meantime.")
# After an invitation has been sent again; `{}` is the email.
SENT_AGAIN = gettext_noop("We have sent the invitation to {} again, with the same link.")
SENT_WITH_NEW_LINK = gettext_noop("We have sent a new link to {}. The old link no longer works.")


@transaction.atomic
def invite_all(
    *,
    emails: Iterable[str],
    account: Account | None = None,
    by_user: User | None = None,
    by: Actor,
    now: datetime,
) -> dict[str, Invitation]:
    """By (tidied) email the waiting invitation of an account or user, made or renewed as needed.

    The caller holds the locks on the emails and sends the mails. A few statements for any number of emails.
    """
    wanted = sorted({identity(email) for email in emails})
    owner = {"account": account, "by_user": by_user}
    rows = _locked().waiting().filter(**owner, email__in=wanted).order_by("pk")
    kept = {row.email: row for row in rows}
    expires_at = _end(account, now)
    renewed = [
        row for row in kept.values() if row.expires_at <= now or expires_at - row.expires_at >= WORTH_RENEWING
    ]
    for row in renewed:
        row.expires_at = expires_at
    Invitation.objects.bulk_update(renewed, ["expires_at"])
    made = Invitation.objects.bulk_create(
        Invitation(**owner, email=email, invited_by=by.user, created_at=now, expires_at=expires_at)
        for email in wanted
        if email not in kept
    )
    until = {"until": expires_at.isoformat()}
    record_all(
        event(action, by=by, on=on_invitation(row, detail=until))
        for action, rows in ((Action.INVITATION_ADD, made), (Action.INVITATION_RENEW, renewed))
        for row in rows
    )
    return kept | {row.email: row for row in made}


@transaction.atomic
def resend(*, invitation: Invitation, by: Actor) -> Invitation:
    """Renew it for a mail with the same link."""
    waiting = _waiting(invitation)
    waiting.expires_at = _end(waiting.account, clock.now())
    waiting.save(update_fields=["expires_at"])
    record(
        Action.INVITATION_RESEND,
        by=by,
        on=on_invitation(waiting, detail={"until": waiting.expires_at.isoformat()}),
    )
    return waiting


@transaction.atomic
def relink(*, invitation: Invitation, by: Actor) -> Invitation:
    """Renew it for a mail with a new link; earlier links stop working, and so does a code that was mailed."""
    waiting = _waiting(invitation)
    waiting.expires_at = _end(waiting.account, clock.now())
    waiting.generation = F("generation") + 1
    waiting.code_hash, waiting.code_expires_at = "", None
    waiting.save(update_fields=["expires_at", "generation", "code_hash", "code_expires_at"])
    waiting.refresh_from_db(fields=["generation"])
    record(
        Action.INVITATION_RELINK,
        by=by,
        on=on_invitation(waiting, detail={"until": waiting.expires_at.isoformat()}),
    )
    return waiting


@transaction.atomic
def withdraw(*, invitation: Invitation, by: Actor) -> Invitation:
    """No one can register on it any more."""
    waiting = _waiting(invitation)
    waiting.withdrawn_at, waiting.withdrawn_by = clock.now(), by.user
    waiting.code_hash, waiting.code_expires_at = "", None
    waiting.save(update_fields=["withdrawn_at", "withdrawn_by", "code_hash", "code_expires_at"])
    record(Action.INVITATION_WITHDRAW, by=by, on=on_invitation(waiting))
    return waiting


@transaction.atomic
def mark_accepted(*, invitation: Invitation, by: Actor, now: datetime) -> None:
    """The invited person has registered; the caller has checked that the email is theirs, and locked it."""
    waiting = _waiting(invitation)
    waiting.accepted_at, waiting.accepted_by = now, by.user
    waiting.code_hash, waiting.code_expires_at = "", None
    waiting.save(update_fields=["accepted_at", "accepted_by", "code_hash", "code_expires_at"])
    record(Action.INVITATION_ACCEPT, by=by, on=on_invitation(waiting))


@transaction.atomic
def note_opening(*, invitation: Invitation, by: Actor) -> None:
    """Its link was opened for the first time; later openings are not recorded."""
    first = Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=Now())
    if first:
        record(Action.INVITATION_OPEN, by=by, on=on_invitation(invitation))


def _locked() -> InvitationQuerySet:
    return Invitation.objects.select_related("account").select_for_update(of=("self",), no_key=True)


def _waiting(invitation: Invitation) -> Invitation:
    """The current row, locked; raises ValidationError where it no longer waits."""
    waiting = _locked().get(pk=invitation.pk)
    if waiting.accepted_at is not None:
        raise ValidationError(_(USED), code="used")
    if waiting.withdrawn_at is not None:
        raise ValidationError(_(WITHDRAWN), code="ended")
    return waiting


def _end(account: Account | None, now: datetime) -> datetime:
    return now + timedelta(days=account.invitation_days if account is not None else PRESET_DAYS)
