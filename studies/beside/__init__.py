"""What a study holds beside its images: reports, documents, key images, waveforms, videos, presentation states.

Each is read from the stored DICOM JSON model of its instance, which was made and bounded when the file was taken in;
nothing here reads a file or asks the database.
"""

from enum import StrEnum
from functools import cache

from django.utils.translation import gettext_lazy
from pydicom import uid
from pydicom._uid_dict import UID_dictionary
from pydicom.uid import UID


class Beside(StrEnum):
    """In the order of the viewer's tabs."""

    KEY = "key"
    REPORT = "report"
    DOCUMENT = "document"
    WAVEFORM = "waveform"
    VIDEO = "video"
    STATE = "state"


TITLES = {
    Beside.KEY: gettext_lazy("Key images"),
    Beside.REPORT: gettext_lazy("Reports"),
    Beside.DOCUMENT: gettext_lazy("Documents"),
    Beside.WAVEFORM: gettext_lazy("Waveforms"),
    Beside.VIDEO: gettext_lazy("Videos"),
    Beside.STATE: gettext_lazy("Presentation states"),
}
# Stored as video streams, whatever their class (PS3.5 A.4).
VIDEO_SYNTAXES = frozenset(
    {
        uid.MPEG2MPML, uid.MPEG2MPMLF, uid.MPEG2MPHL, uid.MPEG2MPHLF, uid.MPEG4HP41, uid.MPEG4HP41F,
        uid.MPEG4HP41BD, uid.MPEG4HP41BDF, uid.MPEG4HP422D, uid.MPEG4HP422DF, uid.MPEG4HP423D, uid.MPEG4HP423DF,
        uid.MPEG4HP42STEREO, uid.MPEG4HP42STEREOF, uid.HEVCMP51, uid.HEVCM10P51,
    }
)  # fmt: skip
# By a part of the class's name, in lower case; the first that fits counts.
_BY_NAME = (
    ("key object selection", Beside.KEY),
    ("presentation state", Beside.STATE),
    ("waveform", Beside.WAVEFORM),
    ("encapsulated pdf", Beside.DOCUMENT),
    (" sr ", Beside.REPORT),
    ("report", Beside.REPORT),
    ("log", Beside.REPORT),
)


def beside_of(sop_class: str, transfer_syntax: str) -> Beside | None:
    if transfer_syntax in VIDEO_SYNTAXES:
        return Beside.VIDEO
    return sop_classes().get(sop_class)


@cache
def sop_classes() -> dict[str, Beside]:
    """Every storage class of the standard that has a page here."""
    kinds: dict[str, Beside] = {}
    for value in UID_dictionary:
        name = f" {UID(value).name.lower()} "
        if " storage" not in name:
            continue
        kind = next((kind for part, kind in _BY_NAME if part in name), None)
        if kind is not None:
            kinds[value] = kind
    return kinds
