"""The image side: copies the files of a backup out of the storage, and back into an empty storage."""

import hashlib
import time
from collections.abc import Iterator
from io import BufferedReader
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from cimar.backup.folder import PIECE, BackupFolder, Entry, copy, entries, sum_of
from cimar.installation import Problem
from common.formats import size_in_words
from studies.ingest import stored_files
from studies.ingest.store import put
from studies.models.image import key_of

EVERY = 10.0  # seconds between two lines of progress


class Progress:
    """Prints a line now and then: how many files, and how much."""

    def __init__(self, what: str) -> None:
        self.what, self.done, self.bytes = what, 0, 0
        self._printed = time.monotonic()

    def add(self, size: int) -> None:
        self.done += 1
        self.bytes += size
        if time.monotonic() - self._printed > EVERY:
            self._printed = time.monotonic()
            print(f"  {self.what} {self.done:,} files, {size_in_words(self.bytes)}", flush=True)


class Named(NamedTuple):
    """Bytes that the snapshot names."""

    sha256: str
    size: int

    @property
    def key(self) -> str:
        return key_of(self.sha256)


class Copier:
    """Copies the files that the snapshot names and the folder lacks; yields an entry for each file."""

    def __init__(self, folder: BackupFolder, previous: Path | None) -> None:
        self.folder, self.missing = folder, list[str]()
        self.files = self.bytes = self.copied = 0
        self._before = entries(previous) if previous else iter(())
        self._at: Entry | None = next(self._before, None)

    def copy_all(self, named: Iterator[Named], progress: Progress) -> Iterator[Entry]:
        """Rows and files side by side, both in the order of their hashes."""
        stored = groupby(stored_files.walk(), key=lambda file: stored_files.hash_in(file[0]))
        sha256, group = next(stored, (None, iter(())))
        for blob in named:
            # Foreign files and files without a row are skipped.
            while sha256 is not None and (not sha256 or sha256 < blob.sha256):
                sha256, group = next(stored, (None, iter(())))
            files = dict(group) if sha256 == blob.sha256 else {}
            if sha256 == blob.sha256:
                sha256, group = next(stored, (None, iter(())))
            if files.get(blob.key) != blob.size:
                files.pop(blob.key, None)
                self.missing.append(blob.sha256)
            for key, size in sorted(files.items()):
                entry = self._bytes(key, size, blob.sha256) if key == blob.key else self._other(key, size)
                if entry is not None:
                    yield entry
            progress.add(blob.size)

    def copy_incoming(self, keys: list[str]) -> Iterator[Entry]:
        """Files of uploads that wait for a worker."""
        sizes = dict(stored_files.walk(stored_files.INCOMING))
        for key in sorted(keys):
            if key in sizes:
                yield self._other(key, sizes[key])
            else:
                self.missing.append(key)

    def _bytes(self, key: str, size: int, sha256: str) -> Entry | None:
        """Bytes are named by their hash: a file that the folder has in this size is not read again."""
        entry = Entry(key, size, sha256)
        if not self.folder.has(entry):
            copied = self._copy(key)
            if copied.sha256 != sha256:
                self.folder.image(copied).unlink()
                self.missing.append(sha256)
                return None
        return self._count(entry)

    def _other(self, key: str, size: int) -> Entry:
        """A picture, or a file of an upload: the previous backup's file of the same key and size is the same file."""
        known = self._known(key)
        if known is not None and known.size == size and self.folder.has(known):
            return self._count(known)
        return self._count(self._copy(key))

    def _copy(self, key: str) -> Entry:
        with storages["dicom"].open(key) as source:
            size, sha256, unfinished = copy(source, self.folder.images / key)
        entry = Entry(key, size, sha256)
        unfinished.rename(self.folder.image(entry))
        self.copied += size
        return entry

    def _count(self, entry: Entry) -> Entry:
        self.files += 1
        self.bytes += entry.size
        return entry

    def _known(self, key: str) -> Entry | None:
        """The previous backup's entry of this key; both lists are in order and are read side by side."""
        while self._at is not None and self._at.key < key:
            self._at = next(self._before, None)
        return self._at if self._at is not None and self._at.key == key else None


def verify(folder: BackupFolder, backup: Path, *, read: bool, progress: Progress) -> None:
    """Every file of the list exists with its size and, if read, its checksum; else Problem, naming the first."""
    wrong: list[str] = []
    for entry in entries(backup):
        path = folder.image(entry)
        if not path.is_file():
            wrong.append(f"{entry.key} is missing")
        elif path.stat().st_size != entry.size or (read and sum_of(path) != entry.sha256):
            wrong.append(f"{entry.key} is damaged")
        progress.add(entry.size)
    if wrong:
        raise Problem(f"{len(wrong):,} of the backup's files cannot be restored; the first: {wrong[0]}.")


def anything_stored() -> bool:
    return next(stored_files.walk(), None) is not None


def put_back(folder: BackupFolder, backup: Path, progress: Progress) -> None:
    """Into the storage; each file is hashed again on the way. Files that an interrupted restore has put there stay."""
    for prefix, group in groupby(entries(backup), key=lambda entry: entry.key.rpartition("/")[0]):
        there = dict(stored_files.walk(f"{prefix}/"))
        for entry in group:
            if there.get(entry.key) != entry.size:
                with folder.image(entry).open("rb") as source:
                    _check(source, entry)
                    put(entry.key, source, to_disk=not entry.key.endswith(".png"))
            progress.add(entry.size)


def _check(source: BufferedReader, entry: Entry) -> None:
    if hashlib.file_digest(source, "sha256").hexdigest() != entry.sha256:
        raise Problem(f"{entry.key} was damaged after it was verified.")
    source.seek(0)


def note(key: str, text: str) -> None:
    put(key, ContentFile(text.encode()))


def noted(key: str) -> str:
    storage: Any = storages["dicom"]
    if not storage.exists(key):
        return ""
    with storage.open(key) as file:
        return bytes(file.read(PIECE)).decode()
