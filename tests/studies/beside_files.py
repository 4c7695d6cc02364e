"""Files of what a study holds beside its images, made with pydicom as devices make them."""

from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread, dcmwrite
from pydicom.data import get_testdata_file
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

from studies import services
from studies.models import Instance
from tests.bad_files import source
from tests.cast import acting

STUDY_UID = generate_uid(entropy_srcs=["a study of objects"])
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 8
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n#"


def code(value: str, meaning: str, scheme: str = "99TEST") -> Dataset:
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning
    return made


def an_object(
    sop_class: str, modality: str, *, number: int = 1, syntax: UID = ExplicitVRLittleEndian
) -> Dataset:
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = syntax
    made.SOPClassUID, made.SOPInstanceUID = UID(sop_class), generate_uid()
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    made.StudyInstanceUID, made.SeriesInstanceUID = STUDY_UID, generate_uid()
    made.PatientName, made.PatientID = "Objects^Olga", "OBJ1"
    made.Modality, made.SeriesNumber, made.InstanceNumber = modality, number, 1
    return made


def reference(uid: str, *frames: int) -> Dataset:
    made = Dataset()
    made.ReferencedSOPClassUID, made.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", uid
    if frames:
        made.ReferencedFrameNumber = list(frames)
    return made


def content(kind: str, concept: str = "", **more: Any) -> Dataset:
    made = Dataset()
    made.RelationshipType, made.ValueType = "CONTAINS", kind
    if concept:
        made.ConceptNameCodeSequence = Sequence([code("1", concept)])
    for name, value in more.items():
        setattr(made, name, value)
    return made


def an_image(uid: str) -> Dataset:
    made = dcmread(get_testdata_file("CT_small.dcm"))
    made.StudyInstanceUID, made.SOPInstanceUID = STUDY_UID, uid
    made.file_meta.MediaStorageSOPInstanceUID = uid
    made.PatientName, made.PatientID, made.SeriesNumber = "Objects^Olga", "OBJ1", 7
    made.SeriesInstanceUID = generate_uid(entropy_srcs=["the series of images"])
    return made


def key_objects(*uids: str) -> Dataset:
    made = an_object("1.2.840.10008.5.1.4.1.1.88.59", "KO")
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = Sequence([code("113000", "Of Interest", "DCM")])
    images = [content("IMAGE", ReferencedSOPSequence=Sequence([reference(uid)])) for uid in uids]
    made.ContentSequence = Sequence([content("TEXT", TextValue="The <nodule> in the left lobe"), *images])
    return made


def presentation_state(uid: str) -> Dataset:
    made = an_object("1.2.840.10008.5.1.4.1.1.11.1", "PR")
    made.ContentLabel, made.ContentDescription = "LUNG", "Lung with arrow"
    made.ContentCreatorName = "Obi^Ana"
    window, series, drawing = Dataset(), Dataset(), Dataset()
    window.WindowCenter, window.WindowWidth = "-600", "1500"
    drawing.GraphicLayer = "A"
    series.SeriesInstanceUID = generate_uid()
    series.ReferencedImageSequence = Sequence([reference(uid)])
    made.SoftcopyVOILUTSequence = Sequence([window])
    made.GraphicAnnotationSequence = Sequence([drawing])
    made.ReferencedSeriesSequence = Sequence([series])
    return made


def document(data: bytes = PDF) -> Dataset:
    made = an_object("1.2.840.10008.5.1.4.1.1.104.1", "DOC")
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(data)
    made.EncapsulatedDocument = data + b"\0" * (len(data) % 2)
    return made


def video(data: bytes = MP4, *, syntax: str = "1.2.840.10008.1.2.4.102") -> Dataset:
    made = an_object("1.2.840.10008.5.1.4.1.1.77.1.1.1", "ES", syntax=UID(syntax))
    made.Rows, made.Columns, made.NumberOfFrames = 16, 16, 10
    made.SamplesPerPixel, made.PhotometricInterpretation = 3, "YBR_PARTIAL_420"
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation, made.PlanarConfiguration = 7, 0, 0
    made.PixelData = encapsulate([data], has_bot=True)
    made["PixelData"].is_undefined_length = True
    made["PixelData"].VR = "OB"
    return made


def a_test_file(name: str) -> Dataset:
    made = dcmread(Path(get_testdata_file(name)))
    made.StudyInstanceUID = STUDY_UID
    made.PatientName, made.PatientID = "Objects^Olga", "OBJ1"
    made.PatientBirthDate = made.PatientSex = ""
    return made


def taken_in(cast: Any, *datasets: Dataset) -> list[Instance]:
    """The instances, each in the order of its file."""
    sources = []
    for dataset in datasets:
        written = BytesIO()
        dcmwrite(written, dataset, enforce_file_format=True)
        sources.append(source(written.getvalue()))
    services.take_in_all(worklist=cast.ct, by=acting(cast.ana), sources=sources)
    found = {
        each.sop_instance_uid: each for each in Instance.objects.select_related("study", "series", "blob")
    }
    return [found[str(dataset.SOPInstanceUID)] for dataset in datasets]
