"""What lies in the `dicom` storage, in the order of its keys: local folders and buckets answer alike."""

import os
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.files.storage import storages

from studies.models.image import beginning_of, folder_of
from studies.models.view_copy import pack_key

INCOMING = "incoming/"
PREFIXES = tuple(f"{number:02x}" for number in range(256))
# Bytes or a picture of a frame: what a blob's row accounts for. Anything else in the storage is foreign.
OF_A_BLOB = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})\.(dcm|\d+\.(full|thumb)\.png)")


def walk(beginning: str = "") -> Iterator[tuple[str, int]]:
    """Each key that begins so, with its size; `beginning` is empty, or ends where a folder's name does."""
    storage: Any = storages["dicom"]
    bucket = getattr(storage, "bucket", None)
    if bucket is not None:
        yield from ((stored.key, stored.size) for stored in bucket.objects.filter(Prefix=beginning))
    else:
        root = storage.path("")
        yield from _walk(os.path.join(root, beginning), beginning.rstrip("/"))


def _walk(folder: str, key: str) -> Iterator[tuple[str, int]]:
    try:
        with os.scandir(folder) as entries:
            names = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    except (FileNotFoundError, NotADirectoryError):
        return
    # A bucket sorts whole keys, in which a folder's name goes on with a slash.
    for name, is_folder in sorted(names, key=lambda entry: f"{entry[0]}/" if entry[1] else entry[0]):
        inside = f"{key}/{name}" if key else name
        if is_folder:
            yield from _walk(os.path.join(folder, name), inside)
            continue
        try:
            yield inside, os.stat(os.path.join(folder, name)).st_size
        except FileNotFoundError:
            continue  # it was removed in the meantime


def of_blob(sha256: str) -> list[str]:
    """The keys of the bytes and of every picture beside them."""
    storage: Any = storages["dicom"]
    beginning = beginning_of(sha256)
    bucket = getattr(storage, "bucket", None)
    if bucket is not None:
        return [stored.key for stored in bucket.objects.filter(Prefix=beginning)]
    return [key for key, _ in walk(folder_of(sha256)) if key.startswith(beginning)]


def hash_in(key: str) -> str:
    """The blob that a key belongs to, or nothing for a foreign key."""
    match = OF_A_BLOB.fullmatch(key)
    return match[1] if match and key.startswith(folder_of(match[1])) else ""


def pack_in(key: str) -> UUID | None:
    """The pack of a view copy that a key belongs to, or None for a foreign key."""
    try:
        uuid = UUID(key.rpartition("/")[2].removesuffix(".pack"))
    except ValueError:
        return None
    return uuid if pack_key(uuid) == key else None
