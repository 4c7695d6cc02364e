"""DICOM files made to measure: sound ones, and ones that no honest scanner would write."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
)

from studies.ingest.sources import Source
from tests.factories import make_account, make_location, make_uid
from worklists.models import Worklist

# Made up; a name such as these belongs to nobody we know.
NAME = "Quill^Hazel"


def dicom(**values: Any) -> Dataset:
    """A small sound image; values by keyword, None to leave one out."""
    ds = Dataset()
    ds.SOPClassUID = SecondaryCaptureImageStorage
    ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID = make_uid(), make_uid(), make_uid()
    ds.PatientName, ds.PatientID, ds.Modality = NAME, "MRN000117", "OT"
    ds.StudyDate, ds.StudyDescription, ds.SeriesNumber, ds.InstanceNumber = "20261120", "Test picture", 1, 1
    ds.Rows = ds.Columns = 8
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
    ds.PixelData = np.arange(64, dtype="<u2").tobytes()
    for word, value in values.items():
        if value is None:
            delattr(ds, word)
        else:
            setattr(ds, word, value)
    return ds


def as_bytes(ds: Dataset, *, syntax: str = ExplicitVRLittleEndian) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.get("SOPClassUID") or SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID") or make_uid()
    meta.TransferSyntaxUID = syntax
    meta.ImplementationClassUID = "2.25.1"
    ds.file_meta = meta
    out = io.BytesIO()
    dcmwrite(out, ds, enforce_file_format=True, little_endian=True, implicit_vr=False)
    return out.getvalue()


def sound(**values: Any) -> bytes:
    return as_bytes(dicom(**values))


def source(data: bytes, name: str = "image.dcm") -> Source:
    return Source(name, lambda: io.BytesIO(data))


def element(group: int, number: int, vr: bytes, value: bytes, *, length: int | None = None) -> bytes:
    """One explicit little-endian element; `length` may lie."""
    length = len(value) if length is None else length
    if vr in (b"OB", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT"):
        return struct.pack("<HH2sHL", group, number, vr, 0, length) + value
    return struct.pack("<HH2sH", group, number, vr, length) + value


def head(syntax: bytes = b"1.2.840.10008.1.2.1\0") -> bytes:
    """A preamble and a file meta group, for data sets made by hand."""
    meta = element(2, 0x10, b"UI", syntax)
    return bytes(128) + b"DICM" + element(2, 0, b"UL", struct.pack("<L", len(meta))) + meta


def truncated() -> bytes:
    return sound()[:-40]


def truncated_at(share: float) -> bytes:
    whole = sound()
    return whole[: int(len(whole) * share)]


def longer_than_it_is() -> bytes:
    """Its name says to be two gigabytes long."""
    return head() + element(0x10, 0x10, b"UT", b"Quill^Hazel ", length=0x7FFFFFFE)


def more_frames_than_it_has() -> bytes:
    return sound(NumberOfFrames=4000)


def endless_name(size: int) -> bytes:
    """A header of one text of this many bytes."""
    return head() + element(0x10, 0x10, b"UT", b"A" * size)


def many_small_texts(size: int) -> bytes:
    """A header of this many bytes, none of them in a value that we keep."""
    return head() + element(0x32, 0x4000, b"LT", b"A" * 50_000) * (size // 50_000)


def many_elements(count: int) -> bytes:
    return head() + element(9, 1, b"CS", b"") * count


def nested(depth: int) -> bytes:
    """Sequences inside sequences, none of which says where it ends."""
    start = struct.pack("<HH2sHL", 8, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    return head() + start * depth


def never_ending_pixels() -> bytes:
    """Compressed pixel data whose last fragment is missing its end."""
    start = struct.pack("<HH2sHL", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFF)
    return (
        head()
        + start
        + struct.pack("<HHL", 0xFFFE, 0xE000, 0)
        + struct.pack("<HHL", 0xFFFE, 0xE000, 4000)
        + b"\0"
    )


def deflate_bomb(megabytes: int) -> bytes:
    """Zeros, a thousand to one."""
    pack = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    start = pack.compress(struct.pack("<HH2sHL", 0x7FE0, 0x10, b"OW", 0, megabytes * 2**20))
    body = b"".join(pack.compress(bytes(2**20)) for _ in range(megabytes))
    return head(DeflatedExplicitVRLittleEndian.encode()) + start + body + pack.flush()


def deflated(ds: Dataset) -> bytes:
    return as_bytes(ds, syntax=DeflatedExplicitVRLittleEndian)


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def zip_bomb(megabytes: int, *, members: int = 1) -> bytes:
    return zipped((f"{number}.dcm", bytes(megabytes * 2**20)) for number in range(members))


def encrypted_zip() -> bytes:
    """Says of its one member that it is encrypted."""
    data = bytearray(zipped([("secret.dcm", sound())]))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    return bytes(data)


def broken_zip() -> bytes:
    return zipped([("a.dcm", sound())])[:-30]


def zip_with_a_huge_directory() -> bytes:
    """Claims a directory of four gigabytes."""
    data = bytearray(zipped([("a.dcm", sound())]))
    struct.pack_into("<L", data, data.rindex(b"PK\x05\x06") + 12, 0xFFFFFFF0)
    return bytes(data)


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@pytest.fixture
def dicom_storage(settings: Any, tmp_path: Path) -> Path:
    """An empty storage of the test's own; the folder it keeps its files in."""
    options = {
        "location": tmp_path / "dicom",
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    }
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "dicom": backend}
    return tmp_path / "dicom"


@dataclass
class Homes:
    """Two places of two accounts, and nobody in them: most of what happens to files asks for no people."""

    ct: Worklist
    imaging: Worklist


@pytest.fixture
def homes(db: None) -> Homes:
    return Homes(
        ct=make_location(make_account(), "CT Reporting", share_code="NGCT2026"),
        imaging=make_location(make_account(), "Riverside Imaging"),
    )
