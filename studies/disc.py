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
    """The DICOMDIR, and the names of the files by their keys; those it cannot list are in a folder aside."""

    directory: bytes
    names: dict[int, str]


def disc_of(files: Iterable[tuple[int, str, Callable[[], IO[bytes]]]]) -> Disc:
    """Of files with a key and a SOP Instance UID. A DICOMDIR lists each UID once.

    Reads the head of each file, one at a time; what is known of them meanwhile is on the disk, not in memory.
    """
    directory, aside = FileSet(), []
    listed: dict[str, int] = {}
    for key, uid, opened in files:
        try:
            if uid not in listed:
                with opened() as file:
                    directory.add(_head(file))
                listed[uid] = key
                continue
        except OSError:
            raise
        except Exception:  # allowed: pydicom raises what it likes for odd objects; they are sent all the same
            pass
        aside.append(key)
    names = {key: f"OTHER/IM{number:06}" for number, key in enumerate(aside)}
    if not listed:
        return Disc(b"", names)
    with TemporaryDirectory() as folder:
        directory.write(folder)
        names |= {listed[str(file.SOPInstanceUID)]: Path(file.FileID).as_posix() for file in directory}
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
