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
        cursor.execute(_MEMBERS, {"worklists": list(worklists), "most": MOST_MEMBERS})
        for worklist, number, role, person in cursor.fetchall():
            roles, _ = found.setdefault(worklist, ([], number))
            if not roles or roles[-1].name != role:
                roles.append(Role(role, []))
            roles[-1].people.append(person)
    return found


# Whoever is on every worklist of an account, and has no place of their own on any of these, is on all of them with
# their role in the account: they are counted and sorted once, not once a worklist. All others, worklist by worklist:
# OFFSET 0 keeps the view asked for those people alone, however few they are, and not for everybody first.
_MEMBERS = """
    WITH alike AS MATERIALIZED (
        SELECT am.account_id, u.id AS user_id, r.id AS role_id, r.name AS role, u.name AS person,
               count(*) OVER (PARTITION BY am.account_id) AS number,
               row_number() OVER (PARTITION BY am.account_id ORDER BY r.name, r.id, u.name, u.id) AS turn
        FROM accounts_accountmembership am
        JOIN accounts_user u ON u.id = am.user_id AND u.is_active
        JOIN accounts_role r ON r.id = am.role_id
        WHERE am.active AND am.every_worklist
          AND am.account_id IN (SELECT w.account_id FROM worklists_worklist w WHERE w.id = ANY(%(worklists)s))
          AND am.user_id NOT IN (
              SELECT wm.user_id FROM worklists_worklistmembership wm WHERE wm.worklist_id = ANY(%(worklists)s))
          AND EXISTS (
              SELECT FROM worklists_role_right rr WHERE rr.role_id = am.role_id AND rr.codename = 'list_studies')
    ), single AS MATERIALIZED (
        SELECT er.worklist_id, u.id AS user_id, r.id AS role_id, r.name AS role, u.name AS person,
               count(*) OVER (PARTITION BY er.worklist_id) AS number,
               row_number() OVER (PARTITION BY er.worklist_id ORDER BY r.name, r.id, u.name, u.id) AS turn
        FROM (
            SELECT DISTINCT wm.user_id FROM worklists_worklistmembership wm
            WHERE wm.worklist_id = ANY(%(worklists)s)) p
        JOIN accounts_user u ON u.id = p.user_id AND u.is_active
        CROSS JOIN LATERAL (
            SELECT * FROM worklists_effective_role
            WHERE user_id = p.user_id AND worklist_id = ANY(%(worklists)s) OFFSET 0) er
        JOIN accounts_role r ON r.id = er.role_id
        WHERE EXISTS (
              SELECT FROM worklists_role_right rr WHERE rr.role_id = er.role_id AND rr.codename = 'list_studies')
    ), members AS (
        SELECT w.id AS worklist_id, a.role, a.role_id, a.person, a.user_id, a.number AS alike, 0 AS single
        FROM worklists_worklist w JOIN alike a ON a.account_id = w.account_id AND a.turn <= %(most)s
        WHERE w.id = ANY(%(worklists)s)
        UNION ALL
        SELECT worklist_id, role, role_id, person, user_id, 0, number FROM single WHERE turn <= %(most)s
    )
    SELECT worklist_id, number, role, person FROM (
        SELECT worklist_id, role, person,
               max(alike) OVER (PARTITION BY worklist_id) + max(single) OVER (PARTITION BY worklist_id) AS number,
               row_number() OVER (PARTITION BY worklist_id ORDER BY role, role_id, person, user_id) AS turn
        FROM members) found
    WHERE turn <= %(most)s
    ORDER BY worklist_id, turn
"""
