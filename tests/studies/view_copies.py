"""What the tests of view copies have in common: a series of CT slices, its copy made, and the copy read."""

import json
from typing import Any

import imagecodecs
import numpy as np
from django.core.files.storage import storages

from studies.models import ViewCopy
from studies.services import make_waiting_view_copies, render_waiting, take_in_all
from tests.bad_files import Homes, as_bytes, dicom, source
from tests.cast import IMPORTER
from tests.factories import make_uid
from tests.studies.test_packed_frames import streams_of


def slices(number: int, *, first: int = 0, study: str, series: str, **values: Any) -> list[bytes]:
    """Slices of a CT, a millimetre apart, each with values of its own."""
    made = []
    for n in range(first, first + number):
        pixels = (np.arange(200 * 300).reshape(200, 300) % 1000 + n).astype("<i2") - 500
        made.append(
            as_bytes(
                dicom(
                    StudyInstanceUID=study,
                    SeriesInstanceUID=series,
                    SOPClassUID="1.2.840.10008.5.1.4.1.1.2",
                    Modality="CT",
                    InstanceNumber=n + 1,
                    Rows=200,
                    Columns=300,
                    BitsStored=16,
                    HighBit=15,
                    PixelRepresentation=1,
                    PixelSpacing=[0.5, 0.5],
                    ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
                    ImagePositionPatient=[0, 0, n * 1.25],
                    RescaleSlope=1,
                    RescaleIntercept=-24,
                    WindowCenter=40,
                    WindowWidth=400,
                    PixelData=pixels.tobytes(),
                    **values,
                )
            )
        )
    return made


def take_in(homes: Homes, files: list[bytes]) -> None:
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data) for data in files])


def make_due() -> int:
    """What the worker does once the files of a series have settled."""
    render_waiting()
    ViewCopy.objects.update(due_at="2020-01-01T00:00Z")
    return make_waiting_view_copies()


def read(copy: ViewCopy) -> bytes:
    with storages["dicom"].open(copy.key) as file:
        return bytes(file.read())


def part(copy: ViewCopy) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(f"{{{copy.part}}}")
    return read


def unpacked(copy: ViewCopy) -> list[Any]:
    streams = streams_of(part(copy), read(copy))
    assert sum(map(len, streams)) == copy.size
    return [imagecodecs.htj2k_decode(stream) if stream else None for stream in streams]


def made_of(homes: Homes, *files: Any) -> ViewCopy:
    """The copy of a series of these files."""
    study, series = make_uid(), make_uid()
    for ds in files:
        ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
    take_in(homes, [as_bytes(ds) for ds in files])
    make_due()
    return ViewCopy.objects.get(series__series_instance_uid=series)
