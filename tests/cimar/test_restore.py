"""A backup that is not whole or does not fit is not restored, and nothing is restored over what is there."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from cimar.backup import postgres, restore
from cimar.installation import Problem
from studies.ingest import stored_files
from tests.bad_files import dicom_storage
from tests.cimar.test_backup import as_owner_here, backed_up, house, newest
from tests.plumbing import database

__all__ = ["as_owner_here", "backed_up", "dicom_storage", "house"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(scope="module")
def kept() -> list[Path]:
    """The first sound backup that was made here, for tests that only read one."""
    return []


@pytest.fixture
def whole(request: Any, kept: list[Path], tmp_path: Path, tmp_path_factory: Any) -> Path:
    """A folder of its own with a sound backup."""
    if kept:
        return shutil.copytree(kept[0], tmp_path / "backups")
    made: Path = request.getfixturevalue("backed_up")
    kept.append(shutil.copytree(made, tmp_path_factory.mktemp("kept") / "backups"))
    return made


@pytest.fixture
def empty(as_owner_here: Any, whole: Path, tmp_path: Path) -> Iterator[Path]:
    """From now on this process restores into an empty place, whose folder of images this is."""
    name = f"{connection.settings_dict['NAME']}_restored"
    with database.owner() as owner:
        owner.execute(f'CREATE DATABASE "{name}"')
    as_owner_here(name, tmp_path / "restored" / "dicom")
    yield tmp_path / "restored" / "dicom"
    database.drop(name)


def tables_elsewhere() -> int:
    with postgres.connect() as target:
        return postgres.tables_in(target)


def _break_dump(folder: Path) -> None:
    path = newest(folder) / "database.dump"
    path.write_bytes(path.read_bytes()[:-9])


def _lose_an_image(folder: Path) -> None:
    next((folder / "images").rglob("*.dcm")).unlink()


def _damage_an_image(folder: Path) -> None:
    path = next((folder / "images").rglob("*.dcm"))
    path.write_bytes(b"x" * path.stat().st_size)


def _damage_a_picture(folder: Path) -> None:
    path = next((folder / "images").rglob("*.full.png.*"))
    path.write_bytes(b"x" * path.stat().st_size)


def _shorten_the_list(folder: Path) -> None:
    path = newest(folder) / "files.tsv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))


def _edit_the_manifest(folder: Path) -> None:
    path = newest(folder) / "manifest.json"
    path.write_text(path.read_text().replace('"files": 3', '"files": 2'))


def _lose_the_manifest(folder: Path) -> None:
    (newest(folder) / "manifest.json").unlink()


def _from_the_future(folder: Path) -> None:
    _told(folder, format=99)


def _migrated_further(folder: Path) -> None:
    manifest = json.loads((newest(folder) / "manifest.json").read_text())
    _told(folder, migrations={**manifest["migrations"], "studies": ["9999_holograms"]})


def _from_a_newer_server(folder: Path) -> None:
    _told(folder, server=990001)


def _told(folder: Path, **changes: Any) -> None:
    from cimar.backup.folder import _sum_of

    path = newest(folder) / "manifest.json"
    manifest = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({**manifest, "sum": _sum_of(manifest)}))


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (_break_dump, "database.dump is damaged"),
        (_lose_an_image, "1 of the backup's files cannot be restored; the first: .* is missing"),
        (_damage_an_image, "1 of the backup's files cannot be restored; the first: .* is damaged"),
        (_damage_a_picture, "1 of the backup's files cannot be restored; the first: .* is damaged"),
        (_shorten_the_list, "files.tsv is damaged"),
        (_edit_the_manifest, "was changed since it was written"),
        (_lose_the_manifest, "holds no finished backup"),
        (_from_the_future, "made by a newer version"),
        (_migrated_further, "migrations that this version lacks: studies.9999_holograms"),
        (_from_a_newer_server, "made with PostgreSQL 99"),
    ],
)
def test_what_is_not_whole_or_does_not_fit_is_not_restored(
    whole: Path, empty: Path, harm: Callable[[Path], None], sentence: str
) -> None:
    harm(whole)

    with pytest.raises(Problem, match=sentence):
        restore.restore(whole)

    assert tables_elsewhere() == 0
    assert not empty.exists()


def test_nothing_is_restored_over_a_database_that_has_tables(whole: Path, empty: Path) -> None:
    with postgres.connect() as target:
        target.execute("CREATE TABLE something (id int)")

    with pytest.raises(Problem, match="is not empty: it has 1 tables"):
        restore.restore(whole)

    assert tables_elsewhere() == 1
    assert not empty.exists()


def test_nothing_is_restored_over_images(whole: Path, empty: Path) -> None:
    empty.mkdir(parents=True)
    (empty / "something").write_text("x")

    with pytest.raises(Problem, match="image storage is not empty"):
        restore.restore(whole)

    assert tables_elsewhere() == 0
    assert [path.name for path in empty.iterdir()] == ["something"]


def test_a_restore_that_was_interrupted_goes_on(whole: Path, empty: Path, monkeypatch: Any) -> None:
    def cut(*arguments: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(postgres, "restore", cut)
        with pytest.raises(KeyboardInterrupt):
            restore.restore(whole)
    lying = len([path for path in empty.rglob("*") if path.is_file()])
    # What it runs at the end is another test's.
    monkeypatch.setattr(restore, "_manage", lambda *command: 0)

    status = restore.restore(whole)

    assert status == 0
    assert tables_elsewhere() > 0
    assert lying == 4  # the three files and the mark
    assert sorted(key for key, _ in stored_files.walk()) == sorted(
        path.relative_to(empty).as_posix() for path in empty.rglob("*") if path.suffix in (".dcm", ".png")
    )


def test_a_dump_that_cannot_be_filled_in_leaves_the_database_as_empty_as_it_was(
    whole: Path, empty: Path
) -> None:
    with postgres.connect() as target:
        # Not a table, so the database counts as empty; and in the way of one that comes.
        target.execute("CREATE TYPE studies_study AS (something int)")

    with pytest.raises(Problem, match="is still empty"):
        restore.restore(whole)

    assert tables_elsewhere() == 0
