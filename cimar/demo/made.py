"""What no package ships: the slices of a computed head, as of a phantom in a scanner, and a report in words."""

from collections.abc import Iterator
from datetime import date
from io import BytesIO

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import BasicTextSRStorage, CTImageStorage, ExplicitVRLittleEndian

from cimar.demo import files
from cimar.demo.studies import DemoStudy

SIZE, SPACING, THICKNESS = 256, 0.9, 1.5
VOLUME, REPORT = 10, 20  # the numbers of their series

# Ellipsoids from the skin inwards: Hounsfield units, half axes and centre in mm (right to left, front to back, up).
HEAD = (
    (45, (82, 102, 92), (0, 0, 0)),
    (950, (77, 97, 87), (0, 0, 0)),
    (12, (71, 91, 81), (0, 0, 0)),
    (36, (69, 89, 79), (0, 0, 0)),
    (28, (52, 66, 56), (0, 4, 0)),
    (8, (7, 30, 16), (-11, -6, 10)),
    (8, (7, 30, 16), (11, -6, 10)),
    (8, (3, 10, 9), (0, 6, -4)),
    (24, (26, 20, 22), (38, -22, 18)),  # an old infarct
    (62, (7, 9, 7), (-30, 10, 12)),  # fresh blood
)


def volume(study: DemoStudy, *, day: date, institution: str) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each slice, from the base of the skull upwards."""
    noise = np.random.default_rng(117)
    across = (np.arange(SIZE) - SIZE / 2 + 0.5) * SPACING
    for number in range(1, study.slices + 1):
        height = (number - (study.slices + 1) / 2) * THICKNESS
        values = np.full((SIZE, SIZE), -1000.0)
        for units, (side, depth, up), (x, y, z) in HEAD:
            inside = (
                ((across - x) / side) ** 2 + ((across[:, None] - y) / depth) ** 2 + ((height - z) / up) ** 2
            )
            values[inside <= 1] = units
        values += noise.normal(0, 4, values.shape)
        ds = _begun(study, VOLUME, number, CTImageStorage, day=day, institution=institution)
        ds.Modality, ds.SeriesDescription = "CT", "Head 1.5 mm (computed phantom)"
        ds.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
        ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = files.uid(study.key, "frame"), ""
        ds.ImagePositionPatient = [float(across[0]), float(across[0]), height]
        ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        ds.PixelSpacing, ds.SliceThickness, ds.SliceLocation = [SPACING, SPACING], THICKNESS, height
        ds.Rows = ds.Columns = SIZE
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = -1024, 1, "HU"
        ds.WindowCenter, ds.WindowWidth, ds.KVP = 40, 90, 120
        ds.AcquisitionNumber = 1
        ds.PixelData = np.clip(np.rint(values + 1024), 0, 4095).astype("<u2").tobytes()
        yield f"head-{number:03}.dcm", _written(ds)


def report(study: DemoStudy, *, day: date, institution: str) -> tuple[str, bytes]:
    """A structured report of one text."""
    ds = _begun(study, REPORT, 1, BasicTextSRStorage, day=day, institution=institution)
    ds.Modality, ds.SeriesDescription = "SR", "Report"
    ds.ContentDate, ds.ContentTime = f"{day:%Y%m%d}", study.time
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ReferencedPerformedProcedureStepSequence = Sequence()
    ds.PerformedProcedureCodeSequence = Sequence()
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = _code("18748-4", "Diagnostic imaging report")
    text = Dataset()
    text.RelationshipType, text.ValueType, text.TextValue = "CONTAINS", "TEXT", study.report
    text.ConceptNameCodeSequence = _code("59776-5", "Findings")
    ds.ContentSequence = Sequence([text])
    return "report.dcm", _written(ds)


def _code(value: str, meaning: str) -> Sequence:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "LN", meaning
    return Sequence([code])


def _begun(
    study: DemoStudy, series: int, number: int, sop_class: str, *, day: date, institution: str
) -> Dataset:
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, files.uid(study.key, series, number)
    ds.SeriesNumber, ds.SeriesInstanceUID, ds.InstanceNumber = series, files.uid(study.key, series), number
    ds.Manufacturer = "CIMAR demo"
    files.describe(ds, study, day, institution)
    return ds


def _written(ds: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta = meta
    written = BytesIO()
    ds.save_as(written, enforce_file_format=True)
    return written.getvalue()
