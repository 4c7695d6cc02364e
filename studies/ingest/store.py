"""Bytes in the `dicom` storage, once by their hash.

Bytes are written before the row that names them, under a lock by hash, so a row never names bytes that are not
there. What a crash leaves is bytes without a row: the next writer replaces them, since it is unknown how far the
first writer came.
"""

import io
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import storages
from django.db import connection, transaction

from studies.ingest import local_disk, stored_files
from studies.ingest.sources import ReceivedFile
from studies.models import Blob, Instance
from studies.models.image import key_of

# Held by a backup from before its snapshot until its last file is copied; shared by every removal of bytes.
BACKUP_LOCK = int.from_bytes(b"backups ")
AT_ONCE = 8


def put(key: str, file: IO[bytes], *, to_disk: bool = True) -> None:
    """Write the whole file under exactly this key, in place of what is there; `to_disk` for what cannot be remade."""
    if (path := local_disk.path_of(key)) is not None:
        local_disk.write(path, file)
        if to_disk:
            local_disk.sync(path)
        return
    storage = storages["dicom"]
    storage.delete(key)
    file.seek(0)
    saved = storage.save(key, File(file))
    if saved != key:
        storage.delete(saved)
        raise OSError("the storage did not keep the name it was given")


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
    stored = _rows_of(by_hash)
    missing = [sha256 for sha256 in by_hash if sha256 not in stored]
    # A disk takes many files at once in hardly more time than one, and a bucket answers many questions.
    there = _pool().map(lambda sha256: storages["dicom"].exists(key_of(sha256)), stored)
    lost = [sha256 for sha256, is_there in zip(stored, there, strict=True) if not is_there]
    written: list[Future[None]] = []
    try:
        # One by one: those that were begun are waited for, whatever happens to the next.
        for sha256 in (*missing, *lost):
            written.append(_write(key_of(sha256), by_hash[sha256].file))
        meanwhile()
        stored |= _add_rows(missing, by_hash, without_pictures)
    finally:
        wait(written)
    for each in written:
        each.result()
    return stored


def _write(key: str, file: IO[bytes]) -> "Future[None]":
    """Begin to write the file; its result is there once the file is on the disk, or in the bucket.

    A folder that is made waits for the disk too, while other files are brought there: what is in memory is written by
    another thread. That thread has a place in the file of its own, since `meanwhile` reads the same file.
    """
    if isinstance(file, io.BytesIO):
        return _pool().submit(put, key, io.BytesIO(file.getvalue()))
    put(key, file, to_disk=False)
    return _pool().submit(_sync, key)


def _sync(key: str) -> None:
    if (path := local_disk.path_of(key)) is not None:
        local_disk.sync(path)


def _rows_of(hashes: Collection[str]) -> dict[str, int]:
    """The ids of the rows there are, by hash.

    A deletion locks the row of its bytes FOR UPDATE first, and waits for us. We lock less than that, so that the
    placing of an instance of these bytes need not wait for us.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sha256, id FROM studies_blob WHERE sha256 = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [list(hashes)],
        )
        return dict(cursor.fetchall())


def _add_rows(
    missing: Sequence[str], by_hash: Mapping[str, ReceivedFile], without_pictures: Collection[str]
) -> dict[str, int]:
    if not missing:
        return {}
    state = [Blob.Preview.NONE if each in without_pictures else Blob.Preview.WAITING for each in missing]
    values: list[Any] = [
        list(missing),
        [by_hash[sha256].size for sha256 in missing],
        [str(each) for each in state],
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO studies_blob (sha256, size, preview) "
            "SELECT * FROM unnest(%s::varchar[], %s::bigint[], %s::varchar[]) RETURNING sha256, id",
            values,
        )
        return dict(cursor.fetchall())


def _pool() -> ThreadPoolExecutor:
    return _pool_of(os.getpid())


@cache
def _pool_of(process: int) -> ThreadPoolExecutor:
    """A process that was forked has none of the threads that its parent began."""
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="disk")


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
