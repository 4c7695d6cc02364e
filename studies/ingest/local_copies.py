"""A stored file as a path of this machine, for programs that read no storage."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.storage import storages


@contextmanager
def as_path(key: str, folder: str) -> Iterator[Path]:
    """The storage's own file, or a copy in the folder. Raises OSError where the storage does not have it."""
    storage = storages["dicom"]
    try:
        path = Path(storage.path(key))
        path.stat()
    except NotImplementedError:
        path = Path(folder, "source")
        with storage.open(key) as stream, path.open("wb") as copy:
            for piece in stream.chunks():
                copy.write(piece)
    yield path
