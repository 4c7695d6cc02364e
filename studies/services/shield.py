"""The wrong-patient shield: a study that disagrees with what is there under its MRN is marked until a person decides.

Nothing is merged and nothing is kept out. Studies arrive by an upload, by DICOMweb, by DIMSE or by a share: each door
calls `mark_arrivals` in its transaction.
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
# In ascending order; the digests are PostgreSQL's own, so that MRNs with one key have one lock.
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
# What the studies of one MRN on one worklist say of their patient, each patient once, by the index of MRNs within a
# worklist: a patient may have hundreds of studies there. What is marked itself is no measure for others. A study stands
# under its own MRN there as well, which the worklist's office issued.
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


# Behind a CTE `made` of new placements (id, study_id, worklist_id, mrn_key): the statement sees only those before it.
WITH_MADE = f"""
, compared AS (SELECT * FROM made WHERE is_new), measures AS MATERIALIZED (
{_measures("true")})
SELECT c.id, {_OURS}, {_MEASURED}
FROM compared c JOIN studies_study s ON s.id = c.study_id
JOIN measures m ON m.worklist_id = c.worklist_id AND m.mrn_key = c.mrn_key
"""


def lock_patients(mrns: Iterable[str]) -> None:
    """Until the transaction ends, studies of these MRNs arrive one after the other: each is compared with those before.

    Taken after the locks of studies, at once for all that a transaction compares.
    """
    if keys := sorted({*mrns} - {""}):
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [_MRN_LOCK, keys])


def mark_arrivals(*, worklist: int, studies: Collection[Study]) -> None:
    """Of studies that were just placed on the worklist: compared with those that were there before them."""
    if studies:
        lock_patients(study.patient_id for study in studies)
        of = [study.pk for study in studies]
        which = "p.worklist_id = %s AND p.study_id = ANY(%s)"
        # Those of other transactions may have higher numbers and be there before these.
        rows = _compared(
            which, "(m.first < c.id OR m.is_before)", "o.study_id <> ALL(%s)", worklist, of, of, of
        )
        _write(_differing(rows))


def mark_made(compared: Iterable[Sequence[Any]]) -> None:
    """Of the rows that `WITH_MADE` gives: placements that a statement just made, compared with those before it.

    Before that statement the caller calls `lock_patients`.
    """
    _write(_differing(compared))


def mark_again(*, study: Study, mrns: Iterable[str]) -> None:
    """After a study's patient changed: its placements, and those that were marked under its numbers before or now."""
    mine = Placement.objects.filter(study=study)
    own = mine.exclude(own_mrn_key="").values_list("own_mrn_key", flat=True)
    keys = {*(mrn.strip().upper() for mrn in mrns), *own}
    lock_patients(keys)
    marked = _marked_under(keys, worklists=mine.values_list("worklist", flat=True))
    _mark({*mine.values_list("pk", flat=True), *marked})


def mark_numbered(*, placement: Placement, mrns: Collection[str]) -> None:
    """After the own MRN of a placement changed, `mrns` being it and the one before: as after a correction.

    What a person confirmed under the original's MRN stays confirmed. The caller calls `lock_patients`.
    """
    keys = {mrn.strip().upper() for mrn in mrns} - {""}
    marked = _marked_under(keys, worklists=[placement.worklist_id]) - {placement.pk}
    _mark({placement.pk}, by_mrn=not placement.is_confirmed)
    _mark(marked)


def _marked_under(keys: Collection[str], *, worklists: Iterable[int]) -> set[int]:
    """Each number through its own index: as alternatives, or of worklists not yet known, far more is read."""
    there = Placement.objects.filter(worklist__in=[*worklists]).exclude(differs=[]).values_list("pk")
    by_own = there.filter(own_mrn_key__gt="", own_mrn_key__in=keys)
    return {pk for (pk,) in there.filter(mrn_key__in=keys).union(by_own)}


def _mark(placements: Collection[int], *, by_mrn: bool = True) -> None:
    """Compare these with the others under their MRN and under their own MRN; either may mark them."""
    others, pks = "(m.first <> c.id OR m.last <> c.id)", [*placements]
    differs = _differing(_compared("p.id = ANY(%s)", others, "true", pks)) if by_mrn else {}
    for pk, names in _differing(_compared("p.id = ANY(%s)", others, "true", pks, own=True)).items():
        differs[pk] = [*dict.fromkeys((*differs.get(pk, ()), *names))]
    Placement.objects.filter(pk__in={*placements} - differs.keys()).exclude(differs=[]).update(differs=[])
    _write(differs)


def may_decide(by: Actor, placement: Placement) -> bool:
    """`edit_study` on the worklist; on a personal worklist, whose role never has it, its owner."""
    worklist = placement.worklist
    return by.may("edit_study", worklist) or (worklist.is_personal and worklist.owner_id == by.user_id)


@transaction.atomic
def read_disagreement(*, placement: UUID, by: Actor) -> tuple[Placement, list[Placement]]:
    """The study, and others of its MRN on the worklist. Raises NothingThere and Refused."""
    seen = _seen(placement, by)
    record(
        Action.DIALOG_READ,
        by=by,
        on=on_placement(seen, at=selectors.seen_at(seen), detail={"dialog": "patient"}),
    )
    return seen, selectors.others_of_mrn(seen)


@transaction.atomic
def confirm_patient(*, placement: UUID, by: Actor, why: str) -> None:
    """Both are right: the mark goes, with a reason. Once it is gone nothing is done again."""
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
    """`own`: by the number that the worklist's office has for the patient, which it issued itself."""
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
    """A study that agrees with any of those that are there is no surprise; else the closest says what differs."""
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
