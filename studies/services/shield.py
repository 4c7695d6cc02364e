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

# By the index of MRNs within a worklist. What is marked itself is no measure for others.
_SAME_MRN = """
SELECT DISTINCT p.id, {ours}, {theirs}
FROM studies_placement p
JOIN studies_study s ON s.id = p.study_id
JOIN studies_placement o ON o.worklist_id = p.worklist_id AND o.mrn_key = p.mrn_key AND o.study_id <> p.study_id
    AND o.differs = '{{}}' AND o.visible_until > statement_timestamp() AND {earlier}
JOIN studies_study os ON os.id = o.study_id
WHERE p.id = ANY(%s) AND p.mrn_key <> ''
"""

_OURS, _THEIRS = (", ".join(f"{table}.{name}" for name in IDENTITY) for table in ("s", "os"))
# Behind a CTE `made` of new placements (id, study_id, worklist_id, mrn_key): the statement sees only those before it.
WITH_MADE = f"""
SELECT DISTINCT made.id, {_OURS}, {_THEIRS}
FROM made JOIN studies_study s ON s.id = made.study_id
JOIN studies_placement o ON o.worklist_id = made.worklist_id AND o.mrn_key = made.mrn_key
    AND o.study_id <> made.study_id AND o.differs = '{{}}' AND o.visible_until > statement_timestamp()
JOIN studies_study os ON os.id = o.study_id
WHERE made.is_new AND made.mrn_key <> ''
"""


def mark_arrivals(placements: Collection[int]) -> None:
    """Of placements that were just made: compared with those that were there before them."""
    if placements:
        _mark(placements, earlier="o.id < p.id")


def mark_made(compared: Iterable[Sequence[Any]]) -> None:
    """Of the rows that `WITH_MADE` gives: placements that a statement just made, compared with those before it."""
    _write(_differing(compared))


def mark_again(*, study: Study, mrns: Iterable[str]) -> None:
    """After a study's patient changed: its placements, and those that were marked under its MRN before or now."""
    mine = Placement.objects.filter(study=study)
    keys = {mrn.strip().upper() for mrn in mrns}
    marked = Placement.objects.filter(worklist__in=mine.values("worklist"), mrn_key__in=keys).exclude(
        differs=[]
    )
    _mark({*mine.values_list("pk", flat=True), *marked.values_list("pk", flat=True)}, earlier="true")


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
        Placement.objects.filter(pk=seen.pk).update(differs=[])
        on = on_placement(seen, at=clock.now(), detail={"differs": differs, "why": why})
        record(Action.PATIENT_CONFIRM, by=by, on=on)


def _seen(placement: UUID, by: Actor) -> Placement:
    seen = selectors.placement_for(by, placement)
    if seen is None:
        raise NothingThere
    if not may_decide(by, seen):
        raise Refused(_(MAY_NOT_DECIDE), on=on_placement(seen, at=selectors.seen_at(seen)))
    return seen


def _mark(placements: Collection[int], *, earlier: str) -> None:
    statement = _SAME_MRN.format(ours=_OURS, theirs=_THEIRS, earlier=earlier)
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(placements)])
        differs = _differing(cursor.fetchall())
    if earlier == "true":
        agreeing = Placement.objects.filter(pk__in=set(placements) - differs.keys())
        agreeing.exclude(differs=[]).update(differs=[])
    _write(differs)


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
