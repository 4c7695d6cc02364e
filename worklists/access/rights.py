"""What an actor may do on a worklist, each answer in one SQL statement.

On a location or group worklist, a user has the rights of the group that belongs to the user's role there. On a
personal worklist, only the owner has rights: those of the platform role *Personal*. A token narrows the rights of its
owner to the token's worklists and scope. A sender may store studies into its worklist until the sender is ended. A
guest link has the rights of the platform role *Guest* on the link's worklist, while its maker may make guest links
there. The system has the rights that it was given for a task. Being a superuser gives no right.

The database views that the statements read are created by `worklists/migrations/0002_law.py`; see
`worklists/access/groups.py`.
"""

from collections.abc import Collection
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import Account, User
from audit.actor import STORE, Actor, GuestLink, Kind, Place, Sender
from common import prepared
from worklists.models import Worklist
from worklists.models.worklist import WorklistQuerySet

CODENAMES = frozenset(codename for codename, _ in Worklist._meta.permissions)
ADMINISTER = "administer_account"
AUDIT = "audit_account"
# Rights on an account as a whole; these rights allow nothing on a worklist.
ACCOUNT_CODENAMES = frozenset({ADMINISTER, AUDIT})
SUPERUSER = "Superuser"
GUEST = "Guest"
# The rights that a person needs on a worklist to make a guest link there. The link ends if its maker loses one of them.
GUEST_LINK_NEEDS = ("create_guest_links", "list_studies", "open_study")
# The rights that a person needs on a worklist to open a study that awaits approval there.
APPROVER_NEEDS = ("approve_study", "list_studies", "open_study")
SENDER = "Sender"

# A scalar subquery: the database evaluates this part only once for each statement.
_PERMISSION = """(
    SELECT p.id FROM auth_permission p JOIN django_content_type ct ON ct.id = p.content_type_id
    WHERE ct.app_label = 'worklists' AND ct.model = 'worklist' AND p.codename = %s)"""

_PERSONAL_ROLE_HAS = """EXISTS (
    SELECT FROM accounts_role r JOIN worklists_role_right rr ON rr.role_id = r.id
    WHERE r.platform_key = 'personal' AND rr.codename = %s)"""

# Each right with the name of the role that gives the right.
_RIGHTS = """
    SELECT p.codename, r.name
    FROM worklists_worklistgroupobjectpermission g
    JOIN accounts_user_groups ug ON ug.group_id = g.group_id
    JOIN accounts_user u ON u.id = ug.user_id AND u.is_active
    JOIN auth_permission p ON p.id = g.permission_id
    JOIN worklists_worklistrole wr ON wr.group_id = g.group_id
    JOIN accounts_role r ON r.id = wr.role_id
    WHERE u.id = %(user)s AND g.content_object_id = %(worklist)s
    UNION
    SELECT rr.codename, r.name
    FROM worklists_worklist w
    JOIN accounts_user u ON u.id = w.owner_id AND u.is_active
    JOIN accounts_role r ON r.platform_key = 'personal'
    JOIN worklists_role_right rr ON rr.role_id = r.id
    WHERE u.id = %(user)s AND w.id = %(worklist)s
"""

_MAY = f"""
    SELECT r.name
    FROM worklists_worklistgroupobjectpermission g
    JOIN accounts_user_groups ug ON ug.group_id = g.group_id
    JOIN accounts_user u ON u.id = ug.user_id AND u.is_active
    JOIN worklists_worklistrole wr ON wr.group_id = g.group_id
    JOIN accounts_role r ON r.id = wr.role_id
    WHERE u.id = %s AND g.content_object_id = %s AND g.permission_id = {_PERMISSION}
    UNION ALL
    SELECT r.name
    FROM worklists_worklist w
    JOIN accounts_user u ON u.id = w.owner_id AND u.is_active
    JOIN accounts_role r ON r.platform_key = 'personal'
    WHERE u.id = %s AND w.id = %s AND {_PERSONAL_ROLE_HAS}
    LIMIT 1
"""

_WORKLISTS = f"""
    SELECT g.content_object_id
    FROM accounts_user u
    JOIN accounts_user_groups ug ON ug.user_id = u.id
    JOIN worklists_worklistgroupobjectpermission g ON g.group_id = ug.group_id
    WHERE u.id = %s AND u.is_active AND g.permission_id = {_PERMISSION}
    UNION ALL
    SELECT w.id
    FROM worklists_worklist w JOIN accounts_user u ON u.id = w.owner_id AND u.is_active
    WHERE w.owner_id = %s AND {_PERSONAL_ROLE_HAS}
"""

_PEOPLE = f"""
    SELECT ug.user_id
    FROM worklists_worklistgroupobjectpermission g
    JOIN accounts_user_groups ug ON ug.group_id = g.group_id
    WHERE g.content_object_id = %s AND g.permission_id = {_PERMISSION}
    UNION ALL
    SELECT w.owner_id FROM worklists_worklist w
    WHERE w.id = %s AND w.owner_id IS NOT NULL AND {_PERSONAL_ROLE_HAS}
"""

_ACCOUNT_RIGHTS = """
    WITH mine AS (
        SELECT am.role_id, r.name FROM accounts_accountmembership am
        JOIN accounts_user u ON u.id = am.user_id AND u.is_active
        JOIN accounts_role r ON r.id = am.role_id
        WHERE am.user_id = %(user)s AND am.account_id = %(account)s AND am.active)
    SELECT rr.codename, mine.name FROM mine JOIN worklists_role_right rr ON rr.role_id = mine.role_id
    UNION
    SELECT p.codename, mine.name FROM mine
    JOIN accounts_role_permissions rp ON rp.role_id = mine.role_id
    JOIN auth_permission p ON p.id = rp.permission_id
        AND p.codename IN ('administer_account', 'audit_account')
"""

_GUEST_RIGHTS = """
    SELECT rr.codename FROM accounts_role r JOIN worklists_role_right rr ON rr.role_id = r.id
    WHERE r.platform_key = 'guest'
"""

# Whether the person in one column holds a right on the worklist in another column; `_PERMISSION` and
# `_PERSONAL_ROLE_HAS` take the codename of the right.
_HOLDS = f"""
    EXISTS (
        SELECT FROM accounts_user u
        JOIN accounts_user_groups ug ON ug.user_id = u.id
        JOIN worklists_worklistgroupobjectpermission g ON g.group_id = ug.group_id
        WHERE u.id = {{person}} AND u.is_active AND g.content_object_id = {{worklist}}
            AND g.permission_id = {_PERMISSION})
    OR EXISTS (
        SELECT FROM worklists_worklist w JOIN accounts_user u ON u.id = w.owner_id AND u.is_active
        WHERE w.id = {{worklist}} AND w.owner_id = {{person}} AND {_PERSONAL_ROLE_HAS})
"""

# The id of a sender's worklist while the sender is not ended; the sender's account is the account of that worklist.
_SENDERS_WORKLIST = "SELECT s.worklist_id FROM worklists_sender s WHERE s.uuid = %s AND s.ended_at IS NULL"

# The role on the worklist `w`, or else the role in the account: administrators have that role on every worklist.
_ROLE = """
    SELECT COALESCE(
        (SELECT r.name FROM accounts_role r WHERE r.platform_key = 'personal' AND w.owner_id = %s),
        (SELECT r.name FROM worklists_effective_role er JOIN accounts_role r ON r.id = er.role_id
            WHERE er.worklist_id = w.id AND er.user_id = %s),
        (SELECT r.name FROM accounts_accountmembership am JOIN accounts_role r ON r.id = am.role_id
            WHERE am.user_id = %s AND am.active AND am.account_id = w.account_id),
        NULLIF(%s::text, ''),
        (SELECT name FROM accounts_role WHERE platform_key = 'personal'))
    FROM (
        SELECT place.id, COALESCE(place.account_id, own.account_id) AS account_id, own.owner_id
        FROM (SELECT %s::bigint, %s::bigint) AS place (id, account_id)
        LEFT JOIN worklists_worklist own ON own.id = place.id) w
"""


def may(by: Actor, codename: str, worklist: Place) -> bool:
    """Whether the actor holds the right on the worklist."""
    _known(codename)
    if by.kind is not Kind.USER:
        return codename in rights(by, worklist)
    person = by.person.pk
    rows = prepared.rows(_MAY, [person, worklist.pk, codename, person, worklist.pk, codename])
    for (role,) in rows:
        by.note_role(worklist.account_id, worklist.pk, role)
    return bool(rows)


def rights(by: Actor, worklist: Place) -> frozenset[str]:
    """Every right that the actor holds on the worklist."""
    if by.kind is Kind.SYSTEM:
        return by.given & CODENAMES
    if by.guest_link is not None:
        return _guest_rights(by.guest_link, worklist)
    if by.sender is not None:
        return _sender_rights(by.sender, worklist)
    if by.user is None:
        return frozenset()
    rows = prepared.rows(_RIGHTS, {"user": by.user.pk, "worklist": worklist.pk})
    for _, role in rows:
        by.note_role(worklist.account_id, worklist.pk, role)
    held = frozenset(codename for codename, _ in rows)
    if by.token is not None:
        return held & by.token.scope if worklist.pk in by.token.worklist_ids else frozenset()
    return held


def _guest_rights(link: GuestLink, worklist: Place) -> frozenset[str]:
    """The rights of the role *Guest* that the link carries and its maker holds, if the maker may make links there."""
    held = rights(Actor.of(link.made_by), worklist)
    if worklist.pk != link.worklist_id or not held.issuperset(GUEST_LINK_NEEDS):
        return frozenset()
    return frozenset(codename for (codename,) in _rows(_GUEST_RIGHTS, None)) & link.scope & held


def makers_right(table: str) -> tuple[str, tuple[str, ...]]:
    """Whether the maker of a row of this table may make guest links on the row's worklist: SQL with its parameters."""
    holds = _HOLDS.format(person=f'"{table}"."made_by_id"', worklist=f'"{table}"."worklist_id"')
    codenames = tuple(codename for codename in GUEST_LINK_NEEDS for _ in range(2))
    return " AND ".join([f"({holds})"] * len(GUEST_LINK_NEEDS)), codenames


def _sender_rights(sender: Sender, worklist: Place) -> frozenset[str]:
    stands = (worklist.pk,) in _rows(_SENDERS_WORKLIST, [sender.uuid])
    return STORE if stands and worklist.pk == sender.worklist_id else frozenset()


def worklists_for(by: Actor, codename: str) -> WorklistQuerySet:
    """The worklists where the actor holds the right; the queryset is lazy and can be used as a subquery."""
    return Worklist.objects.filter(pk__in=RawSQL(*worklist_ids(by, codename)))


def worklist_ids(by: Actor, codename: str) -> tuple[str, tuple[Any, ...]]:
    """The ids of the worklists where the actor holds the right: SQL with parameters, for statements written by hand.

    For the system this list is empty: the rights given to the system count only where a single worklist is asked about.
    """
    _known(codename)
    if by.guest_link is not None:
        return _guests_worklist(by.guest_link, codename)
    if by.sender is not None:
        sql = f"SELECT own.id FROM ({_SENDERS_WORKLIST}) AS own (id) WHERE %s"
        return sql, (by.sender.uuid, codename in STORE)
    person = by.user_id
    sql, whole = _WORKLISTS, (person, codename, person, codename)
    if by.token is None:
        return sql, whole
    within = list(by.token.worklist_ids) if codename in by.token.scope else []
    return f"SELECT held.id FROM ({sql}) AS held (id) WHERE held.id = ANY(%s)", (*whole, within)


def _guests_worklist(link: GuestLink, codename: str) -> tuple[str, tuple[Any, ...]]:
    """The worklist of the link if the link carries the right, else no row: the rule of `_guest_rights` as SQL."""
    needs = dict.fromkeys((*GUEST_LINK_NEEDS, codename))
    held = [worklist_ids(Actor.of(link.made_by), need) for need in needs]
    within = " ".join(f"AND own.id IN ({sql})" for sql, _ in held)
    sql = f"SELECT own.id FROM (SELECT %s::bigint) AS own (id) WHERE %s AND %s IN ({_GUEST_RIGHTS}) {within}"
    parameters = [parameter for _, parameters in held for parameter in parameters]
    return sql, (link.worklist_id, codename in link.scope, codename, *parameters)


def people_with(codename: str, worklist: Worklist) -> QuerySet[User]:
    """The active people who hold the right on the worklist; the queryset is lazy."""
    _known(codename)
    holders = RawSQL(_PEOPLE, [worklist.pk, codename, worklist.pk, codename])
    return User.objects.filter(is_active=True, pk__in=holders)


_PEOPLE_WITH_ALL = """
    SELECT ug.user_id FROM accounts_user_groups ug WHERE ug.group_id IN (
        SELECT g.group_id FROM worklists_worklistgroupobjectpermission g
        WHERE g.content_object_id = ANY(%s) AND g.permission_id IN ({permissions})
        GROUP BY g.group_id HAVING count(DISTINCT g.permission_id) = %s)
"""


def people_with_all(codenames: Collection[str], worklists: Collection[int]) -> RawSQL:
    """The ids of the people who hold all these rights on at least one of these locations or groups, as a subquery."""
    for codename in codenames:
        _known(codename)
    sql = _PEOPLE_WITH_ALL.format(permissions=", ".join([_PERMISSION] * len(codenames)))
    return RawSQL(sql, [list(worklists), *codenames, len(codenames)])


def account_rights(by: Actor, account: Account) -> frozenset[str]:
    """The rights of the actor's role in the account, `administer_account` included; worklists play no part.

    A token, a sender, a guest link and a visitor who is not signed in have none.
    """
    if by.kind is Kind.SYSTEM:
        return by.given
    if by.kind is not Kind.USER:
        return frozenset()
    rows = _rows(_ACCOUNT_RIGHTS, {"user": by.person.pk, "account": account.pk})
    for _, role in rows:
        by.note_role(account.pk, None, role)
    return frozenset(codename for codename, _ in rows)


def administers(by: Actor, account: Account) -> bool:
    """Whether the account role lets the actor administer the account; being a superuser does not count here."""
    return ADMINISTER in account_rights(by, account)


def audits(by: Actor, account: Account) -> bool:
    """Whether the account role lets the actor read the account's register and trails; superusers have no such role."""
    return AUDIT in account_rights(by, account)


def role_label(by: Actor, account_id: int | None, worklist_id: int | None) -> str:
    """The name of the role that the actor has on the worklist, or else in the account.

    Without a role in either, a superuser is named "Superuser", and anyone else *Personal*: the role of the owner of a
    personal worklist.
    """
    if by.guest_link is not None:
        return GUEST
    if by.sender is not None:
        return SENDER
    if by.user is None:
        return ""
    if account_id is None and worklist_id is None:
        return SUPERUSER if by.user.is_superuser else ""
    person, superuser = by.user.pk, SUPERUSER if by.user.is_superuser else ""
    # The event of each read and search names the role. The statement is prepared, because planning takes longer than
    # running.
    [(role,)] = prepared.rows(_ROLE, [person, person, person, superuser, worklist_id, account_id])
    return str(role)


def _known(codename: str) -> None:
    """Refuse a misspelt right: otherwise no one would hold the right, and no error would say why."""
    if codename not in CODENAMES:
        raise ValueError(f"There is no right {codename!r} on worklists.")


def _rows(sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
