"""A share as the list, the file and the receipt of what was shared read it: its row, and what its reader may know."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from audit.actor import Actor
from sharing.models import Share
from sharing.models.share import ShareQuerySet
from sharing.selectors.recipients import RECIPIENT
from studies.models import Placement
from studies.selectors import placements_visible_to


@dataclass(frozen=True)
class MadeShare:
    """`seen` is the placement it was shared from, where the reader sees the study there.

    `held`: whether the study is still there. `in_original`: whether what happens there is in the original's trail.
    """

    share: Share
    seen: UUID | None
    held: bool
    in_original: bool

    @classmethod
    def of(cls, share: Share) -> "MadeShare":
        """Of a row of `with_sight`."""
        read = vars(share)
        return cls(share, read["seen"], read["held"], read["in_original"])


def with_sight(shares: QuerySet[Share], by: Actor) -> QuerySet[Share]:
    """With what a `MadeShare` is made of, and with the names that pages show."""
    return shares.select_related(
        "study",
        "from_worklist__account",
        "from_worklist__owner",
        "invitation",
        "approved_by",
        "ended_by",
        *RECIPIENT,
    ).annotate(
        seen=Subquery(seen_where_made(by).values("uuid")[:1]),
        held=ShareQuerySet.source_is_visible(),
        in_original=ShareQuerySet.made_inside(),
    )


def seen_where_made(by: Actor) -> QuerySet[Placement]:
    """Of a share the placement that it was made from, where the reader sees it."""
    return placements_visible_to(by).filter(study=OuterRef("study"), worklist=OuterRef("from_worklist"))
