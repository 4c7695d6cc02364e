"""What was promised to an email, and the person who claims it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from accounts.locks import lock_emails
from accounts.models import Invitation, User
from accounts.selectors import proved_emails
from accounts.services.invitations import mark_accepted
from audit.actions import Action
from audit.actor import SYSTEM, Actor
from audit.models import AuditEvent
from audit.services import event, record_all
from common.text import identity
from sharing.decisions import Outcome
from sharing.events import Labels, moment_text, on_share
from sharing.graph import Graph
from sharing.locks import lock_directory
from sharing.models import Method, Share
from sharing.selectors import promises_of
from sharing.selectors.rules import Recipient, rulings_for
from sharing.services import settling
from worklists.models import InvitedMembership, Worklist


def claim_promises(*, by: Actor) -> int:
    """Make the promises to the person's verified emails theirs; how many were kept.

    Called whenever an email becomes verified and at every sign-in; calling it again does nothing more.
    """
    if not _promises(by.person).exists():
        return 0
    with transaction.atomic():
        return _claim(by)


def _emails(user: User) -> list[str]:
    return sorted({identity(email) for email in proved_emails(user)})


def _promises(user: User) -> QuerySet[Share]:
    return Share.objects.promised().filter(
        invitation__in=Invitation.objects.claimable().filter(email__in=_emails(user))
    )


def _claim(by: Actor) -> int:
    user = by.person
    lock_emails(_emails(user))
    worklist = Worklist.objects.select_related("owner").get(owner=user)
    lock_directory(users=[user.pk], accounts=(), worklists=[worklist.pk])
    promised = set(_promises(user).values_list("pk", "study_id"))
    graphs, now = settling.locked_graphs({study_id for _, study_id in promised})
    pks = {pk for pk, _ in promised}
    waiting = [share for graph in graphs.values() for share in graph.shares if share.pk in pks]
    labels = Labels.of(waiting)
    kept: list[Share] = []
    dropped: dict[str, list[Share]] = {}
    events: list[AuditEvent] = []
    standing, ruled_out = _standing(graphs, worklist), _ruled_out(waiting)
    for share in waiting:
        key = (share.study_id, share.from_worklist_id, share.shared_by_id)
        reason = Share.EndReason.REFUSED if share.pk in ruled_out else _refusal(share, user, worklist)
        if not reason and key in standing:
            if was := _lengthen(standing[key], share):
                events.append(_lengthened(standing[key], graphs, labels, was, by, now))
            reason = Share.EndReason.DUPLICATE
        if reason:
            dropped.setdefault(reason, []).append(share)
        else:
            share.to_worklist = worklist
            if worklist.needs_approval:
                share.approved_at = None
            standing[key] = share
            kept.append(share)
        events.append(_event(share, graphs, labels, by, now, reason))
    claimed = {"approved_at": None} if worklist.needs_approval else {}
    Share.objects.filter(pk__in=[share.pk for share in kept]).update(to_worklist=worklist, **claimed)
    record_all(events)
    for reason, shares in dropped.items():
        settling.stop(shares, graphs, now, reason=reason, by=SYSTEM)
    settling.settle(graphs, now)
    invitations = {share.invitation_id for share in waiting if share.invitation_id is not None}
    # An offered membership on the same invitation waits for the person's own answer.
    answered = Invitation.objects.waiting().exclude(membership__in=InvitedMembership.objects.waiting())
    for invitation in answered.filter(pk__in=invitations).order_by("pk"):
        mark_accepted(invitation=invitation, by=by, now=now)
    return len(kept)


def _standing(graphs: dict[int, Graph], worklist: Worklist) -> dict[tuple[int, int, int], Share]:
    return {
        (share.study_id, share.from_worklist_id, share.shared_by_id): share
        for graph in graphs.values()
        for share in graph.shares
        if share.to_worklist_id == worklist.pk and share.method == Method.EMAIL
    }


def _ruled_out(waiting: Sequence[Share]) -> set[int]:
    """The keys of the promises that the rules of the accounts they were made from forbid by now."""
    by_source: dict[int, list[Share]] = {}
    for share in waiting:
        by_source.setdefault(share.from_worklist_id, []).append(share)
    ruled_out: set[int] = set()
    for source, ruling in rulings_for(Worklist.objects.filter(pk__in=by_source)).items():
        refusals = ruling.refusals([Recipient.of(share) for share in by_source[source]])
        ruled_out |= {share.pk for share, refusal in zip(by_source[source], refusals, strict=True) if refusal}
    return ruled_out


def _refusal(share: Share, user: User, worklist: Worklist) -> str:
    """Why this promise would be refused if it were a share made now."""
    if share.shared_by_id == user.pk or share.from_worklist_id == worklist.pk:
        return Share.EndReason.REFUSED
    if not worklist.takes_shares or not user.is_active:
        return Share.EndReason.REFUSED
    return ""


def _lengthen(standing: Share, promise: Share) -> datetime | None:
    """The later end date stays; the earlier, where it was this share's."""
    was = standing.expires_at
    if was is None or (promise.expires_at is not None and promise.expires_at <= was):
        return None
    standing.expires_at = promise.expires_at
    standing.save(update_fields=["expires_at"])
    return was


def _lengthened(
    share: Share, graphs: dict[int, Graph], labels: Labels, was: datetime, by: Actor, now: datetime
) -> AuditEvent:
    """Of a change that no person asked for: the promise that gave the end date is dropped with it."""
    graph = graphs[share.study_id]
    internal = graph.at(share.from_worklist_id).internal > now
    ends = {"until": moment_text(share.expires_at), "was_until": moment_text(was)}
    on = on_share(share, graph.study, labels, in_original=internal, outcome=str(Outcome.CHANGED), **ends)
    return event(Action.SHARE_CHANGE, by=by, on=on)


def _event(
    share: Share,
    graphs: dict[int, Graph],
    labels: Labels,
    by: Actor,
    now: datetime,
    reason: str,
) -> AuditEvent:
    graph = graphs[share.study_id]
    action = Action.SHARE_DROP if reason else Action.SHARE_CLAIM
    # Receiving is the recipient's: the original's trail has the share and its end alone.
    internal = bool(reason) and graph.at(share.from_worklist_id).internal > now
    waits = {} if reason or share.approved_at is not None else {"outcome": str(Outcome.AWAITING_APPROVAL)}
    return event(
        action,
        by=by,
        on=on_share(share, graph.study, labels, in_original=internal, why=str(reason), **waits),
    )


def end_promises(*, invitation: Invitation, by: Actor) -> int:
    """End every promise of this person that waits on an invitation."""
    waiting = promises_of(invitation).filter(shared_by=by.person)
    study_ids = set(waiting.values_list("study_id", flat=True))
    if not study_ids:
        return 0
    graphs, now = settling.locked_graphs(study_ids)
    ending = [
        share
        for graph in graphs.values()
        for share in graph.shares
        if share.invitation_id == invitation.pk
        and share.to_worklist_id is None
        and share.shared_by_id == by.user_id
    ]
    settling.end(ending, graphs, now, reason=Share.EndReason.WITHDRAWN, by=by)
    return len(ending)
