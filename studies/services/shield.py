"""The wrong-patient shield: a study whose patient differs from that of other studies of its MRN is marked.

The mark stays until a person decides. No studies are merged, and no study is refused. A transaction that places studies
on a worklist marks them: uploads, DICOMweb and DIMSE by `mark_arrivals`, shares by `mark_made`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere, Refused
from common.text import reason_of
from studies import selectors
from studies.events import on_placement
from studies.ingest.patients import IDENTITY, disagreement
from studies.models import Placement, Study

MAY_NOT_DECIDE = gettext_noop(
    "Your role on this worklist does not let you decide about a patient’s identity."
)

_MRN_LOCK = int.from_bytes(b"MRNs")
# The locks are taken in ascending order. PostgreSQL computes the key, so that two spellings of an MRN have one lock.
_LOCK = """
SELECT pg_advisory_xact_lock(%s, key) FROM (
    SELECT DISTINCT hashtext(upper(btrim(mrn))) AS key FROM unnest(%s::text[]) AS mrn WHERE btrim(mrn) <> ''
    ORDER BY key) AS each
"""
_THEIRS_OWN = ", ".join(
    f"'' AS {name}" if name == "issuer_of_patient_id" else f"os.{name}" for name in IDENTITY
)
_OURS, _THEIRS, _MEASURED = (", ".join(f"{table}.{name}" for name in IDENTITY) for table in ("s", "os", "m"))
_OURS_OWN = _OURS.replace("s.issuer_of_patient_id", "''")
# The patients that the studies of one MRN on one worklist name. Each patient is one row, because a patient may have
# hundreds of studies there; the index of MRNs within a worklist is used. Marked studies are not compared with. A study
# is also compared under the placement's own MRN: the number that the worklist's office issued for the patient.
_MEASURES = """
SELECT o.worklist_id, o.mrn_key, {theirs}, min(o.id) AS first, max(o.id) AS last, bool_or({before}) AS is_before
FROM (SELECT DISTINCT worklist_id, mrn_key FROM {compared} WHERE mrn_key <> '') AS mrn
JOIN studies_placement o ON o.worklist_id = mrn.worklist_id AND o.mrn_key = mrn.mrn_key
    AND o.differs = '{{}}' AND o.visible_until > statement_timestamp()
JOIN studies_study os ON os.id = o.study_id
GROUP BY o.worklist_id, o.mrn_key, {theirs}
UNION ALL
SELECT o.worklist_id, o.own_mrn_key, {theirs_own}, min(o.id), max(o.id), bool_or({before})
FROM (SELECT DISTINCT worklist_id, mrn_key FROM {compared} WHERE mrn_key <> '') AS mrn
JOIN studies_placement o ON o.worklist_id = mrn.worklist_id AND o.own_mrn_key = mrn.mrn_key
    AND o.own_mrn_key > '' AND o.differs = '{{}}' AND o.visible_until > statement_timestamp()
JOIN studies_study os ON os.id = o.study_id
GROUP BY o.worklist_id, o.own_mrn_key, {theirs}
"""
_SAME_MRN = """
WITH compared AS MATERIALIZED (
    SELECT p.id, p.study_id, p.worklist_id, p.{number} AS mrn_key FROM studies_placement p WHERE {which}
), measures AS MATERIALIZED ({measures})
SELECT c.id, {ours}, {theirs}
FROM compared c JOIN studies_study s ON s.id = c.study_id
JOIN measures m ON m.worklist_id = c.worklist_id AND m.mrn_key = c.mrn_key AND {measure}
"""


def _measures(before: str) -> str:
    return _MEASURES.format(theirs=_THEIRS, theirs_own=_THEIRS_OWN, compared="compared", before=before)


# Follows a CTE `made` of new placements (id, study_id, worklist_id, mrn_key). The statement sees only placements that
# existed before the statement.
WITH_MADE = f"""
, compared AS (SELECT * FROM made WHERE is_new), measures AS MATERIALIZED (
{_measures("true")})
SELECT c.id, {_OURS}, {_MEASURED}
FROM compared c JOIN studies_study s ON s.id = c.study_id
JOIN measures m ON m.worklist_id = c.worklist_id AND m.mrn_key = c.mrn_key
"""


def lock_patients(mrns: Iterable[str]) -> None:
    """Lock these MRNs until the transaction ends, so that each study is compared with all studies placed before.

    Call this after locking the studies, and once for all the MRNs that the transaction compares.
    """
    if keys := sorted({*mrns} - {""}):
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [_MRN_LOCK, keys])


def mark_arrivals(*, worklist: int, studies: Collection[Study]) -> None:
    """Compare studies just placed on the worklist with the studies already there, and mark those that differ."""
    if studies:
        lock_patients(study.patient_id for study in studies)
        of = [study.pk for study in studies]
        which = "p.worklist_id = %s AND p.study_id = ANY(%s)"
        # Placements of other transactions may have higher ids and still have been there before these placements.
        rows = _compared(
            which, "(m.first < c.id OR m.is_before)", "o.study_id <> ALL(%s)", worklist, of, of, of
        )
        _write(_differing(rows))


def mark_made(compared: Iterable[Sequence[Any]]) -> None:
    """Mark the placements that a statement just made, from the rows of `WITH_MADE`.

    The caller calls `lock_patients` before that statement.
    """
    _write(_differing(compared))


def mark_again(*, study: Study, mrns: Iterable[str]) -> None:
    """After a study's patient changed: compare its placements, and the marked placements of its former and new MRNs."""
    mine = Placement.objects.filter(study=study)
    own = mine.exclude(own_mrn_key="").values_list("own_mrn_key", flat=True)
    keys = {*(mrn.strip().upper() for mrn in mrns), *own}
    lock_patients(keys)
    marked = _marked_under(keys, worklists=mine.values_list("worklist", flat=True))
    _mark({*mine.values_list("pk", flat=True), *marked})


def mark_numbered(*, placement: Placement, mrns: Collection[str]) -> None:
    """After the own MRN of a placement changed: compare the placement, and the marked placements of the MRNs.

    `mrns`: the former and the new own MRN. If a person confirmed the placement under the original's MRN, it stays
    confirmed. The caller calls `lock_patients`.
    """
    keys = {mrn.strip().upper() for mrn in mrns} - {""}
    marked = _marked_under(keys, worklists=[placement.worklist_id]) - {placement.pk}
    _mark({placement.pk}, by_mrn=not placement.is_confirmed)
    _mark(marked)


def _marked_under(keys: Collection[str], *, worklists: Iterable[int]) -> set[int]:
    """The marked placements with one of these MRNs.

    Each kind of MRN is looked up through its own index, and on worklists read beforehand: a single condition, or a
    subquery of worklists, makes the database read far more rows.
    """
    there = Placement.objects.filter(worklist__in=[*worklists]).exclude(differs=[]).values_list("pk")
    by_own = there.filter(own_mrn_key__gt="", own_mrn_key__in=keys)
    return {pk for (pk,) in there.filter(mrn_key__in=keys).union(by_own)}


def _mark(placements: Collection[int], *, by_mrn: bool = True) -> None:
    """Compare the placements under their MRN and under their own MRN; a difference under either marks a placement."""
    others, pks = "(m.first <> c.id OR m.last <> c.id)", [*placements]
    differs = _differing(_compared("p.id = ANY(%s)", others, "true", pks)) if by_mrn else {}
    for pk, names in _differing(_compared("p.id = ANY(%s)", others, "true", pks, own=True)).items():
        differs[pk] = [*dict.fromkeys((*differs.get(pk, ()), *names))]
    Placement.objects.filter(pk__in={*placements} - differs.keys()).exclude(differs=[]).update(differs=[])
    _write(differs)


def may_decide(by: Actor, placement: Placement) -> bool:
    """Needs `edit_study` on the worklist. On a personal worklist, whose role never has that right, its owner may."""
    worklist = placement.worklist
    return by.may("edit_study", worklist) or (worklist.is_personal and worklist.owner_id == by.user_id)


@transaction.atomic
def read_disagreement(*, placement: UUID, by: Actor) -> tuple[Placement, list[Placement]]:
    """The placement of the study, and others of the same MRN on the worklist. Raises NothingThere and Refused."""
    seen = _seen(placement, by)
    record(
        Action.DIALOG_READ,
        by=by,
        on=on_placement(seen, at=selectors.seen_at(seen), detail={"dialog": "patient"}),
    )
    return seen, selectors.others_of_mrn(seen)


@transaction.atomic
def confirm_patient(*, placement: UUID, by: Actor, why: str) -> None:
    """Remove the mark, with a reason: the patient data are right. A placement without a mark is left unchanged."""
    seen = _seen(placement, by)
    why = reason_of(why)
    Study.objects.select_for_update(no_key=True).filter(pk=seen.study_id).first()
    differs = Placement.objects.filter(pk=seen.pk).values_list("differs", flat=True).first()
    if differs is None:
        raise NothingThere
    if differs:
        Placement.objects.filter(pk=seen.pk).update(differs=[], is_confirmed=True)
        on = on_placement(seen, at=clock.now(), detail={"differs": differs, "why": why})
        record(Action.PATIENT_CONFIRM, by=by, on=on)


def _seen(placement: UUID, by: Actor) -> Placement:
    seen = selectors.placement_for(by, placement)
    if seen is None:
        raise NothingThere
    if not may_decide(by, seen):
        raise Refused(_(MAY_NOT_DECIDE), on=on_placement(seen, at=selectors.seen_at(seen)))
    return seen


def _compared(which: str, measure: str, before: str, *values: Any, own: bool = False) -> list[Sequence[Any]]:
    """`own`: compare by the own MRN, the number that the worklist's office issued for the patient."""
    with connection.cursor() as cursor:
        statement = _SAME_MRN.format(
            number="own_mrn_key" if own else "mrn_key",
            ours=_OURS_OWN if own else _OURS,
            theirs=_MEASURED,
            which=which,
            measures=_measures(before),
            measure=measure,
        )
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def _differing(compared: Iterable[Sequence[Any]]) -> dict[int, list[str]]:
    """What differs, by placement: nothing if any other study agrees, else the differences from the closest study."""
    each: dict[int, list[list[str]]] = defaultdict(list)
    for pk, *values in compared:
        ours, theirs = (dict(zip(IDENTITY, part, strict=True)) for part in _halves(values))
        if (differs := disagreement(ours, theirs)) is not None:
            each[pk].append(differs)
    return {pk: closest for pk, these in each.items() if (closest := min(these, key=len))}


def _write(differs: dict[int, list[str]]) -> None:
    if differs:
        rows = [Placement(pk=pk, differs=names) for pk, names in differs.items()]
        Placement.objects.bulk_update(rows, ["differs"])


def _halves(values: list[Any]) -> tuple[list[Any], list[Any]]:
    return values[: len(IDENTITY)], values[len(IDENTITY) :]
