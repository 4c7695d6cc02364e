"""Audited reads of the pages about shares: the read and its audit event are committed in one transaction."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Account
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record, record_all
from common.exceptions import NothingThere
from sharing import selectors
from sharing.events import on_shares_read
from sharing.selectors.approvals import Approval, approvals_for
from sharing.selectors.receipts import Receipt, receipt_of, shares_on_receipt
from sharing.selectors.share_filters import EVERYTHING, ShareFilters
from sharing.selectors.shared_by_me import SentInvitation, SentShare, share_made_by
from sharing.selectors.shared_with_me import ReceivedShare
from sharing.selectors.time_requests import TimeAsked, time_asked_of
from studies.events import on_placement
from studies.models import Placement
from worklists.events import on_account, on_worklist
from worklists.models import Worklist


@transaction.atomic
def read_access(
    *,
    placement: Placement,
    by: Actor,
    names: UUID | str = "",
    path: UUID | None = None,
) -> selectors.StudyAccess:
    """Who can see this study, as far as the person may know it from where they see it.

    `names`: the worklist whose people are to be named, or `EVERYONE`; `path`: the share whose whole path is wanted.
    """
    now = clock.now()
    asked = {"names": names, "path": path}
    detail = {what: str(which) for what, which in asked.items() if which}
    record(Action.ACCESS_READ, by=by, on=on_placement(placement, at=now, detail=detail))
    return selectors.who_has_access(placement, by, now, names=names, path=path)


@transaction.atomic
def read_access_names(*, placement: Placement, worklist: UUID, by: Actor) -> selectors.AccessPlace:
    """A worklist of that page with its people named; NothingThere where the person may not know them."""
    shown = read_access(placement=placement, by=by, names=worklist)
    place = next((place for place in shown.places if place.uuid == worklist and place.roles), None)
    if place is None:
        raise NothingThere
    return place


@transaction.atomic
def read_access_path(*, placement: Placement, share: UUID, by: Actor) -> list[dict[str, Any]]:
    """The steps that page leaves out of the path of one share; NothingThere where it leaves out none."""
    shown = read_access(placement=placement, by=by, path=share)
    grant = next((grant for grant in shown.grants if grant.share.uuid == share and grant.is_folded), None)
    if grant is None:
        raise NothingThere
    return grant.hidden_steps


@transaction.atomic
def read_received(*, press: UUID, by: Actor) -> selectors.ReceivedPress:
    """The placements of a press that the person still has; NothingThere where they never had any."""
    received = selectors.press_for(by, press)
    if not received.worklists:
        raise NothingThere
    record_all(
        event(Action.LIST_READ, by=by, on=on_worklist(worklist, press=str(press)))
        for worklist in received.worklists
    )
    return received


@transaction.atomic
def read_share(*, share: UUID, by: Actor) -> SentShare:
    """A share that the person made, before they change it; NothingThere where there is none."""
    sent = share_made_by(by, share)
    if sent is None:
        raise NothingThere
    _record_dialog(sent, by, dialog="change")
    return sent


@transaction.atomic
def read_time_asked(*, share: UUID, by: Actor) -> TimeAsked | None:
    """The question for more time that waits for the maker of a share; None where there is none.

    NothingThere where the person made no such share.
    """
    sent = share_made_by(by, share)
    if sent is None:
        raise NothingThere
    asked = time_asked_of(by, share)
    if asked is not None:
        _record_dialog(sent, by, dialog="more_time")
    return asked


def _record_dialog(sent: SentShare, by: Actor, *, dialog: str) -> None:
    inside = [sent.share.pk] if sent.in_original else []
    on_each = on_shares_read([sent.share], inside=inside, dialog=dialog)
    record_all(event(Action.DIALOG_READ, by=by, on=on) for on in on_each)


@transaction.atomic
def read_shares_made(
    *,
    by: Actor,
    before: UUID | None = None,
    after: UUID | None = None,
    taken_over: bool = False,
    filters: ShareFilters = EVERYTHING,
) -> selectors.SentPage[SentShare]:
    """A page of the shares that the person made, or took over, with an event for each account they were made in."""
    page = selectors.shares_made_by(by, before=before, after=after, taken_over=taken_over, filters=filters)
    accounts = [line.share.from_worklist.account for line in page.lines]
    _record_own(Action.SHARES_READ, accounts, by, **in_words(filters))
    return page


@transaction.atomic
def read_shares_received(
    *,
    by: Actor,
    before: UUID | None = None,
    after: UUID | None = None,
    filters: ShareFilters = EVERYTHING,
) -> selectors.SentPage[ReceivedShare]:
    """A page of what was shared with the person by name or by email: a read of their own worklist."""
    page = selectors.shares_received_by(by, before=before, after=after, filters=filters)
    own = Worklist.objects.with_names().get(owner=by.person)
    detail = {"page": "received", "rows": len(page.lines), **in_words(filters)}
    record(Action.LIST_READ, by=by, on=on_worklist(own, **detail))
    return page


@transaction.atomic
def read_invitations_sent(
    *, by: Actor, before: UUID | None = None, after: UUID | None = None
) -> selectors.SentPage[SentInvitation]:
    """A page of the invitations that the person sent, with an event for each account they were sent in."""
    page = selectors.invitations_sent_by(by, before=before, after=after)
    _record_own(Action.INVITATIONS_READ, [line.invitation.account for line in page.lines], by)
    return page


def _record_own(action: Action, accounts: list[Account | None], by: Actor, **detail: Any) -> None:
    """`accounts` has the account of each row; None for what was done from a personal worklist."""
    rows = Counter(accounts)
    record_all(
        event(action, by=by, on=on_account(account, rows=number, **detail))
        for account, number in rows.items()
    )


def in_words(filters: ShareFilters) -> dict[str, Any]:
    """The filters as an event about the read has them: nothing, where there are none."""
    return {"filters": named} if (named := filters.named()) else {}


@transaction.atomic
def read_receipt(*, press: UUID, by: Actor) -> Receipt:
    """A press with who read it while it was shared; NothingThere where the person may not end its shares."""
    shares = shares_on_receipt(by, press)
    if not shares:
        raise NothingThere
    inside = {row.share.pk for row in shares if row.in_original}
    on_each = on_shares_read([row.share for row in shares], inside=inside, dialog="receipt")
    record_all(event(Action.DIALOG_READ, by=by, on=on) for on in on_each)
    return receipt_of(press, shares, by, clock.now())


@transaction.atomic
def read_approvals(
    *, by: Actor, decided: bool = False, before: UUID | None = None, after: UUID | None = None
) -> selectors.SentPage[Approval]:
    """A page of what waits for the person's approval or was decided, with an event for each worklist that it is of."""
    page = approvals_for(by, decided=decided, before=before, after=after)
    by_worklist: dict[Worklist, list[int]] = {}
    for line in page.lines:
        if line.study is not None and line.share.to_worklist is not None:
            by_worklist.setdefault(line.share.to_worklist, []).append(line.study.pk)
    record_all(
        event(
            Action.DIALOG_READ,
            by=by,
            on=on_worklist(worklist, dialog="approvals", studies=len(studies), study_ids=sorted(studies)),
        )
        for worklist, studies in by_worklist.items()
    )
    return page
