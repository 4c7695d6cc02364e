"""Files as a disc: the DICOMDIR over them, made by pydicom, and the name of each in it, which tells of no patient."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from pydicom import Dataset, dcmread
from pydicom.fileset import FileSet

# What a DICOMDIR requires and a file may lack, as dcmmkdir invents it.
INVENTED = {"PatientID": "UNKNOWN", "StudyDate": "19000101", "StudyTime": "000000", "StudyID": "0"}
NUMBERED = ("SeriesNumber", "InstanceNumber")


@dataclass(frozen=True)
class Disc:
    """The DICOMDIR, and the names of the files by SOP Instance UID; those it cannot list are in a folder aside."""

    directory: bytes
    names: dict[str, str]


def disc_of(files: Iterable[tuple[str, Callable[[], IO[bytes]]]]) -> Disc:
    """Reads the head of each file, one at a time; what is known of them meanwhile is on the disk, not in memory."""
    directory, aside = FileSet(), []
    for uid, opened in files:
        try:
            with opened() as file:
                directory.add(_head(file))
        except OSError:
            raise
        except Exception:  # allowed: pydicom raises what it likes for odd objects; they are sent all the same
            aside.append(uid)
    names = {uid: f"OTHER/IM{number:06}" for number, uid in enumerate(aside)}
    if not len(directory):
        return Disc(b"", names)
    with TemporaryDirectory() as folder:
        directory.write(folder)
        names |= {str(file.SOPInstanceUID): Path(file.FileID).as_posix() for file in directory}
        return Disc((Path(folder) / "DICOMDIR").read_bytes(), names)


def _head(file: IO[bytes]) -> Dataset:
    head = dcmread(file, stop_before_pixels=True, defer_size=None)
    head.remove_private_tags()
    for keyword, value in INVENTED.items():
        if not head.get(keyword):
            setattr(head, keyword, value)
    for keyword in NUMBERED:
        if head.get(keyword) in (None, ""):
            setattr(head, keyword, 0)
    if not head.get("Modality"):
        head.Modality = "OT"
    return head
