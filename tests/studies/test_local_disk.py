"""Files of the storage on a local disk."""

import io
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import storages

from studies.ingest import local_disk
from studies.ingest.store import put
from tests.bad_files import dicom_storage

__all__ = ["dicom_storage"]

KEY = "ab/cd/image.dcm"


def test_the_file_is_what_the_storage_opens_under_the_key(dicom_storage: Any) -> None:
    put(KEY, io.BytesIO(b"image"))

    with storages["dicom"].open(KEY) as file:
        assert file.read() == b"image"
    assert storages["dicom"].listdir("ab/cd") == ([], ["image.dcm"])


def test_other_programs_of_the_host_may_read_it_and_nobody_else_write_it(dicom_storage: Any) -> None:
    put(KEY, io.BytesIO(b"image"))

    assert stat.S_IMODE(Path(storages["dicom"].path(KEY)).stat().st_mode) == 0o644


def test_who_reads_the_file_before_it_reads_that_to_its_end(dicom_storage: Any) -> None:
    put(KEY, io.BytesIO(b"the image before"))
    with storages["dicom"].open(KEY) as before:
        assert before.read(3) == b"the"

        put(KEY, io.BytesIO(b"new"))

        assert before.read() == b" image before"
    assert Path(storages["dicom"].path(KEY)).read_bytes() == b"new"


def test_it_is_written_from_its_first_byte_wherever_it_was_read_to(dicom_storage: Any) -> None:
    file = io.BytesIO(b"image")
    file.read()

    put(KEY, file)

    assert Path(storages["dicom"].path(KEY)).read_bytes() == b"image"


def test_the_file_its_folder_and_the_folder_above_are_brought_to_the_disk(
    dicom_storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr("studies.ingest.local_disk.os.fsync", noted)

    put(KEY, io.BytesIO(b"image"))

    path = Path(storages["dicom"].path(KEY)).resolve()
    assert synced == [str(path), str(path.parent), str(path.parent.parent)]


def test_no_key_leads_out_of_the_storage(dicom_storage: Any) -> None:
    with pytest.raises(SuspiciousFileOperation):
        local_disk.path_of("../image.dcm")
