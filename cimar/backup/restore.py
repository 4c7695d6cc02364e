"""Restores a backup into an empty database and storage, and checks the result."""

import os
import subprocess
import sys
from pathlib import Path

from django.db.migrations.loader import MigrationLoader

from cimar.backup import images, postgres
from cimar.backup.folder import BackupFolder, Manifest, sum_of
from cimar.backup.make import SECRETS
from cimar.bucket import make_bucket
from cimar.installation import CHECKOUT, Problem
from studies.ingest.store import remove

# A file in the storage while a restore is running, so that an interrupted restore can be continued.
MARK = "restoring"
CHECKS = (("check_bytes", "--sweep"), ("check_placements",), ("check_access",))


def restore(path: Path, *, name: str | None = None, sizes_only: bool = False) -> int:
    """The exit status: 1 where a check afterwards found a problem."""
    folder = BackupFolder(path)
    folder.open_to_read()
    chosen = folder.chosen(name)
    manifest = verified(folder, chosen, sizes_only=sizes_only)
    make_bucket()
    if postgres.is_embedded():
        postgres.make_embedded_database()
    with postgres.connect() as connection:
        _check_target(manifest, postgres.version_of(connection), postgres.tables_in(connection))
        postgres.check_roles(connection)
        listed = postgres.contents(chosen / "database.dump", postgres.version_of(connection))
        print("Restoring the files …", flush=True)
        images.note(MARK, manifest.name)
        images.put_back(folder, chosen, images.Progress("restored"))
        print("Restoring the database …", flush=True)
        postgres.restore(connection, chosen / "database.dump", listed)
        connection.execute("ANALYZE")
    remove(MARK)
    print("Bringing the schema up to date …", flush=True)
    if _manage("prepare", "--verbosity", "0"):
        raise Problem("Everything was restored, but `manage.py prepare` failed; see its output above.")
    # Packs are in no backup: they are made anew from the files.
    if _manage("view_copies", "drop", "--all"):
        raise Problem(
            "Everything was restored, but the view copies could not be reset; see the output above."
        )
    return _check_result(manifest)


def verified(folder: BackupFolder, chosen: Path, *, sizes_only: bool = False) -> Manifest:
    """The backup's manifest, after a check that the dump, the list and all files match it."""
    manifest = Manifest.read(chosen)
    print(f"Verifying the backup of {manifest.made_at} …", flush=True)
    for file, expected in (("database.dump", manifest.dump_sha256), ("files.tsv", manifest.list_sha256)):
        if not (chosen / file).is_file():
            raise Problem(f"{chosen / file} is missing. Use another backup.")
        if sum_of(chosen / file) != expected:
            raise Problem(
                f"{chosen / file} is damaged: its checksum differs from the manifest. Use another backup."
            )
    progress = images.Progress("verified")
    images.verify(folder, chosen, read=not sizes_only, progress=progress)
    return manifest


def _check_target(manifest: Manifest, server: int, tables: int) -> None:
    """Refuses before anything is changed."""
    if server // 10000 < manifest.server // 10000:
        raise Problem(
            f"The backup was made with PostgreSQL {manifest.server // 10000}, and this server is "
            f"PostgreSQL {server // 10000}. Restore it to the same version or a newer version."
        )
    known = MigrationLoader(None).disk_migrations
    unknown = [
        f"{app}.{name}"
        for app, names in manifest.migrations.items()
        for name in names
        if (app, name) not in known
    ]
    if unknown:
        raise Problem(
            "The backup was made by a newer version, with migrations that this version lacks: "
            f"{', '.join(unknown[:3])}. Restore it with the version that made it, or a newer version."
        )
    if tables:
        raise Problem(
            f"The database {postgres.database_name()} is not empty: it has {tables:,} tables. "
            "A backup is restored into an empty database only: make a new database and name it."
        )
    mark = images.noted(MARK)
    if mark and mark != manifest.name:
        raise Problem(
            f"The image storage holds an unfinished restore of another backup ({mark}). Empty it first."
        )
    if not mark and images.anything_stored():
        raise Problem(
            "The image storage is not empty. A backup is restored into an empty storage only: "
            "name an empty folder or bucket."
        )


def _check_result(manifest: Manifest) -> int:
    """The exit status after the checks of the restored database and storage."""
    failed = [check[0] for check in CHECKS if _manage(*check)]
    print(f"\nRestored: the state of {manifest.made_at}, {manifest.files:,} files.")
    if manifest.missing:
        print(
            f"{len(manifest.missing):,} files were already missing when the backup was made: check_bytes lists them."
        )
    print(
        "Shares, endings and deletions after that moment are undone: go through a later audit trail, if there is one, "
        "or ask the people. Everyone has to sign in again; mails that waited then are sent, perhaps a second time."
    )
    print(SECRETS)
    if failed:
        print(f"\nATTENTION: {', '.join(failed)} found problems; see the output above.")
    return 1 if failed else 0


def _manage(*command: str) -> int:
    """Runs a command with the database role that it uses every day."""
    environment = {name: value for name, value in os.environ.items() if name != "CIMAR_DATABASE_ROLE"}
    print(f"manage.py {' '.join(command)}", flush=True)
    return subprocess.call([sys.executable, "manage.py", *command], cwd=CHECKOUT, env=environment)
