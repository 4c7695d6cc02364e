"""Recomputes every right from the rows and compares it with what guardian's tables grant."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

from worklists.access import STAFF
from worklists.models import RoleReplacement

BATCH = 200

_GRANTED = """
    SELECT ug.user_id, g.content_object_id AS worklist_id, p.codename::text
    FROM worklists_worklistgroupobjectpermission g
    JOIN accounts_user_groups ug ON ug.group_id = g.group_id
    JOIN auth_permission p ON p.id = g.permission_id
    WHERE g.content_object_id = ANY(%(worklists)s)
"""
_DUE = """
    SELECT user_id, worklist_id, codename::text FROM worklists_effective_right
    WHERE worklist_id = ANY(%(worklists)s)
"""
_TOO_MUCH = f"SELECT * FROM ({_GRANTED} EXCEPT {_DUE}) AS d ORDER BY 2, 1, 3"
_TOO_LITTLE = f"SELECT * FROM ({_DUE} EXCEPT {_GRANTED}) AS d ORDER BY 2, 1, 3"

# Faults that no difference between people's rights would show.
_STRAY = {
    "User {} holds the right {} on worklist {} directly; only groups should hold rights.": """
        SELECT u.user_id, p.codename, u.content_object_id
        FROM worklists_worklistuserobjectpermission u JOIN auth_permission p ON p.id = u.permission_id""",
    "Group {} holds the right {} on worklist {}, which no role gives there.": """
        SELECT g.group_id, p.codename, g.content_object_id
        FROM worklists_worklistgroupobjectpermission g
        JOIN auth_permission p ON p.id = g.permission_id
        LEFT JOIN worklists_worklistrole wr ON wr.group_id = g.group_id AND wr.worklist_id = g.content_object_id
        WHERE NOT EXISTS (
            SELECT FROM worklists_role_right rr
            WHERE rr.role_id = wr.role_id AND rr.permission_id = g.permission_id)""",
    "Group {} lacks the right {} that its role has on worklist {}.": """
        SELECT wr.group_id, rr.codename, wr.worklist_id
        FROM worklists_worklistrole wr
        JOIN worklists_role_right rr ON rr.role_id = wr.role_id
        LEFT JOIN worklists_worklistgroupobjectpermission g
          ON g.group_id = wr.group_id AND g.permission_id = rr.permission_id
         AND g.content_object_id = wr.worklist_id
        WHERE g.id IS NULL""",
    "Group {} is kept for role {} on worklist {}, where no one has that role.": """
        SELECT wr.group_id, wr.role_id, wr.worklist_id FROM worklists_worklistrole wr
        WHERE NOT EXISTS (
            SELECT FROM worklists_effective_role er
            WHERE er.worklist_id = wr.worklist_id AND er.role_id = wr.role_id)""",
    "User {} is in group {} of role {}, which they do not have there.": """
        SELECT ug.user_id, wr.group_id, wr.role_id
        FROM accounts_user_groups ug JOIN worklists_worklistrole wr ON wr.group_id = ug.group_id
        WHERE NOT EXISTS (
            SELECT FROM worklists_effective_role er
            WHERE er.user_id = ug.user_id AND er.worklist_id = wr.worklist_id AND er.role_id = wr.role_id)""",
    "Group {} of a worklist's role holds the permission {} everywhere.": """
        SELECT gp.group_id, p.codename FROM auth_group_permissions gp
        JOIN worklists_worklistrole wr ON wr.group_id = gp.group_id
        JOIN auth_permission p ON p.id = gp.permission_id""",
}


def under_way() -> Iterator[str]:
    """Replacements that the worker has not finished: until then people have less than is due, never more."""
    rows = RoleReplacement.objects.running().order_by("pk").values_list("role", "other")
    for role, other in rows:
        yield f"Role {role} is being replaced by role {other}: until that has finished, differences may be due to it."


def differences() -> Iterator[str]:
    """Each difference as a sentence; none where all is in step."""
    for sentence, sql in _STRAY.items():
        for row in _rows(sql, None):
            yield sentence.format(*row)
    for user, due in _rows(STAFF, None):
        if due:
            yield f"User {user} is not staff, and is a superuser or administers an account."
        else:
            yield f"User {user} is staff, and administers nothing."
    worklists = [row[0] for row in _rows("SELECT id FROM worklists_worklist ORDER BY id", None)]
    for start in range(0, len(worklists), BATCH):
        batch = {"worklists": worklists[start : start + BATCH]}
        for user, worklist, codename in _rows(_TOO_MUCH, batch):
            yield f"User {user} is granted {codename} on worklist {worklist}, but no role or membership gives it."
        for user, worklist, codename in _rows(_TOO_LITTLE, batch):
            yield f"User {user} should have {codename} on worklist {worklist}, but it is not granted."


def _rows(sql: str, parameters: dict[str, Any] | None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
