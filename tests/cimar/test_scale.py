"""Generated data is lawful, has what it says, and is not loaded twice."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise

import pytest
from django.db.models import QuerySet

from accounts.models import Account, User
from audit.actor import Actor
from cimar.demo.scale.sizes import Sizes
from cimar.installation import CHECKOUT
from sharing.models import Share
from sharing.selectors import register, shared_by_me
from sharing.selectors.incoming import urgent_and_unopened
from sharing.selectors.share_filters import ShareFilters
from studies.selectors import Question, all_lists, listing
from tests.plumbing import database
from worklists.models import Worklist

NUMBER = 1_000
NAME = f"scale_test_{os.getpid()}"


def manage(*arguments: str, role: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CIMAR_DATABASE_NAME": NAME, "CIMAR_DATABASE_ROLE": role}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def loaded(django_db_setup: None) -> Iterator[str]:
    """What loading said."""
    database.create(NAME, database.template())
    try:
        done = manage("load_demo", "--scale", str(NUMBER))
        assert done.returncode == 0, done.stderr
        yield done.stdout
    finally:
        database.drop(NAME)


def ask(query: str) -> list[tuple]:
    with database.owner(NAME) as owner:
        return owner.execute(query.encode()).fetchall()


@pytest.mark.parametrize("check", ["check_placements", "check_access"])
def test_it_is_lawful(loaded, check):
    done = manage(check)

    assert (done.returncode, done.stderr) == (0, "")


def test_it_says_how_far_it_is(loaded):
    assert f"{NUMBER:,} studies, " in loaded
    assert f"done: {NUMBER:,} studies" in loaded


def test_there_is_as_much_of_everything_as_it_says(loaded):
    [(studies, people, biggest)] = ask(
        "SELECT (SELECT count(*) FROM studies_study), (SELECT count(*) FROM accounts_user),"
        " (SELECT max(n) FROM (SELECT count(*) AS n FROM studies_placement GROUP BY worklist_id) AS each)"
    )
    [(placements, shares, events)] = ask(
        "SELECT (SELECT count(*) FROM studies_placement), (SELECT count(*) FROM sharing_share),"
        " (SELECT count(*) FROM audit_auditevent WHERE study_id IS NOT NULL OR worklist_id IS NOT NULL)"
    )

    assert (studies, people, biggest) == (NUMBER, Sizes(NUMBER).people, NUMBER * 3 // 10)
    assert 2.5 < placements / studies < 3.5
    assert 1.8 < shares / studies < 2.8
    assert 9 < events / studies < 11


def test_there_are_shares_of_every_kind(loaded):
    methods = {row[0] for row in ask("SELECT DISTINCT method FROM sharing_share WHERE ended_at IS NULL")}
    ends = {row[0] for row in ask("SELECT DISTINCT end_reason FROM sharing_share")}
    [(onward, waiting, external)] = ask(
        "SELECT (SELECT count(*) FROM sharing_share s JOIN studies_study t ON t.id = s.study_id"
        " WHERE s.from_worklist_id <> t.home_id),"
        " (SELECT count(*) FROM sharing_share WHERE approved_at IS NULL AND ended_at IS NULL),"
        " (SELECT count(*) FROM studies_placement WHERE internal_until < visible_until)"
    )

    assert methods == {"location", "group", "physician", "code", "email"}
    assert ends == {"", "ended", "expired", "removed", "unreachable"}
    assert min(onward, waiting, external) > 0


def test_a_name_and_a_modality_are_common_elsewhere_and_absent_on_the_big_worklist(loaded):
    absent = ask(
        "SELECT count(*) FILTER (WHERE w.name = 'Central reporting'), count(*) FROM studies_placement p"
        " JOIN worklists_worklist w ON w.id = p.worklist_id"
        " WHERE p.name_key LIKE 'penhaligon%' OR p.modalities @> ARRAY['XA']::varchar[]"
    )

    [(here, everywhere)] = absent
    assert here == 0
    assert everywhere > NUMBER // 50


def test_every_key_is_what_the_database_itself_would_have_written(loaded):
    wrong = ask(
        "SELECT p.id FROM studies_placement p JOIN studies_study s ON s.id = p.study_id"
        " JOIN worklists_worklist w ON w.id = p.worklist_id"
        " WHERE (p.uuid, p.is_home, p.study_time, p.name_key, p.name_words, p.mrn_key, p.accession_key, p.modalities)"
        " IS DISTINCT FROM (placement_uuid(s.uuid, w.uuid), s.home_id = w.id, dicom_time(s.study_time_raw),"
        " name_key(s.patient_name), name_words(s.patient_name),"
        " upper(btrim(s.patient_id)), upper(btrim(s.accession_number)), s.modalities)"
    )

    assert wrong == []


@pytest.mark.parametrize(
    ("question", "index", "key"),
    [
        (Question(text="penhaligon"), "placements_by_words", "name_words"),
        (Question(modality="XA"), "placements_by_modality", "modalities"),
    ],
)
def test_a_search_asks_its_index_for_the_worklist_too(loaded, question, index, key):
    """A GIN index compares a bigint with a bigint alone: asked with another number it looks on every worklist."""
    [(big,)] = ask("SELECT id FROM worklists_worklist WHERE name = 'Central reporting'")
    sql, parameters = listing._hits(Worklist(pk=big), question).query.sql_with_params()
    others = ask(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'studies_placement'::regclass"
        f" AND NOT indisunique AND indexrelid <> '{index}'::regclass"
    )
    with database.owner(NAME) as owner, owner.transaction(force_rollback=True):
        # A small table has better plans: what is asked is whether the index could be used so.
        owner.execute("SET LOCAL enable_seqscan = off")
        for (other,) in others:
            owner.execute(f"DROP INDEX {other}")
        plan = [row[0].strip() for row in owner.execute("EXPLAIN " + sql, parameters).fetchall()]

    conditions = [below for line, below in pairwise(plan) if line.startswith("->") and f" {index} " in line]
    [condition] = [one for one in conditions if key in one]
    assert "worklist_id = " in condition


@pytest.mark.parametrize("everywhere", [False, True])
def test_urgent_studies_are_read_by_their_shares(loaded, everywhere):
    """Those of a worklist are few among its studies, and no study of it is read for them."""
    [(big,)] = ask("SELECT id FROM worklists_worklist WHERE name = 'Central reporting'")
    question = Question(urgent=urgent_and_unopened())
    by = Actor.of(User(pk=1))
    hits = all_lists._hits(by, question) if everywhere else listing._hits(Worklist(pk=big), question)
    sql, parameters = hits.query.sql_with_params()
    with database.owner(NAME) as owner, owner.transaction(force_rollback=True):
        for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
            owner.execute(f"SET LOCAL enable_{way} = off")
        plan = [row[0].strip() for row in owner.execute("EXPLAIN " + sql, parameters).fetchall()]

    conditions = [below for line, below in pairwise(plan) if " shares_urgent_on_a_worklist " in line]
    assert len(conditions) == 1, plan
    assert "to_worklist_id = " in conditions[0]
    assert not any(" placements_by_" in line for line in plan), plan


def plan_of(rows: QuerySet[Share], without: str) -> list[str]:
    """Of a page of these rows, newest first: how the database would read a big table."""
    sql, parameters = rows.order_by("-pk")[:51].query.sql_with_params()
    with database.owner(NAME) as owner, owner.transaction(force_rollback=True):
        # A small table has better plans: what is asked is whether the index could be used so.
        for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort"):
            owner.execute(f"SET LOCAL enable_{way} = off")
        if without:
            owner.execute(f"DROP INDEX {without}")
        return [row[0].strip() for row in owner.execute("EXPLAIN " + sql, parameters).fetchall()]


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (ShareFilters(), "register_of_an_account"),
        (ShareFilters(state="current"), "register_of_an_account"),
        (ShareFilters(method="email"), "register_by_method"),
        (ShareFilters(outside=True), "register_of_outside_shares"),
    ],
)
def test_a_page_of_a_register_is_a_range_of_its_index_in_its_order(loaded, filters, index):
    [(account, _number)] = ask(
        "SELECT account_id, count(*) FROM sharing_registeredshare GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
    )
    others = {"register_of_an_account", "register_by_method", "register_of_outside_shares"} - {index}
    rows = register._registered(Account(pk=account), Actor.of(User(pk=1)), filters)

    plan = plan_of(rows, ", ".join(sorted(others)))

    assert any(f"Scan using {index} " in line for line in plan)
    # Not read whole and sorted afterwards.
    assert [line for line in plan[:3] if "Sort" in line] == []


def test_the_unended_shares_of_a_person_are_a_range_of_their_index(loaded):
    by = Actor.of(User(pk=1))
    rows = shared_by_me._filtered(shared_by_me._own_shares(by), by, ShareFilters(state="current"))

    plan = plan_of(rows, "shares_made_by")

    assert any("Scan using shares_made_by_not_ended " in line for line in plan)
    assert [line for line in plan[:3] if "Sort" in line] == []


def test_the_registers_hold_what_the_trigger_would_have_written(loaded):
    [(shares, registered, wrong)] = ask(
        "SELECT (SELECT count(*) FROM sharing_share s JOIN worklists_worklist w ON w.id = s.from_worklist_id"
        " WHERE w.account_id IS NOT NULL),"
        " (SELECT count(*) FROM sharing_share s JOIN worklists_worklist w ON w.id = s.from_worklist_id"
        " JOIN sharing_registeredshare r ON r.share_id = s.id AND r.account_id = w.account_id),"
        " (SELECT count(*) FROM sharing_share s JOIN sharing_registeredshare r ON r.share_id = s.id"
        " WHERE r.method <> s.method OR (s.method = 'email') > r.is_outside)"
    )

    assert (registered, wrong) == (shares, 0)
    assert shares > NUMBER


def _spelled_alike(definition: str) -> str:
    """A list of texts in a condition, spelled as PostgreSQL does after reading its own words: a cast at each text.

    `action IN ('a', 'b')` is kept as `(ARRAY['a'::varchar, …])::text[]`, and as `ARRAY[('a'::varchar)::text, …]` once
    that definition was run again, as a restored dump does. Planned, both are the same constant.
    """
    each = re.sub(r"\('([^']*)'::character varying\)::text", r"'\1'::character varying", definition)
    return re.sub(r"\(ARRAY\[([^]]*)\]\)::text\[\]", r"ARRAY[\1]", each)


def test_what_was_put_away_is_back(loaded):
    def schema(name: str) -> list[tuple]:
        with database.owner(name) as owner:
            lines = owner.execute(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace"
                " UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
                " UNION ALL SELECT tgname || tgenabled::text, pg_get_triggerdef(oid) FROM pg_trigger"
                " WHERE NOT tgisinternal ORDER BY 1, 2"
            ).fetchall()
        return sorted((name, _spelled_alike(definition)) for name, definition in lines)

    assert schema(NAME) == schema(database.template())


def test_it_is_not_loaded_twice(loaded):
    before = ask("SELECT count(*), max(id) FROM studies_study")

    again = manage("load_demo", "--scale", str(NUMBER))

    assert again.returncode == 1
    assert "holds generated data already" in again.stderr
    assert "To begin anew, drop the database" in again.stderr
    assert ask("SELECT count(*), max(id) FROM studies_study") == before


def test_fewer_than_a_thousand_are_refused_with_a_sentence(loaded):
    done = manage("load_demo", "--scale", "999")

    assert done.returncode == 1
    assert "Generated data begins at 1,000 studies" in done.stderr
