"""A real scan under an invented patient's name: the header is rewritten, pixels and transfer syntax stay."""

import warnings
from datetime import date
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid5

from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.dataelem import DataElement

from cimar.demo.studies import DemoFile, DemoStudy

NAMESPACE = UUID("6d1fd6c0-5f0c-4d55-9d52-0b0f6f1d2c3e")

# What may still tell of the person, the place or the day the scan is really from; names and private parts go anyway.
FORGOTTEN = (
    "AdditionalPatientHistory",
    "CountryOfResidence",
    "DeviceSerialNumber",
    "EthnicGroup",
    "ImageComments",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "IssuerOfPatientID",
    "OtherPatientIDs",
    "OtherPatientIDsSequence",
    "PatientAddress",
    "PatientAge",
    "PatientComments",
    "PatientSize",
    "PatientTelephoneNumbers",
    "PatientWeight",
    "RequestAttributesSequence",
    "RequestedProcedureDescription",
    "RequestingService",
    "ReferencedPatientSequence",
    "StationName",
    "PerformedProcedureStepDescription",
    "PerformedProcedureStepID",
    "ScheduledProcedureStepID",
)


class Missing(Exception):
    """A scan that no installed package holds."""


def uid(*parts: object) -> str:
    """The same UID for the same thing, wherever and whenever the demo is loaded."""
    return f"2.25.{uuid5(NAMESPACE, '/'.join(map(str, parts))).int}"


def study_uid(study: DemoStudy) -> str:
    return uid(study.key)


def build(study: DemoStudy, file: DemoFile, *, day: date, institution: str) -> bytes:
    """The file as it arrives at the hospital."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = dcmread(_path(file.name))
        dataset.decode()
        dataset.remove_private_tags()
        dataset.walk(lambda _, element: _blank(element, day, study.time))
        for keyword in FORGOTTEN:
            if keyword in dataset:
                delattr(dataset, keyword)
        _describe(dataset, study, file, day, institution)
        written = BytesIO()
        dataset.save_as(written, enforce_file_format=True)
    return written.getvalue()


def _describe(dataset: Dataset, study: DemoStudy, file: DemoFile, day: date, institution: str) -> None:
    describe(dataset, study, day, institution)
    dataset.SeriesInstanceUID = uid(study.key, file.series)
    dataset.SOPInstanceUID = uid(study.key, file.series, file.number)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.SeriesDescription, dataset.Modality = file.series_description, study.modality
    dataset.SeriesNumber, dataset.InstanceNumber = file.series, file.number


def describe(dataset: Dataset, study: DemoStudy, day: date, institution: str) -> None:
    """What all files of a study say of its patient and of itself."""
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID = study.patient.name, study.patient_id
    dataset.PatientBirthDate, dataset.PatientSex = study.patient.born, study.patient.sex
    dataset.StudyInstanceUID = study_uid(study)
    dataset.StudyDate = dataset.SeriesDate = f"{day:%Y%m%d}"
    dataset.StudyTime = dataset.SeriesTime = study.time
    dataset.StudyID = dataset.AccessionNumber = f"{study.patient_id[:2]}{int(uid(study.key)[5:]) % 10**7:07}"
    dataset.StudyDescription, dataset.BodyPartExamined = study.description, study.body_part
    dataset.ReferringPhysicianName, dataset.InstitutionName = study.referrer, institution


def _blank(element: DataElement, day: date, time: str) -> None:
    """Names go, at every depth; days become the day of the study."""
    if element.VR == "PN":
        element.value = ""
    elif element.VR == "DA" and element.value:
        element.value = f"{day:%Y%m%d}"
    elif element.VR == "DT" and element.value:
        element.value = f"{day:%Y%m%d}{time}"


def _path(name: str) -> Path:
    # Never from the network: what is not installed is missing.
    path = get_testdata_file(name, download=False)
    if path is None:
        raise Missing(
            f"The scan {name} is in no installed package. The demo takes its scans from pydicom and pydicom-data, "
            "which requirements-dev.txt installs."
        )
    return Path(path)
