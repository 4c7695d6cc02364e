"""What would end with a share, a removal, a deletion or a withdrawal, before anybody confirms."""

from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Invitation, User
from common.exceptions import NothingThere
from sharing import permissions, selectors
from sharing.models import Share
from studies.models import Placement
from studies.selectors import placements_visible_to
from worklists import access

MAY_NOT_END = "You may end a share only where it was made from, or at the study's home."
AT_HOME = "This worklist is the study's home. Delete the study itself, or end its shares."
NOT_AT_HOME = "A study is deleted only at its home. You can remove it from this worklist."


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
    found = visible_placements(placements, by)
    for worklist in {placement.worklist_id: placement.worklist for placement in found}.values():
        permissions.check_remove(by, worklist)
    if any(placement.is_home for placement in found):
        raise ValidationError(AT_HOME)
    return found, selectors.what_ends_with_removal(found, by)


def preview_deletion(*, placement: UUID, by: User) -> tuple[Placement, selectors.WhatEnds]:
    """The study, and what goes if it is deleted at home. Raises NothingThere and PermissionDenied."""
    [found] = visible_placements([placement], by)
    permissions.check_remove(by, found.worklist)
    if not found.is_home:
        raise PermissionDenied(NOT_AT_HOME)
    return found, selectors.what_ends_with_deletion(found, by)


def visible_placements(placements: Sequence[UUID], by: User) -> list[Placement]:
    seen = placements_visible_to(by).filter(uuid__in=set(placements))
    found = list(seen.with_names().order_by("name_key", "-study_date", "pk"))
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
