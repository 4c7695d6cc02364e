"""Searching a worklist by QIDO-RS: the right, and then the rows and the event in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from audit.actions import Action
from audit.actor import Actor
from audit.services import On, read_and_record, record
from common.exceptions import NothingThere
from studies import selectors
from studies.selectors.dicom_questions import DicomQuestion, Level
from studies.selectors.dicom_search import (
    instances_matching,
    is_cut,
    own_mrns,
    series_matching,
    studies_in,
    studies_shown,
)
from worklists.events import on_worklist_with
from worklists.models import Worklist


@dataclass(frozen=True)
class Matches:
    """The rows of a page, whether there are more behind it, and whether the search ended before all that fit.

    `own_mrns` are the worklist's own of their studies, where the question wants them.
    """

    rows: Sequence[Any]
    more: bool
    is_cut: bool
    own_mrns: Mapping[int, str]


def search_by_dicom(*, worklist: UUID, by: Actor, question: DicomQuestion) -> Matches:
    """What the actor may list there and matches. The event names the keys, not what was typed."""
    seen = selectors.worklist_for(by, worklist)
    if seen is None:
        raise NothingThere
    detail = {"fields": sorted(question.keys), "level": str(question.level)}
    action = Action.LIST_READ if question.is_anything else Action.LIST_SEARCH
    rows = _read(seen, question, action=action, by=by, on=on_worklist_with(seen, detail=detail))
    more, rows = len(rows) > question.limit, rows[: question.limit]
    return Matches(
        rows, more, is_cut=not more and is_cut(seen, question), own_mrns=own_mrns(seen, question, rows)
    )


def _read(seen: Worklist, question: DicomQuestion, *, action: Action, by: Actor, on: On) -> Sequence[Any]:
    """The rows, and their event in the same transaction: of studies, which programs ask for most, by one statement."""
    if question.level is Level.STUDY:
        sql, parameters = studies_shown(seen, question)
        return studies_in(read_and_record(sql, parameters, action=action, by=by, on=on))
    search = series_matching if question.level is Level.SERIES else instances_matching
    with transaction.atomic():
        rows = search(seen, question)
        record(action, by=by, on=on)
    return rows
