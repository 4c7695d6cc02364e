"""A search by modality alone, as fast where a worklist is full of it as where it has none."""

from collections.abc import Sequence
from typing import Any

RECENT = 10_000

# The planner knows how common a modality is on the platform, not on this worklist: on a worklist of mammograms it would
# read all of them for a thousand CTs. So the recent ones are read in their order, and if they do not hold
# enough, all there are by the index on modalities: OFFSET 0 keeps the order outside, which else would be the plan.
_NEWEST = """
WITH recent AS MATERIALIZED (
    SELECT id FROM (SELECT id, modalities FROM ({among}) AS these ORDER BY {newest}, id DESC LIMIT %s) AS newest
    WHERE modalities @> %s::varchar[] LIMIT %s),
enough AS MATERIALIZED (SELECT count(*) = %s AS is_so FROM recent)
SELECT id FROM recent WHERE (SELECT is_so FROM enough)
UNION ALL
SELECT id FROM (
    SELECT id FROM (SELECT * FROM ({among}) AS these WHERE modalities @> %s::varchar[] OFFSET 0) AS every
    ORDER BY {newest}, id DESC LIMIT %s
) AS newest_of_all WHERE NOT (SELECT is_so FROM enough)
"""


def newest_with(
    modality: str, among: str, parameters: Sequence[Any], *, columns: Sequence[str], most: int
) -> tuple[str, tuple[Any, ...]]:
    """The ids of the newest by `columns` that have the modality, as a subquery in SQL with its parameters.

    `among` selects id, modalities and these columns of the placements that are looked through.
    """
    newest = ", ".join(f"{column} DESC" for column in columns)
    looked = (*parameters, RECENT, [modality], most, most)
    return _NEWEST.format(among=among, newest=newest), (*looked, *parameters, [modality], most)
