"""The outbox: every mail is a row before a worker sends it."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import DateTimeField, F, Max, Q, QuerySet, Value
from django.db.models.functions import Greatest, Now
from django.utils.module_loading import import_string

from accounts import queue
from accounts.mail import Message, NothingToSend, from_line
from accounts.models import Invitation, OutboxMail

log = logging.getLogger(__name__)
Dropped = OutboxMail.Dropped

# Longer than one mail may take, time-outs included: a second worker must not send what the first is still
# sending.
CLAIM = timedelta(minutes=2)
WAITS = [
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
]
GIVE_UP_AFTER = timedelta(days=3)
# ... and not before this many tries: perhaps no worker was running in those days.
FEW_TRIES = 20
# Mails that bring the link of an invitation; `data` names it.
INVITING = ("invitation", "staff_invitation", "upload_invitation")
# Mails of the last minute are among so many.
RECENT = 20_000
# One run ends before Celery's time limit would end it.
LONGEST_RUN = 240


def queue_mail(
    *, kind: str, recipient: str, data: dict[str, Any], good_until: Any | None = None
) -> OutboxMail:
    """A mail of a kind in CIMAR_MAIL_KINDS, in the caller's transaction; its text is written when it is sent.

    `data` holds ids only. Nothing is sent after `good_until`.
    """
    return queue_mails(kind=kind, to=[(recipient, data)], good_until=good_until)[0]


def queue_mails(
    *,
    kind: str,
    to: Iterable[tuple[str, dict[str, Any]]],
    good_until: Any | None = None,
    not_before: datetime | None = None,
) -> list[OutboxMail]:
    """As `queue_mail`, for many recipients at once, each with its own data. No mail leaves before `not_before`."""
    due_at = Now() if not_before is None else Greatest(Now(), Value(not_before, DateTimeField()))
    return _queue(
        OutboxMail(
            kind=kind, recipient=recipient, data=data, good_until=good_until, created_at=Now(), due_at=due_at
        )
        for recipient, data in to
    )


def queue_written(
    *, kind: str, recipient: str, message: Message, data: dict[str, Any] | None = None, good_for: timedelta
) -> OutboxMail:
    """A mail that is rendered already, since it holds a secret that is stored nowhere else; erased when sent."""
    return _queue(
        [
            OutboxMail(
                kind=kind,
                recipient=recipient,
                data=data or {},
                subject=message.subject,
                text_body=message.text,
                html_body=message.html,
                created_at=Now(),
                due_at=Now(),
                good_until=Now() + good_for,
            )
        ]
    )[0]


def _queue(mails: Iterable[OutboxMail]) -> list[OutboxMail]:
    written = OutboxMail.objects.bulk_create(mails)
    if written:
        queue.poke("accounts.deliver_mail")
    return written


class AlreadyLeft(Exception):
    """A mail that was to be taken back has left, or a worker is sending it now."""


def take_back(data: dict[str, Any]) -> int:
    """Drop the recent mails whose data has these values, none of which has left; how many. Raises AlreadyLeft.

    In the caller's transaction: until it ends, delivery skips the rows that are locked here.
    """
    newest = OutboxMail.objects.aggregate(newest=Max("pk"))["newest"] or 0
    recent = OutboxMail.objects.filter(pk__gt=newest - RECENT, data__contains=data)
    mails = list(recent.order_by("pk").select_for_update())
    if any(mail.attempts or mail.delivered_at for mail in mails):
        raise AlreadyLeft
    waiting = OutboxMail.objects.waiting().filter(pk__in=[mail.pk for mail in mails])
    why = "It was taken back before it left."  # allowed: stored, for the operator
    return _drop(waiting, Dropped.TAKEN_BACK, why)


def deliver_waiting() -> int:
    """Send the mails that are due, one after the other; returns how many were sent. Several workers may run it at once.

    Not one transaction, on purpose: a claim is committed before the mail is sent and its delivery afterwards. After a
    worker was killed between them the claim expires and the mail is sent again: perhaps twice, but at least once.
    """
    sent, started = 0, time.monotonic()
    with _Post() as post:
        while time.monotonic() - started < LONGEST_RUN and (mail := _claim()) is not None:
            sent += _deliver(mail, post.send)
            if post.unreachable:
                # The other mails would only wait for the same server; they are due again in the next run.
                break
    return sent


@transaction.atomic
def _claim() -> OutboxMail | None:
    due = OutboxMail.objects.waiting().filter(due_at__lte=Now())
    free = due.filter(Q(claimed_until=None) | Q(claimed_until__lte=Now()))
    mail = free.select_for_update(skip_locked=True).order_by("due_at", "id").first()
    if mail is not None:
        _only(mail).update(claimed_until=Now() + CLAIM, attempts=F("attempts") + 1)
        mail.attempts += 1
    return mail


def _deliver(mail: OutboxMail, send: Callable[[OutboxMail, Message], None]) -> bool:
    if _drop_if_too_late(mail):
        return False
    try:
        send(mail, _text(mail))
    except NothingToSend as nothing:
        _drop(_only(mail), Dropped.NOTHING, str(nothing))
        return False
    except Exception as error:
        # After any error of the mail server or of rendering, the mail is kept and tried again. The error's text is not
        # logged: it may quote the mail.
        log.warning("mail %s (%s) was not sent: %s", mail.uuid, mail.kind, type(error).__name__)
        _only(mail).update(claimed_until=None, due_at=Now() + _wait(mail.attempts))
        return False
    _note_delivery(mail)
    return True


@transaction.atomic
def _note_delivery(mail: OutboxMail) -> None:
    _only(mail).update(delivered_at=Now(), claimed_until=None, **ERASED)
    if mail.kind in INVITING:
        Invitation.objects.filter(pk=mail.data["invitation"]).update(mailed_at=Now())


ERASED = {"subject": "", "text_body": "", "html_body": ""}


def _wait(attempts: int) -> timedelta:
    return WAITS[min(attempts, len(WAITS)) - 1]


def _only(mail: OutboxMail) -> QuerySet[OutboxMail]:
    return OutboxMail.objects.waiting().filter(pk=mail.pk)


def _drop_if_too_late(mail: OutboxMail) -> bool:
    late = _only(mail).filter(good_until__lte=Now())
    given_up = _only(mail).filter(
        good_until=None, created_at__lte=Now() - GIVE_UP_AFTER, attempts__gt=FEW_TRIES
    )
    too_late = "It was no longer good when its turn came."  # allowed: stored, for the operator
    not_taken = "The mail server did not take it for three days."  # allowed: stored, for the operator
    return bool(_drop(late, Dropped.LATE, too_late)) or bool(_drop(given_up, Dropped.GIVEN_UP, not_taken))


def _drop(mails: QuerySet[OutboxMail], how: Dropped, why: str) -> int:
    return mails.update(
        dropped_at=Now(), dropped_as=how, dropped_because=why[:100], claimed_until=None, **ERASED
    )


def _text(mail: OutboxMail) -> Message:
    if mail.text_body:
        return Message(mail.subject, mail.text_body, mail.html_body)
    render: Callable[[OutboxMail], Message] = import_string(settings.CIMAR_MAIL_KINDS[mail.kind])
    return render(mail)


class _Post:
    """One connection to the mail server for one run, opened at the first mail and again after an error."""

    def __init__(self) -> None:
        self.connection: Any = None
        self.unreachable = False

    def __enter__(self) -> "_Post":
        return self

    def __exit__(self, *failure: object) -> None:
        self._close()

    def send(self, mail: OutboxMail, message: Message) -> None:
        letter = EmailMultiAlternatives(
            subject=message.subject,
            body=message.text,
            from_email=from_line(message.organisation),
            to=[mail.recipient],
            # The same for each try, so that a mail sent twice is shown once in the mailbox.
            headers={
                "Message-ID": f"<{mail.uuid}@{urlsplit(settings.CIMAR_BASE_URL).hostname}>",
                "Auto-Submitted": "auto-generated",
            },
        )
        if message.html:
            letter.attach_alternative(message.html, "text/html")
        try:
            self._open().send_messages([letter])
        except Exception:
            self._close()
            raise

    def _open(self) -> Any:
        if self.connection is None:
            fresh = get_connection()
            try:
                fresh.open()
            except OSError:
                self.unreachable = True
                raise
            self.connection = fresh
        return self.connection

    def _close(self) -> None:
        if self.connection is None:
            return
        try:
            self.connection.close()
        except Exception:
            log.info("the mail server closed the connection first")
        self.connection = None
