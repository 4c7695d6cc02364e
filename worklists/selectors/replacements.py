"""What the page of a role's replacement shows."""

from dataclasses import dataclass

from accounts.models import Account, AccountMembership, Role
from worklists.models import InvitedMembership, InvitedWorklist, RoleReplacement, Worklist, WorklistMembership
from worklists.selectors.roles import Effect, effect_of


@dataclass(frozen=True)
class Takeover:
    """What gets the other role, in numbers, and what that does to people's rights."""

    people: int
    own_roles: int
    defaults: int
    offers: int
    effect: Effect
    lacking: str

    @property
    def anything(self) -> bool:
        return bool(self.people or self.own_roles or self.defaults or self.offers)


def takeover_of(role: Role, other: Role, *, lacking: str) -> Takeover:
    """`lacking`: why the administrator cannot give the other role; empty if they can."""
    invited = set(InvitedMembership.objects.filter(role=role).values_list("pk", flat=True))
    invited |= set(InvitedWorklist.objects.filter(role=role).values_list("membership", flat=True))
    return Takeover(
        people=AccountMembership.objects.filter(role=role).count(),
        own_roles=WorklistMembership.objects.filter(role=role).count(),
        defaults=Worklist.objects.filter(default_role=role).count(),
        offers=len(invited),
        effect=effect_of(role, set(other.permissions.values_list("codename", flat=True))),
        lacking=lacking,
    )


def last_replacement_of(role: Role) -> RoleReplacement | None:
    rows = RoleReplacement.objects.without_rows().filter(role=role).select_related("role", "other")
    return rows.order_by("-pk").first()


def replacement_under_way(account: Account) -> RoleReplacement | None:
    rows = RoleReplacement.objects.running().without_rows().filter(account=account)
    return rows.select_related("role", "other").first()


def still_has(role: Role) -> bool:
    """Whether a person, a worklist or an invitation has the role."""
    rows = (
        AccountMembership.objects.filter(role=role),
        WorklistMembership.objects.filter(role=role),
        Worklist.objects.filter(default_role=role),
        InvitedMembership.objects.filter(role=role),
        InvitedWorklist.objects.filter(role=role),
    )
    return any(having.exists() for having in rows)
