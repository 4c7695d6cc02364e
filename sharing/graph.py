"""The un-ended shares of some studies, in the form the law takes, and the times it gives each placement."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sharing import law
from sharing.law import Edge, Times
from sharing.models import Method, Share
from studies.models import FOREVER, Study


@dataclass
class Graph:
    """One study's un-ended shares, promises to invitations among them, with the times they give."""

    study: Study
    shares: list[Share] = field(default_factory=list)
    # Whether shares were ended since it was read: worklists may have lost the study.
    has_lost: bool = False

    def __post_init__(self) -> None:
        self.settle()

    def settle(self) -> None:
        edges = [
            Edge(
                share.from_worklist_id,
                share.to_worklist_id,
                share.expires_at or FOREVER,
                share.approved_at is not None,
                share.method == Method.EMAIL,
            )
            for share in self.shares
            if share.to_worklist_id is not None
        ]

        alive = self.study.deleted_at is None
        self.times: dict[int, Times] = law.settle(self.study.home_id, edges) if alive else {}

    def at(self, worklist_id: int | None) -> Times:
        """The worklist's times; NOWHERE when no path leads to it."""
        return self.times.get(worklist_id, law.NOWHERE) if worklist_id is not None else law.NOWHERE

    def is_live(self, share: Share, now: datetime) -> bool:
        until = share.expires_at or FOREVER
        return until > now and self.at(share.from_worklist_id).visible > now

    def without(self, shares: Collection[Share]) -> "Graph":
        """This graph as it would be if the given shares had ended."""
        gone = {share.pk for share in shares}
        return Graph(self.study, [share for share in self.shares if share.pk not in gone])


def load_graphs(study_ids: Collection[int]) -> dict[int, Graph]:
    """The graphs of the given studies: two statements. Read it after the study locks."""
    shares: dict[int, list[Share]] = defaultdict(list)
    for share in Share.objects.unended().filter(study__in=study_ids).order_by("id"):
        shares[share.study_id].append(share)
    return {study.pk: Graph(study, shares[study.pk]) for study in Study.objects.filter(pk__in=study_ids)}
