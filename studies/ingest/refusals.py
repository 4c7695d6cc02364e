"""Why a file is not taken in, as the sentence its sender reads. No sentence repeats what the file says."""


class Refused(Exception):
    """One file, or one member of a ZIP, is refused; the rest goes on."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Skipped(Refused):
    """Left out without loss: it holds no image."""


EMPTY = "It is empty."
NOT_DICOM = "It is not a DICOM file."
CUT = "It is cut off, or says that a part of it is longer than it is."
DAMAGED = "It is damaged: its parts do not follow each other as they should."
TOO_DEEP = "Its sequences are nested too deeply."
TOO_MANY_PARTS = "It is made of too many parts."
NO_SYNTAX = "It does not say how it is encoded (no transfer syntax)."
DICOMDIR = "It is a list of files (DICOMDIR), not an image; the files beside it are taken in by themselves."
FEWER_PIXELS = "It holds fewer pixels than it says."
NO_PIXELS = "It says that it is an image, and holds no pixels."
OTHER_BYTES = "The study already holds another file with the same SOP Instance UID; that one was kept."
UNEXPECTED = "It could not be read."
NOT_A_ZIP = "It is a ZIP file that cannot be opened."
NESTED_ZIP = "It is a ZIP file inside a ZIP file; please send it by itself."
ENCRYPTED = "It is protected by a password."
OTHER_PACKING = "It is packed in a way we do not open."
BOMB = "It unpacks to far more than a study would; what came before this was taken in."
