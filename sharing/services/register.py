"""The register of an account, as a page and as a file: each read is an event of the account."""

from collections.abc import Iterator, Sequence
from typing import IO
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account
from audit import clock, exports
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere
from common.formats import person_name
from sharing.selectors.pages import SentPage
from sharing.selectors.register import RegisterLine, register_page, whole_register
from sharing.selectors.share_filters import EVERYTHING, ShareFilters
from sharing.services import share_columns
from sharing.services.reads import in_words
from studies.models import Placement
from studies.services.trail import check_view_audit
from worklists.events import on_account
from worklists.permissions import check_sees_register
from worklists.selectors import accounts_of_member

MOST_LINES = 200_000
CSV_HEAD = (
    gettext_noop("Shared"),
    gettext_noop("Shared by"),
    gettext_noop("Sharer mark"),
    gettext_noop("Patient"),
    gettext_noop("MRN"),
    gettext_noop("Modality"),
    gettext_noop("Study date"),
    gettext_noop("Study UID"),
    gettext_noop("From worklist"),
    gettext_noop("From organisation"),
    gettext_noop("With"),
    gettext_noop("Organisation"),
    gettext_noop("Method"),
    *share_columns.HEAD,
)


def audited_account(account: UUID, by: Actor) -> Account:
    """The account, for one of its members whose role shows its register. Raises NothingThere and Refused."""
    row = accounts_of_member(by).filter(uuid=account).first()
    if row is None:
        raise NothingThere
    check_sees_register(by, row)
    return row


@transaction.atomic
def read_register(
    *,
    account: UUID,
    by: Actor,
    before: UUID | None = None,
    after: UUID | None = None,
    filters: ShareFilters = EVERYTHING,
) -> SentPage[RegisterLine]:
    """A page of the register. Raises NothingThere, Refused and NoSuchPage."""
    row = audited_account(account, by)
    page = register_page(row, by, before=before, after=after, filters=filters)
    record(Action.REGISTER_READ, by=by, on=on_account(row, rows=len(page.lines), **in_words(filters)))
    return page


@transaction.atomic
def export_register(
    *, account: UUID, by: Actor, zone: ZoneInfo, filters: ShareFilters = EVERYTHING
) -> IO[bytes]:
    """The shares that fit the filters as a CSV file, the newest where there are too many. It is whole before any
    of it is sent."""
    row = audited_account(account, by)
    file, count = exports.spooled_csv([_(name) for name in CSV_HEAD], _rows(row, by, zone, filters))
    on = on_account(row, rows=count, file="csv", **in_words(filters))
    record(Action.REGISTER_READ, by=by, on=on)
    return file


def placement_of_register(*, account: UUID, placement: UUID, by: Actor) -> Placement:
    """A placement on a worklist of the account, for a reader of its register. Raises NothingThere and Refused."""
    row = audited_account(account, by)
    visible = Placement.objects.visible().with_names().select_related("study__home__account")
    there = visible.filter(worklist__account=row, uuid=placement).first()
    if there is None:
        raise NothingThere
    check_view_audit(by, there)
    return there


def _rows(account: Account, by: Actor, zone: ZoneInfo, filters: ShareFilters) -> Iterator[Sequence[object]]:
    for number, line in enumerate(whole_register(account, by, clock.now(), filters)):
        if number == MOST_LINES:
            return
        yield _row(line, zone)


def _row(line: RegisterLine, zone: ZoneInfo) -> Sequence[object]:
    share, study = line.share, line.share.study
    origin = share.from_worklist.account
    return (
        share_columns.shown_moment(share.shared_at, zone),
        line.shared_by,
        line.about_sharer,
        person_name(study.patient_name) if line.study is not None else "",
        study.patient_id if line.study is not None else "",
        " ".join(study.modalities),
        study.study_date or "",
        study.study_instance_uid,
        share.from_worklist.label,
        origin.name if origin is not None else "",
        line.target.name,
        line.target.organisation,
        share.get_method_display(),
        *share_columns.columns_of(line, zone),
    )
