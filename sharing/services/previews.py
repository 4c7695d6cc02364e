"""What would end with a share, a removal, a deletion or a withdrawal, before the person confirms.

They name patients and recipients: each is an audited read, in one transaction with its event.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.events import on_invitation
from accounts.models import Invitation
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record, record_all
from common.exceptions import NothingThere
from sharing import permissions, selectors
from sharing.events import on_shares_read
from sharing.models import Share
from sharing.models.share import ShareQuerySet
from sharing.selectors.recipients import RECIPIENT
from studies.events import on_placements
from studies.models import Placement
from studies.selectors import placements_visible_to, seen_at


@dataclass(frozen=True)
class _Chosen:
    """Shares as one statement read them: its moment, and the keys of those made where the study is internal."""

    shares: list[Share]
    inside: frozenset[int]
    at: datetime

    @classmethod
    def of(cls, seen: QuerySet[Share]) -> "_Chosen":
        """Raises NothingThere."""
        named = seen.select_related(
            "study", "shared_by", "from_worklist__account", "from_worklist__owner", *RECIPIENT
        )
        rows = named.annotate(in_original=ShareQuerySet.made_inside(), read_at=Now()).order_by("pk")
        shares: list[Share] = list(rows)
        if not shares:
            raise NothingThere
        inside = frozenset(share.pk for share in shares if vars(share)["in_original"])
        return cls(shares, inside, vars(shares[0])["read_at"])


@transaction.atomic
def preview_end(*, shares: Sequence[UUID], by: Actor) -> tuple[list[Share], selectors.WhatEnds]:
    """The shares that are there for the person, and what ends with them. Raises NothingThere and PermissionDenied."""
    chosen = _Chosen.of(selectors.shares_seen_by(by).filter(uuid__in=shares))
    permissions.check_end(by, chosen.shares)
    return chosen.shares, _what_ends(chosen, by)


@transaction.atomic
def preview_press(*, press: UUID, by: Actor) -> tuple[list[Share], selectors.WhatEnds, list[Share]]:
    """As `preview_end`, for the shares of a press that the person may end; and those that have not ended and stay.

    Raises NothingThere, and PermissionDenied where they may end none.
    """
    seen = _Chosen.of(selectors.shares_of_press(by, press))
    may, kept = permissions.sort_for_end(by, seen.shares)
    what = _what_ends(replace(seen, shares=may), by)
    return may, what, [share for share in kept if share.ended_at is None]


def _what_ends(chosen: _Chosen, by: Actor) -> selectors.WhatEnds:
    what = selectors.what_ends(chosen.shares, by, chosen.at)
    if what.shares:
        on_each = on_shares_read(chosen.shares, inside=chosen.inside, dialog="end")
        record_all(event(Action.DIALOG_READ, by=by, on=on) for on in on_each)
    return what


@dataclass(frozen=True)
class RemovalPreview:
    """The selected studies that can be removed, with what ends; and the originals among them, which stay."""

    placements: list[Placement]
    staying: list[Placement]
    what: selectors.WhatEnds


@transaction.atomic
def preview_removal(*, placements: Sequence[UUID], by: Actor) -> RemovalPreview:
    """What would be removed and what ends with it. Raises NothingThere, PermissionDenied, and ValidationError where
    nothing can be removed."""
    chosen = visible_placements(placements, by)
    removable, staying = permissions.sort_for_removal(by, chosen)
    if not removable:
        raise ValidationError(_(permissions.AT_HOME))
    record_studies("remove", chosen, by)
    return RemovalPreview(removable, staying, selectors.what_ends_with_removal(removable, by))


@transaction.atomic
def preview_deletion(*, placement: UUID, by: Actor) -> tuple[Placement, selectors.WhatEnds]:
    """The study, and what ends if it is deleted at home. Raises NothingThere and PermissionDenied."""
    [chosen] = visible_placements([placement], by)
    permissions.check_deletion(by, chosen)
    record_studies("delete", [chosen], by)
    return chosen, selectors.what_ends_with_deletion(chosen, by)


def record_studies(dialog: str, placements: Sequence[Placement], by: Actor) -> None:
    """A dialog names these studies: an event on each worklist. They come from `visible_placements`."""
    by_worklist: dict[int, list[Placement]] = defaultdict(list)
    for placement in placements:
        by_worklist[placement.worklist_id].append(placement)
    record_all(
        event(Action.DIALOG_READ, by=by, on=on_placements(each, at=seen_at(each[0]), dialog=dialog))
        for each in by_worklist.values()
    )


def visible_placements(placements: Sequence[UUID], by: Actor) -> list[Placement]:
    seen = placements_visible_to(by).filter(uuid__in=set(placements)).annotate(seen_at=Now())
    visible: list[Placement] = list(
        seen.with_names().order_by("name_key", "-study_date", "-study_time", "pk")
    )
    if not visible:
        raise NothingThere
    return visible


@transaction.atomic
def preview_withdrawal(*, invitation: UUID, by: Actor) -> tuple[Invitation, int, bool]:
    """The invitation, how many of the person's promises end with it, and whether others wait with it too."""
    chosen = selectors.invitations_of(by).filter(uuid=invitation).first()
    if chosen is None:
        raise NothingThere
    record(Action.INVITATIONS_READ, by=by, on=on_invitation(chosen))
    promisers = list(selectors.promises_of(chosen).values_list("shared_by", flat=True))
    mine = sum(promiser == by.user_id for promiser in promisers)
    others = len(promisers) > mine or selectors.waiting_membership(chosen) is not None
    return chosen, mine, others
