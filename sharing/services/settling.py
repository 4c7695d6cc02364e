"""Keeps placements in step with shares: ends what is no longer live, writes the three times of each placement."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from audit import clock
from audit.actions import Action
from audit.actor import SYSTEM, Actor
from audit.models import AuditEvent
from audit.services import event, record_all
from sharing.events import Labels, on_share
from sharing.graph import Graph, load_graphs
from sharing.law import NOWHERE, Times
from sharing.models import Share
from sharing.services.guest_ends import end_links_of
from studies.models import FOREVER, NO_PATH, Placement, Study
from studies.services.shield import WITH_MADE, lock_patients, mark_made

Reason = Share.EndReason
ACTION_FOR = {
    Reason.EXPIRED: Action.SHARE_EXPIRE,
    Reason.UNREACHABLE: Action.SHARE_UNREACHABLE,
}
SWEEP = 500


def lock_studies(study_ids: Iterable[int]) -> datetime:
    """Lock the study rows in ascending order; the database's now, read after the locks were taken."""
    list(
        Study.objects.filter(pk__in=set(study_ids))
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
    return clock.now()


def locked_graphs(study_ids: Collection[int]) -> tuple[dict[int, Graph], datetime]:
    """Lock the studies, end what was overdue, and give their graphs and the moment they are of."""
    now = lock_studies(study_ids)
    graphs = load_graphs(study_ids)
    if _end_the_dead(graphs, now):
        # Placements are as the last change left them, until the clock ends a share.
        _write_placements(graphs, now)
    return graphs, now


def settle(graphs: dict[int, Graph], now: datetime) -> list[Share]:
    """End the shares no longer live and write every changed placement; the shares it ended.

    The caller holds the study locks, and `graphs` has its change already.
    """
    before = {study_id: graph.times for study_id, graph in graphs.items()}
    for graph in graphs.values():
        graph.settle()
    ended = _end_the_dead(graphs, now, before)
    _write_placements(graphs, now)
    return ended


def end(
    shares: Collection[Share],
    graphs: dict[int, Graph],
    now: datetime,
    *,
    reason: str,
    by: Actor,
) -> list[Share]:
    """End these shares here and now, audited one by one, and settle; the shares that ended with them."""
    record_ends(shares, graphs, now, reason=reason, by=by)
    stop(shares, graphs, now, reason=reason, by=by)
    return settle(graphs, now)


def record_ends(
    shares: Collection[Share], graphs: dict[int, Graph], now: datetime, *, reason: str, by: Actor
) -> None:
    """An event for each share that a person ends; before `stop`, since the graphs tell whose trail it is in."""
    if not shares:
        return
    labels = Labels.of(shares)
    record_all(
        event(
            Action.SHARE_END,
            by=by,
            on=on_share(
                share,
                graphs[share.study_id].study,
                labels,
                in_original=graphs[share.study_id].at(share.from_worklist_id).internal > now,
                why="" if reason == Reason.ENDED else str(reason),
            ),
        )
        for share in shares
    )


def stop(
    shares: Collection[Share],
    graphs: dict[int, Graph],
    now: datetime,
    *,
    reason: str,
    by: Actor,
) -> None:
    """End these shares and take them out of their graphs; the caller audits and settles."""
    for share in shares:
        share.ended_at, share.end_reason = now, reason
        share.ended_by = by.user
    _write_ends(shares)
    gone: dict[int, set[int]] = {}
    for share in shares:
        gone.setdefault(share.study_id, set()).add(share.pk)
    for study_id, pks in gone.items():
        graph = graphs[study_id]
        graph.shares = [share for share in graph.shares if share.pk not in pks]
        graph.has_lost = True


def settle_overdue() -> int:
    """Settle studies where something ended by the clock, for the audit's events and small indexes; how many.

    No page depends on this. At most a few hundred a call, each batch its own transaction.
    """
    with transaction.atomic():
        overdue = set(
            Share.objects.overdue().order_by("expires_at").values_list("study_id", flat=True)[:SWEEP]
        )
        overdue.update(
            Placement.objects.overdue().order_by("exists_until").values_list("study_id", flat=True)[:SWEEP]
        )
        if overdue:
            settle(*locked_graphs(overdue))
    return len(overdue)


def _end_the_dead(
    graphs: dict[int, Graph], now: datetime, before: dict[int, dict[int, Times]] | None = None
) -> list[Share]:
    """By the times before the change, an event belongs to the original's trail or not."""
    was = before or {study_id: graph.times for study_id, graph in graphs.items()}
    ended: list[Share] = []
    for graph in graphs.values():
        dead = [share for share in graph.shares if not graph.is_live(share, now)]
        for share in dead:
            _mark_dead(share, graph, now)
        if dead:
            gone = {share.pk for share in dead}
            graph.shares = [share for share in graph.shares if share.pk not in gone]
            graph.has_lost = True
            graph.settle()
            ended += dead
    if ended:
        _write_ends(ended)
        record_all(_deaths(ended, graphs, was))
    return ended


def _deaths(
    ended: list[Share], graphs: dict[int, Graph], was: dict[int, dict[int, Times]]
) -> Iterator[AuditEvent]:
    labels = Labels.of(ended)
    for share in ended:
        assert share.ended_at is not None  # marked dead
        before = was[share.study_id].get(share.from_worklist_id, NOWHERE)
        on = on_share(
            share,
            graphs[share.study_id].study,
            labels,
            in_original=before.internal >= share.ended_at,
        )
        yield event(ACTION_FOR[Reason(share.end_reason)], by=SYSTEM, on=on)


def _mark_dead(share: Share, graph: Graph, now: datetime) -> None:
    """A share stopped at its own end date or when its from-worklist lost the study, whichever was first."""
    until = share.expires_at or FOREVER
    source = graph.at(share.from_worklist_id).visible
    lost = source if source > NO_PATH else now
    share.ended_at = min(until, lost, now)
    share.end_reason = Reason.EXPIRED if until <= now and until <= lost else Reason.UNREACHABLE


def _write_ends(shares: Collection[Share]) -> None:
    """All at once: thousands of shares may end with another."""
    if not shares:
        return
    # Thousands end at one moment for one reason: what they have in common is sent once.
    kinds: dict[tuple[datetime | None, str, int | None], int] = {}
    which = [
        kinds.setdefault((share.ended_at, str(share.end_reason), share.ended_by_id), len(kinds) + 1)
        for share in shares
    ]
    with connection.cursor() as cursor:
        cursor.execute(ENDS, [[share.pk for share in shares], which, *map(list, zip(*kinds, strict=True))])


ENDS = """
UPDATE sharing_share
SET ended_at = kinds.ended_at, end_reason = kinds.end_reason, ended_by_id = kinds.ended_by_id
FROM unnest(%s::bigint[], %s::int[]) AS ends (id, kind)
JOIN unnest(%s::timestamptz[], %s::text[], %s::bigint[]) WITH ORDINALITY
    AS kinds (ended_at, end_reason, ended_by_id, kind) ON kinds.kind = ends.kind
WHERE sharing_share.id = ends.id
"""


def _write_placements(graphs: dict[int, Graph], now: datetime) -> None:
    wanted = [
        (graph.study.pk, worklist_id, times)
        for graph in graphs.values()
        for worklist_id, times in graph.times.items()
        if worklist_id != graph.study.home_id and times.exists > now
    ]
    # Most placements never end: each time is sent once, and named by its position.
    moments: dict[datetime, int] = {}
    for _, _, times in wanted:
        for moment in times:
            moments.setdefault(moment, len(moments) + 1)
    values: dict[str, Any] = {
        "of": list(graphs),
        "study": [study_id for study_id, _, _ in wanted],
        "worklist": [worklist_id for _, worklist_id, _ in wanted],
        "visible": [moments[times.visible] for _, _, times in wanted],
        "internal": [moments[times.internal] for _, _, times in wanted],
        "exists": [moments[times.exists] for _, _, times in wanted],
        "moments": list(moments),
    }
    if wanted:
        lock_patients(graph.study.patient_id for graph in graphs.values())
    with connection.cursor() as cursor:
        cursor.execute(PLACEMENTS, values)
        mark_made(cursor.fetchall())
    if lost := [study_id for study_id, graph in graphs.items() if graph.has_lost]:
        end_links_of(lost)


# What is wanted is looked up in a hash (NOT IN): PostgreSQL does not know how many placements a study just got, and
# as a join it may compare each with each.
PLACEMENTS = f"""
WITH wanted AS MATERIALIZED (
    SELECT w.study_id, w.worklist_id, m.moments[w.visible] AS visible_until,
        m.moments[w.internal] AS internal_until, m.moments[w.exists] AS exists_until
    FROM unnest(%(study)s::bigint[], %(worklist)s::bigint[], %(visible)s::int[], %(internal)s::int[], %(exists)s::int[])
        AS w (study_id, worklist_id, visible, internal, exists),
        (SELECT %(moments)s::timestamptz[] AS moments) AS m
), gone AS (
    DELETE FROM studies_placement
    WHERE study_id = ANY(%(of)s::bigint[]) AND NOT is_home
        AND (study_id, worklist_id) NOT IN (SELECT study_id, worklist_id FROM wanted)
), made AS (
    INSERT INTO studies_placement (study_id, worklist_id, visible_until, internal_until, exists_until)
SELECT w.* FROM wanted AS w LEFT JOIN studies_placement AS p
    ON p.study_id = w.study_id AND p.worklist_id = w.worklist_id
WHERE (p.visible_until, p.internal_until, p.exists_until)
    IS DISTINCT FROM (w.visible_until, w.internal_until, w.exists_until)
ON CONFLICT (study_id, worklist_id) DO UPDATE SET
    visible_until = excluded.visible_until,
    internal_until = excluded.internal_until,
    exists_until = excluded.exists_until
RETURNING id, study_id, worklist_id, mrn_key, xmax = 0 AS is_new
)
{WITH_MADE}"""


def drop_every_placement(study: Study) -> int:
    """Remove a deleted study from every worklist, its home's too; how many other worklists held it."""
    away = Placement.objects.filter(study=study, is_home=False).count()
    Placement.objects.filter(study=study).delete()
    end_links_of([study.pk])
    return away
