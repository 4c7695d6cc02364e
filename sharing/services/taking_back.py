"""A press of Share Studies taken back: undone within seconds, before its mails leave, or withdrawn later."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.locks import lock_emails
from accounts.models import Invitation
from accounts.services import invitations, outbox
from audit import clock
from audit.actor import Actor
from common.exceptions import NothingThere
from sharing import permissions, selectors
from sharing.dates import undo_until
from sharing.graph import Graph
from sharing.models import Share
from sharing.services import notices, settling

TIME_IS_UP = gettext_noop(
    "The time in which this can be undone has passed, and emails may already have been sent."
)
A_MAIL_LEFT = gettext_noop("This can no longer be undone: an email about the share has already been sent.")


class TooLate(ValidationError):
    """A press that cannot be undone any more and can still be withdrawn."""


@dataclass(frozen=True)
class TakenBack:
    """How many shares of the press ended now, had ended already, ended with them; how many mails never left.

    `kept`: how many have not ended, since the person may not end them.
    """

    ended: int
    ended_already: int
    ended_with_them: int
    mails: int = 0
    kept: int = 0


@transaction.atomic
def undo_press(*, press: UUID, by: Actor) -> TakenBack:
    """Undo a press that the person made seconds ago: end its new shares, and send none of its mails.

    No bell tells of it any longer, and no daily mail. What it changed in shares that existed before stays. Raises
    NothingThere, PermissionDenied and TooLate.
    """
    chosen, ending, graphs, now = _locked(_shares(press, by, own=True), by)
    _check_in_time(chosen)
    try:
        mails = outbox.take_back({"press": str(press)})
    except outbox.AlreadyLeft:
        raise TooLate(_(A_MAIL_LEFT)) from None
    # Read again behind the locks on the mails: none of them has become due while we waited.
    _check_in_time(chosen)
    with_them = settling.end(ending, graphs, now, reason=Share.EndReason.UNDONE, by=by)
    notices.take_back(press)
    _withdraw_invitations(ending, by)
    return TakenBack(len(ending), len(chosen) - len(ending), len(with_them), mails)


@transaction.atomic
def withdraw_press(*, press: UUID, by: Actor) -> TakenBack:
    """End the shares of a press that have not ended and that the person may end, with all that depends on them.

    Raises NothingThere, and PermissionDenied where they may end none.
    """
    may, kept = permissions.sort_for_end(by, _shares(press, by))
    chosen, ending, graphs, now = _locked(may, by)
    with_them = settling.end(ending, graphs, now, reason=Share.EndReason.ENDED, by=by)
    _withdraw_invitations(ending, by)
    unended = sum(share.ended_at is None for share in kept)
    return TakenBack(len(ending), len(chosen) - len(ending), len(with_them), kept=unended)


def _shares(press: UUID, by: Actor, *, own: bool = False) -> list[Share]:
    seen = selectors.shares_of_press(by, press)
    if own:
        seen = seen.filter(shared_by=by.person)
    chosen = list(seen.select_related("study", "from_worklist__owner"))
    if not chosen:
        raise NothingThere
    return chosen


def _locked(chosen: list[Share], by: Actor) -> tuple[list[Share], list[Share], dict[int, Graph], datetime]:
    """These shares, and those that have not ended, with the emails and then the studies locked."""
    permissions.check_end(by, chosen)
    lock_emails(share.email for share in chosen if share.email)
    graphs, now = settling.locked_graphs({share.study_id for share in chosen})
    pks = {share.pk for share in chosen}
    ending = [share for graph in graphs.values() for share in graph.shares if share.pk in pks]
    return chosen, ending, graphs, now


def _check_in_time(shares: Collection[Share]) -> None:
    until = undo_until(share.shared_at for share in shares)
    if until is None or clock.now() >= until:
        raise TooLate(_(TIME_IS_UP))


def _withdraw_invitations(ended: Collection[Share], by: Actor) -> None:
    """Withdraw the invitation of a wrong recipient, unless another share or a membership waits on it."""
    keys = {share.invitation_id for share in ended if share.to_worklist_id is None and share.invitation_id}
    for invitation in Invitation.objects.waiting().filter(pk__in=keys).order_by("pk"):
        if not selectors.is_waited_for(invitation):
            invitations.withdraw(invitation=invitation, by=by)
