"""Why a file is not taken in, as the sentence its sender reads. No sentence repeats what the file says."""


class FileRefused(Exception):
    """One file, or one member of a ZIP, is refused; the rest goes on."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class FileSkipped(FileRefused):
    """Left out without loss: it holds no image."""


EMPTY = "The file is empty."
NOT_DICOM = "It is not a DICOM file."
CUT = "The file is incomplete."
DAMAGED = "The file is damaged."
TOO_DEEP = "Its structure is too deeply nested to read."
TOO_MANY_PARTS = "It has too many parts to read."
NO_SYNTAX = "It does not say how it is encoded (no transfer syntax)."
DICOMDIR = "This is the disc’s index (DICOMDIR), which is not needed. Images are read without it."
FEWER_PIXELS = "It contains less image data than it should."
NO_PIXELS = "It is marked as an image but contains no image data."
OTHER_BYTES = (
    "The study already has a different image with this identifier (SOP Instance UID). "
    "The existing image was kept."
)
UNEXPECTED = "It could not be read."
NOT_A_ZIP = "It is a ZIP file that cannot be opened."
NESTED_ZIP = "It is a ZIP file inside a ZIP file. Upload it on its own."
ENCRYPTED = "It is protected by a password."
OTHER_PACKING = "It uses a compression method that is not supported."
BOMB = "It expands to far more data than a study. Files before this one were added."
