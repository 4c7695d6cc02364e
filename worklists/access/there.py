"""Which of some rights an actor holds on the worklist that a statement reads, as SQL for that statement.

Asked for each of a thousand frames: one walk over the groups of the one worklist, where `worklist_ids` gives every
worklist of the person, once for each right.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from audit.actor import READ, Actor
from worklists.access.rights import CODENAMES, worklist_ids

# On the worklist `w`; each with the name of the role that gives it. The same rules as of `rights`. The group is found
# first (OFFSET 0), not once more for each of its rights.
_OF_PERSON = """
    SELECT array_agg(each.codename::text), min(each.role) FROM (
        SELECT p.codename, place.role
        FROM (
            SELECT wr.group_id, r.name AS role
            FROM worklists_worklistrole wr
            JOIN accounts_user_groups ug ON ug.group_id = wr.group_id AND ug.user_id = {person}
            JOIN accounts_user u ON u.id = ug.user_id AND u.is_active
            JOIN accounts_role r ON r.id = wr.role_id
            WHERE wr.worklist_id = w.id
            OFFSET 0) place
        JOIN auth_permission p ON p.codename IN ({codenames}) AND p.content_type_id = (
            SELECT ct.id FROM django_content_type ct WHERE ct.app_label = 'worklists' AND ct.model = 'worklist')
        JOIN worklists_worklistgroupobjectpermission g
            ON g.group_id = place.group_id AND g.permission_id = p.id AND g.content_object_id = w.id
        UNION ALL
        SELECT rr.codename, r.name
        FROM accounts_user u
        JOIN accounts_role r ON r.platform_key = 'personal'
        JOIN worklists_role_right rr ON rr.role_id = r.id AND rr.codename IN ({codenames})
        WHERE u.id = w.owner_id AND u.id = {person} AND u.is_active
    ) AS each (codename, role)
"""


def held_there(by: Actor, codenames: Sequence[str]) -> tuple[str, tuple[Any, ...]]:
    """A select for the worklist `w`, of one row at most: those of the rights that the actor holds there, as an array or
    NULL, and the name of the person's role there."""
    if by.user is None:
        return _of_no_person(by, codenames)
    if by.token is None:
        return _of_person(tuple(codenames)), (by.user_id, by.user_id)
    held = tuple(codename for codename in codenames if codename in by.token.scope)
    # No right at all on a worklist that the token is not for.
    within = list(by.token.worklist_ids)
    sql = f"SELECT * FROM ({_of_person(held)}) AS held WHERE w.id = ANY(%s)"
    return sql, (by.user_id, by.user_id, within)


@cache
def held_by_asking(codenames: tuple[str, ...]) -> str:
    """As `held_there` for the person and the worklists of a token that the same statement reads as `asking`.

    Every token carries the rights to read at most, so only these can be asked for.
    """
    if not READ.issuperset(codenames):
        raise ValueError("Not every token carries these rights.")
    held = _of_person(codenames, person="asking.owner_id")
    return f"SELECT * FROM ({held}) AS held WHERE w.id = ANY(asking.reached)"  # allowed: SQL


@cache
def _of_person(codenames: tuple[str, ...], person: str = "%s") -> str:
    """Names of rights are the code's own: they stand in the statement, which is prepared for them."""
    if unknown := set(codenames) - CODENAMES:
        raise ValueError(f"There are no rights {sorted(unknown)} on worklists.")
    named = ", ".join(f"'{each}'" for each in codenames) or "NULL"
    return _OF_PERSON.format(codenames=named, person=person)


def _of_no_person(by: Actor, codenames: Sequence[str]) -> tuple[str, tuple[Any, ...]]:
    each = [worklist_ids(by, codename) for codename in codenames]
    rows = ", ".join(f"(%s::text, w.id IN ({sql}))" for sql, _parameters in each)
    parameters = [
        parameter
        for codename, (_sql, own) in zip(codenames, each, strict=True)
        for parameter in (codename, *own)
    ]
    sql = f"SELECT array_agg(codename), NULL::text FROM (VALUES {rows}) AS each (codename, held) WHERE held"
    return sql, tuple(parameters)
