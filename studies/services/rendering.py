"""What is made of a stored file while a client waits: its picture, or its pixels without compression.

The web process decodes nothing: a confined child does (`studies.renderer`), one for each web process, with less time
and memory than the worker's. Only a few requests wait for it at once, so that the pages always have threads left.
Whoever calls these has asked for the right before.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.exceptions import NothingThere
from studies.corrected import Change
from studies.ingest.local_copies import as_path
from studies.models import Blob
from studies.renderer import OF_THE_REQUEST, TOO_LARGE, TOO_SLOW, Renderer
from studies.sent_file import sent_pieces

SECONDS_EACH = 20
MEMORY = 1024**3
IDLE_SECONDS = 600
# Of the threads of a web process.
MOST_WAITING = 3
# A stream that has begun waits longer for its turn than a request that can be told to come again.
PATIENCE = 60

BUSY = gettext_noop("Too many pictures are being made. Please try again in a few seconds.")

_places = threading.BoundedSemaphore(MOST_WAITING)
_turn = threading.Lock()
_renderer = Renderer(seconds_each=SECONDS_EACH, memory=MEMORY, idle_seconds=IDLE_SECONDS)


class CannotMake(Exception):
    """Why there is no such picture: with a sentence, and whether the request or the moment is to blame for it."""

    def __init__(self, note: str) -> None:
        super().__init__("\n".join(_(line) for line in note.splitlines()))
        self.is_busy = note in (BUSY, TOO_SLOW)
        self.is_of_the_request = note in OF_THE_REQUEST
        self.is_too_large = note == TOO_LARGE


@dataclass(frozen=True)
class Made:
    """The file, which is gone when it is closed, and what the child answered."""

    file: IO[bytes]
    size: int
    answer: dict[str, Any]


def make(*, key: str, kind: str, changes: Sequence[Change] = (), patient: bool = False, **job: Any) -> Made:
    """Of the stored file under the key, with the corrections of its home if these are given.

    Raises CannotMake, or NothingThere while the storage does not have it.
    """
    with _place(patient), TemporaryDirectory(prefix="made-", dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        target = Path(folder, "made")
        try:
            with _source(key, changes, folder) as source, _turn:
                answer = _renderer.ask(
                    kind=kind, source=str(source.resolve()), target=str(target.resolve()), **job
                )
        except OSError:
            raise NothingThere from None
        if "error" in answer:
            raise CannotMake(answer["error"])
        # Its name goes with the folder, its bytes when it is closed.
        return Made(target.open("rb"), target.stat().st_size, answer)


def picture_of(
    *, blob: Blob, frames: tuple[int, ...], media_type: str, patient: bool = False, **view: Any
) -> tuple[bytes, list[str]]:
    """A picture, and the sentences about it. What the pages show no picture of has none here either."""
    if blob.preview in (Blob.Preview.FAILED, Blob.Preview.NONE):
        raise CannotMake(blob.preview_note or NO_PICTURE)
    made = make(key=blob.key, kind="view", patient=patient, frames=frames, media_type=media_type, **view)
    with made.file as file:
        return file.read(), made.answer["notes"]


NO_PICTURE = gettext_noop("It has no image that can be shown.")


def thumbnail_of(*, blob: Blob, frame: int, media_type: str, **view: Any) -> bytes:
    """From the picture that the worker has made, else from the file itself."""
    viewport = view.get("viewport") or (*THUMBNAIL, 0, 0, None, None)
    if blob.preview == Blob.Preview.READY and not view.get("viewport"):
        try:
            made = make(
                key=blob.preview_key(frame, thumbnail=True), kind="recode", media_type=media_type, **view
            )
            with made.file as file:
                return file.read()
        except NothingThere:
            pass  # of frames beyond the first there is none
    return picture_of(blob=blob, frames=(frame,), media_type=media_type, **{**view, "viewport": viewport})[0]


THUMBNAIL = (160, 160)


@contextmanager
def _source(key: str, changes: Sequence[Change], folder: str) -> Iterator[Path]:
    if not changes:
        with as_path(key, folder) as path:
            yield path
        return
    path = Path(folder, "corrected")
    with path.open("wb") as copy:
        copy.writelines(sent_pieces(key, changes))
    yield path


@contextmanager
def _place(patient: bool) -> Iterator[None]:
    if not _places.acquire(timeout=PATIENCE) if patient else not _places.acquire(blocking=False):
        raise CannotMake(BUSY)
    try:
        yield
    finally:
        _places.release()
