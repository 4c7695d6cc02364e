"""What images are ordered by, for instances that were taken in before the position and the time were kept."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.core.files.storage import storages

from studies.ingest.headers import read_header
from studies.ingest.limits import limits
from studies.models import Instance

log = logging.getLogger(__name__)

BATCH = 500
COLUMNS = ("slice", "taken")


def store_missing_image_order(
    *, after: int = 0, progress: Callable[[int, int], None] = lambda last, done: None
) -> int:
    """Read the files of all instances with neither position nor time, a batch at a time; how many were written.

    Each batch is committed: stopped, it goes on where it is called again, with `after` from the instance behind it.
    A file that says neither is read again each time, and nothing is written of it.
    `progress` receives the last instance and how many were written so far.
    """
    done = 0
    while batch := _without(after):
        done += _store(batch)
        after = batch[-1].pk
        progress(after, done)
    return done


def _without(after: int) -> Sequence[Instance]:
    """The next in the order of their keys."""
    missing = Instance.objects.filter(pk__gt=after, slice=None, taken="")
    return list(missing.select_related("blob").order_by("pk")[:BATCH])


def _store(batch: Sequence[Instance]) -> int:
    read = [instance for instance in batch if _read(instance)]
    return Instance.objects.bulk_update(read, COLUMNS) if read else 0


def _read(instance: Instance) -> bool:
    """Give the instance what its file says; whether it says anything."""
    try:
        with storages["dicom"].open(instance.blob.key) as file:
            columns: dict[str, Any] = read_header(file, size=instance.blob.size, limits=limits()).instance
    except Exception as error:
        # Whatever is wrong with a file, the others go on.
        log.warning("the order of instance %s was not read: %s", instance.pk, type(error).__name__)
        return False
    for column in COLUMNS:
        setattr(instance, column, columns[column])
    return instance.slice is not None or instance.taken != ""
