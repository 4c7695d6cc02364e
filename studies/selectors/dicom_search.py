"""QIDO-RS: a page of studies, series or instances of a worklist, by the indexes of the studies list."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast

from common import prepared
from studies.corrected import corrected_model
from studies.ingest.json_model import dumped
from studies.models import Instance, InstanceMetadata, Placement, Series, Study
from studies.models.placement import VISIBLE_SQL
from studies.selectors import dicom_conditions as conditions
from studies.selectors.corrections import changes_of
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
    """A study that matches; `first` is the JSON of an instance of it, where it is stored."""

    study: Study
    own_mrn: str
    first: str | None

    @property
    def study_id(self) -> int:
        return int(self.study.pk)


# Another study of the same UID on the same worklist is served instead: home's own, then what arrived first.
_STUDY = [field.attname for field in Study._meta.concrete_fields]
_SHOWN = f"""
SELECT p.own_mrn, first.json, {", ".join(f"s.{field.column}" for field in Study._meta.concrete_fields)}
FROM unnest(%s::bigint[]) WITH ORDINALITY AS page (id, at)
JOIN studies_placement p ON p.id = page.id
JOIN studies_study s ON s.id = p.study_id
LEFT JOIN LATERAL (
    SELECT m.json FROM studies_instance i JOIN studies_instancemetadata m ON m.instance_id = i.id
    WHERE i.study_id = s.id ORDER BY i.sop_instance_uid LIMIT 1) first ON true
WHERE {VISIBLE_SQL} AND NOT EXISTS (
    SELECT FROM studies_study same JOIN studies_placement e ON e.study_id = same.id
    WHERE same.study_instance_uid = s.study_instance_uid AND e.worklist_id = p.worklist_id
        AND e.visible_until > statement_timestamp()
        AND (NOT e.is_home, e.arrived_at, e.id) < (NOT p.is_home, p.arrived_at, p.id))
ORDER BY page.at
"""


def studies_matching(worklist: Worklist, question: DicomQuestion) -> list[StudyMatch]:
    """In their order; one more than the limit where there are more.

    Which they are is asked in a statement that depends on what was asked; what is shown of them in one that does not,
    and is prepared.
    """
    placements = _placements(worklist, question)
    order = ("-study_date", "-study_time", "-id") if "StudyDate" in question.keys else ("-arrived_at", "-id")
    page = placements.order_by(*order).values_list("pk", flat=True)
    ids = list(page[question.offset : question.offset + question.limit + 1])
    rows = prepared.rows(_SHOWN, [ids]) if ids else []
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
    numbered = _visible(worklist).filter(own_mrn_key__gt="", study__in={row.study_id for row in rows})
    return dict(numbered.values_list("study_id", "own_mrn"))


def series_matching(worklist: Worklist, question: DicomQuestion) -> list[Series]:
    """One more than the limit where there are more, each with the JSON of an instance as `first`.

    Of all studies together the newest come first.
    """
    series = _below(Series.objects.all(), worklist, question).filter(_of_series(question, ""))
    order = (F("number").asc(nulls_last=True), F("pk").asc()) if question.study else (F("pk").desc(),)
    first = InstanceMetadata.objects.filter(instance__series=OuterRef("pk")).order_by(
        "instance__number", "pk"
    )
    rows = series.select_related("study").annotate(first=Subquery(first.values("json")[:1])).order_by(*order)
    return _corrected(list(rows[question.offset : question.offset + question.limit + 1]))


def instances_matching(worklist: Worklist, question: DicomQuestion) -> list[Instance]:
    """As `series_matching`, each with its own metadata as `first`."""
    keys = question.of(Level.INSTANCE)
    instances = _below(Instance.objects.all(), worklist, question).filter(
        _of_series(question, "series__"),
        conditions.uids(keys, "SOPClassUID", "sop_class_uid"),
        conditions.uids(keys, "SOPInstanceUID", "sop_instance_uid"),
        conditions.number(keys, "InstanceNumber", "number"),
    )
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
    placements = _visible(worklist).filter(_of_study(keys)).filter(_of_modality(keys))
    fitting = _each_by_its_index(placements, named or [Q()], most=MOST_FITTING + 1)
    # Not `exists()`: of a union it asks for no ids, and the rows are then one.
    return bool(fitting[MOST_FITTING : MOST_FITTING + 1])


def _below(rows: QuerySet[Any], worklist: Worklist, question: DicomQuestion) -> QuerySet[Any]:
    """Series or instances of the studies that match; a study of the URL is the one that the worklist serves."""
    placements = _placements(worklist, question).filter(~_shadowed()).order_by()
    return rows.filter(study__in=placements.values("study"))


def _visible(worklist: Worklist) -> QuerySet[Placement]:
    # See `listing._visible`: without the cast the GIN indexes leave the worklist out.
    return Placement.objects.visible().filter(worklist=Cast(Value(worklist.pk), BigIntegerField()))


def _placements(worklist: Worklist, question: DicomQuestion) -> QuerySet[Placement]:
    keys = question.of(Level.STUDY)
    placements = _visible(worklist).filter(_of_study(keys))
    if question.study:
        return placements.filter(study__study_instance_uid=question.study)
    named = _named(keys, fuzzy=question.fuzzy)
    modality = keys.get("ModalitiesInStudy", "")
    if modality and (named or len(uids_in(modality)) > 1 or set(modality) & set("*?")):
        placements = placements.filter(_of_modality(keys))
    elif modality:
        is_whole = question.level is Level.STUDY
        most = question.offset + question.limit + 1 if is_whole else MOST_FITTING
        columns = ("study_date", "study_time") if "StudyDate" in keys else ("arrived_at",)
        ids = newest_with(modality.strip().upper(), placements, columns=columns, most=most)
        return Placement.objects.filter(pk__in=ids)
    if named:
        # Before anything is sorted.
        fitting = _each_by_its_index(placements, named, most=MOST_FITTING)
        return Placement.objects.filter(pk__in=fitting[:MOST_FITTING])
    return placements


def _each_by_its_index(placements: QuerySet[Placement], either: list[Q], *, most: int) -> QuerySet[Any]:
    """Row ids. As alternatives of one condition they would go through no index."""
    first, *others = (placements.filter(each).order_by().values("pk")[:most] for each in either)
    return first.union(*others) if others else first


def _named(keys: dict[str, str], *, fuzzy: bool) -> list[Q]:
    """Alternatives of the keys that have an index, or nothing where none of them is asked for.

    What an index narrows is compared with the value as received, as the standard says. A Patient ID is the original's,
    or the worklist's own MRN (ADR 0050).
    """
    named = Q()
    if text := keys.get("PatientName"):
        named &= (
            conditions.name_has(text, words="name_words")
            if fuzzy
            else conditions.name_like(text, words="name_words", name="study__patient_name")
        )
    if text := keys.get("AccessionNumber"):
        named &= _like_both("accession_key", "study__accession_number", text)
    named &= conditions.uids(keys, "StudyInstanceUID", "study__study_instance_uid")
    if text := keys.get("PatientID"):
        # The first half is the condition of the index.
        own = Q(own_mrn_key__gt="") & _like_both("own_mrn_key", "own_mrn", text)
        return [named & _like_both("mrn_key", "study__patient_id", text), named & own]
    return [named] if named else []


def _like_both(key: str, column: str, text: str) -> Q:
    return conditions.like(key, text.upper()) & conditions.like(column, text)


def _of_modality(keys: dict[str, str]) -> Q:
    text = keys.get("ModalitiesInStudy", "")
    return conditions.one_of(text, array="modalities") if text else Q()


def _of_study(keys: dict[str, str]) -> Q:
    """The keys that are compared row by row, within what an index gives."""
    matching = Q()
    for word, column in (("StudyDate", "study_date"), ("PatientBirthDate", "study__patient_birth_date")):
        if text := keys.get(word):
            matching &= conditions.dates(text, column)
    if text := keys.get("StudyTime"):
        matching &= conditions.times(text, "study__study_time_raw")
    if text := keys.get("ReferringPhysicianName"):
        matching &= conditions.any_group_like(text, name="study__referring_physician")
    for word, column in PLAIN.items():
        if text := keys.get(word):
            matching &= conditions.like(f"study__{column}", text)
    return matching


def _of_series(question: DicomQuestion, to: str) -> Q:
    keys = question.of(Level.SERIES)
    matching = conditions.uids(keys, "SeriesInstanceUID", f"{to}series_instance_uid")
    matching &= conditions.number(keys, "SeriesNumber", f"{to}number")
    for word, column in OF_SERIES.items():
        if text := keys.get(word):
            matching &= conditions.like(f"{to}{column}", text)
    return matching


def _shadowed() -> Exists:
    """Another study of the same UID on the same worklist is served instead: home's own, then what arrived first."""
    earlier = Q(is_home__gt=OuterRef("is_home")) | (
        Q(is_home=OuterRef("is_home"))
        & (
            Q(arrived_at__lt=OuterRef("arrived_at"))
            | Q(arrived_at=OuterRef("arrived_at"), pk__lt=OuterRef("pk"))
        )
    )
    same = Placement.objects.visible().filter(
        worklist=OuterRef("worklist"), study__study_instance_uid=OuterRef("study__study_instance_uid")
    )
    return Exists(same.filter(earlier))
