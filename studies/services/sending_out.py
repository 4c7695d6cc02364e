"""The worker's part of sending: file by file, each after asking again for the right, with growing pauses after errors.

Not one transaction, on purpose: a claim is committed before a file is sent, and what became of the file afterwards.
After a worker was killed between them the file is sent again, which every destination takes as the same object.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.queue import poke
from accounts.sealing import Unreadable
from audit.actions import Action
from audit.services import record
from common.exceptions import NothingThere, Refused
from studies import selectors
from studies.models import Instance, Sending
from studies.sending import store, stow
from studies.sending.files import file_to_send
from studies.sending.reasons import CannotSend, NotTaken, TryAgain
from studies.services.instances import Part, StoredFile, open_instance
from studies.services.sendings import may_send, on_sending
from worklists.models import Destination
from worklists.services import secret_of

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=12)  # longer than a task may run
# Other work waits for the same workers: a task sends for a while, and then the next continues.
ENOUGH_SECONDS = 60
WAITS = [
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
]
GIVE_UP_AFTER = timedelta(days=1)
# ... and not before this many tries: perhaps no worker was running on that day.
FEW_TRIES = 10

Send = Callable[[Path, Instance], None]


class OutOfTime(Exception):
    """This worker's time is used up; the next task continues."""


class Stopped(Exception):
    """The sending was cancelled, or another worker has it."""


def send_waiting(*, seconds: float = ENOUGH_SECONDS) -> int:
    """Send what is due, study after study; returns how many were finished. Several workers may run it at once."""
    finish_by = time.monotonic() + seconds
    finished = 0
    while sending := _claim():
        finished += _carry_on(sending, finish_by)
        if time.monotonic() > finish_by:
            if _due().exists():
                poke("studies.send_waiting")
            break
    return finished


def _due() -> QuerySet[Sending]:
    free = Q(claimed_until=None) | Q(claimed_until__lte=Now())
    return Sending.objects.filter(free, finished_at=None, due_at__lte=Now())


@transaction.atomic
def _claim() -> Sending | None:
    """The longest waiting sending that is due and that no worker has; as a rule a single one of a destination."""
    busy = Sending.objects.filter(
        destination=OuterRef("destination"), finished_at=None, claimed_until__gt=Now()
    )
    related = ("study", "destination__account", "worklist__account", "worklist__owner", "by")
    sending = (
        _due()
        .exclude(Exists(busy))
        .select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related(*related)
        .order_by("due_at", "id")
        .first()
    )
    if sending is not None:
        sending.n_claims += 1
        sending.n_attempts += 1
        Sending.objects.filter(pk=sending.pk).update(
            state=Sending.State.SENDING,
            claimed_until=Now() + CLAIM,
            n_claims=sending.n_claims,
            n_attempts=sending.n_attempts,
            n_files=max(sending.study.n_instances, sending.n_done),
        )
    return sending


def _carry_on(sending: Sending, finish_by: float) -> bool:
    """Send what is left of a study; whether it is finished now."""
    try:
        _send_rest(sending, finish_by)
        return True
    except Stopped:
        return False
    except OutOfTime:
        _ours(sending).update(state=Sending.State.WAITING, claimed_until=None, due_at=Now(), n_attempts=0)
        return False
    except CannotSend as refusal:
        return _finish(sending, Sending.State.FAILED, str(refusal))
    except TryAgain as refusal:
        return _put_off(sending, str(refusal))
    except Exception as error:
        # The error's text is not logged: it may quote the file.
        log.warning("sending %s was interrupted: %s", sending.uuid, type(error).__name__)
        return _put_off(sending, "our_error")


def _send_rest(sending: Sending, finish_by: float) -> None:
    _check(sending)
    with _way(sending) as send:
        while True:
            instance = selectors.next_to_send(sending)
            if instance is None:
                if _finish(sending):
                    return
                continue  # more arrived at the last moment
            if time.monotonic() > finish_by:
                raise OutOfTime
            _note(sending, instance, _send_file(sending, instance, send))


def _send_file(sending: Sending, instance: Instance, send: Send) -> str:
    """Empty where the destination took the file, or the code of its refusal."""
    stored = _opened(sending, instance)
    try:
        with file_to_send(
            key=stored.key,
            changes=stored.changes,
            sop_class=instance.sop_class_uid,
            sop_instance=instance.sop_instance_uid,
            transfer_syntax=instance.transfer_syntax_uid,
            is_announced=not sending.destination.is_dicomweb,
        ) as path:
            send(path, instance)
    except NotTaken as refusal:
        return str(refusal)
    return ""


def _opened(sending: Sending, instance: Instance) -> StoredFile:
    """The file, after everything that allows it to be sent was asked for once more."""
    _check(sending)
    try:
        stored = open_instance(
            placement=sending.placement_uuid,
            instance=instance.uuid,
            by=sending.actor,
            part=Part.ORIGINAL,
            session=f"sending {sending.uuid}",
        )
    except Refused:
        raise CannotSend("right") from None
    except NothingThere:
        raise CannotSend("gone") from None
    if len(stored.changes) != sending.n_corrections:
        if sending.n_done:
            raise CannotSend("corrected")
        sending.n_corrections = len(stored.changes)
        _ours(sending).update(n_corrections=sending.n_corrections)
    return stored


def _check(sending: Sending) -> None:
    if not _ours(sending).update(claimed_until=Now() + CLAIM):
        raise Stopped
    if not Destination.objects.live().filter(pk=sending.destination_id).exists():
        raise CannotSend("removed")
    if selectors.placement_for(sending.actor, sending.placement_uuid) is None:
        raise CannotSend("gone")
    if not may_send(sending.actor.rights(sending.worklist)):
        raise CannotSend("right")


@contextmanager
def _way(sending: Sending) -> Iterator[Send]:
    """By DICOMweb or by DIMSE, as the destination is entered now."""
    to = Destination.objects.get(pk=sending.destination_id)
    if to.is_dicomweb:
        try:
            secret = secret_of(to)
        except Unreadable:
            raise CannotSend("secret") from None
        with stow.stow_to(to.url, username=to.username, secret=secret) as service:
            yield lambda path, instance: service.send(path)
        return
    assert to.port is not None  # a constraint of the table
    kinds = {kind for kind in selectors.kinds_to_send(sending) if all(kind)}
    with store.store_to(
        host=to.host, port=to.port, title=to.ae_title, calling=to.calling_ae_title, tls=to.tls, kinds=kinds
    ) as association:
        yield lambda path, instance: association.send(
            path, (instance.sop_class_uid, instance.transfer_syntax_uid)
        )


def _ours(sending: Sending) -> QuerySet[Sending]:
    """The row, as long as this worker has it and it was not cancelled."""
    return Sending.objects.filter(pk=sending.pk, n_claims=sending.n_claims, finished_at=None)


def _note(sending: Sending, instance: Instance, refusal: str) -> None:
    """What became of a file, before the next is sent."""
    sending.last_instance = instance.pk
    if refusal:
        sending.n_refused += 1
        sending.refusals[refusal] = sending.refusals.get(refusal, 0) + 1
    else:
        sending.n_sent += 1
        sending.n_attempts = 0
    kept = _ours(sending).update(
        last_instance=instance.pk,
        n_sent=sending.n_sent,
        n_refused=sending.n_refused,
        refusals=sending.refusals,
        n_attempts=sending.n_attempts,
        progressed_at=Now(),
        why="",
    )
    if not kept:
        raise Stopped


def _put_off(sending: Sending, code: str) -> bool:
    """Later again, after a pause; whether it is given up instead."""
    late = _ours(sending).filter(progressed_at__lte=Now() - GIVE_UP_AFTER, n_attempts__gt=FEW_TRIES)
    if late.exists():
        return _finish(sending, Sending.State.FAILED, "given_up")
    wait = WAITS[min(max(sending.n_attempts, 1), len(WAITS)) - 1]
    _ours(sending).update(state=Sending.State.WAITING, claimed_until=None, due_at=Now() + wait, why=code)
    # What else waits for the same destination would only meet the same error.
    others = Sending.objects.filter(destination=sending.destination_id, finished_at=None, claimed_until=None)
    others.filter(due_at__lt=Now() + wait).exclude(pk=sending.pk).update(due_at=Now() + wait)
    return False


@transaction.atomic
def _finish(sending: Sending, state: str = "", code: str = "") -> bool:
    """The end, and its event; False where there is something left to send after all."""
    row = _ours(sending).select_for_update(no_key=True).first()
    if row is None:
        raise Stopped
    # In a new statement: before the lock more files may have arrived.
    if not state and selectors.next_to_send(sending) is not None:
        return False
    if not state:
        state = _state_of(sending)
    sending.why = code
    _ours(sending).update(state=state, why=code, finished_at=Now(), claimed_until=None)
    outcome = "success" if state == Sending.State.DONE else "failed"
    record(Action.STUDY_SEND_END, by=sending.actor, on=on_sending(sending), outcome=outcome)
    return True


def _state_of(sending: Sending) -> str:
    if not sending.n_refused:
        return Sending.State.DONE
    return Sending.State.PARTLY if sending.n_sent else Sending.State.FAILED
