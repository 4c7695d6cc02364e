"""Offers of a membership, and the answer to each by the rows as they are; nothing is written here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, AccountMembership, Invitation, Role
from accounts.selectors import users_at
from audit import clock
from common.email_lists import check_email
from common.exceptions import Refused
from common.text import identity
from worklists.models import InvitedMembership, Worklist, WorklistMembership
from worklists.permissions import check_may_give, ticked_in
from worklists.services.common import NO_SUCH_ROLE, NO_SUCH_WORKLIST

MOST_AT_ONCE = 200
ALREADY_MEMBER = gettext_noop(
    "{} is already a member of the account. Change their role or worklists under People."
)
LISTED_TWICE = gettext_noop("This email address is in the list twice. The first line is used.")


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
    CHANGED = "changed"
    ALREADY = "already"
    # A member already: added to the worklists at once, or on them before.
    ADDED = "added"
    THERE = "there"
    REFUSED = "refused"


@dataclass(frozen=True)
class Answer:
    """The outcome of an offer, or what it would be. It does not disclose whether the email is registered."""

    offer: MembershipOffer
    outcome: OfferOutcome
    sentence: str = ""
    # Refused because of what the inviter may give: such a refusal is recorded in the audit.
    denied: bool = False
    # Of a member already: who it is, and the worklists that they are not on.
    member: AccountMembership | None = None
    adds: tuple[tuple[Worklist, Role | None], ...] = ()


def tidied_offers(offers: Sequence[MembershipOffer]) -> list[MembershipOffer]:
    if not offers:
        raise ValidationError(_("Enter at least one person to invite."))
    if len(offers) > MOST_AT_ONCE:
        sentence = _("At most %(most)s people can be invited at once.")
        raise ValidationError(sentence % {"most": MOST_AT_ONCE})
    return [
        MembershipOffer(identity(offer.email), offer.role, tuple(offer.worklists), offer.every_worklist)
        for offer in offers
    ]


def judge(account: Account, offers: Sequence[MembershipOffer], may_give: frozenset[str]) -> list[Answer]:
    """Each offer's answer by the rows as they are: a handful of statements however many offers."""
    emails = {offer.email for offer in offers}
    members = _members(account, emails)
    waiting = {row.invitation.email: row for row in waiting_offers(account, emails)}
    directory, there = _Directory.of(account), _places_of(members.values())
    ticks = ticked_in({pk for offer in offers for pk in directory.given(offer)})
    now = clock.now()
    answers: list[Answer] = []
    above: set[str] = set()
    for offer in offers:
        try:
            _check_email(offer.email, above)
            directory.check(offer)
            member = members.get(offer.email)
            _check_can_be_given(member, offer)
            gives = set().union(*(ticks.get(pk, ()) for pk in directory.given(offer)))
            check_may_give(may_give, gives, account)
        except ValidationError as refusal:
            answers.append(Answer(offer, OfferOutcome.REFUSED, refusal.messages[0]))
        except Refused as refusal:
            answers.append(Answer(offer, OfferOutcome.REFUSED, str(refusal), denied=True))
        else:
            row = waiting.get(offer.email)
            if member is not None:
                answers.append(_of_member(member, offer, there))
                above.add(offer.email)
                continue
            if row is None or row.invitation.expires_at <= now:
                outcome = OfferOutcome.INVITED
            else:
                outcome = OfferOutcome.ALREADY if _is_same(row, offer) else OfferOutcome.CHANGED
            answers.append(Answer(offer, outcome))
        above.add(offer.email)
    return answers


def _check_email(email: str, above: set[str]) -> None:
    check_email(email)
    if len(email) > 254:
        raise ValidationError(_("An email address has at most 254 characters."))
    if email in above:
        raise ValidationError(_(LISTED_TWICE))


def _check_can_be_given(member: AccountMembership | None, offer: MembershipOffer) -> None:
    """A member gets worklists alone: the page of the person changes their account role and shows what that takes."""
    if member is not None and member.active:
        as_they_are = member.role_id == offer.role.pk and offer.every_worklist <= member.every_worklist
        if as_they_are and offer.worklists:
            return
        raise ValidationError(_(ALREADY_MEMBER).format(member.user), code="member")
    if member is not None:
        sentence = _("%(person)s is an inactive member of the account. Reactivate them under People.")
        raise ValidationError(sentence % {"person": member.user}, code="member")


def _of_member(member: AccountMembership, offer: MembershipOffer, there: set[tuple[int, int]]) -> Answer:
    adds = tuple(place for place in offer.worklists if (member.user_id, place[0].pk) not in there)
    if not adds:
        return Answer(offer, OfferOutcome.THERE, _(ALREADY_MEMBER).format(member.user))
    return Answer(offer, OfferOutcome.ADDED, member=member, adds=adds)


def _places_of(members: Iterable[AccountMembership]) -> set[tuple[int, int]]:
    """Person and worklist, of the worklists that these members are on."""
    users = {member.user_id for member in members}
    rows = WorklistMembership.objects.filter(user__in=users) if users else WorklistMembership.objects.none()
    return set(rows.values_list("user", "worklist"))


def _members(account: Account, emails: set[str]) -> dict[str, AccountMembership]:
    """By email, the members with these emails, active or not; an email they sign in with counts, proved or not."""
    people = users_at(emails)
    rows = AccountMembership.objects.filter(account=account).select_related("user")
    by_email = {identity(row.user.email): row for row in rows.filter(user__email__in=emails)}
    by_person = {row.user_id: row for row in rows.filter(user__in=[user.pk for user in people.values()])}
    return by_email | {email: by_person[user.pk] for email, user in people.items() if user.pk in by_person}


def waiting_offers(account: Account, emails: set[str]) -> list[InvitedMembership]:
    rows = InvitedMembership.objects.waiting().filter(
        account=account, invitation__in=Invitation.objects.waiting().filter(email__in=emails)
    )
    return list(rows.select_related("invitation", "role").prefetch_related("worklists"))


def _is_same(row: InvitedMembership, offer: MembershipOffer) -> bool:
    places = {(place.worklist_id, place.role_id) for place in row.worklists.all()}
    return (row.role_id, row.every_worklist, places) == (offer.role.pk, offer.every_worklist, offer.places())
