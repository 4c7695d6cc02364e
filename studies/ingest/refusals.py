"""Why a file is not taken in, as the sentence its sender reads. No sentence repeats what the file says.

A sentence is kept as it is here, and translated where it is shown.
"""

from django.utils.translation import gettext_noop


class FileRefused(Exception):
    """One file, or one member of a ZIP, is refused; the rest goes on."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class FileSkipped(FileRefused):
    """Left out without loss: it holds no image."""


EMPTY = gettext_noop("The file is empty.")
NOT_DICOM = gettext_noop("It is not a DICOM file.")
CUT = gettext_noop("The file is incomplete.")
DAMAGED = gettext_noop("The file is damaged.")
TOO_DEEP = gettext_noop("Its structure is too deeply nested to read.")
TOO_MANY_PARTS = gettext_noop("It has too many parts to read.")
NO_SYNTAX = gettext_noop("It does not say how it is encoded (no transfer syntax).")
DICOMDIR = gettext_noop(
    "This is the disc’s index (DICOMDIR), which is not needed. Images are read without it."
)
FEWER_PIXELS = gettext_noop("It contains less image data than it should.")
NO_PIXELS = gettext_noop("It is marked as an image but contains no image data.")
OTHER_BYTES = gettext_noop(
    "The study already has a different image with this identifier (SOP Instance UID). "
    "The existing image was kept."
)
UNEXPECTED = gettext_noop("It could not be read.")
NOT_A_ZIP = gettext_noop("It is a ZIP file that cannot be opened.")
NESTED_ZIP = gettext_noop("It is a ZIP file inside a ZIP file. Upload it on its own.")
NOT_UNPACKED = gettext_noop("It cannot be unpacked.")
ENCRYPTED = gettext_noop("It is protected by a password.")
OTHER_PACKING = gettext_noop("It uses a compression method that is not supported.")
BOMB = gettext_noop("It expands to far more data than a study. Files before this one were added.")
