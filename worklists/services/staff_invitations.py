"""Inviting people to work for an account: a registered person is a member at once, others when they register."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

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
ALREADY_MEMBER = gettext_noop(
    "{} is already a member of the account. Change their role or worklists under People."
)
LISTED_TWICE = gettext_noop("This email address is in the list twice. The first line is used.")
CHANGED = gettext_noop("This has changed since you checked the list. Check it again before you invite.")


@dataclass(frozen=True)
class MembershipOffer:
    """What is offered to an email: a role in the account, and worklists with or without a role of their own."""

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
            raise ValidationError(_(NO_SUCH_ROLE), code="foreign")
        places = [worklist.pk for worklist, _ in offer.worklists]
        if set(places) - self.worklists.keys():
            raise ValidationError(_(NO_SUCH_WORKLIST), code="foreign")
        if len(set(places)) < len(places):
            raise ValidationError(_("A worklist is named twice for this person."))

    def given(self, offer: MembershipOffer) -> set[int]:
        """The roles a person would act by: on a worklist the role given there, else the worklist's default."""
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
    """The outcome of an offer, or what it would be; with the person, where the email is registered."""

    offer: MembershipOffer
    outcome: OfferOutcome
    sentence: str = ""
    user: User | None = None
    # Refused because of what the inviter may give: such a refusal is recorded in the audit.
    denied: bool = False


def preview_invitations(*, account: Account, offers: Sequence[MembershipOffer], by: Actor) -> list[Answer]:
    """What `invite_members` would answer now, row by row. No one is mailed.

    The answers disclose which emails are registered, so they count against the limit, and the read is recorded: the
    number of emails, and not which.
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

    The emails count against the limit. `shown`: the outcomes of a preview; an offer whose outcome would be another now
    is refused with a sentence. The same offer again writes nothing and mails no one; another offer to the same email
    changes the waiting offer.
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
        answers = [_as_shown(answer, then) for answer, then in zip(answers, shown, strict=True)]
    _add([answer for answer in answers if answer.outcome == OfferOutcome.ADDED], account, by)
    to_invite = (OfferOutcome.INVITED, OfferOutcome.CHANGED)
    _invite([answer for answer in answers if answer.outcome in to_invite], account, by)
    record_all(
        event(
            Action.DENIED,
            by=by,
            on=on_account(account, what="invite", why=answer.sentence, address=answer.offer.email),
            outcome="refused",
        )
        for answer in answers
        if answer.denied
    )
    return answers


def _tidied(offers: Sequence[MembershipOffer]) -> list[MembershipOffer]:
    if not offers:
        raise ValidationError(_("Enter at least one person to invite."))
    if len(offers) > MOST_AT_ONCE:
        sentence = _("At most %(most)s people can be invited at once.")
        raise ValidationError(sentence % {"most": MOST_AT_ONCE})
    return [
        MembershipOffer(identity(offer.email), offer.role, tuple(offer.worklists), offer.every_worklist)
        for offer in offers
    ]


def _as_shown(now: Answer, then: OfferOutcome) -> Answer:
    """The answer if it is the one shown, or the work of the same press before; any other was not agreed to."""
    if now.outcome == then or now.outcome in (OfferOutcome.ALREADY, OfferOutcome.REFUSED):
        return now
    return Answer(now.offer, OfferOutcome.REFUSED, _(CHANGED), now.user)


def _judge(account: Account, offers: Sequence[MembershipOffer], may_give: frozenset[str]) -> list[Answer]:
    """Each offer's answer by the rows as they are: a handful of statements however many offers."""
    emails = {offer.email for offer in offers}
    people = users_at(emails)
    members = _members(account, emails, people)
    waiting = {row.invitation.email: row for row in _waiting(account, emails)}
    directory = _Directory.of(account)
    ticks = ticked_in({pk for offer in offers for pk in directory.given(offer)})
    now = clock.now()
    answers: list[Answer] = []
    above: set[str] = set()
    for offer in offers:
        user = people.get(offer.email)
        try:
            _check_email(offer.email, above)
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


def _check_email(email: str, above: set[str]) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise ValidationError(_(NOT_AN_EMAIL)) from error
    if len(email) > 254:
        raise ValidationError(_("An email address has at most 254 characters."))
    if email in above:
        raise ValidationError(_(LISTED_TWICE))


def _check_person(user: User | None, member: AccountMembership | None) -> None:
    if member is not None and member.active:
        raise ValidationError(_(ALREADY_MEMBER).format(member.user), code="member")
    if member is not None:
        sentence = _("%(person)s is an inactive member of the account. Reactivate them under People.")
        raise ValidationError(sentence % {"person": member.user}, code="member")
    if user is not None and not user.is_active:
        raise ValidationError(
            _("The person with this email address is deactivated on the platform and cannot be added."),
            code="inactive",
        )


def _members(account: Account, emails: set[str], people: Mapping[str, User]) -> dict[str, AccountMembership]:
    """By email, the members with these emails, active or not; an email they sign in with counts, proved or not."""
    rows = AccountMembership.objects.filter(account=account).select_related("user")
    by_email = {identity(row.user.email): row for row in rows.filter(user__email__in=emails)}
    by_person = {row.user_id: row for row in rows.filter(user__in=[user.pk for user in people.values()])}
    return by_email | {email: by_person[user.pk] for email, user in people.items() if user.pk in by_person}


def _waiting(account: Account, emails: set[str]) -> list[InvitedMembership]:
    rows = InvitedMembership.objects.waiting().filter(
        account=account, invitation__in=Invitation.objects.waiting().filter(email__in=emails)
    )
    return list(rows.select_related("invitation", "role").prefetch_related("worklists"))


def _is_same(row: InvitedMembership, offer: MembershipOffer) -> bool:
    places = {(place.worklist_id, place.role_id) for place in row.worklists.all()}
    return (row.role_id, row.every_worklist, places) == (offer.role.pk, offer.every_worklist, offer.places())


def _add(answers: Sequence[Answer], account: Account, by: Actor) -> None:
    """They are members at once, and are mailed; an offer that still waited for their email is accepted."""
    people = [
        Enrolment(answer.user, answer.offer.role, by, answer.offer.every_worklist, answer.offer.worklists)
        for answer in answers
        if answer.user is not None
    ]
    if not people:
        return
    enrol(account, people)
    emails = {answer.offer.email for answer in answers}
    end_waiting(_waiting(account, emails), InvitedMembership.Outcome.ACCEPTED)
    data = {"account": account.pk, "by": by.user_id}
    queue_mails(
        kind="member_added",
        to=[(person.user.email, {"user": person.user.pk, **data}) for person in people],
    )


def _invite(answers: Sequence[Answer], account: Account, by: Actor) -> None:
    if not answers:
        return
    offers = {answer.offer.email: answer.offer for answer in answers}
    now = clock.now()
    invited = invite_all(emails=offers, account=account, by=by, now=now)
    rows = InvitedMembership.objects.bulk_create(
        [
            InvitedMembership(
                invitation=invitation, account=account, role=offers[email].role, offered_by=by.user,
                every_worklist=offers[email].every_worklist, offered_at=now,
            )
            for email, invitation in invited.items()
        ],
        update_conflicts=True,
        unique_fields=["invitation"],
        update_fields=["role", "every_worklist", "offered_by", "offered_at", "ended_at", "outcome", "role_name"],
    )  # fmt: skip
    InvitedWorklist.objects.filter(membership__in=rows).delete()
    InvitedWorklist.objects.bulk_create(
        InvitedWorklist(membership=row, account=account, worklist=worklist, role=role)
        for row in rows
        for worklist, role in offers[row.invitation.email].worklists
    )
    record_all(
        event(Action.MEMBER_OFFER, by=by, on=on_account(account, **_detail(offer)))
        for offer in offers.values()
    )
    queue_mails(
        kind="staff_invitation",
        to=[
            (answer.offer.email, {"invitation": invited[answer.offer.email].pk})
            for answer in answers
            if answer.outcome == OfferOutcome.INVITED
        ],
    )


def _detail(offer: MembershipOffer) -> dict[str, object]:
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
