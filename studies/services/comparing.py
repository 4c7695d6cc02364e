"""Comparing the patients of studies that were on a worklist before arriving studies were compared."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection, transaction

from studies.ingest.patients import IDENTITY, disagreement
from studies.models import Placement
from studies.services.shield import lock_patients

ROWS = 2000
_COLUMNS = ", ".join(f"s.{name}" for name in IDENTITY)
# In the order of the index of MRNs: each batch is one range of it.
_ROWS = f"""
SELECT p.mrn_key, p.id, p.differs, p.is_confirmed, p.visible_until > statement_timestamp(), {_COLUMNS}
FROM studies_placement p JOIN studies_study s ON s.id = p.study_id
WHERE p.worklist_id = %s AND p.mrn_key <> '' AND
"""
_BATCH = f"{_ROWS} p.mrn_key ~>~ %s ORDER BY p.mrn_key USING ~<~ LIMIT %s"
_OF_MRNS = f"{_ROWS} p.mrn_key = ANY(%s)"


class _Row(NamedTuple):
    mrn: str
    pk: int
    differs: list[str]
    is_confirmed: bool
    is_visible: bool
    patient: dict[str, str]


def compare_earlier_studies(
    *, progress: Callable[[int, int, int], None] = lambda worklist, rows, marked: None
) -> int:
    """Mark the studies whose patient disagrees with an earlier study of their MRN; how many were marked.

    Worklist by worklist, a batch at a time, each committed: stopped, it may begin anew. What was marked stays marked,
    and what a person confirmed is not marked again. `progress` receives the worklist, how many of its placements were
    read, and how many were marked so far.
    """
    marked = 0
    for worklist in _worklists():
        read = 0
        for mrns, rows in _batches(worklist):
            read += rows
            marked += _mark(worklist, mrns)
            progress(worklist, read, marked)
    return marked


def _worklists() -> list[int]:
    return list(Placement.objects.order_by("worklist").values_list("worklist", flat=True).distinct())


def _batches(worklist: int) -> Iterator[tuple[list[str], int]]:
    """The MRNs of which something is to be marked, and how many rows were read for that."""
    after, size = "", ROWS
    while rows := _read(_BATCH, worklist, after, size):
        groups = [(mrn, list(group)) for mrn, group in groupby(rows, key=lambda row: row.mrn)]
        if len(rows) == size:
            if len(groups) == 1:
                size *= 2  # all of one MRN, and there may be more
                continue
            groups.pop()  # the last may go on
        yield [mrn for mrn, group in groups if _marks(group)], sum(len(group) for _mrn, group in groups)
        after, size = groups[-1][0], ROWS


@transaction.atomic
def _mark(worklist: int, mrns: Collection[str]) -> int:
    """Of these MRNs, read again now that no study of them can arrive."""
    if not mrns:
        return 0
    lock_patients(mrns)
    rows = sorted(_read(_OF_MRNS, worklist, list(mrns)), key=lambda row: row.mrn)
    marks = [mark for _mrn, group in groupby(rows, key=lambda row: row.mrn) for mark in _marks(list(group))]
    return sum(
        Placement.objects.filter(pk=pk, differs=[], is_confirmed=False).update(differs=differs)
        for pk, differs in marks
    )


def _marks(group: Sequence[_Row]) -> list[tuple[int, list[str]]]:
    """Of the placements of one MRN in the order in which they were made, as if each arrived now."""
    measures: list[dict[str, str]] = []
    marks = []
    for row in sorted(group, key=lambda row: row.pk):
        if row.differs:
            continue
        differs: list[str] = []
        if not row.is_confirmed:
            each = [disagreement(row.patient, measure) for measure in measures]
            differs = min((names for names in each if names is not None), key=len, default=[])
        if differs:
            marks.append((row.pk, differs))
        elif row.is_visible and row.patient not in measures:
            measures.append(row.patient)
    return marks


def _read(statement: str, *values: Any) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [
            _Row(mrn, pk, differs, is_confirmed, is_visible, dict(zip(IDENTITY, patient, strict=True)))
            for mrn, pk, differs, is_confirmed, is_visible, *patient in cursor.fetchall()
        ]
