"""The trail is only ever added to: by trigger for the owner, by right for the site's own role."""

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.models import User
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from audit.services import On, event, record, record_all
from common.copying import FEW, copy_in
from tests.cast import acting

CHANGES = [
    "UPDATE audit_auditevent SET by_label = 'somebody else'",
    "DELETE FROM audit_auditevent",
    "TRUNCATE audit_auditevent",
    "UPDATE audit_auditevent SET at = at WHERE id = -1",
]
BY_THE_BACK_DOOR = [
    "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_lines_stay_as_written ON audit_auditevent",
    "DROP TABLE audit_auditevent",
    "GRANT ALL ON audit_auditevent TO cimar_app",
    "SET ROLE cimar_owner",
    "SET session_replication_role = replica",
]


@pytest.fixture
def a_line(transactional_db):
    record(Action.STUDY_OPEN, by=OPERATOR, on=On(study_id=1))
    return AuditEvent.objects.get()


@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_is_refused_by_the_trigger(a_line, as_owner, change):
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added to"):
        as_owner(change)
    assert as_owner("SELECT count(*), min(by_label) FROM audit_auditevent") == [(1, "CIMAR")]


@pytest.mark.parametrize("change", CHANGES)
def test_the_sites_own_role_is_refused_by_right(a_line, change):
    with pytest.raises(ProgrammingError, match="permission denied for table"), connection.cursor() as cursor:
        cursor.execute(change)
    a_line.refresh_from_db()
    assert a_line.by_label == "CIMAR"


@pytest.mark.parametrize("change", BY_THE_BACK_DOOR)
def test_the_sites_own_role_cannot_take_the_guard_away(db, change):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('audit_auditevent', 'UPDATE, DELETE, TRUNCATE')")
        assert cursor.fetchone() == (False,)
    # GRANT by a role without the right to grant is a warning in PostgreSQL; the right is looked at afterwards.
    with connection.cursor() as cursor:
        said = _try(cursor, change)
        cursor.execute(
            "SELECT has_table_privilege('audit_auditevent', 'UPDATE, DELETE, TRUNCATE'), current_user"
        )
        assert cursor.fetchone() == (False, "cimar_app"), said
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'audit_auditevent'::regclass AND tgenabled = 'O'"
        )
        assert cursor.fetchone() == (3,)


LONG_AGO = "'2001-01-01 00:00+00'"
ANOTHER_TIME = [
    f"INSERT INTO audit_auditevent (action, at) VALUES ('study:study:open', {LONG_AGO})",
    f"INSERT INTO audit_auditevent (action, at) SELECT 'study:study:open', {LONG_AGO}",
    "INSERT INTO audit_auditevent (action, at) VALUES ('study:study:open', now() + interval '1 year')",
]


@pytest.mark.parametrize("insert", ANOTHER_TIME)
def test_the_database_sets_the_time_of_an_event_whatever_the_sites_role_writes(db, insert):
    with connection.cursor() as cursor:
        cursor.execute(insert)
        cursor.execute(
            "SELECT abs(extract(epoch FROM statement_timestamp() - at)) < 60 FROM audit_auditevent"
        )
        assert cursor.fetchone() == (True,)


def test_the_time_is_the_databases_also_in_a_copy_and_through_the_door(db):
    given = datetime(2001, 1, 1, tzinfo=UTC)
    lines = [event(Action.STUDY_OPEN, by=OPERATOR, on=On(study_id=number)) for number in range(FEW + 1)]
    for line in lines:
        line.at = given
    record_all(lines)
    copy_in(AuditEvent, ["action", "at", "detail"], [("study:study:open", given, "{}")])
    assert {at.year > 2001 for at in AuditEvent.objects.values_list("at", flat=True)} == {True}


MIGRATIONS = [
    "DELETE FROM django_migrations",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('audit', '9999', now())",
    "UPDATE django_migrations SET name = name",
    "TRUNCATE django_migrations",
]


@pytest.mark.parametrize("change", MIGRATIONS)
def test_the_sites_own_role_cannot_touch_the_list_of_migrations(db, change):
    denied = pytest.raises(ProgrammingError, match="permission denied")
    with connection.cursor() as cursor, denied, transaction.atomic():
        cursor.execute(change)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) > 0 FROM django_migrations")
        assert cursor.fetchone() == (True,)


def test_the_sites_own_role_can_put_no_clock_of_its_own_before_the_databases(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_temp%%' "
            "AND has_schema_privilege(oid, 'CREATE')",
            [],
        )
        assert cursor.fetchall() == []


def _try(cursor, statement):
    try:
        with transaction.atomic():
            cursor.execute(statement)
    except ProgrammingError as refused:
        return str(refused)
    return "no error"


def test_a_line_outlives_what_it_names(cast):
    on = On(study_id=cast.study.pk, worklist_id=cast.ct.pk, worklist_label=cast.ct.label)
    record(Action.STUDY_OPEN, by=acting(cast.ana), on=on)
    cast.placement.delete()
    cast.study.delete()
    line = AuditEvent.objects.get(action=Action.STUDY_OPEN)
    assert (line.study_id, line.worklist_label, line.by_label) == (
        on.study_id, "CT Reporting", "Ana <ana@example.org>",
    )  # fmt: skip


def test_the_audit_table_has_no_foreign_keys(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_constraint WHERE conrelid = 'audit_auditevent'::regclass AND contype = 'f'"
        )
        assert cursor.fetchone() == (0,)


def test_a_deed_that_cannot_be_audited_is_undone(cast):
    def deed():
        with transaction.atomic():
            cast.study.description = "changed"
            cast.study.save()
            record(Action.STUDY_EDIT, by=acting(cast.ana), on=On(), outcome="perhaps")

    with pytest.raises(Exception, match="audit_outcome_is_success_or_refused"):
        deed()
    cast.study.refresh_from_db()
    assert cast.study.description == "CT chest"


def test_many_lines_are_written_in_one_statement(db, django_assert_num_queries):
    lines = [event(Action.STUDY_OPEN, by=OPERATOR, on=On(study_id=number)) for number in range(500)]
    with transaction.atomic(), django_assert_num_queries(1), transaction.atomic(savepoint=False):
        record_all(lines)
    assert AuditEvent.objects.count() == 500


def test_the_longest_name_and_address_fit_in_a_line(db):
    user = User(pk=1, name="N" * 200, email=f"{'e' * 60}@{'d' * 180}.example.org")
    record(Action.SIGN_IN, by=acting(user))
    label = AuditEvent.objects.get().by_label
    assert len(label) == 300 and label.endswith(f"N <{user.email}>")
