"""The pages of *All my worklists*: the placements on every worklist whose list a person may see, each in its own row.

Every worklist is read through its own index and no further than a page needs; nothing is sorted but what may be on it.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BigIntegerField, BooleanField, Exists, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from audit.actor import Actor
from studies.models import Placement
from studies.selectors.listing import (
    MOST_HITS,
    MOST_SELECTED,
    PAGE,
    StudiesPage,
    as_page,
    beyond,
    hits_among,
    in_order,
    named,
    narrowed,
    newest_first,
    page_of_hits,
)
from studies.selectors.questions import Cursor, Order, Question
from worklists import access

# How many of the newest are read for a modality, before its own index is.
RECENT_OF_ALL = 4_000
AMONG_MINE = "IN (SELECT id FROM mine)"  # allowed: SQL


class Sql(NamedTuple):
    text: str
    parameters: tuple[Any, ...]


def page_of_all(by: Actor, question: Question, order: Order, cursor: Cursor | None) -> StudiesPage:
    """One page in one statement, of the worklists whose list the person may see."""
    if question:
        return page_of_hits(_with_worklists(_hits(by, question)), order, cursor)
    backwards = cursor is not None and cursor.way == "before"
    descending = order.descending != backwards
    placements = _here()
    if cursor is not None and cursor.way != "page":
        placements = placements.filter(beyond(AMONG_MINE, [], order, descending, cursor.at))
    first = _first(by, placements, order, descending, PAGE + 1)
    rows = _with_worklists(first).select_related("study").annotate(now=Now())
    return as_page(list(in_order(rows, order, descending)), cursor)


def matching_in_all(by: Actor, question: Question, order: Order) -> list[UUID]:
    """The first of all that match, one more than can be selected."""
    most = MOST_SELECTED + 1
    placements = _hits(by, question) if question else _first(by, _here(), order, order.descending, most)
    return list(in_order(placements, order, order.descending).values_list("uuid", flat=True)[:most])


def _hits(by: Actor, question: Question) -> QuerySet[Placement]:
    """As on one worklist: at most 1,001 that fit; of more the newest, where no name was searched for."""
    if question.urgent is not None:
        return hits_among(_urgent(by, question.urgent), question)
    placements = narrowed(_here(), question)
    newest = Order(newest_first(question), True)
    if not question.text:
        if question.modality:
            return _newest_with(by, question.modality, placements, newest)
        return _first(by, placements, newest, True, MOST_HITS + 1)
    if question.modality:
        placements = placements.filter(modalities__contains=[question.modality])
    first, *others = (
        placements.filter(condition).values("pk")[: MOST_HITS + 1] for condition in named(question)
    )
    each = _sql(first.union(*others)[: MOST_HITS + 1])
    mine = _mine(by)
    return _among(
        f"WITH {mine.text} SELECT hit.id FROM mine CROSS JOIN LATERAL ({each.text}) AS hit (id) LIMIT %s",
        *mine.parameters,
        *each.parameters,
        MOST_HITS + 1,
    )


def _urgent(by: Actor, condition: Exists) -> QuerySet[Placement]:
    """Of each worklist those that are urgent, by the index of its shares."""
    mine, urgent = _mine(by), _sql(_here().filter(condition).values("pk"))
    # OFFSET 0 keeps the worklists apart: together all urgent shares of the platform might be read.
    return _among(
        f"""
        WITH {mine.text}, urgent (id) AS MATERIALIZED (
            SELECT each.id FROM mine CROSS JOIN LATERAL ({urgent.text} OFFSET 0) AS each (id))
        SELECT id FROM urgent
        """,
        *mine.parameters,
        *urgent.parameters,
    )


def _first(
    by: Actor, placements: QuerySet[Placement], order: Order, descending: bool, most: int
) -> QuerySet[Placement]:
    """The first so many in an order, of the placements on each worklist `mine`."""
    mine, first = _mine(by), _merged(placements, order, descending, most)
    return _among(f"WITH {mine.text}, {first.text} SELECT id FROM first", *mine.parameters, *first.parameters)


def _merged(placements: QuerySet[Placement], order: Order, descending: bool, most: int) -> Sql:
    """Common tables that end in `first`: the first `most` placements of all worklists together, with their keys.

    A few of each worklist show how far any of them must be read: as far as the `most`-th of these few. Where there
    are not that many, most worklists have been read to their end, and the others are read as far as they could count.
    """
    columns = [*order.sort.columns, "id"]
    in_turn = in_order(placements, order, descending).values(*columns)
    all_of_it = _sql(in_turn[:most])
    # Twice as many in all as are wanted: as few of each worklist as there are many.
    share = (
        f"LIMIT (SELECT greatest(2, ceil(2.0 * {most} / greatest(count(*), 1))) FROM mine)"  # allowed: SQL
    )
    whole = f"LIMIT {most}"  # allowed: SQL
    a_few = Sql(all_of_it.text.removesuffix(whole) + share, all_of_it.parameters)
    sign, way = (">=", "DESC") if descending else ("<=", "ASC")
    own = ", ".join(f'"studies_placement"."{column}"' for column in columns)
    names = ", ".join(columns)
    limited = placements.filter(RawSQL(f"({own}) {sign} (SELECT {names} FROM bound)", [], BooleanField()))
    as_far = _sql(in_order(limited, order, descending).values(*columns)[:most])
    by_key = ", ".join(f"{column} {way}" for column in columns)
    return Sql(
        f"""
        few AS MATERIALIZED (SELECT each.* FROM mine CROSS JOIN LATERAL ({a_few.text}) AS each),
        bound AS MATERIALIZED (SELECT {names} FROM few ORDER BY {by_key} OFFSET {most - 1} LIMIT 1),
        first AS MATERIALIZED (
            SELECT {names} FROM (
                SELECT each.* FROM mine CROSS JOIN LATERAL ({as_far.text}) AS each
                UNION ALL
                SELECT each.* FROM mine CROSS JOIN LATERAL ({all_of_it.text}) AS each
                WHERE NOT EXISTS (SELECT FROM bound)
            ) AS together ORDER BY {by_key} LIMIT {most})
        """,
        (*a_few.parameters, *as_far.parameters, *all_of_it.parameters),
    )


def _newest_with(
    by: Actor, modality: str, placements: QuerySet[Placement], newest: Order
) -> QuerySet[Placement]:
    """As `modalities.newest_with`: the recent ones are read, and if they are not enough, all by the index."""
    mine, recent = _mine(by), _merged(placements, newest, True, RECENT_OF_ALL)
    columns = [*newest.sort.columns, "id"]
    every = _sql(placements.filter(modalities__contains=[modality]).order_by().values(*columns))
    by_key = ", ".join(f"{column} DESC" for column in columns)
    most = MOST_HITS + 1
    sql = f"""
        WITH {mine.text}, {recent.text}, fitting AS MATERIALIZED (
            SELECT first.id FROM first JOIN studies_placement fits ON fits.id = first.id
            WHERE fits.modalities @> %s::varchar[] ORDER BY {", ".join(f"first.{each} DESC" for each in columns)}
            LIMIT %s),
        enough AS MATERIALIZED (SELECT count(*) = %s AS is_so FROM fitting)
        SELECT id FROM fitting WHERE (SELECT is_so FROM enough)
        UNION ALL
        SELECT id FROM (
            SELECT each.* FROM mine CROSS JOIN LATERAL ({every.text} OFFSET 0) AS each
            WHERE NOT (SELECT is_so FROM enough) ORDER BY {by_key} LIMIT %s) AS newest_of_all
    """
    return _among(sql, *mine.parameters, *recent.parameters, [modality], most, most, *every.parameters, most)


def _mine(by: Actor) -> Sql:
    """The common table `mine`: the ids of the worklists, each once."""
    held, parameters = access.worklist_ids(by, "list_studies")
    return Sql(f"mine (id) AS MATERIALIZED (SELECT DISTINCT held.id FROM ({held}) AS held (id))", parameters)


def _here() -> QuerySet[Placement]:
    """The placements that are visible on the worklist of a row of `mine`; for a subquery beside it."""
    return Placement.objects.visible().filter(worklist=RawSQL("mine.id", [], BigIntegerField()))


def _among(sql: str, *parameters: Any) -> QuerySet[Placement]:
    return Placement.objects.filter(pk__in=RawSQL(sql, parameters))


def _with_worklists(placements: QuerySet[Placement]) -> QuerySet[Placement]:
    return placements.select_related("worklist__account", "worklist__owner")


def _sql(placements: QuerySet[Any, Any]) -> Sql:
    return Sql(*placements.query.sql_with_params())


def worklist_ids_on(rows: Sequence[Placement]) -> list[int]:
    """The worklists that a page shows studies of, ascending."""
    return sorted({row.worklist_id for row in rows})
