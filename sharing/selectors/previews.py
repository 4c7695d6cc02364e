"""What would end with some shares: in numbers, before anything is done."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from audit import clock
from audit.actor import Actor
from sharing.events import Labels
from sharing.graph import Graph, load_graphs
from sharing.models import Share
from sharing.selectors.access.members import counts_of
from sharing.selectors.directory import accounts_of
from sharing.selectors.guest_links import links_on
from sharing.selectors.shares import worklists_with_names
from studies.models import Placement


class Loses(NamedTuple):
    """A worklist of the reader's own organisation that loses studies, and how many people can see them there."""

    worklist: str
    studies: int
    people: int


@dataclass(frozen=True)
class WhatEnds:
    """How many shares end by the action; which recipients and worklists lose studies, and how many each.

    `recipients` are the targets of the ended shares (`kept` of them keep the study by another share), `worklists`
    what ends with them inside the reader's own accounts, `elsewhere` a mere count of worklists of other accounts,
    `beyond` of onward shares past an external boundary, `promises` of invitations' promised shares. `staying` are the
    ended shares whose recipients keep the study, by key. `links` counts guest links that no longer show a study,
    without those past an external boundary.
    """

    shares: int
    studies: int
    recipients: list[tuple[str, int]]
    worklists: list[Loses]
    elsewhere: int
    beyond: int
    promises: int
    kept: int = 0
    links: int = 0
    staying: frozenset[int] = frozenset()


def what_ends(shares: Iterable[Share], by: Actor, now: datetime | None = None) -> WhatEnds:
    """What ends if these shares end now; `now` where the caller has read it already."""
    pks: dict[int, set[int]] = {}
    for share in shares:
        pks.setdefault(share.study_id, set()).add(share.pk)
    graphs = load_graphs(pks)
    chosen = [share for graph in graphs.values() for share in graph.shares if share.pk in pks[graph.study.pk]]
    return _preview(graphs, chosen, by, now or clock.now())


def what_ends_with_removal(placements: Collection[Placement], by: Actor) -> WhatEnds:
    """What ends if these studies are removed from their worklist: the shares that brought them, and more."""
    graphs = load_graphs({placement.study_id for placement in placements})
    here = {(placement.study_id, placement.worklist_id) for placement in placements}
    chosen = [
        share
        for graph in graphs.values()
        for share in graph.shares
        if (graph.study.pk, share.to_worklist_id) in here
    ]
    return _preview(graphs, chosen, by, clock.now())


def what_ends_with_deletion(placement: Placement, by: Actor) -> WhatEnds:
    """What ends if the study is deleted at home: every share of it."""
    graphs = load_graphs([placement.study_id])
    # What was shared from elsewhere ends with what was shared from home.
    chosen = [
        share
        for graph in graphs.values()
        for share in graph.shares
        if share.from_worklist_id == graph.study.home_id
    ]
    return _preview(graphs, chosen, by, clock.now(), at_home=True)


def _preview(
    graphs: dict[int, Graph], chosen: list[Share], by: Actor, now: datetime, *, at_home: bool = False
) -> WhatEnds:
    """`at_home`: the study itself goes, from the worklist of the original too."""
    accounts = accounts_of(by.person)
    labels = Labels.of(chosen)
    direct = {(share.study_id, share.to_worklist_id) for share in chosen}
    recipients: Counter[str] = Counter()
    for share in chosen:
        recipients[labels.target(share)] += 1
    near: Counter[int] = Counter()
    far: set[int] = set()
    beyond = promises = 0
    kept: set[tuple[int, int | None]] = set()
    lost_inside: set[tuple[int, int]] = set()
    chosen_pks = {share.pk for share in chosen}
    for graph in graphs.values():
        after = graph.without([share for share in chosen if share.study_id == graph.study.pk])
        kept |= {
            (study_id, worklist_id)
            for study_id, worklist_id in direct
            if study_id == graph.study.pk and after.at(worklist_id).exists > now
        }
        falling = [
            share
            for share in graph.shares
            if share.pk not in chosen_pks and graph.is_live(share, now) and not after.is_live(share, now)
        ]
        inside = [share for share in falling if graph.at(share.from_worklist_id).internal > now]
        beyond += len(falling) - len(inside)
        promises += sum(share.to_worklist_id is None for share in inside)
        known = {share.to_worklist_id for share in inside if share.account_id in accounts}
        for worklist_id, times in graph.times.items():
            lost = times.exists > now >= after.at(worklist_id).exists
            goes = lost or (at_home and worklist_id == graph.study.home_id)
            if goes and times.internal > now:
                lost_inside.add((graph.study.pk, worklist_id))
            if not lost or (graph.study.pk, worklist_id) in direct:
                continue
            if worklist_id in known:
                near[worklist_id] += 1
            elif times.internal > now:
                far.add(worklist_id)
    names, people = worklists_with_names(set(near)), counts_of(near)
    losing = [Loses(names[pk].label, studies, people.get(pk, 0)) for pk, studies in near.items()]
    return WhatEnds(
        shares=len(chosen),
        studies=len({share.study_id for share in chosen}),
        recipients=sorted(recipients.items()),
        worklists=sorted(losing),
        elsewhere=len(far),
        beyond=beyond,
        promises=promises,
        kept=len(kept),
        links=links_on(lost_inside),
        staying=frozenset(share.pk for share in chosen if (share.study_id, share.to_worklist_id) in kept),
    )
