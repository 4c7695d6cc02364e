"""What a person shared, as a CSV file: the rows of Shared by me, and no study that the person no longer sees."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account
from audit import clock, exports
from audit.actions import Action
from audit.actor import Actor
from audit.history import name_in
from audit.services import event, record_all
from common.formats import person_name
from sharing.delivery import Delivery
from sharing.selectors.share_filters import EVERYTHING, ShareFilters
from sharing.selectors.shared_by_me import SentShare, every_share_made_by
from sharing.selectors.urgent import UrgentLine
from sharing.services.reads import in_words
from worklists.events import on_account

CSV_HEAD = (
    gettext_noop("Shared"),
    gettext_noop("Patient"),
    gettext_noop("Birth date"),
    gettext_noop("MRN"),
    gettext_noop("Study"),
    gettext_noop("Modality"),
    gettext_noop("Study date"),
    gettext_noop("With"),
    gettext_noop("Organisation"),
    gettext_noop("Method"),
    gettext_noop("From worklist"),
    gettext_noop("Last day"),
    gettext_noop("State"),
    gettext_noop("Why"),
    gettext_noop("Accepted"),
    gettext_noop("Approved"),
    gettext_noop("First opened"),
    gettext_noop("Images opened"),
    gettext_noop("Images opened by"),
    gettext_noop("Report opened"),
    gettext_noop("Report opened by"),
    gettext_noop("Downloaded"),
    gettext_noop("Downloaded by"),
    gettext_noop("Acknowledged"),
    gettext_noop("Acknowledged by"),
    gettext_noop("Ended"),
    gettext_noop("To be opened by"),
    gettext_noop("Urgent"),
    gettext_noop("Contacts notified"),
    gettext_noop("Note"),
)


@transaction.atomic
def export_shares_made(*, by: Actor, zone: ZoneInfo, filters: ShareFilters = EVERYTHING) -> IO[bytes]:
    """The shares of the person that fit the filters, newest first; an event for each account they were made in."""
    accounts: Counter[Account | None] = Counter()
    head = [_(name) for name in CSV_HEAD]
    file, _count = exports.spooled_csv(head, _rows(by, zone, accounts, filters))
    # Where nothing was shared, that was read too.
    for_each = accounts or Counter({None: 0})
    record_all(
        event(
            Action.SHARES_READ,
            by=by,
            on=on_account(account, rows=number, file="csv", **in_words(filters)),
        )
        for account, number in for_each.items()
    )
    return file


def _rows(
    by: Actor, zone: ZoneInfo, accounts: Counter[Account | None], filters: ShareFilters
) -> Iterator[Sequence[object]]:
    now = clock.now()
    for sent in every_share_made_by(by, now, filters):
        accounts[sent.share.from_worklist.account] += 1
        yield _row(sent, zone)


def _row(sent: SentShare, zone: ZoneInfo) -> Sequence[object]:
    share, study, last_day = sent.share, sent.study, sent.last_day
    patient: tuple[object, ...] = ("",) * 6
    if study is not None:
        patient = (
            person_name(study.patient_name),
            study.patient_birth_date or study.patient_birth_date_raw,
            study.patient_id,
            study.description,
            " ".join(study.modalities),
            study.study_date or study.study_date_raw,
        )
    return (
        shown_moment(share.shared_at, zone),
        *patient,
        sent.target.name,
        sent.target.organisation,
        share.get_method_display(),
        share.from_worklist.label,
        last_day.astimezone(zone).date() if last_day is not None else "",
        sent.state,
        sent.why,
        *delivered(sent.delivery or Delivery(), zone),
        shown_moment(share.ended_at, zone),
        *urgent_columns(sent.urgent, zone),
        share.note,
    )


def delivered(delivery: Delivery, zone: ZoneInfo) -> Iterator[object]:
    """What the page says of the delivery, a column for each moment and each person."""
    for moment in (delivery.accepted, delivery.approved, delivery.opened):
        yield shown_moment(moment, zone)
    for step in (delivery.images, delivery.report, delivery.download):
        yield shown_moment(step.at if step is not None else None, zone)
        yield name_in(step.by_label) if step is not None else ""
    who = delivery.acknowledged_by
    yield shown_moment(delivery.acknowledged, zone)
    yield name_in(who.by_label) if who is not None else ""


def urgent_columns(urgent: UrgentLine | None, zone: ZoneInfo) -> Sequence[object]:
    if urgent is None:
        return ("",) * 3
    return (shown_moment(urgent.at, zone), urgent.words, urgent.urgency.contacts)


def shown_moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(sep=" ", timespec="seconds") if moment is not None else ""
