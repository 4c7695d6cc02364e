"""Inviting people to work for an account: who is registered is a member at once, others find it waiting for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.locks import lock_emails
from accounts.models import Account, AccountMembership, Invitation, Role, User
from accounts.selectors import users_at
from accounts.services import limits
from accounts.services.invitations import invite_all
from accounts.services.outbox import queue_mails
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record, record_all
from common.exceptions import Refused
from common.text import NOT_AN_EMAIL, identity
from worklists.events import on_account
from worklists.models import InvitedMembership, InvitedWorklist, Worklist
from worklists.permissions import check_administers, check_may_give, ticked_in
from worklists.services.common import NO_SUCH_ROLE, NO_SUCH_WORKLIST, locked
from worklists.services.members import Enrolment, enrol
from worklists.services.staff_claims import end_waiting

MOST_AT_ONCE = 200
ALREADY_MEMBER = "{} is already a member of the account. Change their role or worklists under People."
LISTED_TWICE = "This address is in the list twice. The first line is used."
CHANGED = "This has changed since you checked the list. Check it again before you invite."


@dataclass(frozen=True)
class MembershipOffer:
    """What is offered to an address: a role in the account, and worklists with or without a role of their own."""

    email: str
    role: Role
    worklists: tuple[tuple[Worklist, Role | None], ...] = ()
    every_worklist: bool = False

    def places(self) -> set[tuple[int, int | None]]:
        return {(worklist.pk, role.pk if role is not None else None) for worklist, role in self.worklists}


@dataclass(frozen=True)
class _Directory:
    """The account's roles, and its worklists with their default roles, as they are now."""

    roles: set[int]
    worklists: dict[int, int | None]

    @classmethod
    def of(cls, account: Account) -> "_Directory":
        roles = Role.objects.filter(account=account).values_list("pk", flat=True)
        worklists = Worklist.objects.filter(account=account).values_list("pk", "default_role")
        return cls(set(roles), dict(worklists))

    def check(self, offer: MembershipOffer) -> None:
        roles = {offer.role.pk, *(role.pk for _, role in offer.worklists if role is not None)}
        if roles - self.roles:
            raise ValidationError(NO_SUCH_ROLE, code="foreign")
        places = [worklist.pk for worklist, _ in offer.worklists]
        if set(places) - self.worklists.keys():
            raise ValidationError(NO_SUCH_WORKLIST, code="foreign")
        if len(set(places)) < len(places):
            raise ValidationError("A worklist is named twice for this person.")

    def given(self, offer: MembershipOffer) -> set[int]:
        """The roles somebody would act under: on a worklist its own there, else the worklist's default."""
        places = {
            role.pk if role is not None else self.worklists.get(worklist.pk)
            for worklist, role in offer.worklists
        }
        return {offer.role.pk} | {pk for pk in places if pk is not None}


class OfferOutcome(StrEnum):
    INVITED = "invited"
    ADDED = "added"
    CHANGED = "changed"
    ALREADY = "already"
    REFUSED = "refused"


@dataclass(frozen=True)
class Answer:
    """What comes of one offer, or what would come of it; with the person, where the address is registered."""

    offer: MembershipOffer
    outcome: OfferOutcome
    sentence: str = ""
    user: User | None = None
    # Refused because of what the inviter may give: such a refusal stands in the audit.
    denied: bool = False


def preview_invitations(*, account: Account, offers: Sequence[MembershipOffer], by: Actor) -> list[Answer]:
    """What `invite_members` would answer now, row by row. Nobody is mailed.

    The answers tell which emails are registered, so they count against the limit, and the read is kept: how many were
    asked about, and not which.
    """
    offers = _counted(account, offers, by)
    with transaction.atomic():
        may_give = check_administers(by, account)
        record(Action.INVITATION_CHECK, by=by, on=on_account(account, addresses=len(offers)))
        return _judge(account, offers, may_give)


def invite_members(
    *,
    account: Account,
    offers: Sequence[MembershipOffer],
    by: Actor,
    shown: Sequence[OfferOutcome] | None = None,
) -> list[Answer]:
    """Invite each email, or make its person a member at once; a refused row undoes nothing else.

    The emails count against the limit. `shown` is what a preview said of each offer: where another thing would come of
    it now, the row is refused and says so. The same offer again writes nothing and mails nobody; another one changes
    what waits.
    """
    offers = _counted(account, offers, by)
    return invite_within(account=account, offers=offers, by=by, shown=shown)


def _counted(account: Account, offers: Sequence[MembershipOffer], by: Actor) -> list[MembershipOffer]:
    offers = _tidied(offers)
    check_administers(by, account)
    limits.count_invited(by=by, emails=len(offers))
    return offers


@transaction.atomic
def invite_within(
    *,
    account: Account,
    offers: Sequence[MembershipOffer],
    by: Actor,
    shown: Sequence[OfferOutcome] | None = None,
) -> list[Answer]:
    """`invite_members` as a part of a larger change, which has its own limit or none."""
    offers = _tidied(offers)
    lock_emails(offer.email for offer in offers)
    account = locked(account)
    may_give = check_administers(by, account)
    registered = [user.pk for user in users_at(offer.email for offer in offers).values()]
    list(User.objects.filter(pk__in=registered).order_by("pk").select_for_update(no_key=True))
    answers = _judge(account, offers, may_give)
    if shown is not None:
        answers = [_as_shown(one, then) for one, then in zip(answers, shown, strict=True)]
    _add([one for one in answers if one.outcome == OfferOutcome.ADDED], account, by)
    _invite(
        [one for one in answers if one.outcome in (OfferOutcome.INVITED, OfferOutcome.CHANGED)], account, by
    )
    record_all(
        event(
            Action.DENIED,
            by=by,
            on=on_account(account, what="invite", why=one.sentence, address=one.offer.email),
            outcome="refused",
        )
        for one in answers
        if one.denied
    )
    return answers


def _tidied(offers: Sequence[MembershipOffer]) -> list[MembershipOffer]:
    if not offers:
        raise ValidationError("Enter at least one person to invite.")
    if len(offers) > MOST_AT_ONCE:
        raise ValidationError(f"At most {MOST_AT_ONCE} people can be invited at once.")
    return [
        MembershipOffer(identity(one.email), one.role, tuple(one.worklists), one.every_worklist)
        for one in offers
    ]


def _as_shown(now: Answer, then: OfferOutcome) -> Answer:
    """The same press twice finds its own work done; anything else that differs was not agreed to."""
    if now.outcome == then or now.outcome in (OfferOutcome.ALREADY, OfferOutcome.REFUSED):
        return now
    return Answer(now.offer, OfferOutcome.REFUSED, CHANGED, now.user)


def _judge(account: Account, offers: Sequence[MembershipOffer], may_give: frozenset[str]) -> list[Answer]:
    """Each offer's answer as the rows stand: a handful of statements however many offers."""
    addresses = {offer.email for offer in offers}
    people = users_at(addresses)
    members = _members(account, addresses, people)
    waiting = {row.invitation.address: row for row in _waiting(account, addresses)}
    directory = _Directory.of(account)
    ticks = ticked_in({pk for offer in offers for pk in directory.given(offer)})
    now = clock.now()
    answers: list[Answer] = []
    above: set[str] = set()
    for offer in offers:
        user = people.get(offer.email)
        try:
            _check_address(offer.email, above)
            directory.check(offer)
            _check_person(user, members.get(offer.email))
            gives = set().union(*(ticks.get(pk, ()) for pk in directory.given(offer)))
            check_may_give(may_give, gives, account)
        except ValidationError as refusal:
            answers.append(Answer(offer, OfferOutcome.REFUSED, refusal.messages[0], user))
        except Refused as refusal:
            answers.append(Answer(offer, OfferOutcome.REFUSED, str(refusal), user, denied=True))
        else:
            row = waiting.get(offer.email)
            if user is not None:
                outcome = OfferOutcome.ADDED
            elif row is None or row.invitation.expires_at <= now:
                outcome = OfferOutcome.INVITED
            else:
                outcome = OfferOutcome.ALREADY if _is_same(row, offer) else OfferOutcome.CHANGED
            answers.append(Answer(offer, outcome, "", user))
        above.add(offer.email)
    return answers


def _check_address(address: str, above: set[str]) -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        raise ValidationError(NOT_AN_EMAIL) from error
    if len(address) > 254:
        raise ValidationError("An email address has at most 254 characters.")
    if address in above:
        raise ValidationError(LISTED_TWICE)


def _check_person(user: User | None, member: AccountMembership | None) -> None:
    if member is not None and member.active:
        raise ValidationError(
            ALREADY_MEMBER.format(member.user),
            code="member",
        )
    if member is not None:
        raise ValidationError(
            f"{member.user} is an inactive member of the account. Reactivate them under People.",
            code="member",
        )
    if user is not None and not user.is_active:
        raise ValidationError(
            "The person with this address is deactivated on the platform and cannot be added.",
            code="inactive",
        )


def _members(
    account: Account, addresses: set[str], people: Mapping[str, User]
) -> dict[str, AccountMembership]:
    """Who at these addresses is a member, active or not; an address they sign in with counts, proved or not."""
    rows = AccountMembership.objects.filter(account=account).select_related("user")
    found = {identity(row.user.email): row for row in rows.filter(user__email__in=addresses)}
    by_person = {row.user_id: row for row in rows.filter(user__in=[user.pk for user in people.values()])}
    return found | {address: by_person[user.pk] for address, user in people.items() if user.pk in by_person}


def _waiting(account: Account, addresses: set[str]) -> list[InvitedMembership]:
    rows = InvitedMembership.objects.waiting().filter(
        account=account, invitation__in=Invitation.objects.waiting().filter(address__in=addresses)
    )
    return list(rows.select_related("invitation", "role").prefetch_related("worklists"))


def _is_same(row: InvitedMembership, offer: MembershipOffer) -> bool:
    places = {(one.worklist_id, one.role_id) for one in row.worklists.all()}
    return (row.role_id, row.every_worklist, places) == (offer.role.pk, offer.every_worklist, offer.places())


def _add(answers: Sequence[Answer], account: Account, by: Actor) -> None:
    """They are members at once, and told so; what still waited for their address is done with."""
    people = [
        Enrolment(one.user, one.offer.role, by, one.offer.every_worklist, one.offer.worklists)
        for one in answers
        if one.user is not None
    ]
    if not people:
        return
    enrol(account, people)
    end_waiting(_waiting(account, {one.offer.email for one in answers}), InvitedMembership.Outcome.ACCEPTED)
    told = {"account": account.pk, "by": by.user_id}
    queue_mails(kind="member_added", to=[(one.user.email, {"user": one.user.pk, **told}) for one in people])


def _invite(answers: Sequence[Answer], account: Account, by: Actor) -> None:
    if not answers:
        return
    offers = {one.offer.email: one.offer for one in answers}
    now = clock.now()
    invited = invite_all(emails=offers, account=account, by=by, now=now)
    rows = InvitedMembership.objects.bulk_create(
        [
            InvitedMembership(
                invitation=invitation, account=account, role=offers[address].role, offered_by=by.user,
                every_worklist=offers[address].every_worklist, offered_at=now,
            )
            for address, invitation in invited.items()
        ],
        update_conflicts=True,
        unique_fields=["invitation"],
        update_fields=["role", "every_worklist", "offered_by", "offered_at", "ended_at", "outcome", "role_name"],
    )  # fmt: skip
    InvitedWorklist.objects.filter(membership__in=rows).delete()
    InvitedWorklist.objects.bulk_create(
        InvitedWorklist(membership=row, account=account, worklist=worklist, role=role)
        for row in rows
        for worklist, role in offers[row.invitation.address].worklists
    )
    record_all(
        event(Action.MEMBER_OFFER, by=by, on=on_account(account, **_said(offer))) for offer in offers.values()
    )
    queue_mails(
        kind="staff_invitation",
        to=[
            (one.offer.email, {"invitation": invited[one.offer.email].pk})
            for one in answers
            if one.outcome == OfferOutcome.INVITED
        ],
    )


def _said(offer: MembershipOffer) -> dict[str, object]:
    places = [
        f"{worklist.name} as {role.name}" if role is not None else worklist.name
        for worklist, role in offer.worklists
    ]
    return {
        "address": offer.email,
        "role": offer.role.name,
        "every_worklist": offer.every_worklist,
        "worklists": places,
    }
