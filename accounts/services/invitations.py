"""An invitation: made, renewed, sent again, given a new link, withdrawn, accepted.

These know nothing of shares: `sharing.services` asks who may, ends the promises and sends the mails.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.events import on_invitation
from accounts.models import Account, Invitation, User
from accounts.models.invitation import InvitationQuerySet
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record, record_all
from common.text import identity

# From a personal worklist; an account says its own.
PRESET_DAYS = 30
# Inviting again moves the end on. Not by moments, so that the identical press writes nothing.
WORTH_RENEWING = timedelta(days=1)

USED = "This invitation has been used."
WITHDRAWN = "This invitation has been withdrawn."
# To someone whose page is older than that.
USED_MEANWHILE = "This person has registered in the meantime. There is nothing left to send or withdraw."
WITHDRAWN_MEANWHILE = "This invitation has been withdrawn in the meantime."
# What a page says once an invitation has been sent again; the email address goes in.
SENT_AGAIN = "We have sent the invitation to {} again, with the same link."
SENT_WITH_NEW_LINK = "We have sent a new link to {}. The old link no longer works."


@transaction.atomic
def invite_all(
    *,
    addresses: Iterable[str],
    account: Account | None = None,
    by_user: User | None = None,
    by: Actor,
    now: datetime,
) -> dict[str, Invitation]:
    """For each (tidied) address the one waiting invitation of an account or user, made or renewed as needed.

    The caller holds the locks on the addresses and sends the mails. A handful of statements however many addresses.
    """
    wanted = sorted({identity(address) for address in addresses})
    owner = {"account": account, "by_user": by_user}
    waiting = _locked().waiting().filter(**owner, address__in=wanted).order_by("pk")
    found = {row.address: row for row in waiting}
    expires_at = _end(account, now)
    renewed = [
        row
        for row in found.values()
        if row.expires_at <= now or expires_at - row.expires_at >= WORTH_RENEWING
    ]
    for row in renewed:
        row.expires_at = expires_at
    Invitation.objects.bulk_update(renewed, ["expires_at"])
    made = Invitation.objects.bulk_create(
        Invitation(**owner, address=address, invited_by=by.user, created_at=now, expires_at=expires_at)
        for address in wanted
        if address not in found
    )
    until = {"until": expires_at.isoformat()}
    record_all(
        event(action, by=by, on=on_invitation(row, detail=until))
        for action, rows in ((Action.INVITATION_ADD, made), (Action.INVITATION_RENEW, renewed))
        for row in rows
    )
    return found | {row.address: row for row in made}


@transaction.atomic
def resend(*, invitation: Invitation, by: Actor) -> Invitation:
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
def relink(*, invitation: Invitation, by: Actor) -> Invitation:
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
def withdraw(*, invitation: Invitation, by: Actor) -> Invitation:
    """Nobody can register on it any more."""
    found = _waiting(invitation)
    found.withdrawn_at, found.withdrawn_by = clock.now(), by.user
    found.code_hash, found.code_expires_at = "", None
    found.save(update_fields=["withdrawn_at", "withdrawn_by", "code_hash", "code_expires_at"])
    record(Action.INVITATION_WITHDRAW, by=by, on=on_invitation(found))
    return found


@transaction.atomic
def mark_accepted(*, invitation: Invitation, by: Actor, now: datetime) -> None:
    """The person it waited for is there; the caller has seen that the address is theirs, and locked it."""
    found = _waiting(invitation)
    found.accepted_at, found.accepted_by = now, by.user
    found.code_hash, found.code_expires_at = "", None
    found.save(update_fields=["accepted_at", "accepted_by", "code_hash", "code_expires_at"])
    record(Action.INVITATION_ACCEPT, by=by, on=on_invitation(found))


@transaction.atomic
def note_opening(*, invitation: Invitation, by: Actor) -> None:
    """Its link was opened for the first time; later openings say nothing new."""
    first = Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=Now())
    if first:
        record(Action.INVITATION_OPEN, by=by, on=on_invitation(invitation))


def _locked() -> InvitationQuerySet:
    return Invitation.objects.select_related("account").select_for_update(of=("self",), no_key=True)


def _waiting(invitation: Invitation) -> Invitation:
    """The row as it stands now, locked, or the sentence why nothing can be done with it any more."""
    found = _locked().get(pk=invitation.pk)
    if found.accepted_at is not None:
        raise ValidationError(USED, code="used")
    if found.withdrawn_at is not None:
        raise ValidationError(WITHDRAWN, code="ended")
    return found


def _end(account: Account | None, now: datetime) -> datetime:
    return now + timedelta(days=account.invitation_days if account is not None else PRESET_DAYS)
