"""Reads from the audit trail what decided at a moment whether people could open a study."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Role
from audit.actions import CHANGES_OF_RIGHTS, Action
from audit.models import AuditEvent
from sharing.explanation import Facts
from sharing.replay import OF_SHARES, Event, replay_rights, replay_shares
from studies.models import Study
from worklists.access.standing import PlaceFact
from worklists.models import Worklist


def known_from() -> datetime | None:
    """From when on the trail holds roles and memberships; None where they were never noted."""
    noted = AuditEvent.objects.filter(action=Action.RIGHTS_NOTE)
    return noted.order_by("id").values_list("at", flat=True).first()


def facts_at(study: Study, people: Collection[int], at: datetime) -> Facts | None:
    """The facts of that moment; None where the study had not arrived, or the trail does not reach back so far."""
    begins = known_from()
    if begins is None or at < begins or at < study.arrived_at:
        return None
    of_study = _events(AuditEvent.objects.filter(study_id=study.pk, action__in=OF_SHARES))
    moves = [event.worklist_id for event in of_study if event.action == Action.STUDY_MOVE]
    then = replay_shares(
        (event for event in of_study if event.at <= at), moves[0] or 0 if moves else study.home_id
    )
    pairs = [(event.worklist_id, event.other_worklist_id) for event in of_study]
    named = {study.home_id, *(pk for pair in pairs for pk in pair if pk is not None)}
    worklists = list(Worklist.objects.filter(pk__in=named))
    personal = {
        each.pk: PlaceFact(each.pk, None, each.owner_id) for each in worklists if each.owner_id is not None
    }
    accounts = {each.account_id for each in worklists if each.account_id is not None}
    platform = {role.pk: str(role.platform_key) for role in Role.objects.exclude(platform_key=None)}
    standings = replay_rights(_rights_events(accounts, people, at), personal, platform)
    for person in people:
        standings.active.setdefault(person, True)
    standings.places = {pk: place for pk, place in standings.places.items() if pk in named}
    return Facts(
        now=at,
        home=then.home,
        shares=list(then.shares.values()),
        standings=standings,
        arrived_at=study.arrived_at,
        deleted_at=then.deleted_at,
        ended=list(then.ended.values()),
    )


def _rights_events(accounts: Collection[int], people: Collection[int], at: datetime) -> list[Event]:
    """Of these accounts and of the platform: what is of a role or a worklist, and what is of these people."""
    theirs = ~Q(detail__has_key="person_id") | Q(detail__person_id__in=list(people))
    somewhere = Q(account_id__in=accounts) | Q(account_id=None)
    return _events(AuditEvent.objects.filter(somewhere, theirs, action__in=CHANGES_OF_RIGHTS, at__lte=at))


def _events(rows: QuerySet[AuditEvent]) -> list[Event]:
    return [Event(*row) for row in rows.order_by("id").values_list(*Event._fields)]
