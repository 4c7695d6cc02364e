"""The contents of a backup folder, and how they are verified.

FOLDER/cimar-backups                  marks the folder as a folder of backups
FOLDER/images/…                       files by their keys in the storage, shared by all backups in the folder
FOLDER/backups/NAME/database.dump     the dump of pg_dump
FOLDER/backups/NAME/files.tsv         each file of this backup: key, size and SHA-256, in the order of the keys
FOLDER/backups/NAME/manifest.json     describes the backup, with the checksums of the two others; written last
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any, NamedTuple

from cimar.installation import Problem

FORMAT = 1
PIECE = 1 << 20
SIGN = "cimar-backups"
UNFINISHED = ".unfinished"


class Entry(NamedTuple):
    """One file of a backup."""

    key: str
    size: int
    sha256: str

    @property
    def is_bytes(self) -> bool:
        return self.key.endswith(".dcm")

    def line(self) -> str:
        return f"{self.key}\t{self.size}\t{self.sha256}\n"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    format: int
    name: str
    made_at: str  # the moment of the snapshot, by the database's clock
    server: int  # PostgreSQL's version as it numbers itself: 180006
    migrations: dict[str, list[str]]  # those applied, by app
    dump_sha256: str
    dump_bytes: int
    list_sha256: str
    files: int
    bytes: int
    missing: list[str]  # files that the database named and the storage lacked when this was made

    def write(self, folder: Path) -> None:
        values = asdict(self)
        values["sum"] = _sum_of(values)
        write_whole(folder / "manifest.json", json.dumps(values, indent=2, sort_keys=True) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        try:
            values = json.loads((folder / "manifest.json").read_text())
        except FileNotFoundError:
            raise Problem(f"{folder} holds no finished backup: its manifest.json is missing.") from None
        except (OSError, ValueError):
            raise Problem(f"{folder}/manifest.json cannot be read. Use another backup.") from None
        if isinstance(values, dict) and values.get("format", 0) > FORMAT:
            raise Problem("This backup was made by a newer version. Restore it with that version.")
        if not isinstance(values, dict) or values.pop("sum", "") != _sum_of(values):
            raise Problem(f"{folder}/manifest.json was changed since it was written. Use another backup.")
        return cls(**{field.name: values[field.name] for field in fields(cls)})


class BackupFolder:
    """A folder for the backups of one installation, closed to others."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.images = path / "images"
        self.backups = path / "backups"

    def open_to_write(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise Problem(f"{self.path} is not a folder.")
        if self.path.is_dir() and any(self.path.iterdir()) and not (self.path / SIGN).exists():
            raise Problem(
                f"{self.path} holds something else. Name an empty folder, or a folder that holds backups."
            )
        try:
            for folder in (self.path, self.images, self.backups):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(0o700)
        except OSError as error:
            raise Problem(f"{self.path} cannot be written ({error.strerror}).") from None
        (self.path / SIGN).write_text("Backups of CIMAR. See docs/operations.md.\n")

    def open_to_read(self) -> None:
        if not (self.path / SIGN).exists():
            raise Problem(f"{self.path} is not a folder of bin/backup.")

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """A single backup or tidying at a time."""
        with (self.path / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Problem(f"Another backup is writing to {self.path}.") from None
            yield

    def names(self) -> list[str]:
        """Finished backups, the oldest first."""
        if not self.backups.is_dir():
            return []
        finished = (folder for folder in self.backups.iterdir() if (folder / "manifest.json").exists())
        return sorted(folder.name for folder in finished)

    def chosen(self, name: str | None) -> Path:
        names = self.names()
        if not names:
            raise Problem(f"{self.path} holds no finished backup.")
        if name is not None and name not in names:
            raise Problem(f"{self.path} holds no backup {name}. It holds: {', '.join(names)}.")
        return self.backups / (name or names[-1])

    def begin(self, name: str) -> Path:
        """A new folder for a backup that is being made; unfinished backups are removed."""
        for left in self.backups.glob(f"*{UNFINISHED}"):
            shutil.rmtree(left)
        folder = self.backups / f"{name}{UNFINISHED}"
        folder.mkdir(mode=0o700)
        return folder

    def finish(self, folder: Path) -> Path:
        finished = folder.with_name(folder.name.removesuffix(UNFINISHED))
        folder.rename(finished)
        to_disk(finished.parent)
        return finished

    def image(self, entry: "Entry") -> Path:
        """Bytes are kept under their key, which is their hash; pictures, which may be made anew, under key and hash."""
        return self.images / (entry.key if entry.is_bytes else f"{entry.key}.{entry.sha256[:16]}")

    def has(self, entry: "Entry") -> bool:
        try:
            return self.image(entry).stat().st_size == entry.size
        except OSError:
            return False


def entries(folder: Path) -> Iterator[Entry]:
    """The files of a finished backup, in the order of their keys."""
    with (folder / "files.tsv").open() as lines:
        for line in lines:
            key, size, sha256 = line.rstrip("\n").split("\t")
            yield Entry(key, int(size), sha256)


def copy(source: IO[bytes], beside: Path) -> tuple[int, str, Path]:
    """Copy to a name beside the final name, for the caller to rename: a file with its final name is complete."""
    beside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = beside.with_name(f"{beside.name}{UNFINISHED}")
    digest, size = hashlib.sha256(), 0
    with unfinished.open("wb") as out:
        while piece := source.read(PIECE):
            out.write(piece)
            digest.update(piece)
            size += len(piece)
        out.flush()
        os.fsync(out.fileno())
    return size, digest.hexdigest(), unfinished


def sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}{UNFINISHED}")
    with unfinished.open("w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    unfinished.rename(path)


def to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sum_of(values: dict[str, Any]) -> str:
    plain = {name: value for name, value in values.items() if name != "sum"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
