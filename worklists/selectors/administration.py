"""What a worklist's administration shows: who is there by which role and why, and the rights a removal takes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import AccountMembership, Role, User
from accounts.models.account import AccountMembershipQuerySet
from worklists.models import Worklist, WorklistMembership
from worklists.selectors.people import WHY

INACTIVE = gettext_noop("inactive in the account")
DEACTIVATED = gettext_noop("deactivated on the platform")
MOST_WORDS = 5

# The one rule of which role counts (see the migration), for the rows of a page.
_EFFECTIVE = """(
    SELECT er.role_id FROM worklists_effective_role er
    WHERE er.worklist_id = %s AND er.user_id = accounts_accountmembership.user_id)"""


@dataclass(frozen=True)
class Member:
    """A person on a worklist: the role of their own, the role that counts (none without a right), and why."""

    user: User
    membership_id: int | None
    own_role: Role | None
    role: Role | None
    why: str


@dataclass(frozen=True)
class Shift:
    """What a change takes from a person there, leaves them and gives them, as codenames."""

    loses: frozenset[str]
    keeps: frozenset[str]
    gains: frozenset[str]
    # Under which role they are there afterwards, if at all.
    role: Role | None


@dataclass(frozen=True)
class Counted:
    """How many members a worklist has, and how many of them without a role of their own."""

    members: int
    under_default: int


def members_of(worklist: Worklist, find: str = "") -> QuerySet[AccountMembership]:
    """Who has a membership of this worklist, active or not, by name; `members` reads a page of them."""
    return _people(worklist, find).filter(Exists(_membership(worklist)))


def everywhere_people(worklist: Worklist, find: str = "") -> QuerySet[AccountMembership]:
    """Who is there only because they have every worklist of the account."""
    return _people(worklist, find).filter(~Exists(_membership(worklist)), every_worklist=True)


def people_to_add(worklist: Worklist, find: str = "") -> QuerySet[AccountMembership]:
    """The account's active people without a membership of this worklist."""
    active = _people(worklist, find).active().select_related("role")
    return active.filter(~Exists(_membership(worklist)))


def members(worklist: Worklist, rows: Iterable[AccountMembership]) -> list[Member]:
    """The rows of a page, with their roles: one statement for all."""
    rows = list(rows)
    wanted = {getattr(row, name) for row in rows for name in ("own_role_id", "effective_role_id")}
    roles = Role.objects.in_bulk(wanted - {None})
    return [
        Member(
            user=row.user,
            membership_id=getattr(row, "membership_id"),  # noqa: B009 - annotated
            own_role=roles.get(getattr(row, "own_role_id")),  # noqa: B009
            role=roles.get(getattr(row, "effective_role_id")) if row.user.is_active else None,  # noqa: B009
            why=_why(worklist, row),
        )
        for row in rows
    ]


def count_members(worklist: Worklist) -> Counted:
    numbers = WorklistMembership.objects.filter(worklist=worklist).aggregate(
        members=Count("pk"), under_default=Count("pk", filter=Q(role=None))
    )
    return Counted(**numbers)


def shift_by_removal(membership: WorklistMembership) -> Shift:
    """What taking a person off a worklist changes for them; select `worklist` and `user` with the membership."""
    worklist = membership.worklist
    [row] = _people(worklist, "").filter(user=membership.user_id)
    before = members(worklist, [row])[0].role
    stays = row.every_worklist and row.active and row.user.is_active
    return _shift(before, row.role if stays else None)


def rights_of_roles(role_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """What each role lets people do on a worklist: a child right only with its parent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT role_id, codename FROM worklists_role_right WHERE role_id = ANY(%s)", [list(role_ids)]
        )
        rights: dict[int, set[str]] = {role_id: set() for role_id in role_ids}
        for role_id, codename in cursor.fetchall():
            rights[role_id].add(codename)
    return {role_id: frozenset(codenames) for role_id, codenames in rights.items()}


def _people(worklist: Worklist, find: str) -> AccountMembershipQuerySet:
    own = _membership(worklist)
    return (
        AccountMembership.objects.filter(_like(find), account=worklist.account_id)
        .select_related("user")
        .annotate(
            membership_id=Subquery(own.values("pk")),
            own_role_id=Subquery(own.values("role")),
            effective_role_id=RawSQL(_EFFECTIVE, [worklist.pk]),
        )
        .order_by(Lower("user__name"), "pk")
    )


def _membership(worklist: Worklist) -> QuerySet[WorklistMembership]:
    return WorklistMembership.objects.filter(worklist=worklist, user=OuterRef("user"))


def _like(find: str) -> Q:
    """Every word is in the name or in the email."""
    fits = Q()
    for word in find.replace("\x00", "")[:200].split()[:MOST_WORDS]:
        fits &= Q(user__name__icontains=word) | Q(user__email__icontains=word)
    return fits


def _why(worklist: Worklist, row: AccountMembership) -> str:
    if not row.user.is_active:
        return _(DEACTIVATED)
    if not row.active:
        return _(INACTIVE)
    if getattr(row, "membership_id") is None:  # noqa: B009
        return _(WHY["every"])
    if getattr(row, "own_role_id") is not None:  # noqa: B009
        return _(WHY["own"])
    return _(WHY["default" if worklist.default_role_id is not None else "account"])


def _shift(before: Role | None, after: Role | None) -> Shift:
    rights = rights_of_roles({role.pk for role in (before, after) if role is not None})
    had = rights[before.pk] if before is not None else frozenset()
    has = rights[after.pk] if after is not None else frozenset()
    return Shift(had - has, had & has, has - had, after)
