"""QIDO-RS: a page of studies, series or instances of a worklist, by the indexes of the studies list."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from common import prepared
from studies.corrected import corrected_model
from studies.ingest.json_model import dumped
from studies.models import Instance, InstanceMetadata, Placement, Series, Study
from studies.models.placement import VISIBLE_SQL
from studies.selectors import dicom_conditions as conditions
from studies.selectors.corrections import changes_of
from studies.selectors.dicom_conditions import Condition
from studies.selectors.dicom_questions import DicomQuestion, Level, uids_in
from studies.selectors.modalities import newest_with
from worklists.models import Worklist

Row = TypeVar("Row", bound=Any)

# By one search at most; the answer says when there is more.
MOST = {Level.STUDY: 1000, Level.SERIES: 1000, Level.INSTANCE: 5000}
# The placements that are looked through, where an index gives them in no order or more than that is asked of them.
MOST_FITTING = 10_000
PLAIN = {"PatientSex": "patient_sex", "StudyDescription": "description", "InstitutionName": "institution"}
OF_SERIES = {"Modality": "modality", "SeriesDescription": "description", "BodyPartExamined": "body_part"}


@dataclass
class StudyMatch:
    """A study that matches the search; `first` is the stored JSON model of one of its instances, if there is one."""

    study: Study
    own_mrn: str
    first: str | None

    @property
    def study_id(self) -> int:
        return int(self.study.pk)


# Another study of the same UID on the same worklist is served instead: home's own, then what arrived first.
_NOT_SHADOWED = """NOT EXISTS (
    SELECT FROM studies_study same JOIN studies_placement e ON e.study_id = same.id
    WHERE same.study_instance_uid = s.study_instance_uid AND e.worklist_id = p.worklist_id
        AND e.visible_until > statement_timestamp()
        AND (NOT e.is_home, e.arrived_at, e.id) < (NOT p.is_home, p.arrived_at, p.id))
"""
# What is read of a placement by its index: to sort it, and to see whether it is shadowed.
_BY_INDEX = "p.id, p.study_id, p.worklist_id, p.is_home, p.arrived_at, p.study_date, p.study_time"
_STUDY = [field.attname for field in Study._meta.concrete_fields]
_SHOWN = f"""
SELECT p.own_mrn, first.json, {", ".join(f"s.{field.column}" for field in Study._meta.concrete_fields)}
FROM unnest((SELECT {{page}})) WITH ORDINALITY AS page (id, at)
JOIN studies_placement p ON p.id = page.id
JOIN studies_study s ON s.id = p.study_id
LEFT JOIN LATERAL (
    SELECT m.json FROM studies_instance i JOIN studies_instancemetadata m ON m.instance_id = i.id
    WHERE i.study_id = s.id ORDER BY i.sop_instance_uid LIMIT 1) first ON true
WHERE {VISIBLE_SQL} AND {_NOT_SHADOWED}
ORDER BY page.at
"""


# Values that are not known when the statement is planned, so that the plan that fits any is kept from the first.
_HIDDEN_DATE = "(SELECT %s::date)"  # allowed: SQL
_HIDDEN_NUMBER = "(SELECT %s::bigint)"  # allowed: SQL


def studies_shown(worklist: Worklist, question: DicomQuestion) -> tuple[str, list[Any]]:
    """The select of the studies that match, to be prepared: in their order, one more than the limit where there are
    more. `studies_in` makes matches of its rows.

    Which they are is asked before, in a statement that is planned for what was asked. Where whole values or days alone
    are asked for, one plan fits all of them: it is the same statement.
    """
    keys = question.of(Level.STUDY)
    if set(keys) == {"StudyDate"} and not question.study:
        days = conditions.dates("p.study_date", keys["StudyDate"], value=_HIDDEN_DATE)
        fitting = replace(_visible(worklist) & days, few=True)
    else:
        fitting = placements_matching(worklist, question)
    order = ("study_date", "study_time", "id") if "StudyDate" in question.keys else ("arrived_at", "id")
    newest = ", ".join(f"p.{column} DESC" for column in order)
    page = f"SELECT p.id FROM {fitting.tables} WHERE {fitting.text} ORDER BY {newest}"
    values = [*fitting.values, question.limit + 1, question.offset]
    if fitting.few:
        page = f"ARRAY({page} LIMIT {_HIDDEN_NUMBER} OFFSET {_HIDDEN_NUMBER})"  # allowed: SQL
        return _SHOWN.format(page=page), values
    read = prepared.rows if fitting.exact else _rows
    ids = [pk for (pk,) in read(f"{page} LIMIT %s OFFSET %s", values)]
    return _SHOWN.format(page="%s::bigint[]"), [ids]


def studies_in(rows: Iterable[tuple[Any, ...]]) -> list[StudyMatch]:
    """Of the rows of `studies_shown`."""
    return _corrected(
        [
            StudyMatch(Study.from_db(DEFAULT_DB_ALIAS, _STUDY, values), own_mrn, first)
            for own_mrn, first, *values in rows
        ]
    )


def own_mrns(worklist: Worklist, question: DicomQuestion, rows: Sequence[Row]) -> dict[int, str]:
    """By study, the worklist's own MRNs of the patients of these rows, where matches say every number."""
    if not question.says_every_number:
        return {}
    if question.level is Level.STUDY:
        return {row.study_id: row.own_mrn for row in rows if row.own_mrn}
    numbered = Placement.objects.visible().filter(
        worklist=worklist, own_mrn_key__gt="", study__in={row.study_id for row in rows}
    )
    return dict(numbered.values_list("study_id", "own_mrn"))


def series_matching(worklist: Worklist, question: DicomQuestion) -> list[Series]:
    """One more than the limit where there are more, each with the JSON of an instance as `first`.

    Of all studies together the newest come first.
    """
    series = _below(Series.objects.all(), worklist, question).filter(_of_series(question).as_expression())
    order = (F("number").asc(nulls_last=True), F("pk").asc()) if question.study else (F("pk").desc(),)
    first = InstanceMetadata.objects.filter(instance__series=OuterRef("pk")).order_by(
        "instance__number", "pk"
    )
    rows = series.select_related("study").annotate(first=Subquery(first.values("json")[:1])).order_by(*order)
    return _corrected(list(rows[question.offset : question.offset + question.limit + 1]))


def instances_matching(worklist: Worklist, question: DicomQuestion) -> list[Instance]:
    """As `series_matching`, each with its own metadata as `first`."""
    keys = question.of(Level.INSTANCE)
    matching = (
        _of_series(question)
        & conditions.uids(keys, "SOPClassUID", "studies_instance.sop_class_uid")
        & conditions.uids(keys, "SOPInstanceUID", "studies_instance.sop_instance_uid")
        & conditions.number(keys, "InstanceNumber", "studies_instance.number")
    )
    instances = _below(Instance.objects.all(), worklist, question).filter(matching.as_expression())
    if question.series:
        instances = instances.filter(series__series_instance_uid=question.series)
    order = (F("number").asc(nulls_last=True), F("pk").asc()) if question.study else (F("pk").desc(),)
    rows = instances.select_related("study", "series").annotate(first=F("metadata__json")).order_by(*order)
    return _corrected(list(rows[question.offset : question.offset + question.limit + 1]))


def _corrected(rows: list[Row]) -> list[Row]:
    """`first` of each row as the study's home corrected it."""
    changes = changes_of(row.study for row in rows)
    for row in rows:
        if row.first and (made := changes.get(row.study.pk)):
            row.first = dumped(corrected_model(json.loads(row.first), made))
    return rows


def is_cut(worklist: Worklist, question: DicomQuestion) -> bool:
    """Whether more studies fit than are looked through, so that some of what matches may be missing."""
    keys = question.of(Level.STUDY)
    named = _named(keys, fuzzy=question.fuzzy)
    is_whole = question.level is Level.STUDY and (
        not named or question.offset + question.limit < MOST_FITTING
    )
    if question.study or is_whole or not (named or "ModalitiesInStudy" in keys):
        return False
    fitting = _visible(worklist) & _of_study(keys) & _of_modality(keys)
    ids, values = _each_by_its_index(fitting, named or [conditions.ALWAYS], most=MOST_FITTING + 1)
    [(more,)] = _rows(f"SELECT EXISTS (SELECT FROM ({ids}) AS fitting OFFSET %s)", [*values, MOST_FITTING])
    return bool(more)


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Planned for these very values: how far a pattern narrows depends on it."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _below(rows: QuerySet[Any], worklist: Worklist, question: DicomQuestion) -> QuerySet[Any]:
    """Series or instances of the studies that match; a study of the URL is the one that the worklist serves."""
    served = placements_matching(worklist, question) & Condition(_NOT_SHADOWED, of_study=True)
    studies = RawSQL(f"SELECT p.study_id FROM {served.tables} WHERE {served.text}", served.values)
    return rows.filter(study__in=studies)


def _visible(worklist: Worklist) -> Condition:
    # See `listing._visible`: without the cast the GIN indexes leave the worklist out.
    return Condition(f"{VISIBLE_SQL} AND p.worklist_id = %s::bigint", (worklist.pk,), exact=True)


def placements_matching(worklist: Worklist, question: DicomQuestion) -> Condition:
    """The condition of the placements that match, by the indexes of the studies list."""
    keys = question.of(Level.STUDY)
    placements = _visible(worklist) & _of_study(keys)
    if question.study:
        return placements & Condition("s.study_instance_uid = %s", (question.study,), of_study=True)
    named = _named(keys, fuzzy=question.fuzzy)
    modality = keys.get("ModalitiesInStudy", "")
    if modality and (named or len(uids_in(modality)) > 1 or set(modality) & set("*?")):
        placements &= _of_modality(keys)
    elif modality:
        is_whole = question.level is Level.STUDY
        most = question.offset + question.limit + 1 if is_whole else MOST_FITTING
        columns = ("study_date", "study_time") if "StudyDate" in keys else ("arrived_at",)
        selected = ", ".join(f"p.{column}" for column in ("id", "modalities", *columns))
        among = f"SELECT {selected} FROM {placements.tables} WHERE {placements.text}"
        ids, values = newest_with(
            modality.strip().upper(), among, placements.values, columns=columns, most=most
        )
        return Condition(f"p.id IN ({ids})", values)
    if named:
        # Before anything is sorted.
        rows, values = _each_by_its_index(placements, named, most=MOST_FITTING)
        exact = all((placements & each).exact for each in named)
        return Condition("TRUE", values, exact=exact, few=exact, source=f"({rows}) AS p")
    return placements


def _each_by_its_index(
    placements: Condition, either: list[Condition], *, most: int
) -> tuple[str, tuple[Any, ...]]:
    """Rows of placements. As alternatives of a single condition they would go through no index."""
    each = [placements & alternative for alternative in either]
    selects = [
        f"(SELECT {_BY_INDEX} FROM {some.tables} WHERE {some.text} LIMIT %s)"  # allowed: SQL
        for some in each
    ]
    values = tuple(value for some in each for value in (*some.values, most))
    if len(selects) == 1:
        return selects[0], values
    return f"{' UNION '.join(selects)} LIMIT %s", (*values, most)


def _named(keys: dict[str, str], *, fuzzy: bool) -> list[Condition]:
    """Alternatives of the keys that have an index, or nothing where none of them is asked for.

    What an index narrows is compared with the value as received, as the standard says. A Patient ID is the original's,
    or the worklist's own MRN (ADR 0050).
    """
    named = conditions.ALWAYS
    if text := keys.get("PatientName"):
        named &= conditions.name_has(text) if fuzzy else conditions.name_like(text)
    if text := keys.get("AccessionNumber"):
        named &= _like_both("p.accession_key", "s.accession_number", text)
    named &= conditions.uids(keys, "StudyInstanceUID", "s.study_instance_uid")
    if text := keys.get("PatientID"):
        # The first half is the condition of the index.
        own = Condition("p.own_mrn_key > ''", exact=True) & _like_both("p.own_mrn_key", "p.own_mrn", text)
        return [named & _like_both("p.mrn_key", "s.patient_id", text), named & own]
    return [named] if named is not conditions.ALWAYS else []


def _like_both(key: str, column: str, text: str) -> Condition:
    return conditions.like(key, text.upper()) & conditions.like(column, text)


def _of_modality(keys: dict[str, str]) -> Condition:
    text = keys.get("ModalitiesInStudy", "")
    return conditions.one_of("p.modalities", text) if text else conditions.ALWAYS


def _of_study(keys: dict[str, str]) -> Condition:
    """The keys that are compared row by row, within what an index gives."""
    matching = conditions.ALWAYS
    for word, column in (("StudyDate", "p.study_date"), ("PatientBirthDate", "s.patient_birth_date")):
        if text := keys.get(word):
            matching &= conditions.dates(column, text)
    if text := keys.get("StudyTime"):
        matching &= conditions.times("s.study_time_raw", text)
    if text := keys.get("ReferringPhysicianName"):
        matching &= conditions.any_group_like("s.referring_physician", text)
    for word, column in PLAIN.items():
        if text := keys.get(word):
            matching &= conditions.like(f"s.{column}", text)
    return matching


def _of_series(question: DicomQuestion) -> Condition:
    """On the series' own table: both statements that ask it have that table under its whole name."""
    keys = question.of(Level.SERIES)
    matching = conditions.uids(keys, "SeriesInstanceUID", "studies_series.series_instance_uid")
    matching &= conditions.number(keys, "SeriesNumber", "studies_series.number")
    for word, column in OF_SERIES.items():
        if text := keys.get(word):
            matching &= conditions.like(f"studies_series.{column}", text)
    return matching
