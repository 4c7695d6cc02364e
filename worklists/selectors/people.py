"""A person's role on each worklist of an account, why it counts, and what it lets them do."""

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, AccountMembership
from worklists.models import Worklist, WorklistMembership

ROWS = 25

_ROLES = """
    SELECT w.id, w.uuid, w.kind, w.name, er.role_id, r.name,
           CASE WHEN wm.role_id IS NOT NULL THEN 'own'
                WHEN wm.id IS NOT NULL AND w.default_role_id IS NOT NULL THEN 'default'
                WHEN wm.id IS NOT NULL THEN 'account'
                ELSE 'every' END,
           wm.id
    FROM worklists_effective_role er
    JOIN worklists_worklist w ON w.id = er.worklist_id
    JOIN accounts_role r ON r.id = er.role_id
    LEFT JOIN worklists_worklistmembership wm ON wm.worklist_id = w.id AND wm.user_id = er.user_id
    WHERE er.user_id = %s AND w.account_id = %s
    ORDER BY w.kind DESC, lower(w.name), w.id
    LIMIT %s OFFSET %s
"""
_RIGHTS = "SELECT role_id, array_agg(codename::text) FROM worklists_role_right WHERE role_id = ANY(%s) GROUP BY role_id"

WHY = {
    "own": gettext_noop("own role on this worklist"),
    "default": gettext_noop("default role of this worklist"),
    "account": gettext_noop("account role"),
    "every": gettext_noop("account role, through “Every worklist”"),
}


@dataclass(frozen=True)
class Standing:
    """A worklist: the role a person acts by there, why that role counts, and its rights by codename."""

    worklist: Worklist
    role_id: int
    role: str
    why: str
    rights: frozenset[str]
    # Their membership of the worklist; none where they are there only by *Every worklist*.
    membership_id: int | None


def standing_of(membership: AccountMembership, *, page: int = 1) -> tuple[list[Standing], bool]:
    """A page of where the person has rights in the account, and whether there is more: two statements."""
    wanted = [membership.user_id, membership.account_id, ROWS + 1, (page - 1) * ROWS]
    with connection.cursor() as cursor:
        cursor.execute(_ROLES, wanted)
        rows = cursor.fetchall()
        cursor.execute(_RIGHTS, [sorted({row[4] for row in rows})])
        rights = {role_id: frozenset(codenames) for role_id, codenames in cursor.fetchall()}
    standings = [
        Standing(
            Worklist(pk=pk, uuid=uuid, kind=kind, name=name, account_id=membership.account_id),
            role_id,
            role,
            _(WHY[why]),
            rights.get(role_id, frozenset()),
            member,
        )
        for pk, uuid, kind, name, role_id, role, why, member in rows[:ROWS]
    ]
    return standings, len(rows) > ROWS


def worklists_of_member(membership: AccountMembership) -> list[Worklist]:
    """The worklists where the person has a role now: what they would lose with the membership."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT er.worklist_id FROM worklists_effective_role er JOIN worklists_worklist w ON w.id = er.worklist_id "
            "WHERE er.user_id = %s AND w.account_id = %s",
            [membership.user_id, membership.account_id],
        )
        pks = [row[0] for row in cursor.fetchall()]
    return list(Worklist.objects.filter(pk__in=pks).order_by("-kind", "name", "pk"))


def worklists_to_add(membership: AccountMembership, find: str = "") -> QuerySet[Worklist]:
    """The account's worklists of which the person is no member, by name."""
    theirs = WorklistMembership.objects.filter(worklist=OuterRef("pk"), user=membership.user_id)
    worklists = Worklist.objects.filter(~Exists(theirs), account=membership.account_id, owner=None)
    return (
        worklists.filter(name__icontains=find.replace("\x00", ""))
        .select_related("default_role")
        .order_by("name", "-kind", "pk")
    )


def without_second_factor(account: Account) -> tuple[int, int]:
    """How many active members have no second factor, and how many active members there are."""
    members = AccountMembership.objects.active().filter(account=account)
    own = Authenticator.objects.filter(user=OuterRef("user")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return members.filter(~Exists(own)).count(), members.count()
