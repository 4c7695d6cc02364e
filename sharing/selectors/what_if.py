"""Who would gain and lose which studies by a change, before it is saved: people × worklists, with numbers."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from accounts.models import AccountMembership, Role, User
from audit import clock
from sharing.graph import load_graphs
from sharing.models import GuestLink
from sharing.selectors.leaving import given_by
from sharing.selectors.standings_changed import (
    Change,
    Openable,
    Reach,
    reaches,
    with_account_member,
    with_deactivated,
    with_default_role,
    with_role,
    with_worklist_member,
)
from worklists import access
from worklists.access import standing
from worklists.access.standing import AccountMember, RoleFact, WorklistMember
from worklists.models import Worklist, WorklistMembership

# As many people as a page names; and the number after which a reader learns nothing more.
MOST_PEOPLE, COUNTED = 100, 1000


class Difference(NamedTuple):
    """A person, a worklist, and how many of its studies they gain or lose; at most `COUNTED` and one more.

    What a person can also open on another worklist is neither gained nor lost.
    """

    person: User
    worklist: Worklist
    gains: bool
    studies: int


class Gone(NamedTuple):
    """A study that stops being visible on a worklist, or waiting there; `waits`: another share still waits there."""

    study: int
    worklist: int
    waits: bool


class _Row(NamedTuple):
    person: int
    worklist: int
    gains: bool
    # Whether what waits there for approval counts, or what is visible there.
    waiting: bool
    # Whether only what is gone on the worklist counts: the person goes on opening the rest.
    only_gone: bool
    others: Openable


def _rows(all_reaches: Iterable[Reach], places_gone: Collection[int]) -> Iterable[_Row]:
    for reach in all_reaches:
        kinds = zip((False, True), reach.before, reach.after, strict=True)
        for waiting, before, after in kinds:
            for worklist in before - after:
                yield _Row(reach.person, worklist, False, waiting, False, reach.after)
            for worklist in (before & after).intersection(places_gone):
                yield _Row(reach.person, worklist, False, waiting, True, reach.after)
            for worklist in after - before:
                yield _Row(reach.person, worklist, True, waiting, False, reach.before)


def _counted(rows: Iterable[_Row], gone: Collection[Gone]) -> Iterable[tuple[int, int, bool, int]]:
    """Of each person, worklist and way how many studies: those that are openable there, and on no other."""
    rows = list(rows)
    if not rows:
        return []
    values: dict[str, Any] = {
        "person": [row.person for row in rows],
        "worklist": [row.worklist for row in rows],
        "gains": [row.gains for row in rows],
        "waiting": [row.waiting for row in rows],
        "only_gone": [row.only_gone for row in rows],
        "visible_on": [_as_array(row.others.visible) for row in rows],
        "waiting_on": [_as_array(row.others.waiting) for row in rows],
        "gone_study": [each.study for each in gone],
        "gone_worklist": [each.worklist for each in gone],
        "gone_waits": [each.waits for each in gone],
        "most": COUNTED + 1,
        "now": clock.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, values)
        # What is visible there and what waits there are two rows.
        studies: Counter[tuple[int, int, bool]] = Counter()
        for person, worklist, gains, number in cursor.fetchall():
            studies[person, worklist, gains] += number
    return [(*key, min(number, COUNTED + 1)) for key, number in studies.items()]


def _as_array(worklists: Collection[int]) -> str:
    return "{" + ",".join(map(str, sorted(worklists))) + "}"


# What is gone is there before the change and not after it: nothing of it is gained, and nothing is openable by it, but
# where a share that waits for approval is left. The rule is `explanation.opens_at`. What waits is found by its shares.
_COUNTED = """
WITH gone AS MATERIALIZED (
    SELECT * FROM unnest(%(gone_study)s::bigint[], %(gone_worklist)s::bigint[], %(gone_waits)s::bool[])
        AS g (study_id, worklist_id, waits)
)
SELECT r.person, r.worklist, r.gains, (
    SELECT count(*) FROM (
        SELECT FROM studies_placement p
        WHERE p.worklist_id = r.worklist
            AND CASE WHEN NOT r.waiting THEN p.visible_until > %(now)s
                ELSE p.exists_until > %(now)s AND p.visible_until <= %(now)s END
            AND (NOT r.waiting OR p.study_id IN (
                SELECT s.study_id FROM sharing_share s
                WHERE s.to_worklist_id = r.worklist AND s.ended_at IS NULL AND s.approved_at IS NULL))
            AND (NOT r.only_gone OR (p.study_id, p.worklist_id) IN (SELECT study_id, worklist_id FROM gone))
            AND (NOT r.gains OR (p.study_id, p.worklist_id) NOT IN (SELECT study_id, worklist_id FROM gone))
            AND NOT EXISTS (
                SELECT FROM studies_placement q
                LEFT JOIN gone g ON NOT r.gains AND g.study_id = q.study_id AND g.worklist_id = q.worklist_id
                WHERE q.study_id = p.study_id AND (
                    (q.worklist_id = ANY(r.visible_on::bigint[]) AND q.visible_until > %(now)s AND g.waits IS NULL)
                    OR (q.worklist_id = ANY(r.waiting_on::bigint[]) AND COALESCE(
                        g.waits, q.exists_until > %(now)s AND q.visible_until <= %(now)s)))
            )
        LIMIT %(most)s
    ) AS seen
)
FROM unnest(%(person)s::bigint[], %(worklist)s::bigint[], %(gains)s::bool[], %(waiting)s::bool[],
        %(only_gone)s::bool[], %(visible_on)s::text[], %(waiting_on)s::text[])
    AS r (person, worklist, gains, waiting, only_gone, visible_on, waiting_on)
"""


@dataclass(frozen=True)
class WhatIf:
    """The differences by person and worklist; `more` people were not asked about.

    `links` is how many guest links end, because their makers could make none there afterwards.
    """

    differences: list[Difference]
    more: int = 0
    links: int = 0


def if_role(role: Role, ticked: Collection[str]) -> WhatIf:
    """If a role had these permissions: the difference for everyone who acts by this role on some worklist."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT user_id FROM worklists_effective_role WHERE role_id = %s", [role.pk])
        holders = [user for (user,) in cursor.fetchall()]
    return _what_if(holders, with_role(role.pk, RoleFact(role.name, frozenset(ticked))))


def if_account_member(membership: AccountMembership, *, role: Role, every_worklist: bool) -> WhatIf:
    """If a person had this role in the account, with or without *Every worklist*."""
    member = AccountMember(role.pk, membership.active, every_worklist, membership.joined_at)
    change = with_account_member(membership.user_id, membership.account_id, member, _facts(role))
    return _what_if([membership.user_id], change, account=membership.account_id)


def if_left(membership: AccountMembership) -> WhatIf:
    """If a person left the account or were deactivated in it; onward shares that would then end are included."""
    change = with_account_member(membership.user_id, membership.account_id, None)
    gone = _gone_by_leaving(membership)
    people = {membership.user_id, *_openers_on({each.worklist for each in gone})}
    return _what_if(people, change, gone=gone, account=membership.account_id)


def if_deactivated(person: User) -> WhatIf:
    """If a person were deactivated on the platform: no share ends, and they open nothing."""
    return _what_if([person.pk], with_deactivated(person.pk))


def if_worklist_member(
    worklist: Worklist,
    people: Collection[int],
    *,
    role: Role | None,
    removed: bool = False,
    also: Sequence[Worklist] = (),
) -> WhatIf:
    """If they were members there and on `also`, with or without a role of their own, or were not members."""
    facts = _facts(role)

    def change(standings: standing.Standings) -> standing.Standings:
        member = None if removed else WorklistMember(role.pk if role is not None else None)
        for person, place in product(people, [worklist, *also]):
            standings = with_worklist_member(person, place.pk, member, facts)(standings)
        return standings

    return _what_if(people, change, account=worklist.account_id)


def if_default_role(worklist: Worklist, role: Role | None) -> WhatIf:
    """If a worklist had this default role: the difference for its members without a role of their own."""
    members = WorklistMembership.objects.filter(worklist=worklist, role=None)
    change = with_default_role(worklist.pk, role.pk if role is not None else None, _facts(role))
    return _what_if(list(members.values_list("user", flat=True)), change, account=worklist.account_id)


def _facts(role: Role | None) -> dict[int, RoleFact]:
    if role is None:
        return {}
    return {role.pk: RoleFact(role.name, frozenset(role.permissions.values_list("codename", flat=True)))}


def _what_if(
    people: Collection[int],
    change: Change,
    *,
    gone: Collection[Gone] = (),
    account: int | None = None,
) -> WhatIf:
    """`gone` is what the change ends; `account` whose worklists it may open."""
    users = {
        user.pk: user for user in User.objects.filter(pk__in=people).order_by("name", "pk")[:MOST_PEOPLE]
    }
    worklists = {each.pk: each for each in _worklists_of(users, account)}
    before = standing.read(list(users), worklists.values())
    rows = _rows(reaches(before, change(before), list(users)), {each.worklist for each in gone})
    differences = [
        Difference(users[person], worklists[worklist], gains, studies)
        for person, worklist, gains, studies in _counted(rows, gone)
        if studies
    ]
    order = {user: place for place, user in enumerate(users)}
    differences.sort(
        key=lambda each: (order[each.person.pk], each.gains, each.worklist.label, each.worklist.pk)
    )
    links = _links_that_end(people, change, worklists)
    return WhatIf(differences, max(len(set(people)) - len(users), 0), links)


def _links_that_end(people: Collection[int], change: Change, worklists: Mapping[int, Worklist]) -> int:
    """Of the guest links that these people made, however many people there are."""
    made = Counter(GuestLink.objects.live().filter(made_by__in=people).values_list("made_by", "worklist"))
    if not made:
        return 0
    places = Worklist.objects.with_names().filter(pk__in={worklist for _, worklist in made})
    before = standing.read(
        list({maker for maker, _ in made}), {**worklists, **{each.pk: each for each in places}}.values()
    )
    after = change(before)
    return sum(
        number for (maker, worklist), number in made.items() if not _makes_links(after.held(maker, worklist))
    )


def _makes_links(held: standing.HeldRole) -> bool:
    return held.rights.issuperset(access.GUEST_LINK_NEEDS)


def _worklists_of(users: Collection[int], account: int | None) -> QuerySet[Worklist]:
    """Every worklist that one of the people is on, and all of the account."""
    with connection.cursor() as cursor:
        cursor.execute(_WORKLISTS, {"users": list(users), "account": account})
        return Worklist.objects.with_names().filter(pk__in=[pk for (pk,) in cursor.fetchall()])


_WORKLISTS = """
SELECT worklist_id FROM worklists_effective_role WHERE user_id = ANY(%(users)s)
UNION SELECT id FROM worklists_worklist WHERE owner_id = ANY(%(users)s) OR account_id = %(account)s
"""


def _gone_by_leaving(membership: AccountMembership) -> list[Gone]:
    """What ends when the person's physician shares of the account end."""
    given = set(given_by(membership).values_list("pk", "study_id"))
    pks, now = {pk for pk, _ in given}, clock.now()
    gone = []
    for study, graph in load_graphs({study for _, study in given}).items():
        chosen = [share for share in graph.shares if share.pk in pks and graph.is_live(share, now)]
        after = graph.without(chosen)
        for worklist, times in graph.times.items():
            left = after.at(worklist)
            waits = left.exists > now >= left.visible
            was_visible, waited = times.visible > now, times.exists > now >= times.visible
            if (was_visible and left.visible <= now) or (waited and not waits):
                gone.append(Gone(study, worklist, waits))
    return gone


def _openers_on(worklists: Collection[int]) -> set[int]:
    if not worklists:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, [list(worklists), list(worklists)])
        return {user for (user,) in cursor.fetchall()}


_PEOPLE = """
SELECT user_id FROM worklists_effective_role WHERE worklist_id = ANY(%s)
UNION SELECT owner_id FROM worklists_worklist WHERE id = ANY(%s) AND owner_id IS NOT NULL
"""
