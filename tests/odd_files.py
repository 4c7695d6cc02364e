"""Real files written anew with the oddities of the field, and whether pydicom and DCMTK read them whole."""

import io
import logging
import subprocess
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile

from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.tag import Tag
from pydicom.uid import ImplicitVRLittleEndian

# Small files of every kind: images of several syntaxes, colours and frames, and objects without images.
NAMES = (
    "CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "JPEG2000-embedded-sequence-delimiter.dcm", "rtplan.dcm",
    "reportsi.dcm", "test-SR.dcm", "waveform_ecg.dcm", "SC_rgb_small_odd.dcm", "rtdose_1frame.dcm",
    "liver_1frame.dcm", "image_dfl.dcm", "nested_priv_SQ.dcm", "SC_rgb_rle_2frame.dcm", "693_UNCI.dcm",
    "MR_small_implicit.dcm", "rtstruct.dcm",
)  # fmt: skip
PIXELS = 0x7FE00010


@cache
def real_files() -> tuple[Path, ...]:
    paths = (get_testdata_file(name, download=False) for name in NAMES)
    return tuple(Path(str(path)) for path in paths if path is not None)


@dataclass
class Parts:
    """A file in its parts: each element as the bytes it is written as."""

    preamble: bytes
    meta: list[bytes]
    elements: list[bytes]
    implicit: bool
    # What is behind the elements, in this order.
    end: bytes = b""
    delimiters: bytes = b""
    no_elements: bytes = b""

    def joined(self) -> bytes:
        parts = [self.preamble, *self.meta, *self.elements, self.end, self.delimiters, self.no_elements]
        return b"".join(parts)


def _written(ds: Dataset, *, implicit: bool) -> list[bytes]:
    parts = []
    for tag in sorted(ds.keys()):
        alone = Dataset()
        alone[tag] = ds[tag]
        out = DicomBytesIO()
        out.is_implicit_VR, out.is_little_endian = implicit, True
        write_dataset(out, alone, "latin-1")
        parts.append(out.getvalue())
    return parts


def parts_of(path: Path) -> Parts | None:
    """None for what needs no parts: deflated, big endian, or without the UIDs that every object has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = dcmread(path, force=True)
        if any(word not in ds for word in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")):
            return None
        syntax = ds.file_meta.get("TransferSyntaxUID", ImplicitVRLittleEndian)
        if syntax.is_deflated or not syntax.is_little_endian:
            return None
        meta = ds.file_meta
        meta.TransferSyntaxUID = syntax
        if "FileMetaInformationGroupLength" in meta:
            del meta.FileMetaInformationGroupLength
        ds.decode()
        rest = _written(meta, implicit=False)
        length = sum(map(len, rest)).to_bytes(4, "little")
        return Parts(
            bytes(128) + b"DICM",
            [b"\x02\0\0\0UL\x04\0" + length, *rest],
            _written(ds, implicit=syntax.is_implicit_VR),
            syntax.is_implicit_VR,
        )


def _element(tag: int, vr: bytes, value: bytes, *, implicit: bool, undefined: bool = False) -> bytes:
    head = (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")
    length = 0xFFFFFFFF if undefined else len(value)
    if implicit:
        return head + length.to_bytes(4, "little") + value
    if vr in (b"OB", b"OW", b"SQ", b"UN", b"UT"):
        return head + vr + b"\0\0" + length.to_bytes(4, "little") + value
    return head + vr + length.to_bytes(2, "little") + value


def tag_of(part: bytes) -> int:
    return int.from_bytes(part[:2], "little") << 16 | int.from_bytes(part[2:4], "little")


def _short_texts(parts: Parts) -> list[int]:
    """The places of elements with a text of which a reader loses nothing when it is written oddly."""
    words = (0x00080070, 0x00081030, 0x0008103E, 0x00100040, 0x00180015, 0x00200010, 0x00080050)
    return [place for place, part in enumerate(parts.elements) if tag_of(part) in words]


ITEM, ITEM_END, SEQUENCE_END = b"\xfe\xff\0\xe0", b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0"


def no_preamble(parts: Parts, pick: int) -> None:
    parts.preamble = b""


def no_meta(parts: Parts, pick: int) -> None:
    parts.meta = []


def bare(parts: Parts, pick: int) -> None:
    parts.preamble, parts.meta = b"", []


def implicit_meta(parts: Parts, pick: int) -> None:
    if not parts.meta:
        return
    made = []
    for part in parts.meta:
        at = 12 if part[4:6] in (b"OB", b"UN") else 8
        made.append(part[:4] + len(part[at:]).to_bytes(4, "little") + part[at:])
    rest = sum(map(len, made[1:]))
    parts.meta = [made[0][:8] + rest.to_bytes(4, "little"), *made[1:]]


def no_meta_length(parts: Parts, pick: int) -> None:
    parts.meta = parts.meta[1:]


def wrong_meta_length(parts: Parts, pick: int) -> None:
    if parts.meta:
        length = int.from_bytes(parts.meta[0][-4:], "little")
        other = (0, length + 2, max(length - 2, 0), length + 40)[pick % 4]
        parts.meta[0] = parts.meta[0][:-4] + other.to_bytes(4, "little")


def no_syntax(parts: Parts, pick: int) -> None:
    parts.meta = [part for part in parts.meta if tag_of(part) != 0x00020010]


def zeros_behind(parts: Parts, pick: int) -> None:
    parts.no_elements += bytes(1 + pick % 600)


def line_feed_behind(parts: Parts, pick: int) -> None:
    parts.no_elements += (b"\n", b"\r\n", b"\x1a", b"\0\n", b"  ")[pick % 5]


def signs_behind(parts: Parts, pick: int) -> None:
    parts.no_elements += (
        b"\xde\xad\xbe\xef" * (1 + pick % 9),
        b"\r\n--boundary--\r\n",
        b"\xff" * (1 + pick % 40),
    )[pick % 3]


def item_end_behind(parts: Parts, pick: int) -> None:
    parts.delimiters += ITEM_END


def sequence_end_behind(parts: Parts, pick: int) -> None:
    parts.delimiters += SEQUENCE_END


def padding_element_behind(parts: Parts, pick: int) -> None:
    parts.end += _element(0xFFFCFFFC, b"OB", bytes(2 * (pick % 50)), implicit=parts.implicit)


def odd_text(parts: Parts, pick: int) -> None:
    if places := _short_texts(parts):
        place = places[pick % len(places)]
        parts.elements[place] = _element(
            tag_of(parts.elements[place]), b"LO", b"odd" * (1 + pick % 3 * 2), implicit=parts.implicit
        )


def odd_pixels(parts: Parts, pick: int) -> None:
    if parts.elements and tag_of(parts.elements[-1]) == PIXELS and not parts.implicit:
        last = parts.elements[-1]
        if last[8:12] != b"\xff" * 4:
            parts.elements[-1] = _element(PIXELS, last[4:6], last[12:] + b"\0", implicit=False)


def unknown_vr(parts: Parts, pick: int) -> None:
    if not parts.implicit and (places := _short_texts(parts)):
        place = places[pick % len(places)]
        part = parts.elements[place]
        vr = (b"XX", b"ZZ", b"??", b"  ", b"lo", b"\0\0")[pick % 6]
        parts.elements[place] = part[:4] + vr + part[6:]


def damaged_vr(parts: Parts, pick: int) -> None:
    """Of the two letters the second is none."""
    if not parts.implicit and (places := _short_texts(parts)):
        place = places[pick % len(places)]
        part = parts.elements[place]
        vr = (b"Ls", b"S_", b"C\xd3", b"U\xc9", b"D\0")[pick % 5]
        parts.elements[place] = part[:4] + vr + part[6:]


def syntax_of_another_vr(parts: Parts, pick: int) -> None:
    vr = (b"AE", b"CS", b"LO", b"SH", b"DA", b"TM", b"IS")[pick % 7]
    parts.meta = [part[:4] + vr + part[6:] if tag_of(part) == 0x00020010 else part for part in parts.meta]


def class_of_another_vr(parts: Parts, pick: int) -> None:
    vr = (b"Ui", b"U\xc9", b"U\t", b"LO", b"ZZ")[pick % 5]
    parts.meta = [part[:4] + vr + part[6:] if tag_of(part) == 0x00020002 else part for part in parts.meta]


def syntax_before_the_syntax(parts: Parts, pick: int) -> None:
    """Another element of the meta group was turned into a transfer syntax; the true one is behind it."""
    first = (0x00020001, 0x00020002, 0x00020003)[pick % 3]
    parts.meta = [b"\x02\0\x10\0" + part[4:] if tag_of(part) == first else part for part in parts.meta]


def syntax_of_two_values(parts: Parts, pick: int) -> None:
    """One of its dots became a backslash."""
    for place, part in enumerate(parts.meta):
        dots = [at for at, byte in enumerate(part) if byte == ord(".") and at > 8]
        if tag_of(part) == 0x00020010 and dots:
            at = dots[pick % 4]
            parts.meta[place] = part[:at] + b"\\" + part[at + 1 :]


def implicit_element(parts: Parts, pick: int) -> None:
    if not parts.implicit and (places := _short_texts(parts)):
        place = places[pick % len(places)]
        part = parts.elements[place]
        parts.elements[place] = _element(tag_of(part), b"LO", part[8:], implicit=True)


def out_of_order(parts: Parts, pick: int) -> None:
    if places := [place for place in _short_texts(parts) if place]:
        place = places[pick % len(places)]
        parts.elements[place - 1 : place + 1] = parts.elements[place - 1 : place + 1][::-1]


def given_twice(parts: Parts, pick: int) -> None:
    if places := _short_texts(parts):
        place = places[pick % len(places)]
        parts.elements.insert(place, parts.elements[place])


def group_lengths(parts: Parts, pick: int) -> None:
    parts.elements.insert(
        0, _element(0x00080000, b"UL", (pick % 500).to_bytes(4, "little"), implicit=parts.implicit)
    )


def _item(parts: Parts, *, undefined: bool, more: bytes = b"") -> bytes:
    inner = _element(0x00080100, b"SH", b"CODE", implicit=parts.implicit) + more
    if undefined:
        return ITEM + b"\xff" * 4 + inner + ITEM_END
    return ITEM + len(inner).to_bytes(4, "little") + inner


def odd_sequence(parts: Parts, pick: int) -> None:
    """A sequence that ends twice, or whose item does, or that is of unknown type."""
    explicit_un = not parts.implicit and pick % 4 == 3
    vr = b"UN" if explicit_un else b"SQ"
    if pick % 4 == 0:
        value, undefined = _item(parts, undefined=True) + SEQUENCE_END, False
    elif pick % 4 == 1:
        value, undefined = _item(parts, undefined=False, more=ITEM_END) + SEQUENCE_END, True
    elif pick % 4 == 2:
        value, undefined = _item(parts, undefined=False, more=ITEM_END), False
    else:
        inside = Parts(b"", [], [], True) if explicit_un else parts
        value, undefined = _item(inside, undefined=True) + SEQUENCE_END, True
    made = _element(0x00082218, vr, value, implicit=parts.implicit, undefined=undefined)
    place = next(
        (n for n, part in enumerate(parts.elements) if tag_of(part) > 0x00082218), len(parts.elements)
    )
    parts.elements.insert(place, made)


def overlong_item(parts: Parts, pick: int) -> None:
    """Its delimiter ends it, and its length says that it ends elsewhere: one bit of it was turned."""
    inner = _element(0x00080100, b"SH", b"CODE", implicit=parts.implicit)
    length = (0xFFFFFFBF, 0xFFFEFFFF, 0x7FFFFFFF)[pick % 3]
    value = ITEM + length.to_bytes(4, "little") + inner + ITEM_END + SEQUENCE_END
    made = _element(0x00082218, b"SQ", value, implicit=parts.implicit, undefined=True)
    place = next(
        (n for n, part in enumerate(parts.elements) if tag_of(part) > 0x00082218), len(parts.elements)
    )
    parts.elements.insert(place, made)


def overlong_last_item(parts: Parts, pick: int) -> None:
    """The length of its sequence ends it, and its own length says that it ends elsewhere."""
    inner = _element(0x00080100, b"SH", b"CODE", implicit=parts.implicit)
    length = (0x40000000 | len(inner), len(inner) + 2, len(inner) + 0x100, 0x7FFFFFFF)[pick % 4]
    item = ITEM + length.to_bytes(4, "little") + inner
    before = _item(parts, undefined=False) if pick % 2 else b""
    made = _element(0x00082218, b"SQ", before + item, implicit=parts.implicit)
    place = next(
        (n for n, part in enumerate(parts.elements) if tag_of(part) > 0x00082218), len(parts.elements)
    )
    parts.elements.insert(place, made)


def open_sequence_at_the_end(parts: Parts, pick: int) -> None:
    parts.end += _element(
        0x00420010, b"SQ", _item(parts, undefined=True), implicit=parts.implicit, undefined=True
    )


def private_behind(parts: Parts, pick: int) -> None:
    parts.end += _element(0x7FE10010, b"LO", b"MAKER ", implicit=parts.implicit)
    parts.end += _element(0x7FE11001, b"UN", bytes(pick % 30), implicit=parts.implicit)


def odd_uid(parts: Parts, pick: int) -> None:
    for place, part in enumerate(parts.elements):
        if tag_of(part) == (0x0020000D, 0x0020000E)[pick % 2]:
            value = (b"1.2.3.04.5", b"1.2.3..4", b"1.2.3.4.", b"1.2.AB.7-x", b" 1.2.3.4")[pick % 5]
            parts.elements[place] = _element(tag_of(part), b"UI", value, implicit=parts.implicit)


def uid_from_meta(parts: Parts, pick: int) -> None:
    parts.elements = [part for part in parts.elements if tag_of(part) != 0x00080018]


def reserved_bytes(parts: Parts, pick: int) -> None:
    for place, part in enumerate(parts.elements):
        if not parts.implicit and part[4:6] in (b"OB", b"OW", b"SQ", b"UN"):
            parts.elements[place] = part[:6] + b"\x01\x02" + part[8:]


ODDITIES: dict[str, Callable[[Parts, int], None]] = {
    make.__name__: make
    for make in (
        no_preamble, no_meta, bare, implicit_meta, no_meta_length, wrong_meta_length, no_syntax, zeros_behind,
        line_feed_behind, signs_behind, item_end_behind, sequence_end_behind, padding_element_behind, odd_text,
        odd_pixels, unknown_vr, damaged_vr, syntax_of_another_vr, implicit_element, out_of_order, given_twice,
        group_lengths, odd_sequence,
        class_of_another_vr, syntax_before_the_syntax, syntax_of_two_values,
        overlong_item, overlong_last_item, open_sequence_at_the_end,
        private_behind, odd_uid, uid_from_meta, reserved_bytes,
    )
}  # fmt: skip


def made_odd(path: Path, oddities: Sequence[tuple[str, int]]) -> bytes:
    parts = parts_of(path)
    assert parts is not None
    for name, pick in oddities:
        ODDITIES[name](parts, pick)
    return parts.joined()


def pydicom_reads_whole(data: bytes, like: Path) -> bool:
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        original = dcmread(like, force=True)
        try:
            read = dcmread(io.BytesIO(data), force=True)
            missing = set(original.keys()) - set(read.keys()) - {Tag("SOPInstanceUID")}
            if missing:
                return False
            return PIXELS not in original or bool(
                read[PIXELS].value[: len(original[PIXELS].value)] == original[PIXELS].value
            )
        except Exception:
            return False


def dcmtk_reads_whole(data: bytes) -> bool:
    with NamedTemporaryFile(suffix=".dcm") as file:
        file.write(data)
        file.flush()
        return subprocess.run(["dcmdump", "-q", file.name], capture_output=True, check=False).returncode == 0
