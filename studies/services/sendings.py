"""Sending studies to another system: asked for, cancelled and read by a person. `sending_out` carries it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.queue import poke
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from audit.services import On, event, record, record_all
from common.exceptions import NothingThere, Refused
from common.nouns import counted
from studies import selectors
from studies.events import on_placement, on_placements
from studies.models import Placement, Sending
from studies.selectors.sendings import SendingSeen
from studies.services.instances import NOT_ALL_THERE
from worklists.events import on_worklist_with
from worklists.models import Destination

MOST_SENT = 100
# Sending gives the files away: all that reading and downloading them needs, and its own permission.
NEEDED = frozenset({"list_studies", "open_study", "download_study", "send_study"})

MAY_NOT_SEND = gettext_noop("Your role on this worklist does not let you send studies to another system.")
NO_DESTINATION = gettext_noop("This destination is no longer there. Choose another.")


@dataclass(frozen=True)
class Choice:
    """The studies of a press of Send, and the destinations there are."""

    placements: list[Placement]
    destinations: list[Destination]


@dataclass(frozen=True)
class Started:
    """How many studies will be sent, and how many were on their way already."""

    destination: Destination
    started: int
    under_way: int


def may_send(rights: frozenset[str]) -> bool:
    return rights >= NEEDED


@transaction.atomic
def choose_destination(*, placements: Sequence[UUID], by: Actor) -> Choice:
    """What is shown before anything is sent."""
    seen = _sendable(placements, by)
    at = selectors.seen_at(seen[0])
    record(Action.DIALOG_READ, by=by, on=on_placements(seen, at=at, dialog="send"))
    return Choice(seen, list(selectors.destinations_from(seen[0].worklist)))


@transaction.atomic
def begin_sendings(*, placements: Sequence[UUID], destination: UUID, by: Actor) -> Started:
    """Write a row for each study; a worker sends. A study that is on its way there already is left as it is."""
    seen = _sendable(placements, by)
    chosen = selectors.destinations_from(seen[0].worklist).filter(uuid=destination).first()
    if chosen is None:
        raise ValidationError(_(NO_DESTINATION), code="no_destination")
    rows = [_row(placement, chosen, by) for placement in seen]
    # Of two presses at once the second finds the first's row: the database keeps a single one.
    Sending.objects.bulk_create(rows, ignore_conflicts=True)
    kept = set(
        Sending.objects.filter(uuid__in=[row.uuid for row in rows]).values_list("placement_uuid", flat=True)
    )
    record_all(_asked(by, placement, chosen) for placement in seen if placement.uuid in kept)
    if kept:
        poke("studies.send_waiting")
    return Started(chosen, len(kept), len(seen) - len(kept))


@transaction.atomic
def cancel_sending(*, sending: UUID, by: Actor) -> Sending:
    """No further file is sent; what was sent stays there. A finished sending is left as it is."""
    row = selectors.sending_of(by, sending, lock=True)
    if row is None:
        raise NothingThere
    if not row.is_finished:
        Sending.objects.filter(pk=row.pk).update(
            state=Sending.State.CANCELLED, finished_at=Now(), claimed_until=None
        )
        record(Action.STUDY_SEND_CANCEL, by=by, on=on_sending(row))
    return row


@transaction.atomic
def read_sendings(*, by: Actor, before: int | None = None) -> tuple[list[SendingSeen], bool]:
    """A page of the person's own sendings, and whether there are older ones."""
    shown, more = selectors.sendings_of(by, before=before)
    studies = [each.placement.study_id for each in shown if each.placement is not None]
    if studies:
        detail = {"studies": len(set(studies)), "study_ids": sorted(set(studies))}
        record(Action.SENDINGS_READ, by=by, on=On(detail=detail))
    return shown, more


def on_sending(sending: Sending) -> On:
    """What events record of a sending, as it stands; the placement may be gone."""
    detail = {
        "sending": str(sending.uuid),
        "destination": str(sending.destination.uuid),
        "destination_name": sending.destination.name,
        "instances": sending.n_sent,
        "refused": sending.n_refused,
        "reason": sending.why,
    }
    placement = Placement.objects.with_names().filter(uuid=sending.placement_uuid).first()
    if placement is not None:
        return on_placement(placement, at=clock.now(), detail=detail)
    return on_worklist_with(
        sending.worklist,
        study_id=sending.study_id,
        study_uid=sending.study.study_instance_uid,
        placement_uuid=sending.placement_uuid,
        in_original=sending.in_original,
        detail=detail,
    )


def _sendable(placements: Sequence[UUID], by: Actor) -> list[Placement]:
    """All of them, of one worklist, with the right to send them."""
    by.person  # noqa: B018 - a token, a sender and a guest send nothing
    if len(placements) > MOST_SENT:
        sentence = _("At most %(most)s can be sent at once.")
        raise ValidationError(sentence % {"most": counted(MOST_SENT, "study")}, code="too_many")
    seen = selectors.placements_for(by, placements)
    if not seen:
        raise NothingThere
    if len(seen) < len(set(placements)) or len({placement.worklist_id for placement in seen}) > 1:
        raise ValidationError(_(NOT_ALL_THERE), code="gone")
    if not may_send(by.rights(seen[0].worklist)):
        raise Refused(_(MAY_NOT_SEND), on=on_placement(seen[0], at=selectors.seen_at(seen[0])))
    return seen


def _row(placement: Placement, destination: Destination, by: Actor) -> Sending:
    return Sending(
        study=placement.study,
        worklist=placement.worklist,
        placement_uuid=placement.uuid,
        destination=destination,
        by=by.person,
        ip_address=by.ip_address,
        created_at=Now(),
        due_at=Now(),
        progressed_at=Now(),
        in_original=placement.internal_until > selectors.seen_at(placement),
        n_files=placement.study.n_instances,
    )


def _asked(by: Actor, placement: Placement, destination: Destination) -> AuditEvent:
    detail = {"destination": str(destination.uuid), "destination_name": destination.name}
    on = on_placement(placement, at=selectors.seen_at(placement), detail=detail)
    return event(Action.STUDY_SEND, by=by, on=on)
