"""View copies: each series' frames in one file for the viewer, made by the worker after the pictures.

A copy is written to scratch first, frame by frame, then stored under a name that no row has yet, and taken into the
series' row in one statement, unless more images have arrived meanwhile. What is stored is always named by a row: of
the series, or of the packs that are to go (`LeftoverPack`).
"""

import logging
import time
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from accounts.queue import poke
from studies.ingest import stored_files
from studies.ingest.store import put, remove
from studies.ingest.view_copies import NEVER
from studies.models import Blob, Instance, LeftoverPack, Series, ViewCopy
from studies.models.view_copy import COPIES_MAKER, OLD_COPIES, PACKS
from studies.renderer import TOO_SLOW, Renderer
from studies.services import previews
from studies.services.packing import Pack, pack_series

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=12)  # longer than a task may run
ENOUGH_SECONDS = 30  # and then the series at hand, and other tasks have their turn
WAITING = Q(state=ViewCopy.State.WAITING)
OLD = OLD_COPIES
MOST_SECONDS = 300  # of a single series: with the renderer's patience and the above less than a task may run


def make_waiting_view_copies(*, seconds: float = ENOUGH_SECONDS) -> int:
    """Make the copies that are due until none is or the time is up; returns how many were tried."""
    if settings.CIMAR_VIEW_COPIES == NEVER:
        return 0
    finish_by, done = time.monotonic() + seconds, 0
    waits = Exists(
        Instance.objects.filter(series=OuterRef("series"), frames__gt=0, blob__preview=Blob.Preview.WAITING)
    )
    with Renderer() as renderer:
        while copy := _claim(WAITING & Q(due_at__lte=Now()) & ~Q(waits)):
            _make(renderer, copy, most_seconds=MOST_SECONDS)
            done += 1
            if time.monotonic() > finish_by:
                poke("studies.make_view_copies")
                break
    return done


def make_view_copies(
    *, series_ids: Collection[int], progress: Callable[[int], None] = lambda done: None
) -> int:
    """Make the copies of these series that wait and that no other worker is busy with, however long it takes."""
    if settings.CIMAR_VIEW_COPIES == NEVER:
        return 0
    done = 0
    with Renderer() as renderer:
        for pk in sorted(series_ids):
            if copy := _claim(WAITING & Q(series=pk)):
                _make(renderer, copy)
                done += 1
                progress(done)
    return done


def renew_old_view_copies(renderer: Renderer, *, finish_by: float) -> int:
    """Make copies of an older release anew, the latest first, until the time is up; returns how many were tried.

    Until then they are shown as they are.
    """
    if settings.CIMAR_VIEW_COPIES == NEVER:
        return 0
    done = 0
    pictures = Exists(
        Instance.objects.filter(series=OuterRef("series"), blob__in=Blob.objects.filter(previews.OLD))
    )
    while time.monotonic() < finish_by and (copy := _claim(OLD & ~Q(pictures), order="-series")):
        _make(renderer, copy, most_seconds=MOST_SECONDS)
        done += 1
    return done


@transaction.atomic
def _claim(which: Q, *, order: str = "due_at") -> ViewCopy | None:
    """Claim one of these copies for this worker: no other worker takes the copy while the claim lasts."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=Now())
    asked = ViewCopy.objects.filter(which & free).order_by(order, "pk")
    copy = asked.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
    if copy is not None:
        ViewCopy.objects.filter(pk=copy.pk).update(claimed_until=Now() + CLAIM)
    return copy


def _make(renderer: Renderer, copy: ViewCopy, *, most_seconds: float | None = None) -> None:
    finish_by = None if most_seconds is None else time.monotonic() + most_seconds
    with TemporaryDirectory(prefix="view-copy-", dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        try:
            pack = pack_series(renderer, copy.series_id, Path(folder), finish_by=finish_by)
            _publish(copy, pack)
        except OSError as error:
            # The storage is away, or scratch is full: the claim runs out and another try is made.
            log.warning("the view copy of series %s was not stored: %s", copy.series_id, type(error).__name__)


def _publish(copy: ViewCopy, pack: Pack) -> None:
    """Store the file and take it into the row; what it replaces goes, and itself where images arrived meanwhile."""
    if copy.state == ViewCopy.State.READY and pack.columns["note"].startswith(TOO_SLOW):
        # A machine that was too busy for it takes no copy away.
        ViewCopy.objects.filter(pk=copy.pk).update(claimed_until=None, maker=COPIES_MAKER)
        return
    values: dict[str, Any] = {**pack.columns, "uuid": None, "claimed_until": None, "made_at": Now()}
    values["maker"] = COPIES_MAKER
    made = None
    if pack.file is not None:
        made = LeftoverPack.objects.create(uuid=uuid4(), kept_until=Now() + CLAIM)
        with pack.file.open("rb") as file:
            put(made.key, file)
        values["uuid"] = made.uuid
    with transaction.atomic():
        current = ViewCopy.objects.select_for_update(no_key=True).filter(pk=copy.pk, version=copy.version)
        before = current.first()
        gone = made
        if before is not None:
            gone = _leave(before)
            ViewCopy.objects.filter(pk=copy.pk).update(**values)
            if made is not None:
                made.delete()
        else:
            # More images have arrived, or the series is gone.
            ViewCopy.objects.filter(pk=copy.pk).update(claimed_until=None)
            if made is not None:
                LeftoverPack.objects.filter(pk=made.pk).update(kept_until=Now())
    if gone is not None:
        _remove(gone)


def _leave(copy: ViewCopy) -> LeftoverPack | None:
    """The pack that a row names so far, named as one that is to go."""
    return LeftoverPack.objects.create(uuid=copy.uuid) if copy.uuid is not None else None


def _remove(pack: LeftoverPack) -> None:
    """Removes the file, then its row: after a crash in between, the row still says that there may be a file."""
    remove(pack.key)
    LeftoverPack.objects.filter(pk=pack.uuid).delete()


def sweep_packs() -> int:
    """Remove the packs that no series has and nobody still writes; how many."""
    gone = list(LeftoverPack.objects.filter(kept_until__lte=Now()))
    for pack in gone:
        _remove(pack)
    return len(gone)


def sweep_packs_without_row(prefix: str) -> int:
    """Files among the packs that no row names: of a database that was restored from before they were made."""
    # The storage is read first: the row of a file that is written afterwards is not needed.
    there = {
        uuid: key for key, _ in stored_files.walk(f"{PACKS}{prefix}/") if (uuid := stored_files.pack_in(key))
    }
    named = {*ViewCopy.objects.filter(uuid__in=there).values_list("uuid", flat=True)}
    named |= {*LeftoverPack.objects.filter(uuid__in=there).values_list("uuid", flat=True)}
    strays = [key for uuid, key in there.items() if uuid not in named]
    for key in strays:
        remove(key)
    return len(strays)


@transaction.atomic
def drop_view_copies(*, which: Q) -> int:
    """Forget these copies and remove their packs; they are made again when somebody opens them, or asks for it."""
    copies = list(ViewCopy.objects.select_for_update().filter(which).order_by("pk"))
    packs = [LeftoverPack(uuid=copy.uuid) for copy in copies if copy.uuid is not None]
    LeftoverPack.objects.bulk_create(packs)
    ViewCopy.objects.filter(pk__in=[copy.pk for copy in copies]).delete()
    for pack in packs:
        transaction.on_commit(partial(_remove, pack))
    return len(copies)


def ask_for_view_copies(*, which: Q, again: bool = False) -> list[int]:
    """The series among these that have a copy to be made now: those without one, and `again` those that failed."""
    missing = Series.objects.filter(which, view_copy=None)
    ViewCopy.objects.bulk_create([ViewCopy(series=series) for series in missing], ignore_conflicts=True)
    copies = ViewCopy.objects.filter(series__in=Series.objects.filter(which))
    if again:
        copies.filter(state=ViewCopy.State.FAILED).update(state=ViewCopy.State.WAITING)
    waiting = copies.filter(state=ViewCopy.State.WAITING)
    waiting.filter(due_at=None).update(due_at=Now())
    return list(waiting.order_by("series").values_list("series", flat=True))
