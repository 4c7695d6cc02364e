"""A DICOMDIR over files, and the name of each in it, which tells of no patient.

pydicom makes the records and writes them. Its own file-sets compare each file with all before it, and keep a copy of
each: here a file costs the same however many there are, and leaves some hundred bytes behind.
"""

from dataclasses import dataclass, field
from typing import IO

from pydicom import Dataset, dcmread
from pydicom.charset import convert_encodings
from pydicom.dataelem import RawDataElement
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.fileset import FileSet
from pydicom.filewriter import dcmwrite, write_dataset
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage, generate_uid

# What a DICOMDIR requires and a file may lack, as dcmmkdir invents it.
INVENTED = {"PatientID": "UNKNOWN", "StudyDate": "19000101", "StudyTime": "000000", "StudyID": "0"}
NUMBERED = ("SeriesNumber", "InstanceNumber")
RECORDS = Tag("DirectoryRecordSequence")
# Of a record above another: its type, the attribute that makes it what it is, and how its files' folder is named.
LEVELS = (
    ("PATIENT", "PatientID", "PT"),
    ("STUDY", "StudyInstanceUID", "ST"),
    ("SERIES", "SeriesInstanceUID", "SE"),
)
# An item's tag and length; in it, where the values of its first and third element are (PS3.3 F.5).
ITEM_HEAD, NEXT, LOWER = 8, 16, 38


@dataclass
class _Record:
    """An encoded record, without its offsets, and those below it."""

    data: bytes = b""
    name: str = ""
    below: dict[str, "_Record"] = field(default_factory=dict)


class Disc:
    """Files are added one after another; their names are final at once. Those it cannot list are in a folder aside."""

    def __init__(self) -> None:
        self._root, self._maker = _Record(), FileSet()
        self._listed: set[str] = set()
        self._aside = 0

    def add(self, head: Dataset | None) -> str:
        """The name of the file that begins so. A DICOMDIR lists each SOP Instance UID once."""
        try:
            if head is not None and (uid := str(head.SOPInstanceUID)) not in self._listed:
                name = self._list(_filled(head))
                self._listed.add(uid)
                return name
        except Exception:  # allowed: pydicom raises what it likes for odd objects; they are sent all the same
            pass
        self._aside += 1
        return f"OTHER/IM{self._aside - 1:06}"

    def directory(self, *, uid: str = "") -> bytes:
        """The DICOMDIR; nothing where it would list nothing. The same files give the same bytes."""
        if not self._listed:
            return b""
        # The header is as long with the offsets in it, which have four bytes each.
        at = len(_file_of(b"", uid or self._uid, 0, 0))
        items = bytearray()
        first, last = _laid_out(self._root, at, items)
        return _file_of(bytes(items), uid or self._uid, first, last)

    @property
    def _uid(self) -> str:
        return str(generate_uid("2.25.", entropy_srcs=sorted(self._listed)))

    def _list(self, head: Dataset) -> str:
        records = list(self._maker._recordify(head))
        encoded = [_encoded(record) for record in records[:-1]]
        above, names = self._root, []
        for (_type, keyword, prefix), data in zip(LEVELS, encoded, strict=False):
            above = above.below.setdefault(
                str(head[keyword].value), _Record(data, f"{prefix}{len(above.below):06}")
            )
            names.append(above.name)
        name = f"IM{len(above.below):06}"
        records[-1].ReferencedFileID = [*names, name]
        above.below[str(head.SOPInstanceUID)] = _Record(_encoded(records[-1]), name)
        return "/".join([*names, name])


def head_of(file: IO[bytes]) -> Dataset | None:
    """As much of a file as a DICOMDIR is made from; None where it cannot be read."""
    try:
        return dcmread(file, stop_before_pixels=True, defer_size=None)
    except OSError:
        raise
    except Exception:  # allowed: as above
        return None


def _filled(head: Dataset) -> Dataset:
    for keyword, value in INVENTED.items():
        if not head.get(keyword):
            setattr(head, keyword, value)
    for keyword in NUMBERED:
        if head.get(keyword) in (None, ""):
            setattr(head, keyword, 0)
    if not head.get("Modality"):
        head.Modality = "OT"
    return head


def _encoded(record: Dataset) -> bytes:
    written = DicomBytesIO()
    written.is_implicit_VR, written.is_little_endian = False, True
    write_dataset(written, record, convert_encodings(record.get("SpecificCharacterSet") or "ISO_IR 6"))
    data = written.getvalue()
    return b"\xfe\xff\x00\xe0" + len(data).to_bytes(4, "little") + data


def _laid_out(record: _Record, at: int, items: bytearray) -> tuple[int, int]:
    """The records below, each followed by those below it; where the first and the last of them begin."""
    base = at - len(items)
    begun: list[int] = []
    for each in record.below.values():
        begun.append(base + len(items))
        here = len(items)
        items += each.data
        if len(begun) > 1:
            _put(items, begun[-2] - base + NEXT, begun[-1])
        if each.below:
            first, _last = _laid_out(each, base + len(items), items)
            _put(items, here + LOWER, first)
    return begun[0], begun[-1]


def _put(items: bytearray, at: int, offset: int) -> None:
    items[at : at + 4] = offset.to_bytes(4, "little")


def _file_of(items: bytes, uid: str, first: int, last: int) -> bytes:
    directory = Dataset()
    directory.file_meta = FileMetaDataset()
    directory.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    directory.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = uid
    directory.FileSetID = ""
    directory.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = first
    directory.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = last
    directory.FileSetConsistencyFlag = 0
    directory[RECORDS] = RawDataElement(RECORDS, "SQ", len(items), items, 0, False, True)
    written = DicomBytesIO()
    dcmwrite(written, directory, enforce_file_format=True)
    return written.getvalue()
