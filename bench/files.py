"""Files to take in: CT images of 128 × 128, uncompressed, 34 kB each, or larger ones, of an invented patient."""

import io
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

SIDE = 128
# 627 kB: 5,000 are 3.1 GB.
LARGE_SIDE = 560
# Written once and then replaced in the bytes, so that a file costs nothing to make: UIDs of one length.
STUDY, SERIES, IMAGE = (f"2.25.{digit * 38}" for digit in "123")


def new_uid() -> str:
    return f"2.25.{uuid4().int % 10**37 + 10**37}"


def write_files(folder: Path, *, studies: int, instances: int = 1, side: int = SIDE) -> list[Path]:
    """So many studies of one series each; the paths in their order."""
    folder.mkdir(parents=True)
    paths = []
    for number, data in enumerate(files_of(studies, instances, side)):
        path = folder / f"{number:06}.dcm"
        path.write_bytes(data)
        paths.append(path)
    return paths


def files_of(studies: int, instances: int, side: int = SIDE) -> Iterator[bytes]:
    """Each study of another patient, where there are many."""
    template = _template(side)
    for number in range(studies):
        study, series = new_uid(), new_uid()
        of_series = template.replace(STUDY.encode(), study.encode()).replace(SERIES.encode(), series.encode())
        if number:
            of_series = of_series.replace(b"Quill^Hazel", f"Quill{number:05}A".encode())
            of_series = of_series.replace(b"MRN000117", f"MRN2{number:05}".encode())
        for _ in range(instances):
            yield of_series.replace(IMAGE.encode(), new_uid().encode())


def _template(side: int) -> bytes:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, IMAGE
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.Modality = STUDY, SERIES, "CT"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = (
        "Quill^Hazel",
        "MRN000117",
        "19700101",
        "F",
    )
    ds.StudyDate, ds.StudyTime, ds.AccessionNumber = "20261120", "101500", "A1"
    ds.StudyDescription, ds.SeriesDescription, ds.SeriesNumber, ds.InstanceNumber = "CT chest", "axial", 1, 1
    ds.Rows = ds.Columns = side
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
    # A disc in noise: neither as even nor as wild as a scan never is.
    across = np.linspace(-1, 1, side)
    disc = (across[:, None] ** 2 + across[None, :] ** 2 < 0.7) * 1000
    ds.PixelData = (disc + np.random.default_rng(1).integers(0, 60, (side, side))).astype("<u2").tobytes()
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, IMAGE
    meta.TransferSyntaxUID, meta.ImplementationClassUID = ExplicitVRLittleEndian, "2.25.1"
    ds.file_meta = meta
    out = io.BytesIO()
    dcmwrite(out, ds, enforce_file_format=True)
    return out.getvalue()
