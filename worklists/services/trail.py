"""The audit trail of an account, for administrators and auditors: reading and exporting it are recorded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, AccountMembership, User
from audit import exports, selectors
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from audit.selectors import Filters
from audit.services import record
from audit.shown_events import ShownEvent, shown_event, shown_line
from common.text import one_line
from worklists.events import on_account
from worklists.permissions import check_administers, check_audits

CSV_HEAD = (
    gettext_noop("When"),
    gettext_noop("Time zone"),
    gettext_noop("Person"),
    gettext_noop("Person mark"),
    gettext_noop("Email"),
    gettext_noop("Role"),
    gettext_noop("Action"),
    gettext_noop("What happened"),
    gettext_noop("Outcome"),
    gettext_noop("Worklist"),
    gettext_noop("Account"),
    gettext_noop("IP address"),
    gettext_noop("Study"),
    gettext_noop("Study UID"),
    gettext_noop("Event"),
)
MOST_LINES = 200_000
PEOPLE = 50


@dataclass(frozen=True)
class AccountTrail:
    """A page of the trail, newest first, and the ids with which the pages beside it begin."""

    lines: list[ShownEvent]
    newer: int | None
    older: int | None


@transaction.atomic
def read_account_trail(
    *,
    account: Account | None,
    by: Actor,
    filters: Filters,
    person: str = "",
    before: int | None = None,
    after: int | None = None,
) -> AccountTrail:
    """What was done in an account; without one, on the whole platform, for superusers."""
    check_audits(by, account)
    events = selectors.filtered(_events(account, person), filters)
    page = selectors.page_of(events, before=before, after=after)
    _record(Action.AUDIT_READ, account, by, filters, person)
    return AccountTrail([shown_line(line) for line in page.lines], page.newer, page.older)


@transaction.atomic
def read_history(
    *,
    account: Account | None,
    by: Actor,
    events: QuerySet[AuditEvent],
    row: str,
    before: int | None = None,
) -> AccountTrail:
    """A page of the events of one row of an account; `row` identifies it without a name: "role 12"."""
    check_administers(by, account)
    page = selectors.page_of(events, before=before)
    record(Action.AUDIT_READ, by=by, on=on_account(account, filters={"history": row}))
    return AccountTrail([shown_line(line) for line in page.lines], page.newer, page.older)


@transaction.atomic
def export_account_trail(
    *,
    account: Account | None,
    by: Actor,
    filters: Filters,
    zone: ZoneInfo,
    person: str = "",
) -> IO[bytes]:
    """The filtered trail as a CSV file, the newest lines where there are too many; it is whole before any is sent."""
    check_audits(by, account)
    events = selectors.filtered(_events(account, person), filters)
    file, lines = exports.spooled_csv([_(head) for head in CSV_HEAD], _rows(events, zone))
    _record(Action.AUDIT_EXPORT, account, by, filters, person, lines=lines)
    return file


def _events(account: Account | None, person: str) -> QuerySet[AuditEvent]:
    events = AuditEvent.objects.all()
    if account is not None:
        events = events.filter(account_id=account.pk)
    return events.filter(by_id__in=_people(account, person)) if person else events


def _people(account: Account | None, typed: str) -> list[int]:
    """Whom a part of a name or an email means: members, and people who have acted in the account."""
    users = User.objects.filter(Q(name__icontains=typed) | Q(email__icontains=typed))
    if account is not None:
        here = AccountMembership.objects.filter(account=account, user=OuterRef("pk"))
        acted = AuditEvent.objects.filter(account_id=account.pk, by_id=OuterRef("pk"))
        users = users.filter(Q(Exists(here)) | Q(Exists(acted)))
    return list(users.order_by("name", "pk").values_list("pk", flat=True)[:PEOPLE])


def _rows(events: QuerySet[AuditEvent], zone: ZoneInfo) -> Iterator[Sequence[object]]:
    number = 0
    for batch in selectors.batches(events):
        for event in batch:
            if (number := number + 1) > MOST_LINES:
                return
            line = shown_event(event)
            yield (
                event.at.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
                zone.key,
                line.who,
                line.mark,
                line.email,
                one_line(event.role_label),
                line.action,
                line.sentence,
                event.outcome,
                line.where,
                line.account,
                line.ip_address,
                event.study_id,
                event.study_uid,
                event.pk,
            )


def _record(
    action: Action,
    account: Account | None,
    by: Actor,
    filters: Filters,
    person: str,
    **detail: object,
) -> None:
    named = {**filters.named(), **({"person": person} if person else {})}
    record(action, by=by, on=on_account(account, filters=named, **detail))
