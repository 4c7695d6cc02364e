"""Shares of a person who has left an account are taken over by another member, who can then change them."""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, AccountMembership, User
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from sharing.locks import lock_directory
from sharing.models import TakenOverShare
from sharing.selectors.left_shares import shares_left_by, worklists_to_keep
from worklists.events import about, on_account
from worklists.permissions import check_administers

# At a press; the page then offers the rest.
MOST = 5000

STILL_HERE = gettext_noop("This person is an active member of the account and keeps their shares.")
NOT_A_MEMBER = gettext_noop("Choose an active member of the account.")
NONE_TO_TAKE = gettext_noop(
    "There is no share to take over, or the person you chose may not share from these worklists."
)


class TakenOver(NamedTuple):
    """How many shares were taken over, and how many stay: the successor may not share from their worklists."""

    shares: int
    left: int


@transaction.atomic
def take_over_shares(*, account: Account, person: User, successor: User, by: Actor) -> TakenOver:
    """Let a member change, extend and end the shares that someone who left made from the account's worklists.

    Only those that the successor could make themselves: of worklists where they may share. Nothing else of a share
    changes, and no one gains or loses a study. Raises PermissionDenied and ValidationError.
    """
    check_administers(by, account)
    lock_directory(users={person.pk, successor.pk}, accounts={account.pk}, worklists=())
    active = AccountMembership.objects.active().filter(account=account)
    if active.filter(user=person).exists():
        raise ValidationError(_(STILL_HERE))
    if not active.filter(user=successor).exists():
        raise ValidationError(_(NOT_A_MEMBER))
    lasting = shares_left_by(account, person)
    may_share_from = worklists_to_keep(Actor.of(successor, by.ip_address), account)
    # In one order, so that two administrators at once wait for each other instead of failing.
    kept = lasting.filter(from_worklist__in=may_share_from.values("pk")).order_by("pk")
    rows = list(kept.values_list("pk", flat=True)[:MOST])
    if not rows:
        raise ValidationError(_(NONE_TO_TAKE))
    TakenOverShare.objects.bulk_create(
        [TakenOverShare(share_id=share, keeper=successor, taken_at=Now()) for share in rows],
        update_conflicts=True,
        unique_fields=["share"],
        update_fields=["keeper", "taken_at"],
    )
    detail = {"shares": len(rows), "from_person_id": person.pk, "from_person": person.name}
    record(Action.SHARES_TAKE_OVER, by=by, on=on_account(account, **about(successor), **detail))
    return TakenOver(len(rows), shares_left_by(account, person).count())
