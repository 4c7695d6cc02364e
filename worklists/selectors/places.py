"""What pages ask about worklists: who they belong to, what a person is there, who wants mail."""

from collections.abc import Collection
from typing import NamedTuple

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from accounts.models import Account, AccountMembership, Role, User
from audit.actor import Actor
from worklists import access
from worklists.models import MailTick, Worklist


class Ticked(NamedTuple):
    """A worklist on the profile page, and whether its mail is wanted."""

    worklist: Worklist
    wanted: bool


def worklists_to_pick(by: Actor) -> QuerySet[Worklist]:
    """The worklists whose list a person may see: personal first, then by account, kind and name."""
    mine = access.worklists_for(by, "list_studies").with_names()
    first = Case(When(owner__isnull=False, then=Value(0)), default=Value(1))
    return mine.order_by(first, "account__name", "-kind", "name", "pk")


def every_right(held: Collection[str]) -> list[tuple[str, bool]]:
    """Every right there is on a worklist, by its label, and whether it is among those held."""
    return [(label, codename in held) for codename, label in Worklist._meta.permissions]


def mail_ticks_of(by: Actor) -> list[Ticked]:
    """Every worklist a person could have mail from, with what they said or, unsaid, the preset."""
    said = dict(MailTick.objects.filter(user=by.person).values_list("worklist_id", "wanted"))
    return [Ticked(one, said.get(one.pk, one.owner_id == by.user_id)) for one in worklists_to_pick(by)]


def people_wanting_mail(worklist: Worklist) -> QuerySet[User]:
    """Who may see the list and wants mail: an owner unless they said no, others if they said yes."""
    said = MailTick.objects.filter(worklist=worklist, user=OuterRef("pk"))
    wanting = Q(Exists(said.filter(wanted=True)))
    if worklist.owner_id is not None:
        wanting |= ~Q(Exists(said))
    return access.people_with("list_studies", worklist).filter(wanting)


def role_on(user: User, worklist: Worklist) -> Role | None:
    """The role a person acts under there, as pages and audit events name it."""
    if worklist.owner_id is not None:
        return Role.objects.get(platform_key=Role.Shipped.PERSONAL) if worklist.owner_id == user.pk else None
    return Role.objects.filter(in_use_on__worklist=worklist, in_use_on__group__user=user).first()


def accounts_administered_by(user: User) -> QuerySet[Account]:
    """The accounts a person may run by the account role."""
    ruling = AccountMembership.objects.active().filter(
        user=user, role__permissions__codename=access.ADMINISTER
    )
    return Account.objects.filter(pk__in=ruling.values("account"))


def accounts_administered_alone(user: User) -> QuerySet[Account]:
    """Those that nobody administers but this person, by name."""
    others = (
        AccountMembership.objects.active()
        .filter(account=OuterRef("pk"), role__permissions__codename=access.ADMINISTER)
        .exclude(user=user)
    )
    return accounts_administered_by(user).filter(~Exists(others)).order_by("name")
