"""What the profile does with each attribute, by its options."""

from enum import Enum

from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from pydicom.tag import BaseTag, Tag

EDITION = "dicomfields_2026c"


class Action(Enum):
    """Where the standard leaves a choice by whether an attribute is required, it is made for the stricter one."""

    REMOVE = "X"
    EMPTY = "Z"
    REPLACE = "D"
    MAP_UID = "U"


_ACTIONS = {
    "X_TAGS": Action.REMOVE,
    "Z_TAGS": Action.EMPTY,
    "X_Z_TAGS": Action.EMPTY,
    "D_TAGS": Action.REPLACE,
    "Z_D_TAGS": Action.REPLACE,
    "X_D_TAGS": Action.REPLACE,
    "X_Z_D_TAGS": Action.REPLACE,
    "U_TAGS": Action.MAP_UID,
    "X_Z_U_STAR_TAGS": Action.MAP_UID,
}
# By tag. Entries for whole groups (curves, overlays) have no tag of their own: `replacing` leaves these groups out.
ACTIONS: dict[BaseTag, Action] = {
    Tag(*tag): action
    for name, action in _ACTIONS.items()
    for tag in dicom_anonymization_database_selector(EDITION)[name]
    if len(tag) == 2
}


def _tags(*words: str) -> frozenset[BaseTag]:
    return frozenset(map(Tag, words))


# Retain Device Identity (113109): what is kept as it is in table E.1-1, but for dates and sequences.
DEVICE = _tags(
    "CassetteID", "DetectorID", "DeviceSerialNumber", "DeviceUID", "GantryID", "GeneratorID", "LensMake",
    "LensModel", "LensSerialNumber", "LensSpecification", "ManufacturerDeviceClassUID", "PlateID",
    "StationName", "ScheduledStationName", "PerformedStationName", "SourceManufacturer", "SourceSerialNumber",
    "TreatmentMachineName", "XRayDetectorID", "XRayDetectorLabel", "XRaySourceID",
)  # fmt: skip
# Retain Patient Characteristics (113108), but for free text.
CHARACTERISTICS = _tags(
    "PatientAge", "PatientSex", "PatientSize", "PatientWeight", "EthnicGroup", "PregnancyStatus",
    "SmokingStatus", "PatientSexNeutered",
)  # fmt: skip
# Never kept by the options for dates: who was born or died when.
LIFE_DATES = _tags(
    "PatientBirthDate", "PatientBirthTime", "PatientBirthDateInAlternativeCalendar",
    "PatientDeathDateInAlternativeCalendar", "PatientAlternativeCalendar",
)  # fmt: skip
# Clean Descriptors (113105): of these only words of the standard's own vocabulary are kept.
DESCRIPTORS = _tags(
    "StudyDescription", "SeriesDescription", "ProtocolName", "PerformedProcedureStepDescription",
    "RequestedProcedureDescription",
)  # fmt: skip
# What made the picture: anybody can type anything into these, so they are kept with the device's identity alone.
MAKE = _tags(
    "Manufacturer", "ManufacturerModelName", "SoftwareVersions", "ConvolutionKernel", "SequenceName",
    "FilterType",
)  # fmt: skip
# Of these pictures and measurements need the value, and the standard lists what it can be.
LISTED = {
    Tag("RescaleType"): frozenset(["HU", "US", "OD", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT", "SUV"]),
    Tag("ModalityLUTType"): frozenset(["HU", "US", "OD", "MGML", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"]),
}
