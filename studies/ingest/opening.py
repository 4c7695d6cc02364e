"""How a file begins: its preamble, its file meta group and its transfer syntax, where they are missing as well.

What is missing or odd is noted as a deviation when the readers of the field (pydicom, DCMTK) read on regardless.
"""

import warnings
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from struct import Struct
from tempfile import SpooledTemporaryFile
from typing import IO

from django.utils.translation import gettext as _
from pydicom import dcmread
from pydicom.charset import convert_encodings, python_encoding
from pydicom.dataelem import RawDataElement, convert_raw_data_element
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pydicom.valuerep import VR
from pydicom.values import convert_string

from common.formats import size_in_words
from studies.ingest.limits import MB, Limits
from studies.ingest.refusals import BAD_CHARACTER_SET, CUT, DAMAGED, NO_SYNTAX, NOT_DICOM, FileRefused
from studies.ingest.uids import is_uid

BULK = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
LONG_LENGTH = BULK | {"SQ", "SV", "UC", "UR", "UT", "UV"}
KNOWN_VRS = frozenset(str(vr) for vr in VR if len(vr) == 2)
GROUP_LENGTH, SYNTAX = 0x00020000, 0x00020010
# Where readers get something else than its text for it, they take these for Explicit VR Little Endian.
MISREAD = frozenset({DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian})
CHARACTER_SET = 0x00080005
COMMON_TERMS = frozenset(term.encode() for term in python_encoding)
_EXPLICIT, _IMPLICIT, _LONG = Struct("<HH2sH").unpack, Struct("<HHL").unpack, Struct("<L").unpack


@dataclass
class Opening:
    """The values of the file meta group, how the data set is encoded, and where it begins."""

    meta: dict[int, bytes] = field(default_factory=dict)
    transfer_syntax: str = ""
    at: int = 0
    deviations: set[str] = field(default_factory=set)


def read_opening(file: IO[bytes], *, size: int, limits: Limits) -> Opening:
    opening = Opening()
    file.seek(0)
    start = file.read(132)
    if start[128:] == b"DICM":
        opening.at = 132
    elif _may_begin_a_data_set(start):
        opening.deviations.add("no_preamble")
    else:
        raise FileRefused(NOT_DICOM)
    _read_meta(file, size, opening, limits)
    _find_syntax(file, size, opening)
    return opening


def text_of(value: bytes) -> str:
    return value.strip(b"\0 ").decode("ascii", "replace")


def has_type(head: bytes) -> bool:
    """Whether a type follows the tag, by the rule of pydicom: two capital letters, of which one may be damaged."""
    return b"AA" <= head[4:6] <= b"ZZ"


def _may_begin_a_data_set(start: bytes) -> bool:
    """Whether the first element is of the groups that stand first, 0002 and 0008, and says that it is short."""
    if len(start) < 16 or start[0:2] not in (b"\x02\0", b"\x08\0", b"\0\x08"):
        return False
    order = ">" if start[0:2] == b"\0\x08" else "<"
    if start[4:6].decode("latin-1") in KNOWN_VRS:
        return True
    return order == "<" and _IMPLICIT(start[:8])[2] <= 256


def _read_meta(file: IO[bytes], size: int, opening: Opening, limits: Limits) -> None:
    """The elements of group 0002: little endian, explicit, or as some write them without value representations."""
    begin = at = opening.at
    after_length: int | None = None
    plain = True
    for _part in range(100):
        file.seek(at)
        if len(head := file.read(12)) < 8 or head[:2] != b"\x02\0":
            break
        plain = plain and _is_plain(head, is_first=at == begin)
        tag, at, length = _meta_element(head, at, opening)
        if length > size - at:
            raise FileRefused(CUT)
        if length <= limits.value_bytes:
            file.seek(at)
            opening.meta[tag] = file.read(length)
        elif length > limits.header_bytes:
            raise FileRefused(header_too_large(limits))
        at += length
        if tag == GROUP_LENGTH:
            after_length = at
    opening.at = at
    if not plain:
        _check_meta(file, opening)
    if at == begin:
        opening.deviations.add("no_meta")
    elif after_length is None or opening.meta.get(GROUP_LENGTH) != (at - after_length).to_bytes(4, "little"):
        opening.deviations.add("meta_length")


def _meta_element(head: bytes, at: int, opening: Opening) -> tuple[int, int, int]:
    """Its tag, where its value is, and the value's length."""
    if not has_type(head):
        opening.deviations.add("implicit_meta")
        group, element, length = _IMPLICIT(head[:8])
        return group << 16 | element, at + 8, length
    group, element, vr, length = _EXPLICIT(head[:8])
    if group << 16 | element == SYNTAX:
        # Where there are two, readers take the last one.
        opening.deviations.discard("meta_vr")
        opening.deviations |= {"meta_vr"} if vr != b"UI" else set()
    if vr.decode("latin-1") not in LONG_LENGTH:
        return group << 16 | element, at + 8, length
    if len(head) < 12:
        raise FileRefused(CUT)
    return group << 16 | element, at + 12, _LONG(head[8:])[0]


def _is_plain(head: bytes, *, is_first: bool) -> bool:
    """Whether readers get a number for the group's length and a text for the transfer syntax, if this is either."""
    if is_first or head[2:4] == b"\0\0":
        return head.startswith(b"\x02\0\0\0UL\x04\0")
    return head[2:4] != b"\x10\0" or head[4:6] == b"UI"


def _check_meta(file: IO[bytes], opening: Opening) -> None:
    """pydicom opens no file without the first element of this group, its length and the transfer syntax."""
    file.seek(0)
    beginning = BytesIO(file.read(opening.at))
    declared = text_of(opening.meta.get(SYNTAX, b""))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read = dcmread(beginning, force=True).file_meta.get("TransferSyntaxUID")
        except Exception:  # allowed: pydicom raises what it likes for a broken value
            raise FileRefused(DAMAGED) from None
    if declared in MISREAD and read != declared:
        raise FileRefused(DAMAGED)


def _find_syntax(file: IO[bytes], size: int, opening: Opening) -> None:
    """The transfer syntax as declared, else as the first element of the data set shows it."""
    opening.transfer_syntax = text_of(opening.meta.get(SYNTAX, b""))
    if is_uid(opening.transfer_syntax):
        return
    if size - opening.at < 8:
        raise FileRefused(NO_SYNTAX)
    opening.deviations.add("no_syntax")
    file.seek(opening.at)
    head = file.read(6)
    if head[4:6].decode("latin-1") not in KNOWN_VRS:
        opening.transfer_syntax = ImplicitVRLittleEndian
    elif SYNTAX not in opening.meta and int.from_bytes(head[:2], "little") >= 0x400:
        # A low group with its bytes the other way round. With a transfer syntax that is none, readers do not ask.
        opening.transfer_syntax = ExplicitVRBigEndian
    else:
        opening.transfer_syntax = ExplicitVRLittleEndian


def inflated(file: IO[bytes], offset: int, limits: Limits) -> IO[bytes]:
    """A deflated data set, unpacked piece by piece so that it can be stopped; the caller closes it."""
    file.seek(offset)
    out: IO[bytes] = SpooledTemporaryFile(max_size=16 * MB)  # type: ignore[assignment]  # noqa: SIM115
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    total = 0
    try:
        while not unpack.eof:
            packed = unpack.unconsumed_tail or file.read(64 * 1024)
            if not packed:
                raise FileRefused(CUT)
            piece = unpack.decompress(packed, MB)
            total += len(piece)
            if total > limits.inflated_bytes:
                raise FileRefused(
                    _("It expands to more than %(size)s.") % {"size": size_in_words(limits.inflated_bytes)}
                )
            out.write(piece)
    except zlib.error:
        out.close()
        raise FileRefused(DAMAGED) from None
    except FileRefused:
        out.close()
        raise
    return out


def check_character_set(raw: RawDataElement) -> None:
    """pydicom looks up the character set first, at any depth, and opens no file whose character set makes that fail."""
    if raw.VR in (None, "CS") and (raw.value or b"").strip(b"\0 ") in COMMON_TERMS:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            convert_encodings(convert_string(raw.value or b"", raw.is_little_endian))
            convert_encodings(convert_raw_data_element(raw).value)
        except Exception:  # allowed: pydicom raises what it likes for a broken value
            raise FileRefused(BAD_CHARACTER_SET) from None


def header_too_large(limits: Limits) -> str:
    return _("Its header is larger than %(size)s.") % {"size": size_in_words(limits.header_bytes)}
