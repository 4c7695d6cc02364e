"""Pictures of stored files, made by the worker: the web process decodes no pixels, it sends these."""

import logging
import time
from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.queue import poke
from studies.ingest.local_copies import as_path
from studies.ingest.store import put
from studies.models import Blob
from studies.models.image import OLD_PICTURES, PICTURES_MAKER
from studies.renderer import TOO_SLOW, Rendered, Renderer

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=12)  # longer than a task may run, and than a slice is worked on
SLICE = 10  # files claimed at once
WAITING = Q(preview=Blob.Preview.WAITING)
# Of another release: they are shown as they are until they are made anew.
OLD = OLD_PICTURES
ENOUGH_SECONDS = 240  # and then the file at hand: with the renderer's patience less than a task may run


def render_waiting(*, seconds: float = ENOUGH_SECONDS) -> int:
    """Render what waits until nothing does or the time is up; returns how many files were tried."""
    finish_by, done = time.monotonic() + seconds, 0
    with Renderer() as renderer:
        while claimed := _claim(WAITING):
            done += _render_slice(renderer, claimed, finish_by=finish_by)
            if time.monotonic() > finish_by:
                poke("studies.render_previews")
                break
    return done


def render_previews(*, blob_ids: Collection[int]) -> int:
    """Render those of these files that wait and that no other worker is busy with."""
    ids, done = sorted(blob_ids), 0
    with Renderer() as renderer:
        for first in range(0, len(ids), SLICE):
            while claimed := _claim(WAITING & Q(pk__in=ids[first : first + SLICE])):
                done += _render_slice(renderer, claimed, finish_by=time.monotonic() + ENOUGH_SECONDS)
    return done


def renew_old_previews(renderer: Renderer, *, finish_by: float) -> int:
    """Make pictures of an older release anew, the latest first, until the time is up; returns how many were tried."""
    done = 0
    while time.monotonic() < finish_by and (claimed := _claim(OLD, order="-id")):
        done += _render_slice(renderer, claimed, finish_by=finish_by)
    return done


@transaction.atomic
def _claim(which: Q, *, order: str = "id") -> list[Blob]:
    """Claim some of these files for this worker: no other worker takes them while the claim lasts."""
    free = Q(preview_claimed_until=None) | Q(preview_claimed_until__lte=Now())
    asked = Blob.objects.filter(which & free).order_by(order)
    claimed = list(asked.select_for_update(skip_locked=True, no_key=True)[:SLICE])
    if claimed:
        _update(claimed, preview_claimed_until=Now() + CLAIM)
    return claimed


def _render_slice(renderer: Renderer, claimed: Sequence[Blob], *, finish_by: float) -> int:
    """Render file after file, at least one; files that the time is too short for are free to be claimed again."""
    tried = 0
    try:
        for blob in claimed:
            tried += 1
            _render(renderer, blob)
            if time.monotonic() > finish_by:
                break
    finally:
        if tried < len(claimed):
            _update(claimed[tried:], preview_claimed_until=None)
    return tried


def _update(blobs: Sequence[Blob], **values: Any) -> None:
    """Change those of these files whose pictures are still to be made."""
    Blob.objects.filter(WAITING | OLD, pk__in=[blob.pk for blob in blobs]).update(**values)


def _render(renderer: Renderer, blob: Blob) -> None:
    """One file's pictures, stored before the row is marked as ready."""
    with TemporaryDirectory(prefix="previews-") as folder:
        try:
            with as_path(blob.key, folder) as source:
                made = renderer.render(source, Path(folder))
            for frame in range(1, made.frames + 1):
                for thumbnail, size in ((False, "full"), (True, "thumb")):
                    with Path(folder, f"{frame}.{size}.png").open("rb") as picture:
                        put(blob.preview_key(frame, thumbnail=thumbnail), picture, to_disk=False)
        except OSError as error:
            # The storage is away: the claim runs out and another try is made.
            log.warning("the previews of file %s were not stored: %s", blob.pk, type(error).__name__)
            return
    _note(blob, made)


def _note(blob: Blob, made: Rendered) -> None:
    values: dict[str, Any] = {"preview_maker": PICTURES_MAKER, "preview_claimed_until": None}
    # A machine that was too busy for it takes no picture away.
    if not (blob.preview == Blob.Preview.READY and made.note == TOO_SLOW):
        values["preview"] = Blob.Preview.READY if made.frames else Blob.Preview.FAILED
        values["preview_note"] = made.note[:200]
    _update([blob], **values)
