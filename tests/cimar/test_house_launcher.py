"""The launcher of the embedded services: shared, stopped by the last, and none the worse for kill -9."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from cimar.embedded import processes
from cimar.embedded.places import Places
from cimar.embedded.services import Services
from cimar.installation import APP_ROLE, OWNER_ROLE, Problem

pytestmark = [pytest.mark.process, pytest.mark.slow]
PROFILE = "test-launcher"


@pytest.fixture(scope="module")
def servers() -> Iterator[Services]:
    services = Services(PROFILE)
    yield services
    forget(services)


def forget(services: Services) -> None:
    services.stop()
    for folder in (services.places.servers_home(), services.places.home, services.places.sockets):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def running(servers: Services) -> Iterator[Services]:
    servers.enter()
    yield servers
    servers.leave()


def connect(services: Services, role: str = OWNER_ROLE) -> psycopg.Connection:
    return psycopg.connect(host=str(services.places.sockets), user=role, dbname="cimar", autocommit=True)


def pids(services: Services) -> tuple[int, int]:
    return services.postgres.pid(), services.valkey.pid()


def kill_outright(services: Services) -> None:
    found = pids(services)
    processes.send(list(found), signal.SIGKILL)
    assert processes.wait(lambda: not any(map(processes.alive, found)), 10)


def test_the_last_to_leave_stops_both_servers(servers):
    other = Services(PROFILE)
    servers.enter()
    other.enter()
    both = pids(servers)
    assert all(both)

    servers.leave()
    assert pids(other) == both

    other.leave()
    assert pids(other) == (0, 0)


def test_a_second_start_finds_the_same_servers(running):
    before = pids(running)
    running.start()
    assert pids(running) == before


def test_what_was_committed_survives_killing_both_servers():
    services = Services("test-durable")
    services.places.durable = True  # as bin/dev's are
    services.enter()
    try:
        with connect(services) as owner:
            owner.execute("CREATE TABLE kept AS SELECT 7 AS number")
        before = pids(services)

        kill_outright(services)
        services.keep_up()

        assert all(pids(services)) and set(pids(services)).isdisjoint(before)
        with connect(services) as owner:
            assert owner.execute("SELECT number FROM kept").fetchone() == (7,)
    finally:
        services.leave()
        forget(services)


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(running):
    data = running.postgres.data
    kill_outright(running)
    lines = (data / "postmaster.pid").read_text().splitlines()
    (data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    lock = running.places.sockets / ".s.PGSQL.5432.lock"
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    running.keep_up()

    assert all(pids(running))


def test_a_postgres_whose_socket_was_removed_is_replaced(running, monkeypatch):
    before = running.postgres.pid()
    monkeypatch.setattr("cimar.embedded.postgres.RECOVERY_PATIENCE", 0.5)
    (running.places.sockets / ".s.PGSQL.5432").unlink()

    running.start()

    assert running.postgres.pid() not in (0, before)
    assert not processes.alive(before)


def test_the_application_role_owns_nothing_and_may_use_what_the_owner_makes(running):
    with connect(running) as owner, connect(running, APP_ROLE) as app:
        owner.execute("CREATE TABLE rows_of_ours (id bigint GENERATED ALWAYS AS IDENTITY, note text)")
        app.execute("INSERT INTO rows_of_ours (note) VALUES ('mine')")
        assert app.execute("SELECT note FROM rows_of_ours").fetchall() == [("mine",)]
        for forbidden in ("CREATE TABLE mine (id int)", "TRUNCATE rows_of_ours", "DROP TABLE rows_of_ours"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(forbidden)


def test_nothing_listens_on_the_network(running):
    with connect(running) as owner:
        assert owner.execute("SHOW listen_addresses").fetchone() == ("",)
    assert running.places.sockets.stat().st_mode & 0o777 == 0o700


def test_a_socket_folder_of_somebody_else_is_refused_with_a_sentence():
    places = Places("test-strange")
    places.sockets.mkdir(mode=0o755)
    try:
        with pytest.raises(Problem, match="is not a 0700 folder"):
            places.make()
    finally:
        places.sockets.rmdir()
        shutil.rmtree(places.home)


def test_down_does_not_take_the_servers_from_those_who_use_them(running):
    down = [sys.executable, "-m", "cimar.embedded", "down", "--profile", PROFILE]
    output = subprocess.run(down, capture_output=True, text=True, check=False)
    assert output.returncode == 1 and "the services are still in use" in output.stderr
    assert all(pids(running))


def test_run_hands_on_the_exit_status_of_its_command():
    run = [sys.executable, "-m", "cimar.embedded", "run", "--profile", PROFILE, "--", "sh", "-c", "exit 7"]
    assert subprocess.run(run, check=False).returncode == 7


def test_servers_outlive_a_killed_run_for_as_long_as_its_command_lives(servers, tmp_path):
    script = f"echo $$ > {tmp_path}/pid; sleep 60"
    run = [sys.executable, "-m", "cimar.embedded", "run", "--profile", PROFILE, "--", "sh", "-c", script]
    with subprocess.Popen(run, start_new_session=True) as launcher:
        assert processes.wait(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), 30)
        launcher.kill()
    command = int((tmp_path / "pid").read_text())
    assert servers.in_use()

    os.killpg(launcher.pid, signal.SIGKILL)

    assert processes.wait(lambda: not processes.alive(command) and not servers.in_use(), 10)


def test_an_orphaned_group_is_ended_and_a_reused_id_is_left_alone(tmp_path):
    script = "sleep 60 & sleep 60"
    with subprocess.Popen(["sh", "-c", script], start_new_session=True, cwd=tmp_path) as leader:
        since = processes.started(leader.pid)
        assert processes.wait(lambda: len(processes.group(leader.pid, since, tmp_path)) == 3, 10)

        assert not processes.end_group(leader.pid, "another moment", tmp_path)
        assert processes.alive(leader.pid)

        leader.kill()
        assert processes.end_group(leader.pid, since, tmp_path)
        assert processes.group(leader.pid, since, tmp_path) == []
