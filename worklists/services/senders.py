"""Senders: the machines of an account that store studies into one of its worklists. They belong to no person."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import On, record
from common.exceptions import NothingThere
from common.names import check_name_is_free, tidy_identity
from worklists import token_secrets
from worklists.events import on_worklist
from worklists.models import Sender, Worklist
from worklists.permissions import check_administers
from worklists.services.ae_titles import tidied_ae_title
from worklists.services.common import NO_SUCH_WORKLIST, locked
from worklists.services.token_ends import last_moment_of

MOST_SENDERS = 200

NAME_TAKEN = gettext_noop("There is already a sender named “%(name)s” in the account. Choose another name.")
NEEDS_A_WAY = gettext_noop("Give the sender an AE title, a token, or both.")
AE_TITLE_ALONE = gettext_noop(
    "An AE title proves nothing by itself: enter the IP address that the sender calls from too."
)
CALLER_TAKEN = gettext_noop("This AE title and IP address are another sender's on this worklist.")
NO_TOKEN = gettext_noop("This sender was ended. Add a new sender instead.")


@dataclass(frozen=True)
class NewSender:
    """A sender and the secret of its token, which is shown now and stored nowhere; empty without a token."""

    sender: Sender
    secret: str


@transaction.atomic
def add_sender(
    *,
    account: Account,
    worklist: Worklist,
    name: str,
    by: Actor,
    ae_title: str = "",
    ip_address: str | None = None,
    last_day: date | None = None,
) -> NewSender:
    """A sender of a location or group of the account; with a token where the token's last day is given."""
    account = locked(account)
    check_administers(by, account)
    held = Worklist.objects.select_for_update(of=("self",), no_key=True).with_names()
    place = held.filter(pk=worklist.pk, account=account).first()
    if place is None:
        raise ValidationError(_(NO_SUCH_WORKLIST), code="foreign")
    live = Sender.objects.live().filter(account=account)
    if live.count() >= MOST_SENDERS:
        sentence = _("The account has %(most)s senders already. End a sender that is no longer used first.")
        raise ValidationError(sentence % {"most": MOST_SENDERS}, code="limited")
    name = tidy_identity(name, what=_("A sender's name"), longest=100)
    check_name_is_free(name, live, _(NAME_TAKEN))
    sender = Sender(account=account, worklist=place, name=name, **_caller(ae_title, ip_address))
    if not sender.ae_title and last_day is None:
        raise ValidationError(_(NEEDS_A_WAY), code="no_way")
    secret = _give_token(sender, account, last_day) if last_day is not None else ""
    _write(sender)
    record(Action.SENDER_ADD, by=by, on=on_sender(sender))
    return NewSender(sender, secret)


@transaction.atomic
def renew_sender_token(*, sender: UUID, account: Account, last_day: date, by: Actor) -> NewSender:
    """A new token, or the first; the old token is refused from the next request on."""
    check_administers(by, locked(account))
    row = _held(sender, account)
    if row.ended_at is not None:
        raise ValidationError(_(NO_TOKEN), code="ended")
    secret = _give_token(row, account, last_day)
    row.save(update_fields=["digest", "token_made_at", "token_expires_at"])
    record(Action.SENDER_RENEW, by=by, on=on_sender(row))
    return NewSender(row, secret)


@transaction.atomic
def end_sender(*, sender: UUID, account: Account, by: Actor) -> Sender:
    """It can store nothing from its next request on. Ending it again changes nothing."""
    check_administers(by, locked(account))
    row = _held(sender, account)
    if row.ended_at is None:
        _end(row, by)
    return row


def end_senders_of(*, worklist: Worklist, by: Actor) -> None:
    """A part of a worklist's deletion: its senders go with it, and each has its event."""
    senders = (
        Sender.objects.live().filter(worklist=worklist).select_related("worklist__account", "worklist__owner")
    )
    for sender in senders.order_by("pk"):
        _end(sender, by)


def on_sender(sender: Sender) -> On:
    """What events record of a sender; the worklist is selected with it."""
    until = sender.token_expires_at
    return on_worklist(
        sender.worklist,
        sender=str(sender.uuid),
        sender_name=sender.name,
        ae_title=sender.ae_title,
        sender_ip_address=sender.ip_address or "",
        token_until=until.isoformat() if until is not None else "",
    )


def _caller(ae_title: str, ip_address: str | None) -> dict[str, Any]:
    ae_title = tidied_ae_title(ae_title)
    if not ae_title:
        return {"ae_title": "", "ip_address": None}
    if not ip_address:
        raise ValidationError({"ip_address": _(AE_TITLE_ALONE)})
    return {"ae_title": ae_title, "ip_address": ip_address}


def _give_token(sender: Sender, account: Account, last_day: date) -> str:
    """Fill in a new token's digest and times; returns its secret."""
    now = clock.now()
    secret = token_secrets.new_secret(token_secrets.SENDER)
    sender.digest = token_secrets.digest_of(secret)
    sender.token_made_at = now
    sender.token_expires_at = last_moment_of(last_day, zone=account.timezone, now=now)
    return secret


def _held(sender: UUID, account: Account) -> Sender:
    rows = Sender.objects.select_for_update(of=("self",)).select_related(
        "worklist__account", "worklist__owner"
    )
    row = rows.filter(uuid=sender, account=account).first()
    if row is None:
        raise NothingThere
    return row


def _write(sender: Sender) -> None:
    try:
        with transaction.atomic():
            sender.save()
    except IntegrityError as error:
        if "a_caller_is_one_sender_of_a_worklist" not in str(error):
            raise
        raise ValidationError({"ae_title": _(CALLER_TAKEN)}, code="taken") from error


def _end(sender: Sender, by: Actor) -> None:
    Sender.objects.filter(pk=sender.pk).update(ended_at=Now(), ended_by=by.user)
    sender.refresh_from_db(fields=["ended_at", "ended_by"])
    record(Action.SENDER_END, by=by, on=on_sender(sender))
