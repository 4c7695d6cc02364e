"""Restores a backup into an empty place, and says what it finds there."""

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

# Stands in the storage while a restore is on its way, so that one that was interrupted may go on.
MARK = "restoring"
CHECKS = (("check_bytes", "--sweep"), ("check_placements",), ("check_access",))


def restore(path: Path, *, name: str | None = None, sizes_only: bool = False) -> int:
    """The status to leave with: 1 where a check afterwards found something."""
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
        print("Putting the files back …", flush=True)
        images.note(MARK, manifest.name)
        images.put_back(folder, chosen, images.Progress("put back"))
        print("Filling the database …", flush=True)
        postgres.restore(connection, chosen / "database.dump", listed)
        connection.execute("ANALYZE")
    remove(MARK)
    print("Bringing the schema up to date …", flush=True)
    if _manage("prepare", "--verbosity", "0"):
        raise Problem("Everything was put back, but `manage.py prepare` failed: its lines above say why.")
    return _look(manifest)


def verified(folder: BackupFolder, chosen: Path, *, sizes_only: bool = False) -> Manifest:
    """The backup's manifest, once everything it speaks of was found as it says."""
    manifest = Manifest.read(chosen)
    print(f"Verifying the backup of {manifest.made_at} …", flush=True)
    for file, expected in (("database.dump", manifest.dump_sha256), ("files.tsv", manifest.list_sha256)):
        if not (chosen / file).is_file():
            raise Problem(f"{chosen / file} is not there. Use another backup.")
        if sum_of(chosen / file) != expected:
            raise Problem(
                f"{chosen / file} is damaged: it is not what the manifest says. Use another backup."
            )
    progress = images.Progress("verified")
    images.verify(folder, chosen, read=not sizes_only, progress=progress)
    return manifest


def _check_target(manifest: Manifest, server: int, tables: int) -> None:
    """Refuses before anything is touched."""
    if server // 10000 < manifest.server // 10000:
        raise Problem(
            f"The backup comes from PostgreSQL {manifest.server // 10000}, and this server is "
            f"{server // 10000}. Restore it to the same version, or a newer one."
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
            f"The backup was made by a newer version: it knows {', '.join(unknown[:3])}, and this one does not. "
            "Restore it with the version that made it, or a newer one."
        )
    if tables:
        raise Problem(
            f"The database {postgres.database_name()} is not empty: it has {tables:,} tables. "
            "Nothing is ever restored over something; make a new database and name that."
        )
    mark = images.noted(MARK)
    if mark and mark != manifest.name:
        raise Problem(
            f"The image storage holds an unfinished restore of another backup ({mark}). Empty it first."
        )
    if not mark and images.anything_stored():
        raise Problem(
            "The image storage is not empty. Nothing is ever restored over something; name an empty folder or bucket."
        )


def _look(manifest: Manifest) -> int:
    """What the checks say of the restored place."""
    failed = [check[0] for check in CHECKS if _manage(*check)]
    print(f"\nRestored: the state of {manifest.made_at}, {manifest.files:,} files.")
    if manifest.missing:
        print(
            f"{len(manifest.missing):,} files were missing already when the backup was made: check_bytes names them."
        )
    print(
        "What was shared, ended or deleted after that moment is undone: go through the audit trail you may have, or "
        "ask. Everybody has to sign in again; mails that waited then are sent, perhaps a second time."
    )
    print(SECRETS)
    if failed:
        print(f"\nATTENTION: {', '.join(failed)} found something; the lines above say what.")
    return 1 if failed else 0


def _manage(*command: str) -> int:
    """Each as the role that it runs as every day."""
    environment = {name: value for name, value in os.environ.items() if name != "CIMAR_DATABASE_ROLE"}
    print(f"manage.py {' '.join(command)}", flush=True)
    return subprocess.call([sys.executable, "manage.py", *command], cwd=CHECKOUT, env=environment)
