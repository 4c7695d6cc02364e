"""The ground that tests stand on."""

import importlib.util
import os
import pkgutil
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace

import pytest
from _pytest.assertion.rewrite import AssertionRewritingHook
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import ProgrammingError, connection

import tests
from cimar.installation import CHECKOUT
from tests.bad_files import dicom_storage
from tests.copied import begin_with
from tests.mail_server import html_of
from tests.plumbing.network import Blocked
from tests.process_files import check_marks, files_with_processes

__all__ = ["dicom_storage"]


def test_no_run_deletes_what_another_keeps(screenshots: Path, pytestconfig: pytest.Config, tmp_path: Path):
    """Playwright's plugin empties the folder named here as a run begins: this run's pictures stand elsewhere."""
    kept = screenshots / f"kept-{os.getpid()}.txt"
    kept.write_text("a picture")
    (tmp_path / "test_other.py").write_text("def test_it_runs():\n    assert True\n")

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "pyproject.toml", "--rootdir", ".", str(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 passed" in run.stdout
    assert kept.read_text() == "a picture"
    assert Path(pytestconfig.getoption("--output")) != screenshots
    kept.unlink()


@pytest.mark.django_db
def test_tests_run_as_the_application_not_as_the_owner():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("cimar_app",)


@pytest.mark.django_db
def test_the_application_cannot_change_the_schema():
    with connection.cursor() as cursor, pytest.raises(ProgrammingError, match="permission denied"):
        cursor.execute("CREATE TABLE mine (id int)")


@pytest.mark.django_db(transaction=True)
def test_what_a_transactional_test_commits_is_there_for_others():
    ContentType.objects.create(app_label="left_behind", model="row")
    seen = []
    other = threading.Thread(target=lambda: (seen.append(_left_behind()), connection.close()))
    other.start()
    other.join()
    assert seen == [1]


@pytest.mark.django_db(transaction=True)
def test_what_a_transactional_test_committed_is_gone_in_the_next():
    assert _left_behind() == 0
    assert ContentType.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_tests_that_commit_begin_with_is_made_once_and_copied_back(request, dicom_storage):
    def make() -> str:
        ContentType.objects.create(app_label="left_behind", model="row")
        storages["dicom"].save("picture", ContentFile(b"pixels"))
        return f"made {len(list(dicom_storage.iterdir()))}"

    made = begin_with("house", make, request)
    ContentType.objects.filter(app_label="left_behind").delete()
    storages["dicom"].delete("picture")

    assert begin_with("house", lambda: "made anew", request) == made
    assert _left_behind() == 1
    assert storages["dicom"].open("picture").read() == b"pixels"


def _left_behind() -> int:
    return ContentType.objects.filter(app_label="left_behind").count()


@pytest.mark.django_db
def test_the_database_clock_can_be_moved(clock):
    before = clock.now()
    clock.move(days=3)
    assert timedelta(days=3) <= clock.now() - before < timedelta(days=3, minutes=1)


@pytest.mark.django_db
def test_the_database_clock_stands_right_in_the_next_test(clock):
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp() - pg_catalog.statement_timestamp()")
        assert cursor.fetchone() == (timedelta(0),)


@pytest.mark.django_db(transaction=True)
def test_other_connections_follow_the_moved_clock(clock):
    clock.move(hours=-5)
    seen = []
    other = threading.Thread(target=lambda: (seen.append(clock.now()), connection.close()))
    other.start()
    other.join()
    assert abs(seen[0] - clock.now()) < timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_the_owner_may_do_what_the_application_may_not(as_owner):
    assert as_owner("SELECT current_user") == [("cimar_owner",)]
    assert as_owner("CREATE TABLE mine (id int)") == []


def test_a_failed_assertion_in_a_helper_shows_its_values():
    mail = EmailMessage()
    mail.set_content("Without a part in HTML.")

    with pytest.raises(AssertionError, match="assert None is not None"):
        html_of(mail)


def test_the_assertions_of_every_helper_are_rewritten():
    names = [module.name for module in pkgutil.walk_packages(tests.__path__, "tests.")]
    loaders = {name: importlib.util.find_spec(name).loader for name in names}

    assert {"tests.cast", "tests.browser.viewer_study", "tests.plumbing.browser"} <= loaders.keys()
    assert [name for name, loader in loaders.items() if not isinstance(loader, AssertionRewritingHook)] == []


def test_no_test_reaches_another_machine():
    with socket.socket() as line, pytest.raises(Blocked, match="may not reach 192.0.2.1"):
        line.connect(("192.0.2.1", 80))


def test_no_test_looks_up_another_machine():
    with pytest.raises(Blocked, match="may not look up 'example.org'"):
        socket.getaddrinfo("example.org", 80)


def test_this_machine_is_open_to_tests():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as line:
        line.connect(server.getsockname())
        assert line.getpeername() == server.getsockname()


def test_a_test_of_processes_that_no_part_of_a_run_would_read_stops_the_run(tmp_path):
    marked = SimpleNamespace(
        path=tmp_path / "test_marked.py", get_closest_marker=lambda name: name == "process"
    )
    marked.path.write_text("pytestmark = MARKS")

    with pytest.raises(pytest.UsageError, match="test_marked.py: write pytest.mark.process"):
        check_marks([marked])
    assert "tests/cimar/test_house_plumbing.py" in files_with_processes()


@pytest.mark.process
@pytest.mark.slow
def test_a_module_may_have_servers_of_its_own_and_stop_them(own_services):
    assert own_services.manage("check")
    own_services.valkey.stop()
    own_services.postgres.stop()

    own_services.keep_up()

    assert own_services.postgres.pid() and own_services.valkey.pid()
