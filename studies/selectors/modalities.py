"""A search by modality alone, as fast where a worklist is full of it as where it has none."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from studies.models import Placement

RECENT = 10_000

# The planner knows how common a modality is on the platform, not on this worklist: on a worklist of mammograms it would
# read all of them for a thousand CTs. So the recent ones are read in their order, and if they do not hold
# enough, all there are by the index on modalities: OFFSET 0 keeps the order outside, which else would be the plan.
_NEWEST = """
WITH recent AS MATERIALIZED (
    SELECT id FROM ({recent}) AS newest WHERE modalities @> %s::varchar[] LIMIT %s),
enough AS MATERIALIZED (SELECT count(*) = %s AS is_so FROM recent)
SELECT id FROM recent WHERE (SELECT is_so FROM enough)
UNION ALL
SELECT id FROM (
    SELECT id FROM ({every} OFFSET 0) AS every ORDER BY {newest}, id DESC LIMIT %s
) AS newest_of_all WHERE NOT (SELECT is_so FROM enough)
"""


def newest_with(
    modality: str, placements: QuerySet[Placement], *, columns: Sequence[str], most: int
) -> RawSQL:
    """The ids of the newest by `columns` that are among these and have the modality, as a subquery."""
    recent = placements.order_by(*(f"-{column}" for column in columns), "-id").values("id", "modalities")[
        :RECENT
    ]
    every = placements.filter(modalities__contains=[modality]).order_by().values("id", *columns)
    recent_sql, recent_parameters = recent.query.sql_with_params()
    every_sql, every_parameters = every.query.sql_with_params()
    newest = ", ".join(f"{column} DESC" for column in columns)
    sql = _NEWEST.format(recent=recent_sql, every=every_sql, newest=newest)
    return RawSQL(sql, [*recent_parameters, [modality], most, most, *every_parameters, most])
