"""Placements by whole MRN and accession numbers, many at once."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection
from django.db.models.functions import Now

from audit.actor import Actor
from studies.models import Placement
from studies.models.placement import VISIBLE_SQL
from worklists import access
from worklists.models import Worklist

MOST_SHOWN = 20


class Hit(NamedTuple):
    """A placement that a number names, and as what: "mrn", "own" (the MRN noted on the worklist) or "accession"."""

    placement: Placement
    kinds: frozenset[str]


# Each number asks each worklist through its three indexes, and is read no further than it can be shown.
_HITS = """
WITH mine (id) AS MATERIALIZED (SELECT DISTINCT held.id FROM ({mine}) AS held (id)),
asked (number, key) AS (SELECT * FROM unnest(%s::int[], %s::text[])),
hit AS (
    SELECT asked.number, each.id, array_agg(DISTINCT each.kind) AS kinds
    FROM asked CROSS JOIN mine CROSS JOIN LATERAL (
        (SELECT p.id, 'mrn' FROM studies_placement p
         WHERE p.worklist_id = mine.id AND p.mrn_key = asked.key AND {visible} LIMIT {most})
        UNION ALL
        (SELECT p.id, 'own' FROM studies_placement p
         WHERE p.worklist_id = mine.id AND p.own_mrn_key > '' AND p.own_mrn_key = asked.key AND {visible} LIMIT {most})
        UNION ALL
        (SELECT p.id, 'accession' FROM studies_placement p
         WHERE p.worklist_id = mine.id AND p.accession_key = asked.key AND {visible} LIMIT {most})
    ) AS each (id, kind)
    GROUP BY asked.number, each.id)
SELECT number, id, kinds FROM (
    SELECT hit.*, row_number() OVER (PARTITION BY number ORDER BY id DESC) AS place FROM hit
) AS ranked WHERE place <= {most}
"""


def placements_by_numbers(
    by: Actor, worklist: Worklist | None, keys: Sequence[Sequence[str]]
) -> list[list[Hit]]:
    """For each number, given as the keys that read as it, the placements of one worklist or of all; one more than are
    shown where there are more. Whether the reader may see the worklist was checked before."""
    held, parameters = access.worklist_ids(by, "list_studies")
    if worklist is not None:
        held, parameters = (
            f"SELECT own.id FROM ({held}) AS own (id) WHERE own.id = %s",
            (*parameters, worklist.pk),
        )
    pairs = [(number, key) for number, each in enumerate(keys) for key in each]
    sql = _HITS.format(mine=held, visible=VISIBLE_SQL, most=MOST_SHOWN + 1)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parameters, [number for number, _ in pairs], [key for _, key in pairs]])
        rows = cursor.fetchall()
    named = Placement.objects.visible().with_names().annotate(now=Now())
    placements = {each.pk: each for each in named.filter(pk__in={row[1] for row in rows})}
    hits: list[list[Hit]] = [[] for _ in keys]
    for number, pk, kinds in rows:
        if pk in placements:
            hits[number].append(Hit(placements[pk], frozenset(kinds)))
    for each in hits:
        each.sort(key=lambda hit: (hit.placement.name_key, hit.placement.worklist_id, hit.placement.pk))
    return hits
