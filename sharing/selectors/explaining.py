"""Reads the facts by which `sharing.explanation` says who can open a study: set-based, as of now."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef

from audit import clock
from sharing.facts import Facts, LinkFact, ShareFact
from sharing.graph import Graph, load_graphs
from sharing.models import GuestLink, GuestLinkStudy, Share
from studies.models import FOREVER, Placement
from worklists.access import standing
from worklists.models import Worklist

NOTHING_KNOWN: Mapping[int, Worklist] = MappingProxyType({})


def facts_about(
    study: int,
    people: Collection[int],
    *,
    graph: Graph | None = None,
    known: Mapping[int, Worklist] = NOTHING_KNOWN,
    besides: Collection[int] = (),
) -> Facts:
    """What decides now whether these people can open the study.

    `graph` is the study's, and `known` are worklists by key, where they were read before; `besides` are worklists to
    know of, wherever the study is.
    """
    graph = graph or load_graphs([study])[study]
    ended = _ended(study)
    facts = [fact_of(share) for share in graph.shares]
    places = {graph.study.home_id, *besides}
    places |= {share.target for share in (*facts, *ended) if share.target is not None}
    return Facts(
        now=clock.now(),
        home=graph.study.home_id,
        shares=facts,
        standings=standing.read(people, _places(places, known)),
        arrived_at=graph.study.arrived_at,
        deleted_at=graph.study.deleted_at,
        ended=ended,
    )


def _places(places: set[int], known: Mapping[int, Worklist]) -> Iterable[Worklist]:
    yield from (known[pk] for pk in sorted(places & known.keys()))
    if others := places - known.keys():
        yield from Worklist.objects.filter(pk__in=others).only(*standing.OF_A_PLACE).order_by("pk")


def facts_about_links(
    study: int,
    links: Collection[int],
    *,
    graph: Graph | None = None,
    known: Mapping[int, Worklist] = NOTHING_KNOWN,
) -> Facts:
    """The same for some guest links, by their keys; the facts name each by its uuid."""
    named = GuestLinkStudy.objects.filter(link=OuterRef("pk"), study=study)
    same = Placement.objects.filter(pk=OuterRef("placement_key"), study=study)
    showing = GuestLink.objects.filter(Exists(named), pk__in=links)
    read = showing.values_list(*_LinkRow._fields[:-1], Exists(named.filter(Exists(same))))
    rows = [_LinkRow(*row) for row in read]
    makers, worklists = {row.made_by_id for row in rows}, {row.worklist_id for row in rows}
    facts = facts_about(study, makers, graph=graph, known=known, besides=worklists)
    facts.links = {row.uuid: row.fact for row in rows}
    return facts


class _LinkRow(NamedTuple):
    """What is read of a guest link; `same`: the study's placement is the row that the link was made for."""

    uuid: UUID
    worklist_id: int
    made_by_id: int
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    end_reason: str
    password: str
    tries_left: int
    most_openings: int | None
    openings: int
    same: bool

    @property
    def fact(self) -> LinkFact:
        return LinkFact(
            uuid=self.uuid,
            worklist=self.worklist_id,
            made_by=self.made_by_id,
            made_at=self.made_at,
            expires_at=self.expires_at,
            same=self.same,
            ended_at=self.ended_at,
            end_reason=self.end_reason,
            locked=bool(self.password) and self.tries_left == 0,
            used_up=self.most_openings is not None and self.openings >= self.most_openings,
        )


def fact_of(share: Share) -> ShareFact:
    return ShareFact(
        uuid=share.uuid,
        source=share.from_worklist_id,
        target=share.to_worklist_id,
        method=share.method,
        by=share.shared_by_id,
        since=share.shared_at,
        until=share.expires_at or FOREVER,
        approved=share.approved_at is not None,
        ended_at=share.ended_at,
        end_reason=share.end_reason,
        email=share.email,
    )


def _ended(study: int) -> list[ShareFact]:
    """The share that ended last to each worklist; it explains something to those who have a part there."""
    ended = Share.objects.filter(study=study, ended_at__isnull=False, to_worklist__isnull=False)
    latest = ended.order_by("to_worklist", F("ended_at").desc(), "-pk").distinct("to_worklist")
    return [fact_of(share) for share in latest]
