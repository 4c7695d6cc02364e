"""What was imaged, the bytes, and on which worklists each study is."""

from studies.models.correction import Correction
from studies.models.image import Blob, ImagesServed, Instance, InstanceMetadata, Series
from studies.models.leftover import Leftover
from studies.models.placement import FOREVER, NO_PATH, LastVisit, Placement
from studies.models.study import Study
from studies.models.upload import OtherPatient, Upload, UploadedFile, UploadedStudy

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
    "OtherPatient",
    "Placement",
    "Series",
    "Study",
    "Upload",
    "UploadedFile",
    "UploadedStudy",
]
