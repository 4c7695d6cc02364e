"""Audited reads of who can open a study, by person, and of the answer about one person."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, User
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record, record_all
from common.exceptions import NothingThere
from sharing.selectors.access import one_person
from sharing.selectors.access.people import PeoplePage, from_where, people_of_study
from sharing.selectors.directory import accounts_of
from studies.events import on_placement
from studies.models import Placement
from worklists.events import on_account

ONLY_WITH_THE_TRAIL = gettext_noop(
    "You can ask about the past only if your role lets you read the audit trail of the original."
)


@transaction.atomic
def read_people(
    *, placement: Placement, by: Actor, before: UUID | None = None, after: UUID | None = None
) -> PeoplePage:
    """Every person who can open the study now, as far as the reader may know. Raises NoSuchPage."""
    now = clock.now()
    page = people_of_study(placement, by, now, before=before, after=after)
    detail = {"names": "people", "rows": len(page.people)}
    record(Action.ACCESS_READ, by=by, on=on_placement(placement, at=now, detail=detail))
    return page


def read_question(*, placement: Placement, by: Actor) -> None:
    """The page on which a person is asked about names the patient, before anyone is named."""
    record(Action.ACCESS_READ, by=by, on=on_placement(placement, at=clock.now(), detail={"names": "search"}))


@transaction.atomic
def find_people(*, find: str, by: Actor) -> tuple[list[User], bool]:
    """The people whom the asker may ask about, by a part of the name or email; an event for each directory."""
    hits, more = one_person.people_found(by, find)
    searched = Account.objects.filter(pk__in=accounts_of(by.person)).order_by("pk")
    record_all(
        event(Action.DIRECTORY_SEARCH, by=by, on=on_account(account, hits=len(hits))) for account in searched
    )
    return hits, more


@transaction.atomic
def explain_to(*, placement: Placement, person: UUID, by: Actor) -> one_person.Answer:
    """Whether the person can open the study, and why or why not. NothingThere where the asker may not ask."""
    now = clock.now()
    answer = one_person.answer_about(placement, by, now, person)
    if answer is None:
        raise NothingThere
    detail = {"explained": answer.name}
    record(Action.ACCESS_READ, by=by, on=on_placement(placement, at=now, detail=detail))
    return answer


def may_ask_of_the_past(placement: Placement, rights: Collection[str], now: datetime) -> bool:
    """Whoever may read the original's audit trail: at home, or at an internal placement of home's own account."""
    return "view_study_audit" in rights and from_where(placement, now).is_home


@transaction.atomic
def explain_then(*, placement: Placement, person: UUID, at: datetime, by: Actor) -> one_person.AnswerThen:
    """The same for a moment in the past, from the audit trail. Raises NothingThere and PermissionDenied."""
    now = clock.now()
    if not may_ask_of_the_past(placement, by.rights(placement.worklist), now):
        raise PermissionDenied(_(ONLY_WITH_THE_TRAIL))
    answer = one_person.answer_then(placement, by, person, at)
    if answer is None:
        raise NothingThere
    detail = {"explained": answer.name, "moment": at.isoformat()}
    record(Action.ACCESS_READ, by=by, on=on_placement(placement, at=now, detail=detail))
    return answer
