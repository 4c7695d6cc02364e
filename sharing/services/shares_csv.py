"""What a person shared, as a CSV file: the rows of Shared by me, and no study that the person no longer sees."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import IO
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account
from audit import clock, exports
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record_all
from common.formats import person_name
from sharing.selectors.share_filters import EVERYTHING, ShareFilters
from sharing.selectors.shared_by_me import SentShare, every_share_made_by
from sharing.selectors.urgent import UrgentLine
from sharing.services import share_columns
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
    *share_columns.HEAD,
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
    share, study = sent.share, sent.study
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
        share_columns.shown_moment(share.shared_at, zone),
        *patient,
        sent.target.name,
        sent.target.organisation,
        share.get_method_display(),
        share.from_worklist.label,
        *share_columns.columns_of(sent, zone),
        *urgent_columns(sent.urgent, zone),
        share.note,
    )


def urgent_columns(urgent: UrgentLine | None, zone: ZoneInfo) -> Sequence[object]:
    if urgent is None:
        return ("",) * 3
    return (share_columns.shown_moment(urgent.at, zone), urgent.words, urgent.urgency.contacts)
