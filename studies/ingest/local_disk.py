"""A file of the storage that lies on a disk of ours: written in place of what is there, then brought to the disk.

Django's own `save` looks for a free name first, and asks the system four times for what is known here.
"""

import os
import shutil
from typing import IO

from django.core.files.storage import storages

PIECE = 1024 * 1024
# Django's preset: what another program of the host, as a proxy that sends files, may read.
MODE = 0o644


def path_of(key: str) -> str | None:
    """None where the storage is a bucket, which has no paths: Django's storages then raise NotImplementedError."""
    try:
        return str(storages["dicom"].path(key))
    except NotImplementedError:
        return None


def write(path: str, file: IO[bytes]) -> None:
    """Write the whole file. A program that reads the file of before still reads that one to its end."""
    file.seek(0)
    with _new(path) as written:
        os.fchmod(written.fileno(), MODE)
        shutil.copyfileobj(file, written, PIECE)


def sync(path: str) -> None:
    """The file, its folder, and the folder that this one may be new in, are on the disk when it returns."""
    folder = os.path.dirname(path)
    for place, flags in (
        (path, os.O_RDONLY),
        (folder, os.O_RDONLY | os.O_DIRECTORY),
        (os.path.dirname(folder), os.O_RDONLY | os.O_DIRECTORY),
    ):
        descriptor = os.open(place, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _new(path: str) -> IO[bytes]:
    while True:
        try:
            return open(path, "xb")
        except FileExistsError:
            os.unlink(path)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
