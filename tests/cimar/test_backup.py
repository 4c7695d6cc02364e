"""A backup has the database and the images of one moment, and a restore brings them back as they were."""

import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from cimar.backup import make, postgres
from cimar.backup.folder import BackupFolder
from cimar.installation import APP_ROLE, CHECKOUT, OWNER_ROLE, SUPERUSER, Problem
from sharing import services as sharing_services
from sharing.models import Method
from sharing.targets import Target
from studies import services
from studies.ingest import store
from studies.models import Blob, Study
from tests.bad_files import dicom_storage, sound, source
from tests.cast import IMPORTER, Cast, acting, make_cast
from tests.factories import PASSWORD, placement_of
from tests.plumbing import PLACES, database

__all__ = ["dicom_storage"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# What somebody sees with the restored data: the study's page, and the picture of its first image.
LOOK = """
import django, sys; django.setup()
from django.conf import settings; settings.ALLOWED_HOSTS = ["testserver"]; settings.SECURE_SSL_REDIRECT = False
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # as tests have it
from django.test import Client
from django.urls import reverse
ben, password = Client(), sys.argv[1]
ben.post(reverse("account_login"), {"login": "ben@example.org", "password": password})
for path in sys.argv[2:]:
    answer = ben.get(path)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    print(answer.status_code, answer.headers["Content-Type"], b"Quill" in body, body[1:4] == b"PNG")
"""


@pytest.fixture
def house(dicom_storage: Path) -> Cast:
    """The cast, with a study that has images and is shared with Emergency."""
    cast = make_cast()
    result = services.take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(sound())])
    services.render_previews(blob_ids=result.blob_ids)
    share(cast, imaged(cast))
    return cast


def imaged(cast: Cast) -> Study:
    return Study.objects.get(home=cast.ct, n_instances=1)


def share(cast: Cast, study: Study) -> None:
    sharing_services.share_studies(
        placements=[placement_of(study, cast.ct).uuid],
        targets=[Target(Method.LOCATION, str(cast.emergency.uuid))],
        by=acting(cast.ana),
    )


@pytest.fixture
def there(process_env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of commands that work on this test's database and images."""
    return {**process_env, "CIMAR_DATA": str(tmp_path)}


@pytest.fixture
def elsewhere(there: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of an empty place: a database that is not there yet, and an empty folder."""
    name = f"{connection.settings_dict['NAME']}_restored"
    yield {**there, "CIMAR_DATABASE_NAME": name, "CIMAR_DATA": str(tmp_path / "restored")}
    database.drop(name)


@pytest.fixture
def as_owner_here(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Callable[[str, Path], None]:
    """Lets this process back up and restore: which database, and which folder of images."""

    def aim(name: str, location: Path) -> None:
        found = {"host": str(PLACES.sockets), "user": OWNER_ROLE, "dbname": name, "connect_timeout": "5"}
        monkeypatch.setattr(postgres, "_parameters", lambda: found)
        monkeypatch.setattr(postgres, "database_name", lambda: name)
        dicom = {
            **settings.STORAGES["dicom"],
            "OPTIONS": {**settings.STORAGES["dicom"]["OPTIONS"], "location": location},
        }
        settings.STORAGES = {**settings.STORAGES, "dicom": dicom}

    return aim


@pytest.fixture
def backed_up(house: Cast, as_owner_here: Any, tmp_path: Path) -> Path:
    """A folder with one sound backup of the house."""
    as_owner_here(connection.settings_dict["NAME"], tmp_path / "dicom")
    assert make.backup(tmp_path / "backups") == 0
    return tmp_path / "backups"


def run(command: str, *arguments: str | Path, environment: dict[str, str], status: int = 0) -> str:
    done = subprocess.run(
        [CHECKOUT / "bin" / command, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_house_is_backed_up_restored_elsewhere_and_looks_the_same(
    house: Cast, there: dict[str, str], elsewhere: dict[str, str], tmp_path: Path
) -> None:
    upload = services.receive_upload(
        worklist=house.ct, by=acting(house.ana), files=[SimpleUploadedFile("late.dcm", sound())]
    )
    with psycopg.connect(
        host=str(PLACES.sockets), user=SUPERUSER, dbname=there["CIMAR_DATABASE_NAME"], autocommit=True
    ) as superuser:
        # As in production; the owner may not make it.
        superuser.execute("CREATE EXTENSION pg_stat_statements")
    output = run("backup", tmp_path / "backups", environment=there)
    study = imaged(house)
    placement, instance = placement_of(study, house.emergency), study.instances.get()

    restored = run("restore", tmp_path / "backups", environment=elsewhere)

    assert "is finished: 4 files" in output and "SECRET_KEY" in output
    assert "all 1 files that the database names exist" in restored
    assert "No differences: every placement is reached by shares" in restored
    assert "every right that is due is granted" in restored
    assert "ATTENTION" not in restored
    page = reverse("studies:study", args=[placement.uuid])
    picture = reverse("studies:frame", args=[placement.uuid, instance.uuid, 1])
    seen = subprocess.run(
        [sys.executable, "-c", LOOK, PASSWORD, page, picture],
        env={**elsewhere, "DJANGO_SETTINGS_MODULE": "cimar.settings"},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert seen.stdout.splitlines() == [
        "200 text/html; charset=utf-8 True False",
        "200 image/png False True",
    ], seen.stderr
    waiting = tmp_path / "restored" / "dicom" / upload.files.get().key
    assert waiting.is_file()
    with psycopg.connect(
        host=str(PLACES.sockets), user=APP_ROLE, dbname=elsewhere["CIMAR_DATABASE_NAME"], autocommit=True
    ) as app:
        for statement in (
            "UPDATE audit_auditevent SET by_label = 'x'",
            "DELETE FROM audit_auditevent",
            "TRUNCATE audit_auditevent",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement)
        assert app.execute("SELECT count(*) FROM audit_auditevent").fetchone()[0] > 0
        assert (
            app.execute("SELECT count(*) FROM django_session").fetchone()[0] == 1
        )  # that of the look just now
    with (
        database.owner(elsewhere["CIMAR_DATABASE_NAME"]) as owner,
        pytest.raises(psycopg.Error, match="only ever added"),
    ):
        owner.execute("DELETE FROM audit_auditevent")


def test_what_is_shared_taken_in_and_deleted_while_a_backup_runs_does_not_harm_it(
    house: Cast, as_owner_here: Any, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    study, key = imaged(house), Blob.objects.get().key
    copy = make._copy
    swept: list[Any] = []

    def busy(*arguments: Any) -> Any:
        """Between the snapshot and the first copy."""
        sharing_services.delete_study(
            placement=placement_of(study, house.ct).uuid, by=acting(house.adam), why="Wrong patient"
        )
        services.take_in_all(worklist=house.ct, by=IMPORTER, sources=[source(sound())])
        swept.append(services.sweep_leftovers(everywhere=True))
        return copy(*arguments)

    monkeypatch.setattr(make, "_copy", busy)
    as_owner_here(connection.settings_dict["NAME"], tmp_path / "dicom")

    status = make.backup(tmp_path / "backups")

    assert status == 0
    assert swept[0].backup_runs
    assert [path.name for path in (tmp_path / "backups" / "images").rglob("*.dcm")] == [Path(key).name]
    services.sweep_leftovers(everywhere=True)
    assert not (tmp_path / "dicom" / key).exists()


def test_the_next_backup_copies_only_what_is_new(house: Cast, backed_up: Path, capsys: Any) -> None:
    images = {path: path.stat().st_ino for path in (backed_up / "images").rglob("*") if path.is_file()}
    services.take_in_all(worklist=house.ct, by=IMPORTER, sources=[source(sound())])
    _as_of_yesterday(backed_up)

    make.backup(backed_up)

    now = {path: path.stat().st_ino for path in (backed_up / "images").rglob("*") if path.is_file()}
    assert len(BackupFolder(backed_up).names()) == 2
    assert {path: now[path] for path in images} == images
    assert len(now) == len(images) + 1


def test_older_backups_go_with_the_files_that_only_they_named(house: Cast, backed_up: Path) -> None:
    gone = Blob.objects.get().sha256
    sharing_services.delete_study(
        placement=placement_of(imaged(house), house.ct).uuid, by=acting(house.adam), why="Wrong patient"
    )
    services.take_in_all(worklist=house.ct, by=IMPORTER, sources=[source(sound())])
    _as_of_yesterday(backed_up)

    make.backup(backed_up, keep=1)

    kept = [path.name for path in (backed_up / "images").rglob("*") if path.is_file()]
    assert len(BackupFolder(backed_up).names()) == 1
    assert kept == [f"{Blob.objects.exclude(sha256=gone).get().sha256}.dcm"]


def test_nobody_else_may_read_a_backup_and_no_name_tells_of_a_patient(backed_up: Path) -> None:
    for path in [backed_up, *backed_up.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0, path
        assert "quill" not in path.name.lower()
        assert "mrn" not in path.name.lower()


def test_a_backup_of_a_storage_that_lost_a_file_says_so_and_holds_the_rest(
    house: Cast, as_owner_here: Any, tmp_path: Path, capsys: Any
) -> None:
    blob = Blob.objects.get()
    (tmp_path / "dicom" / blob.key).unlink()
    as_owner_here(connection.settings_dict["NAME"], tmp_path / "dicom")

    status = make.backup(tmp_path / "backups")

    (manifest,) = (tmp_path / "backups" / "backups").glob("*/manifest.json")
    assert status == 1
    assert "ATTENTION: 1 files" in capsys.readouterr().out
    assert json.loads(manifest.read_text())["missing"] == [blob.sha256]


def test_bytes_that_are_damaged_in_the_storage_are_not_taken_for_good(
    house: Cast, as_owner_here: Any, tmp_path: Path, capsys: Any
) -> None:
    blob = Blob.objects.get()
    (tmp_path / "dicom" / blob.key).write_bytes(b"x" * blob.size)
    as_owner_here(connection.settings_dict["NAME"], tmp_path / "dicom")

    assert make.backup(tmp_path / "backups") == 1
    assert not list((tmp_path / "backups" / "images").rglob("*.dcm"))


def test_two_backups_at_once_the_second_is_refused(
    house: Cast, as_owner_here: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    as_owner_here(connection.settings_dict["NAME"], tmp_path / "dicom")
    monkeypatch.setattr(make, "PATIENCE", "100ms")
    with database.owner(connection.settings_dict["NAME"]) as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(%s)", [store.BACKUP_LOCK])
        with pytest.raises(Problem, match="Another backup of this database is running"):
            make.backup(tmp_path / "backups")

    assert BackupFolder(tmp_path / "backups").names() == []


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path, house: Cast) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").write_text("Dear")

    with pytest.raises(Problem, match="holds something else"):
        make.backup(tmp_path / "letters")

    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["one.txt"]


def test_a_full_disk_is_said_before_anything_is_copied(
    house: Cast, as_owner_here: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    as_owner_here(connection.settings_dict["NAME"], tmp_path / "dicom")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1))

    with pytest.raises(Problem, match="1 bytes free"):
        make.backup(tmp_path / "backups")

    assert not list((tmp_path / "backups" / "images").iterdir())


def test_an_older_pg_dump_is_refused_with_what_to_install(monkeypatch: Any) -> None:
    with pytest.raises(
        Problem,
        match="needs a pg_dump of version 99 or newer; the newest on this machine is .*postgresql-client-99",
    ):
        postgres.program("pg_dump", 990000)


def newest(folder: Path) -> Path:
    return BackupFolder(folder).chosen(None)


def _as_of_yesterday(folder: Path) -> None:
    """Backups are named by the second; two of one test would have the same name."""
    from dataclasses import replace

    from cimar.backup.folder import Manifest

    old = newest(folder)
    new = old.rename(old.with_name("2026-01-01T00-00-00Z"))
    replace(Manifest.read(new), name=new.name).write(new)


def test_the_tools_say_no_in_sentences(tmp_path: Path, there: dict[str, str]) -> None:
    output = run("backup", "list", tmp_path / "nothing", environment=there, status=1)

    assert output.strip() == f"cimar: {tmp_path / 'nothing'} is not a folder of bin/backup."
    assert not (tmp_path / "nothing").exists()
