"""Which commit the rehearsal of an upgrade (bin/rehearse) starts from, and what it sees of locks."""

import subprocess
from pathlib import Path

import pytest
from django.db import connection

from cimar.embedded import processes
from tests.plumbing import database
from tests.rehearsal import history
from tests.rehearsal.locks import Watch


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    return folder


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, name: str) -> str:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(name)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", name)
    return git(folder, "rev-parse", "HEAD")


def test_it_starts_from_the_commit_before_the_newest_migration(repository: Path, tmp_path: Path) -> None:
    commit(repository, "studies/migrations/0001_initial.py")
    before = commit(repository, "studies/models.py")
    commit(repository, "studies/migrations/0002_more.py")
    commit(repository, "README")

    found = history.commit_before(repository)
    history.unpack(found, tmp_path / "before", repository)

    assert found == before
    there = sorted(path.name for path in (tmp_path / "before").rglob("*.py"))
    assert there == ["0001_initial.py", "models.py"]


def test_it_starts_from_the_commit_checked_out_where_a_migration_is_not_committed(repository: Path) -> None:
    commit(repository, "studies/migrations/0001_initial.py")
    head = commit(repository, "README")
    (repository / "studies" / "migrations" / "0002_more.py").write_text("new")

    assert history.commit_before(repository) == head


def test_it_says_so_where_there_is_nothing_to_start_from(repository: Path, tmp_path: Path) -> None:
    commit(repository, "studies/migrations/0001_initial.py")
    (tmp_path / "bare").mkdir()

    with pytest.raises(history.NoHistory, match="as a shallow clone's does"):
        history.commit_before(repository)
    with pytest.raises(history.NoHistory, match="no checkout with a history"):
        history.commit_before(tmp_path / "bare")


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_would_hold_people_up_is_seen_with_its_table() -> None:
    name = connection.settings_dict["NAME"]
    with Watch(name) as watch, database.owner(name) as owner, owner.transaction():
        owner.execute("LOCK TABLE studies_study IN SHARE MODE")
        seen = processes.wait(lambda: watch.longest().seconds > 0.1, 10)

    assert seen
    assert watch.longest()[1:] == ("studies_study", "ShareLock")
