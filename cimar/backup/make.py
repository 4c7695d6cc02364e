"""Makes a backup: the database as of one snapshot, then every file that the snapshot names."""

import contextlib
import heapq
import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, cast

import psycopg

from cimar.backup import images, postgres
from cimar.backup.folder import FORMAT, BackupFolder, Entry, Manifest, entries, sum_of
from cimar.installation import Problem
from common.formats import size_in_words
from studies.ingest.store import BACKUP_LOCK

# A transaction that removes bytes is short: a longer wait is a wait for another backup.
PATIENCE = "60s"
NAMED = """
    SELECT b.sha256, b.size FROM studies_blob b
    WHERE EXISTS (SELECT FROM studies_instance i WHERE i.blob_id = b.id) ORDER BY b.sha256 COLLATE "C"
"""
WAITING = """
    SELECT f.key FROM studies_uploadedfile f JOIN studies_upload u ON u.id = f.upload_id
    WHERE u.state = 'waiting' AND f.done_at IS NULL AND f.key <> ''
"""
SECRETS = """Not in the backup, and needed after a restore: SECRET_KEY, CIMAR_TOKEN_KEY and their fallbacks (without
them every invitation's link and every second factor has to be made anew), the passwords of the two database roles, of
the mail server and of the bucket, and the certificate. Keep them in another place than this folder."""


def backup(path: Path, *, keep: int | None = None) -> int:
    """The exit status: 1 where files that the database names could not be copied."""
    folder = BackupFolder(path)
    # These files hold patient data: no other user may read them.
    usual = os.umask(0o077)
    try:
        folder.open_to_write()
        with folder.alone():
            manifest = _make(folder)
            if keep is not None:
                tidy(folder, keep=keep)
    finally:
        os.umask(usual)
    print(
        f"Backup {manifest.name} is finished: {manifest.files:,} files of {size_in_words(manifest.bytes)}, and a "
        f"dump of {size_in_words(manifest.dump_bytes)}.\n{SECRETS}"
    )
    if manifest.missing:
        print(
            f"\nATTENTION: {len(manifest.missing):,} files that the database names are missing or damaged, and are not "
            "in this backup. `manage.py check_bytes --hash` lists them; search for them in an earlier backup."
        )
    return 1 if manifest.missing else 0


@contextlib.contextmanager
def _nothing_removed() -> Iterator[None]:
    """While this lasts, no bytes are removed from the storage (studies.ingest.store)."""
    with postgres.connect() as connection, connection.transaction():
        connection.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        try:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [BACKUP_LOCK])
        except psycopg.errors.LockNotAvailable:
            raise Problem("Another backup of this database is running. Wait until it has finished.") from None
        yield
        try:
            connection.execute("SELECT 1")
        except psycopg.OperationalError:
            raise Problem(
                "The connection that keeps files from being removed broke, so files may have been removed before they "
                "were copied. This backup is not valid. Start it again: files that were copied are kept."
            ) from None


def _make(folder: BackupFolder) -> Manifest:
    # The lock is taken before the snapshot: no file that the snapshot names is removed.
    with _nothing_removed():
        unfinished, taken = _dump(folder)
        files = _copy(folder, unfinished)
    manifest = Manifest(
        format=FORMAT,
        dump_sha256=sum_of(unfinished / "database.dump"),
        dump_bytes=(unfinished / "database.dump").stat().st_size,
        list_sha256=sum_of(unfinished / "files.tsv"),
        files=files.files,
        bytes=files.bytes,
        missing=files.missing,
        **taken,
    )
    manifest.write(unfinished)
    folder.finish(unfinished)
    return manifest


def _dump(folder: BackupFolder) -> tuple[Path, dict[str, Any]]:
    """The database, and lists of the bytes and the files of uploads that it names: all of one snapshot."""
    with postgres.connect() as connection:
        if not postgres.tables_in(connection):
            raise Problem("The database is empty: there is nothing to back up.")
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        row = connection.execute(
            "SELECT statement_timestamp() AT TIME ZONE 'UTC', pg_export_snapshot(), "
            "pg_database_size(current_database())"
        ).fetchone()
        at, snapshot, size = cast("tuple[datetime, str, int]", row)
        name = f"{at:%Y-%m-%dT%H-%M-%SZ}"
        if name in folder.names():
            raise Problem("There is already a backup of this second. Start the command again.")
        unfinished = folder.begin(name)
        files, new = _write_named(connection, unfinished / "named.tsv", folder)
        waiting = [key for (key,) in connection.execute(WAITING)]
        (unfinished / "waiting.txt").write_text("\n".join(waiting))
        _check_room(folder.path, new + size // 2)
        print(f"Dumping the database ({size_in_words(size)}) …", flush=True)
        postgres.dump(connection, snapshot, unfinished / "database.dump")
        migrations = postgres.applied_migrations(connection)
        # Copying may take hours, and a snapshot of that length would hold up vacuuming.
        connection.execute("COMMIT")
        print(f"Copying files: {files:,} in the database, {size_in_words(new)} of them new …", flush=True)
        return unfinished, {
            "name": name,
            "made_at": f"{at:%Y-%m-%d %H:%M:%S} UTC",
            "server": postgres.version_of(connection),
            "migrations": migrations,
        }


def _copy(folder: BackupFolder, unfinished: Path) -> images.Copier:
    names = folder.names()
    copier = images.Copier(folder, folder.backups / names[-1] if names else None)
    named, waiting = unfinished / "named.tsv", unfinished / "waiting.txt"
    with named.open() as lines, (unfinished / "files.tsv").open("w") as out:
        for entry in copier.copy_all(_named(lines), images.Progress("copied or known")):
            out.write(entry.line())
        for entry in copier.copy_incoming(waiting.read_text().split()):
            out.write(entry.line())
    named.unlink()
    waiting.unlink()
    return copier


def _write_named(connection: psycopg.Connection[Any], target: Path, folder: BackupFolder) -> tuple[int, int]:
    """Write every blob of the snapshot into a file; return their number, and the size of those still to copy."""
    files = missing = 0
    with (
        connection.cursor() as cursor,
        target.open("w") as out,
        cursor.copy(f"COPY ({NAMED}) TO STDOUT") as rows,
    ):
        rows.set_types(["text", "int8"])
        for sha256, size in rows.rows():
            blob = images.Named(sha256, size)
            out.write(f"{sha256}\t{size}\n")
            files += 1
            missing += 0 if folder.has(Entry(blob.key, size, sha256)) else size
    return files, missing


def _named(lines: Iterable[str]) -> Iterator[images.Named]:
    for line in lines:
        sha256, size = line.split("\t")
        yield images.Named(sha256, int(size))


def _check_room(path: Path, needed: int) -> None:
    free = shutil.disk_usage(path).free
    if free < needed:
        raise Problem(
            f"{path} has {size_in_words(free)} free, and the backup needs about {size_in_words(needed)}. "
            "Make room, or name another folder."
        )


def tidy(folder: BackupFolder, *, keep: int) -> None:
    """Keep the newest backups and the files that they name; remove everything else."""
    names = folder.names()
    for name in names[:-keep]:
        # The manifest first: without it a backup counts as unfinished.
        (folder.backups / name / "manifest.json").unlink()
        shutil.rmtree(folder.backups / name)
    kept = [entries(folder.backups / name) for name in names[-keep:]]
    by_key = heapq.merge(*kept, key=lambda entry: entry.key)
    wanted = groupby(by_key, key=lambda entry: str(Path(entry.key).parent))
    place, group = next(wanted, ("", iter(())))
    removed = 0
    for below in _folders(folder.images):
        here = str(below.relative_to(folder.images))
        while place and place < here:
            place, group = next(wanted, ("", iter(())))
        stay = {folder.image(entry).name for entry in group} if place == here else set()
        for file in list(below.iterdir()):
            if file.is_file() and file.name not in stay:
                file.unlink()
                removed += 1
    if removed or names[:-keep]:
        print(f"Removed {len(names[:-keep])} older backups and {removed:,} files that no other backup names.")


def _folders(root: Path) -> Iterator[Path]:
    """The folders that hold files, in the order of their names."""
    for folder in _subfolders(root):
        yield from _subfolders(folder) or [folder]


def _subfolders(folder: Path) -> list[Path]:
    return sorted(inside for inside in folder.iterdir() if inside.is_dir())
