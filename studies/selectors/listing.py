"""The pages of a worklist's list: by key through an index, or through the hits of a search."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import BigIntegerField, BooleanField, Count, F, Q, QuerySet, Value, Window
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Now

from common.patient_names import patterns
from studies.models import NO_PATH, Placement
from studies.selectors.modalities import newest_with
from studies.selectors.questions import Cursor, Order, Question, Sort
from worklists.models import Worklist

PAGE = 50
MOST_HITS = 1000
MOST_SELECTED = 500
ANCHORS = 5
NO_DATE = date(1, 1, 1)


@dataclass(frozen=True)
class StudiesPage:
    """Some rows in their order, and where the pages beside them begin.

    `hits` is there for a search alone; `now` is the database's, at which the rows were seen.
    """

    rows: list[Placement]
    newer: Cursor | None = None
    older: Cursor | None = None
    hits: int | None = None
    now: datetime = NO_PATH

    @property
    def is_capped(self) -> bool:
        return self.hits is not None and self.hits > MOST_HITS


def page_of(worklist: Worklist, question: Question, order: Order, cursor: Cursor | None) -> StudiesPage:
    """One page in one statement. Whether the reader may see the list was checked before."""
    if question:
        return page_of_hits(_hits(worklist, question), order, cursor)
    backwards = cursor is not None and cursor.way == "before"
    descending = order.descending != backwards
    placements = _shown(_visible(worklist))
    if cursor is not None and cursor.way != "page":
        placements = placements.filter(_beyond(worklist, order, descending, cursor.at))
    return as_page(list(in_order(placements, order, descending)[: PAGE + 1]), cursor)


def as_page(rows: list[Placement], cursor: Cursor | None) -> StudiesPage:
    """At most 51 rows, read away from the cursor, as the page that they are."""
    backwards = cursor is not None and cursor.way == "before"
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    if backwards:
        rows.reverse()
    return StudiesPage(
        rows,
        newer=Cursor("before", _ids(rows[:ANCHORS])) if rows and (more if backwards else cursor) else None,
        older=Cursor("after", _ids(rows[-ANCHORS:])) if rows and (backwards or more) else None,
        now=rows_seen_at(rows),
    )


def matching(worklist: Worklist, question: Question, order: Order) -> list[UUID]:
    """The first of all that match, one more than can be selected."""
    placements = _hits(worklist, question) if question else _visible(worklist)
    return list(
        in_order(placements, order, order.descending).values_list("uuid", flat=True)[: MOST_SELECTED + 1]
    )


def page_of_hits(placements: QuerySet[Placement], order: Order, cursor: Cursor | None) -> StudiesPage:
    """A page of the hits of a search: at most 1,001 placements, sorted here."""
    number = cursor.at[0] if cursor is not None and cursor.way == "page" else 1
    start = (number - 1) * PAGE
    hits = _shown(placements).annotate(hits=Window(Count("*")))
    rows = list(in_order(hits, order, order.descending)[start : start + PAGE + 1])
    return StudiesPage(
        rows[:PAGE],
        newer=Cursor("page", (number - 1,)) if number > 1 else None,
        older=Cursor("page", (number + 1,)) if len(rows) > PAGE else None,
        hits=vars(rows[0])["hits"] if rows else 0,
        now=rows_seen_at(rows),
    )


def _hits(worklist: Worklist, question: Question) -> QuerySet[Placement]:
    """At most 1,001 placements that fit, through the index that narrows most; sorting them is the caller's."""
    if question.urgent is not None:
        urgent, parameters = _visible(worklist).filter(question.urgent).values("pk").query.sql_with_params()
        # Apart, so that no index of names or dates is read for them.
        few = RawSQL(f"WITH urgent (id) AS MATERIALIZED ({urgent}) SELECT id FROM urgent", parameters)
        return hits_among(Placement.objects.filter(pk__in=few), question)
    placements = narrowed(_visible(worklist), question)
    newest = newest_first(question).columns
    if question.modality and not question.text:
        among = placements.order_by().values("id", "modalities", *newest).query.sql_with_params()
        newest_ids = newest_with(question.modality, *among, columns=newest, most=MOST_HITS + 1)
        return Placement.objects.filter(pk__in=RawSQL(*newest_ids))
    if question.text:
        if question.modality:
            placements = placements.filter(modalities__contains=[question.modality])
        # Each through its own index together with the worklist; as alternatives of one condition they would be
        # searched on every worklist. A name narrows so far that any order would only cost.
        first, *others = (
            placements.filter(condition).values("pk")[: MOST_HITS + 1] for condition in named(question)
        )
        return Placement.objects.filter(pk__in=first.union(*others)[: MOST_HITS + 1])
    from_newest = placements.order_by(*(f"-{column}" for column in newest), "-id")
    return Placement.objects.filter(pk__in=from_newest.values("pk")[: MOST_HITS + 1])


def hits_among(urgent: QuerySet[Placement], question: Question) -> QuerySet[Placement]:
    """The urgent ones are few and are read first: whatever else is asked is asked of them alone."""
    hits = narrowed(urgent, question)
    if question.modality:
        hits = hits.filter(modalities__contains=[question.modality])
    if question.text:
        hits = hits.filter(reduce(or_, named(question)))
    newest = in_order(hits, Order(newest_first(question)), True)
    return Placement.objects.filter(pk__in=newest.values("pk")[: MOST_HITS + 1])


def narrowed(placements: QuerySet[Placement], question: Question) -> QuerySet[Placement]:
    """Those of the days that are asked for."""
    if question.study_from or question.study_to:
        placements = placements.filter(study_date__gt=NO_DATE)
    if question.study_from:
        placements = placements.filter(study_date__gte=question.study_from)
    if question.study_to:
        placements = placements.filter(study_date__lte=question.study_to)
    if question.arrived_within:
        placements = placements.filter(arrived_at__gt=Now() - question.arrived_within)
    return placements


def newest_first(question: Question) -> Sort:
    """Without a name the newest are the most likely to be meant: by which date."""
    return Sort.STUDY_DATE if question.study_from or question.study_to else Sort.ARRIVED


def named(question: Question) -> list[Q]:
    """An MRN, own MRN or accession number that begins so, or every part in the name."""
    typed = question.text.strip()
    keys = dict.fromkeys((typed.upper(), unicodedata.normalize("NFKC", typed).upper()))
    conditions = [
        Q(**{f"{column}__startswith": begins}) for begins in keys for column in ("mrn_key", "accession_key")
    ]
    # The first half is the condition of the index.
    conditions += [Q(own_mrn_key__gt="", own_mrn_key__startswith=begins) for begins in keys]
    if parts := patterns(typed):
        conditions.append(Q(*(Q(name_words__contains=part) for part in parts)))
    return conditions


def _visible(worklist: Worklist) -> QuerySet[Placement]:
    # A number as it is written counts as an integer, and the GIN indexes compare a bigint with a bigint alone: without
    # the cast they leave the worklist out, and a name that is common elsewhere is searched everywhere.
    here = Cast(Value(worklist.pk), BigIntegerField())
    return Placement.objects.visible().filter(worklist=here)


def _shown(placements: QuerySet[Placement]) -> QuerySet[Placement]:
    return placements.select_related("study").annotate(now=Now())


def rows_seen_at(rows: Sequence[Placement]) -> datetime:
    moment: datetime = vars(rows[0])["now"] if rows else NO_PATH
    return moment


def _beyond(worklist: Worklist, order: Order, descending: bool, ids: tuple[int, ...]) -> RawSQL:
    return beyond("= %s", [worklist.pk], order, descending, ids)


def beyond(
    among: str, parameters: Sequence[object], order: Order, descending: bool, ids: tuple[int, ...]
) -> RawSQL:
    """Past the last of these rows that is still there: a row comparison, so that the page is one index range."""
    columns = (*order.sort.columns, "id")
    sign, back = ("<", "ASC") if descending else (">", "DESC")
    here, there = (
        ", ".join(f'{table}."{column}"' for column in columns) for table in ("studies_placement", "a")
    )
    backwards = ", ".join(f'a."{column}" {back}' for column in columns)
    return RawSQL(
        f"({here}) {sign} (SELECT {there} FROM studies_placement a WHERE a.worklist_id {among} AND a.id = ANY(%s) "
        f"ORDER BY {backwards} LIMIT 1)",
        [*parameters, list(ids)],
        BooleanField(),
    )


def in_order(placements: QuerySet[Placement], order: Order, descending: bool) -> QuerySet[Placement]:
    keys = [F(column) for column in (*order.sort.columns, "id")]
    return placements.order_by(*(key.desc() if descending else key.asc() for key in keys))


def _ids(rows: Sequence[Placement]) -> tuple[int, ...]:
    return tuple(row.pk for row in rows)
