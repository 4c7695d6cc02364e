"""Who can see a worklist's studies: how many people, and their names by role."""

from collections.abc import Collection

from common import prepared
from sharing.selectors.access.shown import RolePeople

# No more people than fit a page.
MOST_MEMBERS = 100


def counts_of(worklists: Collection[int]) -> dict[int, int]:
    """For each worklist how many people may list its studies; worklists where no one may are left out."""
    if not worklists:
        return {}
    # To plan this statement each time would take twice as long as to carry it out.
    return dict(prepared.rows(_MEMBERS + _COUNTS, [list(worklists)]))


def members_of(worklists: Collection[int]) -> dict[int, tuple[list[RolePeople], int]]:
    """For each worklist who may list its studies, by role, a hundred at most, and how many there are."""
    if not worklists:
        return {}
    members: dict[int, tuple[list[RolePeople], int]] = {}
    rows = prepared.rows(_MEMBERS + _NAMES, [list(worklists), MOST_MEMBERS, MOST_MEMBERS])
    for worklist, number, role, person, turn in rows:
        if not turn:
            members[worklist] = ([], number)
            continue
        roles, _ = members[worklist]
        if not roles or roles[-1].name != role:
            roles.append(RolePeople(role, []))
        roles[-1].people.append(person)
    return members


# The rules are those of the view `worklists_effective_role`, and a test compares them. Here a person on every worklist
# of an account is read once for the account (`everywhere`), and memberships of a single worklist (`own`) go before.
# MATERIALIZED, and sums in place of joins, keep PostgreSQL from turning that round: its statistics of worklists made a
# minute ago are wrong, and the view would be read once for each person or membership, and most rows discarded.
_MEMBERS = """
    WITH asked AS MATERIALIZED (
        SELECT w.id, w.account_id, w.default_role_id FROM unnest(%s::bigint[]) AS given(id)
        JOIN worklists_worklist w ON w.id = given.id AND w.kind <> 'personal'
    ), accounts AS MATERIALIZED (
        SELECT DISTINCT account_id FROM asked
    ), listing AS MATERIALIZED (
        SELECT rr.role_id FROM worklists_role_right rr WHERE rr.codename = 'list_studies'
    ), everywhere AS MATERIALIZED (
        SELECT am.account_id, am.user_id, am.role_id
        FROM accounts_accountmembership am JOIN accounts_user u ON u.id = am.user_id AND u.is_active
        WHERE am.active AND am.every_worklist AND am.account_id IN (SELECT account_id FROM accounts)
          AND am.role_id IN (SELECT role_id FROM listing)
    ), memberships AS MATERIALIZED (
        SELECT asked.id, asked.account_id, wm.user_id, COALESCE(wm.role_id, asked.default_role_id) AS role_id
        FROM asked JOIN worklists_worklistmembership wm ON wm.worklist_id = asked.id
    ), active AS MATERIALIZED (
        SELECT given.id, given.account_id, u.id AS user_id, u.is_active, COALESCE(given.role_id, am.role_id) AS role_id
        FROM memberships given
        JOIN accounts_accountmembership am
             ON am.user_id = given.user_id AND am.account_id = given.account_id AND am.active
        JOIN accounts_user u ON u.id = given.user_id
    ), own AS MATERIALIZED (
        SELECT id, account_id, user_id, role_id,
               is_active AND role_id IN (SELECT role_id FROM listing) AS may_list,
               (account_id, user_id) IN (SELECT account_id, user_id FROM everywhere) AS is_everywhere
        FROM active
    ), numbers AS MATERIALIZED (
        SELECT each.id, each.account_id, each.memberships, COALESCE(alike.number, 0) + each.difference AS number
        FROM (
            SELECT id, account_id, sum(membership) AS memberships, sum(difference) AS difference
            FROM (
                SELECT id, account_id, 0 AS membership, 0 AS difference FROM asked
                UNION ALL
                SELECT id, account_id, 1, may_list::int - is_everywhere::int FROM own) both_ways
            GROUP BY id, account_id) each
        LEFT JOIN (
            SELECT account_id, count(*) AS number FROM everywhere GROUP BY account_id
        ) alike ON alike.account_id = each.account_id
    )
"""

_COUNTS = "SELECT id, number FROM numbers WHERE number > 0"

_NAMES = """
    , alike AS MATERIALIZED (
        SELECT * FROM (
            SELECT everywhere.account_id, u.id AS user_id, u.name AS person, r.id AS role_id, r.name AS role,
                   row_number() OVER (PARTITION BY everywhere.account_id ORDER BY r.name, r.id, u.name, u.id) AS turn
            FROM everywhere
            JOIN accounts_user u ON u.id = everywhere.user_id
            JOIN accounts_role r ON r.id = everywhere.role_id) ranked
        WHERE turn <= %s + (SELECT max(memberships) FROM numbers)
    ), members AS (
        SELECT numbers.id, alike.role, alike.role_id, alike.person, alike.user_id
        FROM numbers JOIN alike ON alike.account_id = numbers.account_id
        WHERE (numbers.id, alike.user_id) NOT IN (SELECT id, user_id FROM own)
        UNION ALL
        SELECT own.id, r.name, r.id, u.name, u.id
        FROM own
        JOIN accounts_user u ON u.id = own.user_id
        JOIN accounts_role r ON r.id = own.role_id
        WHERE own.may_list
    )
    SELECT id, number, NULL AS role, NULL AS person, 0 AS turn FROM numbers WHERE number > 0
    UNION ALL
    SELECT id, NULL, role, person, turn FROM (
        SELECT id, role, person, row_number() OVER (PARTITION BY id ORDER BY role, role_id, person, user_id) AS turn
        FROM members) ranked
    WHERE turn <= %s
    ORDER BY id, turn
"""
