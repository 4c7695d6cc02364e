"""Bytes in the `dicom` storage, once by their hash.

Bytes are written before the row that names them, under a lock by hash, so a row never names bytes that are not
there. What a crash leaves is bytes without a row: the next writer replaces them, since it is unknown how far the
first writer came.
"""

import os
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from django.core.files import File
from django.core.files.storage import storages
from django.db import connection, transaction

from studies.ingest import stored_files
from studies.ingest.sources import ReceivedFile
from studies.models import Blob, Instance
from studies.models.image import key_of

# Held by a backup from before its snapshot until its last file is copied; shared by every removal of bytes.
BACKUP_LOCK = int.from_bytes(b"backups ")
AT_ONCE = 8


def put(key: str, file: IO[bytes], *, to_disk: bool = True) -> None:
    """Write the whole file under exactly this key, in place of what is there; `to_disk` for what cannot be remade."""
    storage = storages["dicom"]
    storage.delete(key)
    file.seek(0)
    saved = storage.save(key, File(file))
    if saved != key:
        storage.delete(saved)
        raise OSError("the storage did not keep the name it was given")
    if to_disk:
        _to_disk(key)


def remove(key: str) -> None:
    storages["dicom"].delete(key)


@transaction.atomic
def store_blobs(
    received: Collection[ReceivedFile],
    *,
    without_pictures: Collection[str],
    meanwhile: Callable[[], object] = lambda: None,
) -> dict[str, int]:
    """The row ids of these bytes, by hash; writes what is not there yet, or no longer.

    Bytes that the storage lost are there again once they are sent: the answer to the sender is that they are stored.
    `meanwhile` is done while the disk is busy.
    """
    by_hash = {file.sha256: file for file in received}
    _lock(by_hash)
    # A deletion locks the row of its bytes FOR UPDATE first, and waits for us. We lock less than that, so that the
    # placing of an instance of these bytes need not wait for us.
    stored = dict(
        Blob.objects.select_for_update(no_key=True)
        .filter(sha256__in=by_hash)
        .order_by("id")
        .values_list("sha256", "id")
    )
    missing = [
        Blob(
            sha256=sha256,
            size=file.size,
            preview=Blob.Preview.NONE if sha256 in without_pictures else Blob.Preview.WAITING,
        )
        for sha256, file in by_hash.items()
        if sha256 not in stored
    ]
    # A disk takes many files at once in hardly more time than one, and a bucket answers many questions.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        there = pool.map(lambda sha256: storages["dicom"].exists(key_of(sha256)), stored)
        lost = [sha256 for sha256, is_there in zip(stored, there, strict=True) if not is_there]
        written = [*(blob.sha256 for blob in missing), *lost]
        synced = []
        for key, sha256 in zip(map(key_of, written), written, strict=True):
            put(key, by_hash[sha256].file, to_disk=False)
            synced.append(pool.submit(_to_disk, key))
        meanwhile()
        for each in synced:
            each.result()
    for blob in Blob.objects.bulk_create(missing):
        stored[blob.sha256] = blob.pk
    return stored


def still_there(blob_ids: Collection[int]) -> set[int]:
    """Those of these rows that are there, and stay until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM studies_blob WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [list(blob_ids)]
        )
        return {row[0] for row in cursor.fetchall()}


def drop_unused(blob_ids: Collection[int]) -> None:
    """Forget bytes that have no instance. An import that counted on them misses their row, and stores them anew."""
    with transaction.atomic():
        if not bytes_may_go():
            return  # the hourly sweep removes the row
        locked = list(Blob.objects.select_for_update().filter(pk__in=blob_ids).order_by("pk"))
        used = set(Instance.objects.filter(blob__in=locked).values_list("blob_id", flat=True))
        unused = [blob for blob in locked if blob.pk not in used]
        Blob.objects.filter(pk__in=[blob.pk for blob in unused]).delete()
    for blob in unused:
        remove_rowless(blob.sha256)


@transaction.atomic
def remove_rowless(sha256: str) -> bool:
    """Remove bytes and their pictures if no row names them; whether they are gone now."""
    if not bytes_may_go():
        return False
    _lock([sha256])
    if Blob.objects.filter(sha256=sha256).exists():
        return False
    for key in stored_files.of_blob(sha256):
        remove(key)
    return True


@transaction.atomic
def remove_received(keys: Collection[str]) -> None:
    """Remove files of an upload that were taken in, or leave them to the sweep while a backup runs."""
    if bytes_may_go():
        for key in keys:
            remove(key)


def bytes_may_go() -> bool:
    """Whether bytes may be removed in this transaction: a backup that runs still copies what its dump names.

    The answer holds until the transaction ends: a backup that begins meanwhile waits for that.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [BACKUP_LOCK])
        (free,) = cursor.fetchone()
    return bool(free)


def _lock(hashes: Collection[str]) -> None:
    keys = sorted(int.from_bytes(bytes.fromhex(sha256)[:8], signed=True) for sha256 in hashes)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def _to_disk(key: str) -> None:
    """A local file is on the disk before the database says it is; a bucket does that itself."""
    try:
        path = storages["dicom"].path(key)
    except NotImplementedError:
        return
    for place, flags in ((path, os.O_RDONLY), (os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)):
        descriptor = os.open(place, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
