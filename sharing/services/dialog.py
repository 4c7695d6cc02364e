"""Looks: what the share dialog offers, what a code is called, who has access. What shows a thing is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.models import Invitation, User
from audit import clock
from audit.actions import Action
from audit.services import event, record, record_all
from common.exceptions import NothingThere
from sharing import graph, permissions, selectors, targets
from sharing.limits import MOST_STUDIES
from sharing.models import Method, Share
from sharing.permissions import Allowed
from sharing.targets import Resolved, Target
from studies.events import on_placement, on_worklist
from studies.models import Placement
from studies.selectors import placements_visible_to
from worklists import access
from worklists.models import Worklist

MAY_NOT_END = "You may end a share only where it was made from, or at the study's home."
AT_HOME = "This worklist is the study's home. Delete the study itself, or end its shares."
NOT_AT_HOME = "A study is deleted only at its home. You can remove it from this worklist."


@dataclass(frozen=True)
class Offer:
    """What the dialog has to work with: the ticked studies that are there, and what may be used on at least one."""

    worklist: Worklist
    placements: list[Placement]
    gone: int
    allowed: frozenset[Allowed]

    def may(self, method: str) -> bool:
        return any(pair.method == method for pair in self.allowed)

    def accounts(self, method: str) -> frozenset[int]:
        """The accounts whose directory may be used for a method."""
        return frozenset(
            pair.account_id for pair in self.allowed if pair.method == method and pair.account_id is not None
        )


def offer(*, placements: Sequence[UUID], by: User) -> Offer:
    """What a share dialog for these studies offers; on a personal worklist the union over the studies.

    Raises NothingThere, PermissionDenied (may not share there at all) and ValidationError (too many, two worklists).
    """
    wanted = set(placements)
    if len(wanted) > MOST_STUDIES:
        raise ValidationError(
            f"At most {MOST_STUDIES} studies can be shared at once; you ticked {len(wanted):,}."
        )
    found = _seen(list(wanted), by)
    worklist = found[0].worklist
    if any(placement.worklist_id != worklist.pk for placement in found):
        raise ValidationError("Share the studies of one worklist at a time.")
    rights = permissions.check_share(by, worklist)
    if worklist.is_personal:
        allowed = _allowed_on_own(by, worklist, rights, [placement.study_id for placement in found])
    else:
        allowed = permissions.allowed_on(worklist, rights)
    return Offer(worklist, found, len(wanted) - len(found), allowed)


def _allowed_on_own(
    by: User, worklist: Worklist, rights: frozenset[str], study_ids: Sequence[int]
) -> frozenset[Allowed]:
    now = clock.now()
    incoming = [
        share
        for one in graph.load(study_ids).values()
        for share in one.shares
        if share.to_worklist_id == worklist.pk and share.approved_at is not None and one.is_live(share, now)
    ]
    return frozenset().union(*permissions.allowed_onward(by, worklist, rights, incoming).values())


def directory(*, worklist: UUID, accounts: Sequence[UUID], by: User) -> frozenset[int]:
    """The accounts in whose directory the person may look for physicians while sharing from a worklist.

    From one's own worklist these are the named ones where one's role there has the right. Raises NothingThere and
    PermissionDenied.
    """
    ticked = access.worklists_for(by, "list_studies").filter(uuid=worklist).first()
    if ticked is None:
        raise NothingThere
    rights = permissions.check_share(by, ticked)
    if Method.PHYSICIAN not in permissions.methods_by_role(ticked, rights):
        raise PermissionDenied(permissions.SENTENCES[Method.PHYSICIAN])
    if ticked.account_id is not None:
        return frozenset({ticked.account_id})
    named = selectors.accounts_by_uuid(accounts)
    roles = permissions.account_methods(by)
    return frozenset(account for account in named if Method.PHYSICIAN in roles.get(account, ()))


@transaction.atomic
def read_back(
    *, codes: Sequence[str], by: User, ticked: Worklist, address: str | None = None
) -> list[Resolved]:
    """What each typed share code stands for, or the sentence that refuses it. Every look is recorded."""
    wanted = [targets.tidy(Target(Method.CODE, code)) for code in codes]
    found = targets.resolve(wanted, by=by, ticked=ticked, allowed={Allowed(Method.CODE, None)})
    record_all(
        event(
            Action.CODE_LOOK_UP,
            by=by,
            # What was typed is not kept: it may be anything.
            on=on_worklist(
                ticked,
                other_worklist_id=one.worklist.pk if one.worklist is not None else None,
                other_worklist_label=one.label if one.worklist is not None else "",
            ),
            outcome="success" if one.worklist is not None else "failed",
            address=address,
        )
        for one in found
    )
    return found


@transaction.atomic
def read_access(*, placement: Placement, by: User, address: str | None = None) -> selectors.Access:
    """Who can see this study, as far as the person may know it from where they see it."""
    now = clock.now()
    record(Action.ACCESS_READ, by=by, on=on_placement(placement, at=now), address=address)
    return selectors.who_has_access(placement, by, now)


@transaction.atomic
def read_received(*, press: UUID, by: User, address: str | None = None) -> selectors.Received:
    """What of a press still stands for the person; NothingThere where nothing ever did."""
    received = selectors.press_for(by, press)
    if not received.stood:
        raise NothingThere
    worklists = {placement.worklist_id: placement.worklist for placement in received.placements}
    record_all(
        event(
            Action.LIST_READ,
            by=by,
            on=on_worklist(worklist, detail={"press": str(press)}),
            address=address,
        )
        for _, worklist in sorted(worklists.items())
    )
    return received


def preview_end(*, shares: Sequence[UUID], by: User) -> tuple[list[Share], selectors.WhatEnds]:
    """The shares that are there for the person, and what goes if they end. Raises NothingThere and PermissionDenied."""
    seen = selectors.shares_seen_by(by).filter(uuid__in=shares)
    found = list(seen.select_related("study", "shared_by", "from_worklist__owner").order_by("pk"))
    if not found:
        raise NothingThere
    ends = {share.from_worklist_id for share in found} | {share.study.home_id for share in found}
    may = set(access.worklists_for(by, "share_study").filter(pk__in=ends).values_list("pk", flat=True))
    if any(not {share.from_worklist_id, share.study.home_id} & may for share in found):
        raise PermissionDenied(MAY_NOT_END)
    return found, selectors.what_ends(found, by)


def preview_removal(*, placements: Sequence[UUID], by: User) -> tuple[list[Placement], selectors.WhatEnds]:
    """The studies, and what goes if they are removed. Raises NothingThere, PermissionDenied, ValidationError."""
    found = _seen(placements, by)
    for worklist in {placement.worklist_id: placement.worklist for placement in found}.values():
        permissions.check_remove(by, worklist)
    if any(placement.is_home for placement in found):
        raise ValidationError(AT_HOME)
    return found, selectors.what_ends_with_removal(found, by)


def preview_deletion(*, placement: UUID, by: User) -> tuple[Placement, selectors.WhatEnds]:
    """The study, and what goes if it is deleted at home. Raises NothingThere and PermissionDenied."""
    [found] = _seen([placement], by)
    permissions.check_remove(by, found.worklist)
    if not found.is_home:
        raise PermissionDenied(NOT_AT_HOME)
    return found, selectors.what_ends_with_deletion(found, by)


def _seen(placements: Sequence[UUID], by: User) -> list[Placement]:
    seen = placements_visible_to(by).filter(uuid__in=set(placements))
    found = list(
        seen.select_related("study", "worklist__account", "worklist__owner").order_by(
            "name_key", "-study_date", "pk"
        )
    )
    if not found:
        raise NothingThere
    return found


def preview_withdrawal(*, invitation: UUID, by: User) -> tuple[Invitation, int, bool]:
    """The invitation, how many of the person's promises end with it, and whether others wait with it too."""
    found = selectors.invitations_of(by).filter(uuid=invitation).first()
    if found is None:
        raise NothingThere
    promisers = list(selectors.promises_of(found).values_list("shared_by", flat=True))
    mine = sum(promiser == by.pk for promiser in promisers)
    others = len(promisers) > mine or selectors.waiting_membership(found) is not None
    return found, mine, others
