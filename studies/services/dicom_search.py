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
from worklists.services import person_with_token


@dataclass(frozen=True)
class Matches:
    """The rows of a page, whether there are more behind it, and whether the search ended before all that fit.

    `own_mrns` are the worklist's own of their studies, where the question wants them.
    """

    rows: Sequence[Any]
    more: bool
    is_cut: bool
    own_mrns: Mapping[int, str]


@dataclass(frozen=True)
class WorklistWithToken:
    """What the statement that read a token has read for `search_by_dicom`: the worklist, or nothing."""

    read: Worklist | None


def person_and_worklist(
    *, secret: str, ip_address: str | None, worklist: UUID
) -> tuple[Actor, WorklistWithToken] | None:
    """Who acts with a person's token, and the worklist if they may list it: one statement.

    None where `worklists.services.actor_with_token` is to be asked: the secret is refused, or a sender's.
    """
    also = selectors.listed_by_asking()
    both = person_with_token(secret=secret, ip_address=ip_address, also=also, parameters=[worklist])
    if both is None:
        return None
    by, row = both
    return by, WorklistWithToken(selectors.worklist_in(row, by))


def search_by_dicom(
    *, worklist: UUID, by: Actor, question: DicomQuestion, seen_before: WorklistWithToken | None = None
) -> Matches:
    """What the actor may list there and matches. The event names the keys, not what was typed.

    `seen_before`: what `person_and_worklist` answered of this worklist a moment ago.
    """
    seen = selectors.worklist_for(by, worklist) if seen_before is None else seen_before.read
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
