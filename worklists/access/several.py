"""What a person may do on several worklists, in one SQL statement."""

from collections.abc import Collection

from django.db import connection

from audit.actor import Actor, Kind, Place
from worklists.access.rights import rights

_RIGHTS = """
    SELECT g.content_object_id, p.codename, r.name
    FROM worklists_worklistgroupobjectpermission g
    JOIN accounts_user_groups ug ON ug.group_id = g.group_id
    JOIN accounts_user u ON u.id = ug.user_id AND u.is_active
    JOIN auth_permission p ON p.id = g.permission_id
    JOIN worklists_worklistrole wr ON wr.group_id = g.group_id
    JOIN accounts_role r ON r.id = wr.role_id
    WHERE u.id = %(user)s AND g.content_object_id = ANY(%(worklists)s)
    UNION
    SELECT w.id, rr.codename, r.name
    FROM worklists_worklist w
    JOIN accounts_user u ON u.id = w.owner_id AND u.is_active
    JOIN accounts_role r ON r.platform_key = 'personal'
    JOIN worklists_role_right rr ON rr.role_id = r.id
    WHERE u.id = %(user)s AND w.id = ANY(%(worklists)s)
"""


def rights_on(by: Actor, worklists: Collection[Place]) -> dict[int, frozenset[str]]:
    """The rights on each of these worklists, by its id, as `rights` has them."""
    if by.kind is not Kind.USER:
        return {worklist.pk: rights(by, worklist) for worklist in worklists}
    places = {worklist.pk: worklist for worklist in worklists}
    if not places:
        return {}
    held: dict[int, set[str]] = {pk: set() for pk in places}
    with connection.cursor() as cursor:
        cursor.execute(_RIGHTS, {"user": by.person.pk, "worklists": list(places)})
        for pk, codename, role in cursor.fetchall():
            held[pk].add(codename)
            by.note_role(places[pk].account_id, pk, role)
    return {pk: frozenset(codenames) for pk, codenames in held.items()}
