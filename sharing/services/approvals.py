"""A worklist that asks for approval: an approver decides each share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere
from sharing import permissions, selectors
from sharing.events import Labels, on_share
from sharing.limits import check_note
from sharing.locks import lock_directory
from sharing.models import Share
from sharing.selectors.approvals import decision_on
from sharing.selectors.rules import Recipient, ruling_for
from sharing.services import notices, settling
from sharing.services.urgent import after_approval
from studies.models import Placement
from studies.services import lock_patients, tidy_own_mrn, write_own_mrn
from worklists.models import Worklist

TOO_LATE = gettext_noop("Someone has already decided on this share, or it has ended.")
RULED_OUT = gettext_noop(
    "The organisation that this study was shared from no longer allows this share. You can decline it."
)


@dataclass(frozen=True)
class Decisions:
    """How many shares were decided, and of each other share why not, such as who had decided before."""

    decided: int
    too_late: list[str]


def decide_shares(
    *,
    shares: Sequence[UUID],
    by: Actor,
    approve: bool,
    message: str = "",
    own_mrns: Mapping[UUID, str] | None = None,
) -> Decisions:
    """Decide several shares, each by itself: the first decision about a share counts, and undoes no other.

    `own_mrns`: of a share, the number that the worklist's office has for the patient, noted with the approval. Raises
    NothingThere (none of them is there for the person), PermissionDenied (before any is decided) and ValidationError
    (the message, or a number).
    """
    numbers = {share: tidy_own_mrn(number) for share, number in (own_mrns or {}).items()}
    message = message.replace("\x00", "").strip()
    check_note(message)
    _check_rights(shares, by)
    decided, too_late, occasion = 0, [], uuid4()
    for share in sorted(set(shares)):
        try:
            decide_share(
                share=share,
                by=by,
                approve=approve,
                message=message,
                own_mrn=numbers.get(share, ""),
                occasion=occasion,
            )
            decided += 1
        except ValidationError as refusal:
            too_late.append(decision_on(by, share) or refusal.messages[0])
        except NothingThere:
            if sentence := decision_on(by, share):
                too_late.append(sentence)
    if not decided and not too_late:
        raise NothingThere
    return Decisions(decided, too_late)


def _check_rights(shares: Sequence[UUID], by: Actor) -> None:
    waiting = selectors.shares_awaiting(by).filter(uuid__in=shares).values("to_worklist")
    for worklist in Worklist.objects.filter(pk__in=waiting).order_by("pk"):
        permissions.check_approve(by, worklist)


@transaction.atomic
def decide_share(
    *,
    share: UUID,
    by: Actor,
    approve: bool,
    message: str = "",
    own_mrn: str = "",
    occasion: UUID | None = None,
) -> Share:
    """Approve or decline a share that awaits approval on a worklist the person sees; `message` is for its sharer.

    An `own_mrn` is noted with the approval; empty, what was noted before stays. `occasion` is what the shares that are
    decided at once have in common. Raises NothingThere, PermissionDenied,
    and ValidationError where there is nothing left to decide.
    """
    own_mrn = tidy_own_mrn(own_mrn)
    waiting = selectors.shares_awaiting(by).filter(uuid=share).select_related("to_worklist").first()
    if waiting is None or waiting.to_worklist is None:
        raise NothingThere
    permissions.check_approve(by, waiting.to_worklist)
    lock_directory(users=(), accounts=(), worklists=[waiting.to_worklist.pk])
    graphs, now = settling.locked_graphs([waiting.study_id])
    graph = graphs[waiting.study_id]
    unapproved = (each for each in graph.shares if each.approved_at is None)
    standing = next((each for each in unapproved if each.pk == waiting.pk), None)
    if standing is None:
        raise ValidationError(_(TOO_LATE))
    if approve:
        _check_rules(standing, waiting.to_worklist)
    internal = graph.at(standing.from_worklist_id).internal > now
    on = on_share(standing, graph.study, Labels.of([standing]), in_original=internal)
    record(Action.SHARE_APPROVE if approve else Action.SHARE_DECLINE, by=by, on=on)
    standing.decision_note = message
    if approve:
        standing.approved_at, standing.approved_by = now, by.person
        standing.escalate_at = after_approval(standing, waiting.to_worklist, now)
        standing.save(update_fields=["approved_at", "approved_by", "decision_note", "escalate_at"])
    else:
        standing.save(update_fields=["decision_note"])
        settling.stop([standing], graphs, now, reason=Share.EndReason.DECLINED, by=by)
    noted = own_mrn if approve else ""
    if noted:
        # Before the settling locks the study's own: all numbers in one order.
        lock_patients([graph.study.patient_id, noted])
    settling.settle(graphs, now)
    if noted:
        _note(standing, noted, by)
    notices.tell_decided(share=standing, by=by, occasion=occasion)
    if approve:
        notices.queue_notices(press=standing.press, shares=[standing], shared_by=standing.shared_by)
    return standing


def _note(share: Share, own_mrn: str, by: Actor) -> None:
    placements = Placement.objects.visible().with_names()
    placement = placements.filter(study=share.study_id, worklist=share.to_worklist_id).first()
    if placement is not None:
        write_own_mrn(placement=placement, by=by, number=own_mrn)


def _check_rules(share: Share, worklist: Worklist) -> None:
    """Whether the sharing side's rules still allow it. Their reason is for that side's own members."""
    share.to_worklist = worklist
    source = Worklist.objects.get(pk=share.from_worklist_id)
    if ruling_for(source).refusal(Recipient.of(share)):
        raise ValidationError(_(RULED_OUT))
