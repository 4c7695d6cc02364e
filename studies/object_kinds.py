"""What an object is by its SOP class (PS3.4 B.5): an image, or what it is called where it is none."""

from functools import lru_cache

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from pydicom import uid
from pydicom.uid import UID

# Classes of images whose names do not tell that they are.
OTHER_IMAGES = {
    uid.CornealTopographyMapStorage,
    uid.EnhancedUSVolumeStorage,
    uid.OphthalmicOpticalCoherenceTomographyBscanVolumeAnalysisStorage,
    uid.OphthalmicThicknessMapStorage,
    uid.ParametricMapStorage,
    uid.SegmentationStorage,
    UID("1.2.840.10008.5.1.4.1.1.66.7"),  # label map segmentation
}
REPORT, RADIOTHERAPY = gettext_noop("Structured report"), gettext_noop("Radiotherapy object")
# By a part of the class's name, in lower case; the first that fits counts.
KINDS = (
    ("key object selection", gettext_noop("Key object selection")),
    ("presentation state", gettext_noop("Presentation state")),
    ("sr ", REPORT),
    ("encapsulated pdf", gettext_noop("PDF document")),
    ("encapsulated cda", gettext_noop("Clinical document (CDA)")),
    ("encapsulated", gettext_noop("3D model")),
    ("waveform", gettext_noop("Waveform")),
    ("raw data", gettext_noop("Raw data")),
    ("spectroscopy", gettext_noop("Spectroscopy")),
    ("rt structure set", gettext_noop("Radiotherapy structures")),
    ("rt dose", gettext_noop("Radiotherapy dose")),
    ("rt ", RADIOTHERAPY),
    ("radiation", RADIOTHERAPY),
    ("registration", gettext_noop("Registration")),
    ("fiducials", gettext_noop("Fiducials")),
    ("segmentation", gettext_noop("Segmentation")),
    ("measurement", gettext_noop("Measurements")),
    ("real world value mapping", gettext_noop("Value mapping")),
    ("hanging protocol", gettext_noop("Hanging protocol")),
    ("color palette", gettext_noop("Colour palette")),
    ("protocol", gettext_noop("Protocol")),
    ("video", gettext_noop("Video")),
    ("report", REPORT),
    ("log", REPORT),
)
OTHER = gettext_noop("Object without images")


@lru_cache(maxsize=1000)
def is_image_class(sop_class: str) -> bool:
    """Whether an object of this class has an image; for a class that is unknown, it need not."""
    name = UID(sop_class).name
    # "Digital X-Ray Image Storage - For Presentation" is one too, and so are retired ones.
    return "Image Storage" in name or sop_class in OTHER_IMAGES


def kind_of(sop_class: str) -> str:
    """What an object without images is called, in the reader's language."""
    return _(_kind(sop_class))


@lru_cache(maxsize=1000)
def _kind(sop_class: str) -> str:
    name = UID(sop_class).name.lower()
    if name == sop_class:  # not of the standard
        return OTHER
    return next((kind for part, kind in KINDS if part in name), OTHER)
