"""What was imaged, the bytes, and on which worklists each study is."""

from studies.models.correction import Correction
from studies.models.image import Blob, ImagesServed, Instance, InstanceMetadata, Series
from studies.models.leftover import Leftover
from studies.models.opening import Opening
from studies.models.placement import FOREVER, NO_PATH, LastVisit, Placement
from studies.models.receiving import ReceivedBurst, ReceiverSeen
from studies.models.sending import Sending
from studies.models.study import Study
from studies.models.upload import OtherPatient, Upload, UploadedFile, UploadedPiece, UploadedStudy
from studies.models.view_copy import LeftoverPack, ViewCopy

__all__ = [
    "FOREVER",
    "NO_PATH",
    "Blob",
    "Correction",
    "ImagesServed",
    "Instance",
    "InstanceMetadata",
    "LastVisit",
    "Leftover",
    "LeftoverPack",
    "Opening",
    "OtherPatient",
    "Placement",
    "ReceivedBurst",
    "ReceiverSeen",
    "Sending",
    "Series",
    "Study",
    "Upload",
    "UploadedFile",
    "UploadedPiece",
    "UploadedStudy",
    "ViewCopy",
]
