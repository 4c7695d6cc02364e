"""Keeps the groups in step with roles and memberships: who is in a role's group, and which rights the group has.

The views `worklists_effective_role` (who has which role where) and `worklists_effective_right` are made by
`worklists/migrations/0002_law.py`, and `worklists_role_right` (a role's rights, without the children of an unticked
parent; while another role takes its place, what both allow) by `0023_roles_are_replaced_row_by_row.py`.
"""

from collections.abc import Collection
from typing import Any

from django.db import connection, transaction

from accounts.models import Account, Role
from worklists.access.losses import rights_were_lost
from worklists.models import Worklist

_REMOVE_PEOPLE = """
    WITH due AS MATERIALIZED (
        SELECT er.user_id, er.worklist_id, er.role_id FROM worklists_effective_role er
        JOIN worklists_worklist w ON w.id = er.worklist_id WHERE {due})
    DELETE FROM accounts_user_groups ug
    USING worklists_worklistrole wr JOIN worklists_worklist w ON w.id = wr.worklist_id
    WHERE wr.group_id = ug.group_id AND {held} AND NOT EXISTS (
        SELECT FROM due
        WHERE due.user_id = ug.user_id AND due.worklist_id = wr.worklist_id AND due.role_id = wr.role_id)
"""

_REMOVE_RIGHTS = """
    DELETE FROM worklists_worklistgroupobjectpermission g
    USING worklists_worklistrole wr JOIN worklists_worklist w ON w.id = wr.worklist_id
    WHERE wr.group_id = g.group_id AND {roles} AND (
        g.content_object_id <> wr.worklist_id OR NOT EXISTS (
            SELECT FROM worklists_role_right rr
            WHERE rr.role_id = wr.role_id AND rr.permission_id = g.permission_id))
"""

_ADD_GROUPS = """
    WITH missing AS (
        SELECT DISTINCT er.worklist_id, er.role_id, format('worklist %%s, role %%s', er.worklist_id, er.role_id) AS name
        FROM worklists_effective_role er JOIN worklists_worklist w ON w.id = er.worklist_id
        WHERE {due} AND NOT EXISTS (
            SELECT FROM worklists_worklistrole wr
            WHERE wr.worklist_id = er.worklist_id AND wr.role_id = er.role_id)),
    made AS (
        INSERT INTO auth_group (name) SELECT name FROM missing RETURNING id, name),
    mapped AS (
        INSERT INTO worklists_worklistrole (worklist_id, role_id, group_id)
        SELECT missing.worklist_id, missing.role_id, made.id FROM missing JOIN made USING (name)
        RETURNING worklist_id, role_id, group_id)
    INSERT INTO worklists_worklistgroupobjectpermission (group_id, permission_id, content_object_id)
    SELECT mapped.group_id, rr.permission_id, mapped.worklist_id
    FROM mapped JOIN worklists_role_right rr ON rr.role_id = mapped.role_id
"""

_ADD_RIGHTS = """
    INSERT INTO worklists_worklistgroupobjectpermission (group_id, permission_id, content_object_id)
    SELECT wr.group_id, rr.permission_id, wr.worklist_id
    FROM worklists_worklistrole wr
    JOIN worklists_worklist w ON w.id = wr.worklist_id
    JOIN worklists_role_right rr ON rr.role_id = wr.role_id
    WHERE {roles}
    ON CONFLICT DO NOTHING
"""

_ADD_PEOPLE = """
    INSERT INTO accounts_user_groups (user_id, group_id)
    SELECT er.user_id, wr.group_id
    FROM worklists_effective_role er
    JOIN worklists_worklist w ON w.id = er.worklist_id
    JOIN worklists_worklistrole wr ON wr.worklist_id = er.worklist_id AND wr.role_id = er.role_id
    WHERE {due}
    ON CONFLICT DO NOTHING
"""

_DROP_UNUSED_GROUPS = """
    WITH unused AS (
        DELETE FROM worklists_worklistrole wr USING worklists_worklist w
        WHERE w.id = wr.worklist_id AND {roles}
          AND NOT EXISTS (SELECT FROM accounts_user_groups ug WHERE ug.group_id = wr.group_id)
        RETURNING wr.group_id),
    emptied AS (
        DELETE FROM worklists_worklistgroupobjectpermission g USING unused WHERE g.group_id = unused.group_id)
    DELETE FROM auth_group USING unused WHERE auth_group.id = unused.group_id
"""


# Who is staff although they administer nothing, or not although they do.
STAFF = """
    SELECT u.id, due.staff FROM accounts_user u, LATERAL (
        SELECT u.is_superuser OR EXISTS (
            SELECT FROM accounts_accountmembership am
            JOIN accounts_role_permissions rp ON rp.role_id = am.role_id
            JOIN auth_permission p ON p.id = rp.permission_id AND p.codename = 'administer_account'
            WHERE am.user_id = u.id AND am.active) AS staff) due
    WHERE u.is_staff <> due.staff"""


def follow_staff(users: Collection[int]) -> None:
    """After these people were given another account role; the caller brings their groups in step."""
    _follow_staff("u.id = ANY(%s)", [list(users)])


def _follow_staff(whose: str, parameters: list[Any]) -> None:
    """`is_staff` opens the administration: it follows from whom an account role lets administer.

    Two accounts may change the same person at once, so the person's row is locked and read in a new statement.
    """
    _execute(f"SELECT FROM accounts_user u WHERE {whose} ORDER BY u.id FOR NO KEY UPDATE", parameters)
    _execute(
        f"UPDATE accounts_user SET is_staff = due.staff FROM ({STAFF} AND {whose}) due "
        "WHERE due.id = accounts_user.id",
        parameters,
    )


@transaction.atomic
def sync(
    *, account: Account | None = None, worklists: Collection[int] = (), users: Collection[int] = ()
) -> None:
    """Bring people and groups in step with who has which role where; removes before it adds.

    Narrowed by account, worklist ids and user ids, as far as they are given. The caller holds the account's lock
    (see `worklists.services`), which is why two of these never cross.
    """
    roles = ["TRUE"]
    parameters: list[Any] = []
    if account is not None:
        roles.append("w.account_id = %s")
        parameters.append(account.pk)
    if worklists:
        roles.append("w.id = ANY(%s)")
        parameters.append(list(worklists))
    where = {name: " AND ".join(roles) for name in ("roles", "due", "held")}
    narrowed = list(parameters)
    if users:
        where["due"] += " AND er.user_id = ANY(%s)"
        where["held"] += " AND ug.user_id = ANY(%s)"
        narrowed.append(list(users))
    removed = _execute(_REMOVE_PEOPLE.format(**where), narrowed * 2)
    if not users:
        removed += _execute(_REMOVE_RIGHTS.format(**where), parameters)
    _execute(_ADD_GROUPS.format(**where), narrowed)
    if not users:
        _execute(_ADD_RIGHTS.format(**where), parameters)
    _execute(_ADD_PEOPLE.format(**where), narrowed)
    _execute(_DROP_UNUSED_GROUPS.format(**where), parameters)
    # A worklist's members and default role do not decide who administers.
    if users and not worklists:
        follow_staff(users)
    elif account is not None and not worklists:
        members = "SELECT user_id FROM accounts_accountmembership WHERE account_id = %s"
        _follow_staff(f"u.id IN ({members})", [account.pk])
    elif not worklists:
        _follow_staff("TRUE", [])
    if removed:
        rights_were_lost(
            account=account.pk if account is not None else None, worklists=worklists, users=users
        )


@transaction.atomic
def sync_role(role: Role, *, administers_alike: bool = False) -> None:
    """Bring the rights of one role's groups in step with its ticked permissions; no person changes groups.

    `administers_alike`: that it lets people administer the account, or does not, has not changed.
    """
    where = {"roles": "wr.role_id = %s"}
    removed = _execute(_REMOVE_RIGHTS.format(**where), [role.pk])
    _execute(_ADD_RIGHTS.format(**where), [role.pk])
    if not administers_alike:
        _follow_staff(
            "u.id IN (SELECT user_id FROM accounts_accountmembership WHERE role_id = %s)", [role.pk]
        )
    # The platform's roles have no groups: the rights of *Personal* follow from its rows.
    if removed or role.account_id is None:
        rights_were_lost(account=role.account_id)


_FORGET = """
    WITH gone AS (
        DELETE FROM worklists_worklistrole WHERE worklist_id = %s RETURNING group_id),
    people AS (
        DELETE FROM accounts_user_groups ug USING gone WHERE ug.group_id = gone.group_id),
    granted AS (
        DELETE FROM worklists_worklistgroupobjectpermission g USING gone WHERE g.group_id = gone.group_id)
    DELETE FROM auth_group USING gone WHERE auth_group.id = gone.group_id
"""


def forget(worklist: Worklist) -> None:
    """Before a worklist is deleted: delete its groups, and with them all rights there."""
    _execute(_FORGET, [worklist.pk])


def _execute(sql: str, parameters: list[Any]) -> int:
    """How many rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
