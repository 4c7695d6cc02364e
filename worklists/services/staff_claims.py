"""A membership that waits on an invitation: mailed again, withdrawn, and claimed by the person it waits for."""

from collections.abc import Callable, Collection, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.locks import lock_emails
from accounts.models import Account, AccountMembership, Invitation, User
from accounts.selectors import proved_emails
from accounts.services import invitations, limits
from accounts.services.outbox import queue_mail
from audit import clock
from audit.actions import Action
from audit.actor import OPERATOR, Actor
from audit.services import event, record, record_all
from common.exceptions import Refused
from worklists.events import on_account
from worklists.models import InvitedMembership, InvitedWorklist
from worklists.permissions import check_administers, check_may_give_roles
from worklists.services.common import locked
from worklists.services.members import Enrolment, enrol


def resend_staff_invitation(*, membership: InvitedMembership, by: Actor) -> Invitation:
    """Mail the same link again; an expired invitation is renewed."""
    return _mail_again(membership, by, invitations.resend)


def relink_staff_invitation(*, membership: InvitedMembership, by: Actor) -> Invitation:
    """Make a new link, which ends the old one, and mail it."""
    return _mail_again(membership, by, invitations.relink)


def _mail_again(membership: InvitedMembership, by: Actor, renew: Callable[..., Invitation]) -> Invitation:
    """The mail counts against the limit before the transaction begins, once it is known that the person may send it."""
    _check_may_give(membership.account, membership, by)
    limits.count_mail(invitation=membership.invitation, by=by)
    with transaction.atomic():
        account, row = held(membership)
        _check_may_give(account, row, by)
        sent = renew(invitation=row.invitation, by=by)
        queue_mail(kind="staff_invitation", recipient=sent.email, data={"invitation": sent.pk})
        return sent


@transaction.atomic
def end_offer_without_invitation(*, membership: InvitedMembership, by: Actor) -> Invitation:
    """Withdraw the offered membership. Shares promised on the same invitation are others' and stay.

    A part of withdrawing: `sharing.services.withdraw_staff_invitation` checks whether the invitation still waits.
    """
    account, row = held(membership)
    check_administers(by, account)
    role = row.role.name if row.role is not None else ""
    end_waiting([row], InvitedMembership.Outcome.WITHDRAWN)
    on = on_account(account, address=row.invitation.email, role=role)
    record(Action.MEMBER_OFFER_END, by=by, on=on)
    return row.invitation


def end_waiting(rows: Collection[InvitedMembership], outcome: InvitedMembership.Outcome) -> None:
    """They wait no longer and hold no role; a part of the change that ends them."""
    now = clock.now()
    for row in rows:
        row.role_name = row.role.name if row.role is not None else ""
        row.role, row.ended_at, row.outcome = None, now, outcome
    InvitedMembership.objects.bulk_update(rows, ["role", "role_name", "ended_at", "outcome"])
    InvitedWorklist.objects.filter(membership__in=rows).delete()


def claim_memberships(*, by: Actor) -> int:
    """Make the person a member wherever that waits for a verified email of theirs; how many memberships were made.

    Called with the promises (`sharing.services.claim_what_waits`); calling it again does nothing more. A person who is
    a member already, by another email or added meanwhile, keeps that membership. An offer that its maker could no
    longer make today lapses; shares promised on the same invitation are of others and are claimed all the same.
    """
    user = by.person
    if not user.is_active or not _claimable(user).exists():
        return 0
    with transaction.atomic():
        lock_emails(proved_emails(user))
        accounts = sorted(set(_claimable(user).values_list("account", flat=True)))
        return sum(_claim(by, account) for account in [locked(pk) for pk in accounts])


def _claimable(user: User) -> QuerySet[InvitedMembership]:
    return InvitedMembership.objects.waiting().filter(
        invitation__in=Invitation.objects.claimable().filter(email__in=proved_emails(user))
    )


def _claim(by: Actor, account: Account) -> int:
    user = by.person
    waiting = _claimable(user).filter(account=account).order_by("pk")
    rows = list(
        waiting.select_related("invitation", "role", "offered_by").prefetch_related(
            "worklists__worklist__account", "worklists__worklist__owner", "worklists__role"
        )
    )
    good = [row for row in rows if _may_still_be_given(account, row)]
    _lapse([row for row in rows if row not in good], account, by)
    made = 0
    if good and not AccountMembership.objects.filter(account=account, user=user).exists():
        enrol(account, [_enrolment(by, good[0])])
        made = 1
    now = clock.now()
    end_waiting(good, InvitedMembership.Outcome.ACCEPTED)
    for row in rows:
        if row.invitation.accepted_at is None:
            invitations.mark_accepted(invitation=row.invitation, by=by, now=now)
    return made


def _may_still_be_given(account: Account, row: InvitedMembership) -> bool:
    """Whether the maker of an offer may give it today, when it is accepted; the platform always may."""
    try:
        _check_may_give(account, row, Actor.of(row.offered_by) if row.offered_by is not None else OPERATOR)
    except Refused:
        return False
    return True


def _lapse(rows: Sequence[InvitedMembership], account: Account, by: Actor) -> None:
    end_waiting(rows, InvitedMembership.Outcome.LAPSED)
    record_all(
        event(
            Action.MEMBER_OFFER_LAPSE,
            by=by,
            on=on_account(account, address=row.invitation.email, role=row.role_name, why="may_not_give"),
        )
        for row in rows
    )


def _enrolment(by: Actor, row: InvitedMembership) -> Enrolment:
    assert row.role is not None  # a constraint: what waits has a role
    invited_by = row.offered_by.name if row.offered_by is not None else "CIMAR"
    return Enrolment(
        user=by.person,
        role=row.role,
        by=by,
        every_worklist=row.every_worklist,
        worklists=[(invited.worklist, invited.role) for invited in row.worklists.all()],
        detail={"invited_by": invited_by},
    )


def held(membership: InvitedMembership) -> tuple[Account, InvitedMembership]:
    """Email, account and row, locked in this order; raises the sentence where the offer waits no more."""
    seen = InvitedMembership.objects.select_related("invitation").get(pk=membership.pk)
    lock_emails([seen.invitation.email])
    account = locked(seen.account_id)
    rows = InvitedMembership.objects.select_for_update(of=("self",)).select_related(
        "invitation__account", "role"
    )
    row = rows.get(pk=seen.pk)
    if row.invitation.accepted_at is not None or row.outcome == InvitedMembership.Outcome.ACCEPTED:
        raise ValidationError(_(invitations.USED_MEANWHILE), code="used")
    if row.ended_at is not None or row.invitation.withdrawn_at is not None:
        raise ValidationError(_(invitations.WITHDRAWN_MEANWHILE), code="ended")
    return account, row


def _check_may_give(account: Account, row: InvitedMembership, by: Actor) -> None:
    """To renew an offer is to make it: no one offers what their own role lacks."""
    may_give = check_administers(by, account)
    invited = row.worklists.select_related("worklist")
    roles = {place.role_id or place.worklist.default_role_id for place in invited}
    check_may_give_roles(may_give, {pk for pk in (row.role_id, *roles) if pk is not None}, account)
