"""What would end with a share, a removal, a deletion or a withdrawal, before the person confirms."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import Invitation
from audit.actor import Actor
from common.exceptions import NothingThere
from sharing import permissions, selectors
from sharing.models import Share
from sharing.selectors.recipients import RECIPIENT
from studies.models import Placement
from studies.selectors import placements_visible_to


def preview_end(*, shares: Sequence[UUID], by: Actor) -> tuple[list[Share], selectors.WhatEnds]:
    """The shares that are there for the person, and what ends with them. Raises NothingThere and PermissionDenied."""
    seen = selectors.shares_seen_by(by).filter(uuid__in=shares)
    chosen = list(
        seen.select_related("study", "shared_by", "from_worklist__owner", *RECIPIENT).order_by("pk")
    )
    if not chosen:
        raise NothingThere
    permissions.check_end(by, chosen)
    return chosen, selectors.what_ends(chosen, by)


@dataclass(frozen=True)
class RemovalPreview:
    """The selected studies that can be removed, with what ends; and the originals among them, which stay."""

    placements: list[Placement]
    staying: list[Placement]
    what: selectors.WhatEnds


def preview_removal(*, placements: Sequence[UUID], by: Actor) -> RemovalPreview:
    """What would be removed and what ends with it. Raises NothingThere, PermissionDenied, and ValidationError where
    nothing can be removed."""
    chosen = visible_placements(placements, by)
    removable, staying = permissions.sort_for_removal(by, chosen)
    if not removable:
        raise ValidationError(_(permissions.AT_HOME))
    return RemovalPreview(removable, staying, selectors.what_ends_with_removal(removable, by))


def preview_deletion(*, placement: UUID, by: Actor) -> tuple[Placement, selectors.WhatEnds]:
    """The study, and what ends if it is deleted at home. Raises NothingThere and PermissionDenied."""
    [chosen] = visible_placements([placement], by)
    permissions.check_deletion(by, chosen)
    return chosen, selectors.what_ends_with_deletion(chosen, by)


def visible_placements(placements: Sequence[UUID], by: Actor) -> list[Placement]:
    seen = placements_visible_to(by).filter(uuid__in=set(placements))
    visible = list(seen.with_names().order_by("name_key", "-study_date", "pk"))
    if not visible:
        raise NothingThere
    return visible


def preview_withdrawal(*, invitation: UUID, by: Actor) -> tuple[Invitation, int, bool]:
    """The invitation, how many of the person's promises end with it, and whether others wait with it too."""
    chosen = selectors.invitations_of(by).filter(uuid=invitation).first()
    if chosen is None:
        raise NothingThere
    promisers = list(selectors.promises_of(chosen).values_list("shared_by", flat=True))
    mine = sum(promiser == by.user_id for promiser in promisers)
    others = len(promisers) > mine or selectors.waiting_membership(chosen) is not None
    return chosen, mine, others
