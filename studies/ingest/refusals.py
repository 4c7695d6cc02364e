"""Why a file is not taken in, as the sentence its sender reads. No sentence repeats what the file says.

A sentence is kept as it is here, and translated where it is shown.
"""

from django.utils.translation import gettext_noop


class FileRefused(Exception):
    """One file, or one member of a ZIP, is refused; the rest goes on."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class LeftAside(FileRefused):
    """No study and no loss: the sentence is the kind of file that it is."""


EMPTY = gettext_noop("The file is empty.")
NOT_DICOM = gettext_noop("It is not a DICOM file.")
CUT = gettext_noop("The file is incomplete.")
DAMAGED = gettext_noop("The file is damaged.")
TOO_DEEP = gettext_noop("Its structure is too deeply nested to read.")
TOO_MANY_PARTS = gettext_noop("It has too many parts to read.")
BAD_CHARACTER_SET = gettext_noop("What it says of its character set is damaged: it cannot be read.")
NO_SYNTAX = gettext_noop("It does not say how it is encoded (no transfer syntax).")
FEWER_PIXELS = gettext_noop("It contains less image data than it should.")
NO_PIXELS = gettext_noop("It is marked as an image but contains no image data.")
OTHER_BYTES = gettext_noop(
    "The study already has an image with this identifier (SOP Instance UID), with other content or in another "
    "encoding. The existing image was kept. If the two show the same, nothing is missing. If not, ask the sender to "
    "give the new image an identifier of its own."
)
OTHER_STUDY = gettext_noop("It belongs to another study than the one it was sent to.")
OTHER_SENDER = gettext_noop(
    "The organisation has received this study from someone else. Ask it whether it needs these files."
)
OTHER_MRN = gettext_noop("It has another MRN (Patient ID) than the study it says it belongs to.")
OTHER_ISSUER = gettext_noop("Its MRN is from another issuer than that of the study it says it belongs to.")
OTHER_PERSON = gettext_noop("It is of another patient than the study it says it belongs to.")
# Images of somebody else under a study's UID: the upload's page shows of both patients what tells them apart.
OTHER_PATIENT = frozenset({OTHER_MRN, OTHER_ISSUER, OTHER_PERSON})
EMPTY_ZIP = gettext_noop("The ZIP contains no files.")
UNEXPECTED = gettext_noop("It could not be read.")
NOT_A_ZIP = gettext_noop("It is a ZIP file that cannot be opened.")
NESTED_ZIP = gettext_noop("It is a ZIP file inside a ZIP file. Upload it on its own.")
NOT_UNPACKED = gettext_noop("It cannot be unpacked.")
ENCRYPTED = gettext_noop("It is protected by a password.")
OTHER_PACKING = gettext_noop("It uses a compression method that is not supported.")
BOMB = gettext_noop("It expands to far more data than a study. Files before this one were added.")
