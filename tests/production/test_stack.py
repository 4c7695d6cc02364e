"""The stack as it runs: every health check, who may do what in the database, and what the pool keeps apart."""

import re
from typing import Any

import psycopg
import pytest

from tests.processes import eventually
from tests.production.people import Guest
from tests.production.stack import Stack

pytestmark = [pytest.mark.process, pytest.mark.slow]

# valkey-cli comes with the image and not with the server's wheel.
CHECKED = ["nginx", "web", "worker", "beat", "pgbouncer", "postgres", "s3"]
ADDRESS = "127.0.0.8"


def pooled(stack: Stack, database: str, **more: Any) -> psycopg.Connection:
    """As the site does: through the pool, with nothing prepared."""
    through = {**stack.database("cimar_app"), "host": stack["pgbouncer-1"].address, "port": "6432"}
    return psycopg.connect(**{**through, "dbname": database, **more}, prepare_threshold=None, autocommit=True)


def shown(connection: psycopg.Connection, name: str) -> str:
    return connection.execute(f"SHOW {name}").fetchone()[0]


@pytest.mark.parametrize("service", CHECKED)
def test_every_health_check_is_content(stack: Stack, service: str) -> None:
    for replica in stack.of(service):
        command = [replica.led(part) for part in replica.service.healthcheck]
        eventually(lambda replica=replica, command=command: replica.run(command).returncode == 0, 60)


def test_a_health_check_says_when_a_server_is_gone(stack: Stack) -> None:
    for service in ("web", "pgbouncer", "s3"):
        (replica, *_) = stack.of(service)
        command = [
            replica.led(part).replace(replica.address, "127.1.1.1") for part in replica.service.healthcheck
        ]
        assert replica.run(command).returncode != 0


def test_what_is_for_us_is_not_to_be_had_through_the_proxy(stack: Stack) -> None:
    guest = Guest(stack, ADDRESS)

    answers = {path: guest.get(path).status for path in ("/health/live", "/health/ready", "/metrics")}

    assert answers == {"/health/live": 200, "/health/ready": 404, "/metrics": 404}


def test_static_files_are_the_ones_that_the_pages_name(stack: Stack) -> None:
    guest = Guest(stack, ADDRESS)
    named = re.findall(r'"(/static/[^"#]+)', guest.get("/sign-in/login/").text)

    assert named
    assert {guest.get(path).status for path in named} == {200}
    assert [path for path in named if not re.search(r"\.[0-9a-f]{12}\.\w+$", path)] == []


def test_the_site_finds_no_warning_in_its_own_environment(stack: Stack) -> None:
    command = ["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"]

    for name in ("web-1", "worker-1", "beat-1", "migrate-1"):
        done = stack[name].run(command)
        assert done.returncode == 0, done.stderr


def test_bringing_it_up_to_date_a_second_time_changes_nothing(stack: Stack) -> None:
    stack.prepare()


def test_a_backup_is_made_and_verified_as_the_service_for_it(stack: Stack) -> None:
    backup = stack["backup-1"]
    folder = "/backups/cimar"

    for command in (["bin/backup", folder], ["bin/backup", "verify", folder], backup.service.command):
        done = backup.run([backup.led(part) for part in command])
        assert done.returncode == 0, done.stdout + done.stderr
    assert "0 missing" in done.stdout


# --- The database -------------------------------------------------------------------------------------------


def test_pages_have_half_a_minute_and_workers_a_quarter_of_an_hour(stack: Stack) -> None:
    with pooled(stack, "cimar") as page, pooled(stack, "cimar_jobs") as job:
        assert shown(page, "statement_timeout") == "30s"
        assert shown(job, "statement_timeout") == "15min"
        assert shown(page, "lock_timeout") == shown(job, "lock_timeout") == "30s"
        assert shown(page, "idle_in_transaction_session_timeout") == "10min"
        assert shown(page, "timezone") == "UTC"


def test_a_statement_that_takes_too_long_is_given_up(stack: Stack) -> None:
    with pooled(stack, "cimar") as page, page.transaction():
        page.execute("SET LOCAL statement_timeout = '50ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            page.execute("SELECT pg_sleep(5)")


def test_what_a_transaction_sets_for_itself_reaches_nobody_else(stack: Stack) -> None:
    with pooled(stack, "cimar") as page:
        with page.transaction():
            page.execute("SET LOCAL lock_timeout = '1s'")
            page.execute("SELECT pg_advisory_xact_lock(117)")
        assert shown(page, "lock_timeout") == "30s"
        assert page.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()[0] == 0


def test_the_owner_gives_up_waiting_for_a_lock_before_others_pile_up_behind(stack: Stack) -> None:
    with psycopg.connect(**stack.database("cimar_owner")) as owner:
        assert shown(owner, "lock_timeout") == "5s"


@pytest.mark.parametrize("change", [{"password": "a guess"}, {"password": ""}, {"user": "cimar_owner"}])
def test_the_pool_lets_in_the_application_with_its_password_alone(
    stack: Stack, change: dict[str, str]
) -> None:
    with pytest.raises(psycopg.OperationalError):
        pooled(stack, "cimar", **change)


@pytest.mark.parametrize("role", ["cimar_app", "cimar_owner"])
def test_the_database_lets_nobody_in_without_a_password(stack: Stack, role: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**{**stack.database(role), "password": ""})


def test_the_application_may_only_add_to_the_audit_and_changes_no_schema(stack: Stack) -> None:
    with psycopg.connect(**stack.database("cimar_app"), autocommit=True) as site:
        for statement in (
            "DELETE FROM audit_auditevent",
            "UPDATE audit_auditevent SET outcome = ''",
            "CREATE TABLE mine (id int)",
            "CREATE TEMPORARY TABLE mine (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                site.execute(statement)


def test_no_value_of_a_failed_statement_reaches_the_servers_log(stack: Stack) -> None:
    with pooled(stack, "cimar") as page, pytest.raises(psycopg.errors.UniqueViolation), page.transaction():
        page.execute("INSERT INTO cache VALUES ('quill-hazel', 'x', now()), ('quill-hazel', 'x', now())")
    logs = [stack["postgres-1"].log.read_text(), stack["pgbouncer-1"].log.read_text()]

    assert "duplicate key value violates unique constraint" in logs[0]
    assert not any("quill" in log for log in logs)


def test_the_broker_wants_its_password(stack: Stack) -> None:
    import redis

    with pytest.raises(redis.AuthenticationError):
        redis.Redis(stack["valkey-1"].address, 6379).ping()
    secret = (stack.secrets / "broker_password").read_text()
    assert redis.Redis(stack["valkey-1"].address, 6379, password=secret).ping()
