"""Who holds a role and where, what keeps it, and what a change of its ticks would do to whom."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import AccountMembership, Role, User
from common.nouns import counted
from worklists.access import ACCOUNT_CODENAMES, ADMINISTER, AUDIT
from worklists.models import InvitedMembership, InvitedWorklist, Worklist, WorklistMembership
from worklists.permission_texts import counting, labels

MOST = 50
PLACES = 3
NAMES = 5


# Who holds it

_HELD = """
    SELECT am.user_id, 'account' AS how, NULL AS place FROM accounts_accountmembership am WHERE am.role_id = %(role)s
    UNION ALL
    SELECT wm.user_id, 'own', w.name FROM worklists_worklistmembership wm
    JOIN worklists_worklist w ON w.id = wm.worklist_id WHERE wm.role_id = %(role)s
    UNION ALL
    SELECT wm.user_id, 'default', w.name FROM worklists_worklist w
    JOIN worklists_worklistmembership wm ON wm.worklist_id = w.id AND wm.role_id IS NULL
    WHERE w.default_role_id = %(role)s
"""
_HOLDERS = f"""
    SELECT u.name, u.email, am.id, am.active AND u.is_active, bool_or(how = 'account'),
           array_agg(place ORDER BY place) FILTER (WHERE how = 'own'),
           array_agg(place ORDER BY place) FILTER (WHERE how = 'default'),
           count(*) OVER ()
    FROM ({_HELD}) held
    JOIN accounts_user u ON u.id = held.user_id
    JOIN accounts_accountmembership am ON am.user_id = u.id AND am.account_id = %(account)s
    GROUP BY u.id, am.id ORDER BY u.name, u.id LIMIT {MOST}
"""


@dataclass(frozen=True)
class Holder:
    """A person who has a role, and where."""

    name: str
    email: str
    membership_id: int
    active: bool
    where: str


@dataclass(frozen=True)
class Holders:
    """The first people who have a role, and how many more there are."""

    people: list[Holder]
    more: int


def holders_of(role: Role) -> Holders:
    """The members who have the role, as their account role or on worklists, by name."""
    rows = _rows(_HOLDERS, {"role": role.pk, "account": role.account_id})
    people = [
        Holder(name, email, membership, active, _where(account, own, default))
        for name, email, membership, active, account, own, default, _ in rows
    ]
    return Holders(people, more=rows[0][7] - len(rows) if rows else 0)


def _where(account: bool, own: list[str] | None, default: list[str] | None) -> str:
    parts = [_("as account role")] if account else []
    parts += [_("on %(worklists)s") % {"worklists": some(own, PLACES)}] if own else []
    parts += [_("as the default of %(worklists)s") % {"worklists": some(default, PLACES)}] if default else []
    return "; ".join(parts)


def some(names: Collection[str], most: int = NAMES) -> str:
    """A few names, and how many more there are."""
    shown = list(names)[:most]
    more = len(names) - len(shown)
    if not more:
        return ", ".join(shown)
    return _("%(names)s and %(more)s more") % {"names": ", ".join(shown), "more": more}


def with_numbers(roles: QuerySet[Role]) -> QuerySet[Role]:
    """With how many people have it as account role, have it on worklists, have it by default; and with its ticks."""

    def number(rows: QuerySet[Any], what: str = "pk") -> Coalesce:
        numbers = rows.order_by().values(_key(rows)).annotate(n=Count(what, distinct=True)).values("n")
        return Coalesce(Subquery(numbers), 0)

    here = OuterRef("pk")
    return roles.annotate(
        n_people=number(AccountMembership.objects.filter(role=here)),
        n_own=number(WorklistMembership.objects.filter(role=here)),
        n_default=number(Worklist.objects.filter(default_role=here)),
        n_ticks=number(Role.permissions.through.objects.filter(role=here)),
    )


def _key(rows: QuerySet[Any]) -> str:
    return "default_role" if rows.model is Worklist else "role"


def why_role_stays(role: Role) -> list[str]:
    """What keeps a role from being deleted, a sentence each with names; nothing for one that is not in use."""
    people = User.objects.filter(account_memberships__role=role).order_by("name")
    places = WorklistMembership.objects.filter(role=role).order_by("user__name", "worklist__name")
    defaults = Worklist.objects.filter(default_role=role).order_by("name")
    waiting = {
        *InvitedMembership.objects.filter(role=role).values_list("invitation__email", flat=True),
        *InvitedWorklist.objects.filter(role=role).values_list("membership__invitation__email", flat=True),
    }
    reasons = [
        (people.values_list("name", flat=True), _("It is the account role of %(names)s.")),
        (
            [f"{user} ({place})" for user, place in places.values_list("user__name", "worklist__name")],
            _("Someone has it on a worklist: %(names)s."),
        ),
        (defaults.values_list("name", flat=True), _("It is the default role of %(names)s.")),
        (sorted(waiting), _("It is offered in an invitation: %(names)s.")),
    ]
    return [sentence % {"names": some(list(names))} for names, sentence in reasons if names]


# What a change would do

_REACH = """
    SELECT count(DISTINCT er.user_id), count(DISTINCT er.worklist_id),
           (SELECT count(*) FROM accounts_accountmembership am JOIN accounts_user u ON u.id = am.user_id AND u.is_active
            WHERE am.role_id = %(role)s AND am.active),
           EXISTS (SELECT FROM accounts_accountmembership am
            JOIN accounts_user u ON u.id = am.user_id AND u.is_active
            JOIN accounts_role_permissions rp ON rp.role_id = am.role_id
            JOIN auth_permission p ON p.id = rp.permission_id AND p.codename = 'administer_account'
            WHERE am.account_id = %(account)s AND am.active AND am.role_id <> %(role)s)
    FROM worklists_effective_role er JOIN accounts_user u ON u.id = er.user_id AND u.is_active
    WHERE er.role_id = %(role)s
"""
_REACH_OF_PERSONAL = """
    SELECT count(*), count(*), 0, TRUE FROM worklists_worklist w
    JOIN accounts_user u ON u.id = w.owner_id AND u.is_active
"""


@dataclass(frozen=True)
class Effect:
    """What saving these ticks would do: all people who have the role on a worklist gain and lose the same there."""

    people: int
    worklists: int
    gained: frozenset[str]
    lost: frozenset[str]
    administrators: int  # who begin or cease to administer the account
    auditors: int  # who begin or cease to view its register of shares and its trails
    asleep: tuple[str, ...]  # labels of ticked children whose parent is not ticked
    unlisted: bool  # may share, and sees no list from which to share
    members: int  # whose account role it is
    leaves_nobody: bool

    @property
    def gains(self) -> list[str]:
        return labels(self.gained - ACCOUNT_CODENAMES)

    @property
    def loses(self) -> list[str]:
        return labels(self.lost - ACCOUNT_CODENAMES)

    @property
    def administer(self) -> str:
        """`gain`, `lose` or nothing."""
        return "gain" if ADMINISTER in self.gained else "lose" if ADMINISTER in self.lost else ""

    @property
    def audit(self) -> str:
        """`gain`, `lose` or nothing."""
        return "gain" if AUDIT in self.gained else "lose" if AUDIT in self.lost else ""

    @property
    def changes_sharing(self) -> bool:
        return any(codename.startswith("share_study") for codename in self.gained | self.lost)

    @property
    def changes(self) -> bool:
        return bool(self.gained or self.lost)


def effect_of(role: Role, permissions: Collection[str], *, stored: Collection[str] | None = None) -> Effect:
    """What would change if the role had these permissions; two statements, one where the stored ones are known."""
    if stored is None:
        stored = set(role.permissions.values_list("codename", flat=True))
    before = counting(stored)
    after = counting(set(permissions))
    people, worklists, members, others = _reach(role)
    administrators, auditors = (
        members if codename in before ^ after else 0 for codename in (ADMINISTER, AUDIT)
    )
    return Effect(
        people=people,
        worklists=worklists,
        gained=frozenset(after - before),
        lost=frozenset(before - after),
        administrators=administrators,
        auditors=auditors,
        asleep=tuple(labels(set(permissions) - after)),
        unlisted="share_study" in after and "list_studies" not in after,
        members=members,
        leaves_nobody=ADMINISTER in before - after and administrators > 0 and not others,
    )


def in_numbers(effect: Effect) -> list[str]:
    """What saving does, or did, in sentences with numbers; none where no one gains or loses anything."""
    sentences = []
    for names, sentence in (
        (effect.gains, _("%(people)s gained %(permissions)s on %(worklists)s.")),
        (effect.loses, _("%(people)s lost %(permissions)s on %(worklists)s.")),
    ):
        if names and effect.people:
            numbers = {
                "people": counted(effect.people, "person"),
                "permissions": counted(len(names), "permission"),
                "worklists": counted(effect.worklists, "worklist"),
            }
            sentences.append(sentence % numbers)
    if effect.administrators:
        sentence = (
            _("%(people)s can now administer the account.")
            if effect.administer == "gain"
            else _("%(people)s can no longer administer the account.")
        )
        sentences.append(sentence % {"people": counted(effect.administrators, "person")})
    if effect.auditors:
        sentence = (
            _("%(people)s can now view the register of shares and the audit trail of the account.")
            if effect.audit == "gain"
            else _("%(people)s can no longer view the register of shares and the audit trail of the account.")
        )
        sentences.append(sentence % {"people": counted(effect.auditors, "person")})
    return sentences


def _reach(role: Role) -> tuple[int, int, int, bool]:
    if role.platform_key == Role.Shipped.PERSONAL:
        [row] = _rows(_REACH_OF_PERSONAL, {})
    else:
        [row] = _rows(_REACH, {"role": role.pk, "account": role.account_id})
    return row[0], row[1], row[2], row[3]


def _rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
