"""A CT volume to look at: noisy ellipses in 512 × 512, slice by slice, of an invented patient."""

from collections.abc import Iterator

import numpy as np
from pydicom import dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite

from bench.files import files_of, new_uid

SIDE = 512
SPACING, STEP = 0.7, 1.0


def volume(slices: int) -> Iterator[bytes]:
    """The files of one study of one series, in the order of their positions."""
    [first] = files_of(1, 1, SIDE)
    ds = dcmread(DicomBytesIO(first))
    ds.ImageOrientationPatient, ds.PixelSpacing, ds.SliceThickness = [1, 0, 0, 0, 1, 0], [SPACING] * 2, STEP
    ds.FrameOfReferenceUID, ds.RescaleSlope, ds.RescaleIntercept = new_uid(), 1, -1024
    ds.WindowCenter, ds.WindowWidth = 40, 400
    ds.PatientPosition, ds.SeriesDescription = "HFS", f"volume of {slices}"
    random = np.random.default_rng(3)
    down, across = np.meshgrid(*[np.linspace(-1, 1, SIDE)] * 2, indexing="ij")
    for number in range(slices):
        along = number / max(slices - 1, 1)
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = new_uid()
        ds.InstanceNumber, ds.ImagePositionPatient = number + 1, [-179.2, -179.2, number * STEP]
        body = (down / 0.7) ** 2 + (across / 0.9) ** 2 < 1
        organ = (down - 0.2 * along) ** 2 + (across + 0.4) ** 2 < 0.02 + 0.06 * along
        values = np.where(body, 1064, 24) + np.where(organ, 60, 0) + random.normal(0, 12, (SIDE, SIDE))
        ds.PixelData = np.clip(values, 0, 4095).astype("<u2").tobytes()
        out = DicomBytesIO()
        dcmwrite(out, ds, enforce_file_format=True)
        yield out.getvalue()
