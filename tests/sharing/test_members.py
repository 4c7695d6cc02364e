"""Who is named as a worklist's members: the same as the rules of rights say row by row, however people came there."""

import json
import random
from itertools import groupby

import pytest
from django.db import connection

from accounts.models import AccountMembership, Role, User
from sharing.selectors.access import members
from tests.factories import join, make_group, make_location, make_user, role_of
from tests.plumbing import database
from worklists.models import Worklist, WorklistMembership

pytestmark = pytest.mark.django_db

SHOWN = 5


def by_the_rules(worklist):
    """Read from the rows of rights themselves, one worklist and one person after another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT er.user_id, er.role_id FROM worklists_effective_role er "
            "JOIN worklists_effective_right r USING (user_id, worklist_id) "
            "WHERE worklist_id = %s AND r.codename = 'list_studies'",
            [worklist.pk],
        )
        rows = cursor.fetchall()
    people, roles = User.objects.filter(is_active=True).in_bulk(), Role.objects.in_bulk()
    found = sorted((roles[role].name, role, people[user].name, user) for user, role in rows if user in people)
    named = [(name, [row[2] for row in same]) for name, same in groupby(found[:SHOWN], lambda row: row[0])]
    return named, len(found)


def as_told(worklists):
    told = members.members_of([worklist.pk for worklist in worklists])
    return {
        pk: ([(role.name, role.people) for role in roles], number) for pk, (roles, number) in told.items()
    }


@pytest.fixture
def crowd(cast):
    """People everywhere, people on single worklists, both; own, default and account roles; some of them inactive."""
    chance = random.Random(7)
    rank = [role_of(cast.northgate, name) for name in ("Administrator", "Radiologist", "Viewer")]
    blind = Role.objects.create(account=cast.northgate, name="Blind")
    worklists = [make_location(cast.northgate), make_group(cast.northgate), cast.ct, cast.chest, cast.imaging]
    Worklist.objects.filter(pk=worklists[0].pk).update(default_role=rank[2])
    Worklist.objects.filter(pk=worklists[1].pk).update(default_role=blind)
    for number in range(40):
        person = make_user(f"Person {number % 30:02}", email=f"person.{number}@example.org")
        join(person, cast.northgate, "Viewer", every_worklist=chance.random() < 0.6)
        AccountMembership.objects.filter(user=person).update(
            role=chance.choice([*rank, blind]), active=chance.random() < 0.9
        )
        for worklist in worklists[:4]:
            if chance.random() < 0.3:
                WorklistMembership.objects.create(
                    user=person, account=cast.northgate, worklist=worklist,
                    role=chance.choice([None, None, *rank, blind]),
                )  # fmt: skip
        User.objects.filter(pk=person.pk).update(is_active=chance.random() < 0.9)
    return worklists


def test_members_are_named_and_counted_as_the_rules_say(crowd, monkeypatch):
    monkeypatch.setattr(members, "MOST_MEMBERS", SHOWN)

    told = as_told(crowd)

    assert told == {worklist.pk: by_the_rules(worklist) for worklist in crowd}
    assert max(number for _, number in told.values()) > 4 * SHOWN


def test_all_who_are_everywhere_may_have_a_place_of_their_own(crowd, cast, monkeypatch):
    monkeypatch.setattr(members, "MOST_MEMBERS", SHOWN)
    everywhere = AccountMembership.objects.filter(account=cast.northgate, every_worklist=True)
    place = make_group(cast.northgate, "Everybody's")
    first = list(everywhere.order_by("role__name", "role", "user__name", "user"))[:-2]
    for membership in first:
        WorklistMembership.objects.create(
            user=membership.user, account=cast.northgate, worklist=place,
            role=Role.objects.get(account=cast.northgate, name="Blind"),
        )  # fmt: skip

    told = as_told([*crowd, place])

    assert told.get(place.pk, ([], 0)) == by_the_rules(place)
    assert told[crowd[0].pk] == by_the_rules(crowd[0])


def test_people_are_counted_without_their_names(crowd, cast):
    everybodys = make_group(cast.northgate, "Everybody's")
    for membership in AccountMembership.objects.filter(account=cast.northgate, active=True):
        WorklistMembership.objects.create(user=membership.user, account=cast.northgate, worklist=everybodys)
    worklists = [*crowd, everybodys, cast.ana.personal_worklist]

    counted = members.counts_of([worklist.pk for worklist in worklists])

    assert len(counted) == len(crowd) + 1
    assert counted == {pk: number for pk, (_, number) in as_told(worklists).items()}
    assert counted[everybodys.pk] == by_the_rules(everybodys)[1]


def test_one_statement_tells_of_any_number_of_worklists(crowd, django_assert_num_queries):
    with django_assert_num_queries(1):
        as_told(crowd)
    with django_assert_num_queries(1):
        members.counts_of([worklist.pk for worklist in crowd])


# What PostgreSQL may do without when what it knows of the tables is wrong.
PLANNERS = ("jit", "enable_hashjoin", "enable_mergejoin", "enable_nestloop", "enable_memoize")
FEW_WORKLISTS, MANY_WORKLISTS = 20, 80


# From PostgreSQL 18 on: the tables as if they had never been analysed.
CLEAR = """
    DO $$ BEGIN
        IF to_regprocedure('pg_clear_relation_stats(text, text)') IS NOT NULL THEN
            PERFORM pg_clear_relation_stats(schemaname, tablename) FROM pg_tables WHERE schemaname = 'public';
        END IF;
    END $$
"""


@pytest.fixture
def vacuumed(django_db_setup):
    """The tables without what other tests left in their files, whose size the plans depend on."""
    with database.owner(connection.settings_dict["NAME"]) as owner:
        owner.execute("VACUUM")
        owner.execute(CLEAR)


@pytest.mark.parametrize("switched_off", PLANNERS)
def test_many_worklists_made_a_moment_ago_cost_as_few_do(vacuumed, cast, monkeypatch, switched_off):
    """Each has a member of its own, who is on every other worklist as well."""
    monkeypatch.setattr(members, "MOST_MEMBERS", SHOWN)
    with connection.cursor() as cursor:
        # The tables are small here: they are read by their indexes, as they are in a hospital.
        cursor.execute(f"SET LOCAL enable_seqscan = off; SET LOCAL {switched_off} = off")

    few = rows_touched(led_worklists(cast.northgate, FEW_WORKLISTS))
    many = rows_touched(led_worklists(cast.riverside, MANY_WORKLISTS))

    assert 0 < many <= 1.3 * few * MANY_WORKLISTS / FEW_WORKLISTS


def led_worklists(account, number):
    people = User.objects.bulk_create(
        User(email=f"lead.{account.pk}.{n}@example.org", name=f"Lead {n}") for n in range(number)
    )
    role = role_of(account, "Viewer")
    AccountMembership.objects.bulk_create(
        AccountMembership(user=person, account=account, role=role, every_worklist=True) for person in people
    )
    made = Worklist.objects.bulk_create(
        Worklist(account=account, kind="group", name=f"Group {n}") for n in range(number)
    )
    WorklistMembership.objects.bulk_create(
        WorklistMembership(user=person, account=account, worklist=worklist)
        for person, worklist in zip(people, made, strict=True)
    )
    return [worklist.pk for worklist in made]


def rows_touched(worklists):
    """The rows PostgreSQL handed from step to step and threw away, in naming everybody on these worklists."""

    def touched(node):
        rows = node["Actual Rows"] + sum(
            rows for name, rows in node.items() if name.startswith("Rows Removed")
        )
        return rows * node["Actual Loops"] + sum(touched(part) for part in node.get("Plans", ()))

    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {members._MEMBERS}{members._NAMES}",
            [worklists, members.MOST_MEMBERS, members.MOST_MEMBERS],
        )
        [[plan]] = cursor.fetchall()
    return touched((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def test_a_personal_worklist_is_told_of_without_members(cast, monkeypatch):
    monkeypatch.setattr(members, "MOST_MEMBERS", SHOWN)

    assert as_told([cast.ana.personal_worklist, cast.ct]) == {cast.ct.pk: by_the_rules(cast.ct)}
