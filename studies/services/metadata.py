"""The metadata of instances that were taken in before metadata were kept."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.core.files.storage import storages
from django.db import transaction

from studies.ingest.json_model import Described, columns_of, describe
from studies.ingest.metadata import write_metadata
from studies.models import Instance

log = logging.getLogger(__name__)

BATCH = 100


def store_missing_metadata(
    *, after: int = 0, progress: Callable[[int, int], None] = lambda last, done: None
) -> int:
    """Read the files of all instances without metadata, a batch at a time; how many were written.

    Each batch is committed: stopped, it goes on where it is called again, with `after` from the instance behind it.
    `progress` receives the last instance and how many were written so far.
    """
    done = 0
    while batch := _without(after):
        done += _store(batch)
        after = batch[-1].pk
        progress(after, done)
    return done


def metadata_from_file(instance: Instance) -> Described | None:
    """Of an instance with its blob, series and study, from its file; None while the storage does not have it."""
    uids = (instance.study.study_instance_uid, instance.series.series_instance_uid, instance.sop_instance_uid)
    try:
        with storages["dicom"].open(instance.blob.key) as file:
            columns = columns_of(*uids, sop_class=instance.sop_class_uid)
            # A home is always an account's.
            account: Any = instance.study.home.account
            return describe(file, columns, fallback=account.character_set)
    except OSError as error:
        log.warning("the metadata of instance %s were not read: %s", instance.pk, type(error).__name__)
        return None


def _without(after: int) -> Sequence[Instance]:
    """The next in the order of their keys: an anti-join over one range of the primary key."""
    missing = Instance.objects.filter(pk__gt=after, metadata=None)
    return list(missing.select_related("blob", "series", "study__home__account").order_by("pk")[:BATCH])


def _store(batch: Sequence[Instance]) -> int:
    read = {instance: metadata_from_file(instance) for instance in batch}
    described = {instance.uuid: made for instance, made in read.items() if made is not None}
    with transaction.atomic():
        # An instance that is deleted meanwhile has no row to join: the rest is written.
        return write_metadata(described) if described else 0
