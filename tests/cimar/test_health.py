"""Whether the process lives and can serve, as whatever restarts it and whatever sends it requests ask."""

import http
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from cimar import health

OK, UNREADY = http.HTTPStatus.OK, http.HTTPStatus.SERVICE_UNAVAILABLE
# Longer than the answer may take, by what a busy machine adds.
SOON = 4.0
ADDRESSES = ["/health/live", "/health/ready", "/health/"]
READY = {"status": "ready", "database": "ok", "storage": "ok", "broker": "ok"}


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def database_at() -> Iterator[Any]:
    """Lets new connections go elsewhere; the test's own stays where it is."""
    before = dict(connection.settings_dict)

    def move(**where: Any) -> None:
        connection.settings_dict.update(where)

    yield move
    connection.settings_dict.update(before)


@pytest.fixture(autouse=True)
def unhurried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may need longer than the checks wait. That they give up on a database that never answers is tested
    with the silent port.
    """
    if "silent_port" not in request.fixturenames:
        monkeypatch.setattr(health, "PATIENCE", 60.0)


def ask(address: str, **headers: str) -> HttpResponse:
    return Client().get(address, headers=headers)


@pytest.mark.django_db
def test_ready_says_what_it_looked_at_and_nothing_else() -> None:
    answer = ask("/health/ready")

    assert (answer.status_code, answer.json()) == (OK, READY)
    assert ask("/health/").json() == READY


def test_live_needs_no_database() -> None:
    """No database mark: a statement would fail this test."""
    answer = ask("/health/live")

    assert (answer.status_code, answer.content) == (OK, b"live\n")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_probe_needs_no_host_name_no_https_and_leaves_no_session(address: str, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT, settings.ALLOWED_HOSTS = True, ["studies.hospital.example"]

    answer = ask(address, host="10.1.2.3:8000")

    assert (answer.status_code, answer.cookies) == (OK, {})
    assert Session.objects.count() == 0
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_probe_only_reads(address: str) -> None:
    assert Client().post(address).status_code == http.HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.django_db
def test_a_database_that_is_not_there_is_not_ready(database_at: Any, tmp_path: Path) -> None:
    database_at(HOST=str(tmp_path))

    answer = ask("/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (UNREADY, "unready")
    assert answer.json()["database"] == "away"
    assert ask("/health/live").status_code == OK


@pytest.mark.django_db
def test_a_database_that_hangs_is_answered_for_in_time(database_at: Any, silent_port: int) -> None:
    database_at(HOST="127.0.0.1", PORT=silent_port)
    started = time.monotonic()

    answer = ask("/health/ready")

    assert answer.status_code == UNREADY
    assert time.monotonic() - started < SOON


@pytest.mark.django_db
def test_however_often_it_is_asked_one_hung_connection_is_open(database_at: Any, silent_port: int) -> None:
    database_at(HOST="127.0.0.1", PORT=silent_port)
    check = health.CHECKS["database"]

    first, second = check.begin(), check.begin()

    assert first is second


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("undo", ["a migration", "the cache's table"])
def test_a_schema_that_is_behind_is_not_ready(undo: str, as_owner: Any) -> None:
    statement = {
        "a migration": "DELETE FROM django_migrations WHERE app = 'audit'",
        "the cache's table": "DROP TABLE cache",
    }[undo]
    as_owner(statement)

    answer = ask("/health/ready")

    assert (answer.status_code, answer.json()["database"]) == (UNREADY, "behind")


@pytest.mark.django_db(transaction=True)
def test_a_schema_that_is_ahead_serves_on(as_owner: Any) -> None:
    """While a new version is brought out, processes of the old one meet its schema."""
    as_owner(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('audit', '9999_of_the_next_version', now())"
    )

    assert ask("/health/ready").json() == READY


@pytest.mark.django_db
def test_without_the_broker_it_serves_and_says_so(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(current_app.conf, "broker_url", f"redis+socket://{tmp_path}/none.sock")

    answer = ask("/health/ready")

    assert (answer.status_code, answer.json()) == (OK, {**READY, "status": "degraded", "broker": "away"})


@pytest.mark.django_db
def test_without_the_storage_it_serves_and_says_so(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "lost").touch()
    lost = {**settings.STORAGES["dicom"], "OPTIONS": {"location": tmp_path / "lost" / "dicom"}}
    settings.STORAGES = {**settings.STORAGES, "dicom": lost}

    answer = ask("/health/ready")

    assert (answer.status_code, answer.json()) == (OK, {**READY, "status": "degraded", "storage": "away"})


@pytest.mark.django_db
def test_a_change_is_told_once(monkeypatch: Any, database_at: Any, tmp_path: Path, caplog: Any) -> None:
    monkeypatch.setattr(health, "_logged", ["ready"])
    caplog.set_level("INFO", logger="cimar.health")
    ask("/health/ready")
    database_at(HOST=str(tmp_path))
    ask("/health/ready")
    ask("/health/ready")

    told = [record.msg["event"] for record in caplog.records if record.name == "cimar.health"]

    assert [event for event in told if event != "a health check failed"] == ["unready"]


@pytest.mark.django_db(transaction=True)
def test_the_log_says_what_to_do(monkeypatch: Any, as_owner: Any, caplog: Any) -> None:
    monkeypatch.setattr(health, "_logged", ["ready"])
    as_owner("DELETE FROM django_migrations WHERE app = 'audit'")

    ask("/health/ready")

    (event,) = [record.msg for record in caplog.records if record.name == "cimar.health"]
    assert "older schema" in event["advice"]
    assert "manage.py prepare" in event["advice"]
