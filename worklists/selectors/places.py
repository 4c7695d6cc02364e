"""What pages show of worklists: whose they are, and a person's role there."""

from collections.abc import Collection

from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, AccountMembership, Role, User
from audit.actor import Actor, Kind
from worklists import access
from worklists.models import Worklist

NO_ADMINISTRATOR_LEFT = gettext_noop("This would leave the account without an administrator.")


def worklists_to_pick(by: Actor) -> QuerySet[Worklist]:
    """The worklists whose list a person may see: personal first, then by account, kind and name."""
    mine = access.worklists_for(by, "list_studies").with_names()
    first = Case(When(owner__isnull=False, then=Value(0)), default=Value(1))
    return mine.order_by(first, "account__name", "-kind", "name", "pk")


def every_right(held: Collection[str]) -> list[tuple[str, bool]]:
    """Every right there is on a worklist, by its label, and whether it is among those held."""
    return [(_(label), codename in held) for codename, label in Worklist._meta.permissions]


def role_on(user: User, worklist: Worklist) -> Role | None:
    """The role a person acts by there, as pages and audit events name it."""
    if worklist.owner_id is not None:
        return Role.objects.get(platform_key=Role.Shipped.PERSONAL) if worklist.owner_id == user.pk else None
    return Role.objects.filter(in_use_on__worklist=worklist, in_use_on__group__user=user).first()


def accounts_administered_by(user: User) -> QuerySet[Account]:
    """The accounts a person may run by the account role."""
    ruling = AccountMembership.objects.active().filter(
        user=user, role__permissions__codename=access.ADMINISTER
    )
    return Account.objects.filter(pk__in=ruling.values("account"))


def accounts_of_member(by: Actor) -> QuerySet[Account]:
    """The accounts the person is an active member of, by name. A token and a guest link are no member."""
    if by.kind is not Kind.USER:
        return Account.objects.none()
    mine = AccountMembership.objects.active().filter(user=by.person)
    return Account.objects.filter(pk__in=mine.values("account")).order_by("name", "pk")


def accounts_audited_by(by: Actor) -> QuerySet[Account]:
    """Of those the accounts whose register the person's role shows."""
    ticked = AccountMembership.objects.active().filter(role__permissions__codename=access.AUDIT)
    audited = ticked.filter(user=by.user_id, account=OuterRef("pk"))
    return accounts_of_member(by).filter(Exists(audited))


def why_member_stays(membership: AccountMembership) -> str:
    """The sentence with which leaving would be refused, for a page that says so first; empty where it would not."""
    alone = accounts_administered_alone(membership.user).filter(pk=membership.account_id).exists()
    return _(NO_ADMINISTRATOR_LEFT) if alone else ""


def accounts_administered_alone(user: User) -> QuerySet[Account]:
    """The accounts that no one but this person administers, by name."""
    others = (
        AccountMembership.objects.active()
        .filter(account=OuterRef("pk"), role__permissions__codename=access.ADMINISTER)
        .exclude(user=user)
    )
    return accounts_administered_by(user).filter(~Exists(others)).order_by("name")
