"""The audited read of *All my worklists*: an event on each worklist whose studies a page shows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record_all
from studies import selectors
from studies.models import Placement
from studies.selectors import Cursor, Order, Question, StudiesPage
from worklists import access
from worklists.events import on_worklist
from worklists.models import Worklist


@dataclass(frozen=True)
class AllListing:
    """A page over all worklists, what the person may do on each that it shows, and the uuids of all that match."""

    page: StudiesPage
    worklists: dict[int, Worklist]
    rights: dict[int, frozenset[str]]
    matching: list[UUID]


@transaction.atomic
def read_all_lists(
    *, by: Actor, question: Question, order: Order, cursor: Cursor | None = None, everything: bool = False
) -> AllListing:
    """A page of every list that the person may see. It is no visit: what is new on a worklist stays new.

    The event on a worklist says how many of its studies were shown and nothing of other worklists. A page without a
    study is recorded on the person's own worklist.
    """
    page = selectors.page_of_all(by, question, order, cursor)
    matching = selectors.matching_in_all(by, question, order) if everything else []
    worklists = {row.worklist_id: row.worklist for row in page.rows}
    rights = access.rights_on(by, worklists.values())
    detail: dict[str, object] = {"order": str(order), "all_worklists": True}
    if question:
        detail["fields"] = question.fields
    action = Action.LIST_SEARCH if question else Action.LIST_READ
    record_shown(action, page.rows, detail, by=by)
    return AllListing(page, worklists, rights, matching)


def record_shown(
    action: Action,
    rows: Sequence[Placement],
    detail: Mapping[str, object],
    *,
    by: Actor,
    otherwise: Worklist | None = None,
) -> None:
    """An event on each worklist of these rows; without a row on `otherwise`, else on the person's own worklist."""
    numbers = Counter(row.worklist_id for row in rows)
    shown = {row.worklist_id: row.worklist for row in rows} or {0: otherwise or by.person.personal_worklist}
    record_all(
        event(action, by=by, on=on_worklist(worklist, rows=numbers[pk], **detail))
        for pk, worklist in sorted(shown.items())
    )
