"""Who can see a worklist's studies, by role."""

from collections.abc import Collection

from django.db import connection

from sharing.selectors.access.shown import Role

# As many as a page can be read with.
MOST_MEMBERS = 100


def members_of(worklists: Collection[int]) -> dict[int, tuple[list[Role], int]]:
    """For each worklist who may list its studies, by role, a hundred at most, and how many there are."""
    if not worklists:
        return {}
    found: dict[int, tuple[list[Role], int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [list(worklists), MOST_MEMBERS])
        for worklist, number, role, person in cursor.fetchall():
            roles, _ = found.setdefault(worklist, ([], number))
            if not roles or roles[-1].name != role:
                roles.append(Role(role, []))
            roles[-1].people.append(person)
    return found


_MEMBERS = """
    SELECT worklist_id, number, role, person FROM (
        SELECT er.worklist_id, r.name AS role, u.name AS person, u.id,
               count(*) OVER (PARTITION BY er.worklist_id) AS number,
               row_number() OVER (PARTITION BY er.worklist_id ORDER BY r.name, r.id, u.name, u.id) AS turn
        FROM worklists_effective_role er
        JOIN accounts_user u ON u.id = er.user_id AND u.is_active
        JOIN accounts_role r ON r.id = er.role_id
        WHERE er.worklist_id = ANY(%s) AND EXISTS (
            SELECT FROM worklists_role_right rr WHERE rr.role_id = er.role_id AND rr.codename = 'list_studies')) members
    WHERE turn <= %s
    ORDER BY worklist_id, turn
"""
