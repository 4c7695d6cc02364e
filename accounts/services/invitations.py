"""An invitation: made, renewed, sent again, given a new link, withdrawn, accepted.

These know nothing of shares: `sharing.services` asks who may, ends the promises and sends the mails.
"""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from accounts.addresses import tidy_address
from accounts.events import NOT_SIGNED_IN, on_invitation
from accounts.models import Account, Invitation, User
from audit import clock
from audit.actions import Action
from audit.services import record

# From a personal worklist; an account says its own.
PRESET_DAYS = 30
# Inviting again moves the end on. Not by moments, so that the identical press writes nothing.
WORTH_RENEWING = timedelta(days=1)

USED = "This invitation has been used."
WITHDRAWN = "This invitation has been withdrawn."


@transaction.atomic
def invite(
    *,
    address: str,
    account: Account | None = None,
    by_user: User | None = None,
    invited_by: User,
    now: datetime,
) -> tuple[Invitation, bool]:
    """The one waiting invitation of an account or user to an address, made or renewed as needed.

    The second value says whether a mail is due: it is new, or had expired. The caller holds the lock on the
    address and sends the mail.
    """
    values = {"address": tidy_address(address), "account": account, "by_user": by_user}
    found = _locked().filter(**values, withdrawn_at=None, accepted_at=None).first()
    expires_at = _end(account, now)
    if found is None:
        made = Invitation.objects.create(
            **values, invited_by=invited_by, created_at=now, expires_at=expires_at
        )
        record(
            Action.INVITATION_ADD,
            by=invited_by,
            on=on_invitation(made, detail={"until": expires_at.isoformat()}),
        )
        return made, True
    had_expired = found.expires_at <= now
    if had_expired or expires_at - found.expires_at >= WORTH_RENEWING:
        _renew(found, expires_at=expires_at, by=invited_by)
    return found, had_expired


@transaction.atomic
def resend(*, invitation: Invitation, by: User) -> Invitation:
    """Renew it for a mail with the same link."""
    found = _waiting(invitation)
    found.expires_at = _end(found.account, clock.now())
    found.save(update_fields=["expires_at"])
    record(
        Action.INVITATION_RESEND,
        by=by,
        on=on_invitation(found, detail={"until": found.expires_at.isoformat()}),
    )
    return found


@transaction.atomic
def relink(*, invitation: Invitation, by: User) -> Invitation:
    """Renew it for a mail with a new link; links before it stop working, and so does a code on its way."""
    found = _waiting(invitation)
    found.expires_at = _end(found.account, clock.now())
    found.generation = F("generation") + 1
    found.code_hash, found.code_expires_at = "", None
    found.save(update_fields=["expires_at", "generation", "code_hash", "code_expires_at"])
    found.refresh_from_db(fields=["generation"])
    record(
        Action.INVITATION_RELINK,
        by=by,
        on=on_invitation(found, detail={"until": found.expires_at.isoformat()}),
    )
    return found


@transaction.atomic
def withdraw(*, invitation: Invitation, by: User) -> Invitation:
    """Nobody can register on it any more."""
    found = _waiting(invitation)
    found.withdrawn_at, found.withdrawn_by = clock.now(), by
    found.code_hash, found.code_expires_at = "", None
    found.save(update_fields=["withdrawn_at", "withdrawn_by", "code_hash", "code_expires_at"])
    record(Action.INVITATION_WITHDRAW, by=by, on=on_invitation(found))
    return found


@transaction.atomic
def mark_accepted(*, invitation: Invitation, by: User, now: datetime) -> None:
    """The person it waited for is there; the caller has seen that the address is theirs, and locked it."""
    found = _waiting(invitation)
    found.accepted_at, found.accepted_by = now, by
    found.code_hash, found.code_expires_at = "", None
    found.save(update_fields=["accepted_at", "accepted_by", "code_hash", "code_expires_at"])
    record(Action.INVITATION_ACCEPT, by=by, on=on_invitation(found))


@transaction.atomic
def note_opening(*, invitation: Invitation, address: str | None) -> None:
    """Its link was opened for the first time; later openings say nothing new.

    `address` is the visitor's network address.
    """
    first = Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=Now())
    if first:
        record(Action.INVITATION_OPEN, by=NOT_SIGNED_IN, on=on_invitation(invitation), address=address)


def _locked() -> QuerySet[Invitation]:
    return Invitation.objects.select_related("account").select_for_update(of=("self",), no_key=True)


def _waiting(invitation: Invitation) -> Invitation:
    """The row as it stands now, locked, or the sentence why nothing can be done with it any more."""
    found = _locked().get(pk=invitation.pk)
    if found.accepted_at is not None:
        raise ValidationError(USED, code="used")
    if found.withdrawn_at is not None:
        raise ValidationError(WITHDRAWN, code="ended")
    return found


def _renew(invitation: Invitation, *, expires_at: datetime, by: User) -> None:
    invitation.expires_at = expires_at
    invitation.save(update_fields=["expires_at"])
    record(
        Action.INVITATION_RENEW, by=by, on=on_invitation(invitation, detail={"until": expires_at.isoformat()})
    )


def _end(account: Account | None, now: datetime) -> datetime:
    return now + timedelta(days=account.invitation_days if account is not None else PRESET_DAYS)
