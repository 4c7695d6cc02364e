"""A file without what identifies the patient: what comes before the pixels is written anew, the pixels are copied."""

import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END
from typing import IO

from pydicom import Dataset
from pydicom.charset import convert_encodings
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import data_element_generator, read_partial
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from studies.deidentified.identity import text_of
from studies.deidentified.options import Options, Secrets
from studies.deidentified.replacing import PIXELS, Replacement
from studies.object_kinds import is_image_class

# Extended offset tables, and the three kinds of pixel data.
PIXEL_TAGS = frozenset(map(Tag, (0x7FE00001, 0x7FE00002, 0x7FE00008, 0x7FE00009, 0x7FE00010)))
ULTRASOUND_OR_CAPTURED = (
    "1.2.840.10008.5.1.4.1.1.6", "1.2.840.10008.5.1.4.1.1.3", "1.2.840.10008.5.1.4.1.1.7",
)  # fmt: skip
OVERLAY_BIT, OVERLAY_DATA = 0x0102, 0x3000
PIECE = 256 * 1024
# What of a value is read while only its place is wanted.
DEFERRED = 1024


class CannotDeidentify(Exception):
    """The file is no image of the standard's, or cannot be read: it is left out."""


class IdentityInPixels(CannotDeidentify):
    """Among the compressed pixels there is text of the patient's, or in their unused bits an overlay, which may be."""


@dataclass(frozen=True)
class Deidentified:
    """The new file: its beginning, and which bytes of the received file follow."""

    head: Dataset
    beginning: bytes
    copied: tuple[range, ...]

    @property
    def size(self) -> int:
        return len(self.beginning) + sum(map(len, self.copied))

    def pieces(self, file: IO[bytes]) -> Iterator[bytes]:
        yield self.beginning
        for place in self.copied:
            yield from _read(file, place)


def may_show_text(sop_class: str, annotation: str) -> bool:
    """Whether pictures may show who the patient is: those that say so, and ultrasound and captured ones that do not
    say that they do not."""
    if annotation.strip().upper() == "YES":
        return True
    return annotation.strip().upper() != "NO" and any(
        sop_class == kind or sop_class.startswith(f"{kind}.") for kind in ULTRASOUND_OR_CAPTURED
    )


def deidentify(file: IO[bytes], options: Options, with_secrets: Secrets) -> Deidentified:
    """Raises CannotDeidentify where there is nothing that could be sent. Memory holds what is before the pixels."""
    with warnings.catch_warnings():
        # A warning of pydicom's about a value would put patient data into the log.
        warnings.simplefilter("ignore")
        try:
            return _deidentified(file, options, with_secrets)
        except (CannotDeidentify, OSError):
            raise
        except Exception as error:  # allowed: pydicom raises what it likes; its texts may hold values
            raise CannotDeidentify(type(error).__name__) from None


def burned_in(head: Dataset) -> bool:
    return may_show_text(text_of(head, Tag("SOPClassUID")), text_of(head, Tag("BurnedInAnnotation")))


def _deidentified(file: IO[bytes], options: Options, with_secrets: Secrets) -> Deidentified:
    file.seek(0)
    dataset = read_partial(file, stop_when=_at_pixels, force=True)
    syntax = UID(dataset.file_meta.get("TransferSyntaxUID") or ImplicitVRLittleEndian)
    if not is_image_class(_sop_class(dataset)):
        raise CannotDeidentify
    if _has_overlay_in_pixels(dataset):
        raise IdentityInPixels
    if syntax == DeflatedExplicitVRLittleEndian:
        return _deflated(file, options, with_secrets)
    implicit, little = syntax.is_implicit_VR, syntax.is_little_endian
    if syntax.is_private:
        raise CannotDeidentify
    replacement = Replacement(dataset, options, with_secrets)
    cleaned = replacement.of(dataset)
    copied = tuple(_pixels(file, implicit, little))
    if not copied or copied[-1].stop > file.seek(0, SEEK_END):
        raise CannotDeidentify
    if syntax.is_compressed and _holds(file, copied, replacement.identity.in_bytes):
        raise IdentityInPixels
    body = _written(cleaned, implicit=implicit, little=little)
    return Deidentified(_headed(cleaned, syntax), _meta(cleaned, syntax) + body, copied)


def _deflated(file: IO[bytes], options: Options, with_secrets: Secrets) -> Deidentified:
    file.seek(0)
    dataset = read_partial(file, force=True)
    pixels = [dataset.get_item(tag) for tag in sorted(PIXEL_TAGS) if tag in dataset]
    if not pixels:
        raise CannotDeidentify
    cleaned = Replacement(dataset, options, with_secrets).of(dataset)
    head = _headed(cleaned, DeflatedExplicitVRLittleEndian)
    whole = Dataset()
    whole.update({tag: cleaned.get_item(tag) for tag in cleaned.keys()})  # noqa: SIM118
    whole.update({element.tag: element for element in pixels})
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = packer.compress(_written(whole, implicit=False, little=True)) + packer.flush()
    meta = _meta(cleaned, DeflatedExplicitVRLittleEndian)
    return Deidentified(head, meta + body + b"\0" * (len(body) % 2), ())


def _at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag.group >= PIXELS


def _has_overlay_in_pixels(dataset: Dataset) -> bool:
    """Whether an overlay is bits of the pixels, which are copied (as it was done before 2004)."""
    return any(
        Tag(group, OVERLAY_DATA) not in dataset
        and Tag(group, OVERLAY_BIT) in dataset
        and text_of(dataset, Tag(group, OVERLAY_BIT)).strip() not in ("", "0")
        for group in range(0x6000, 0x6020, 2)
    )


def _sop_class(dataset: Dataset) -> str:
    return text_of(dataset, Tag("SOPClassUID")) if "SOPClassUID" in dataset else ""


def _pixels(file: IO[bytes], implicit: bool, little: bool) -> Iterator[range]:
    """Where the elements of pixel data are, as they were written; nothing of what may be between and behind them."""
    begin = file.tell()
    for element in data_element_generator(file, implicit, little, defer_size=DEFERRED):
        end = file.tell()
        if element.tag in PIXEL_TAGS:
            yield range(begin, end)
        if element.tag >= max(PIXEL_TAGS):
            return
        begin = end


def _holds(file: IO[bytes], places: tuple[range, ...], texts: list[bytes]) -> bool:
    overlap = max(map(len, texts), default=1) - 1
    for place in places:
        before = b""
        for piece in _read(file, place):
            window = before + piece
            if any(text in window for text in texts):
                return True
            before = window[len(window) - overlap :]
    return False


def _read(file: IO[bytes], place: range) -> Iterator[bytes]:
    file.seek(place.start)
    left = len(place)
    while left:
        piece = file.read(min(PIECE, left))
        if not piece:
            raise OSError("The stored file is shorter than it was.")  # allowed: for the log
        left -= len(piece)
        yield piece


def _headed(cleaned: Dataset, syntax: UID) -> Dataset:
    """A data set of its own for the DICOMDIR, which fills in what is missing."""
    head = Dataset()
    head.update({tag: cleaned.get_item(tag) for tag in cleaned.keys()})  # noqa: SIM118
    head.file_meta = FileMetaDataset()
    head.file_meta.TransferSyntaxUID = syntax
    return head


def _meta(cleaned: Dataset, syntax: UID) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = _sop_class(cleaned)
    meta.MediaStorageSOPInstanceUID = cleaned.get("SOPInstanceUID") or ""
    meta.TransferSyntaxUID = syntax
    written = DicomBytesIO()
    written.is_implicit_VR, written.is_little_endian = False, True
    write_file_meta_info(written, meta, enforce_standard=True)
    return bytes(128) + b"DICM" + written.getvalue()


def _written(cleaned: Dataset, *, implicit: bool, little: bool) -> bytes:
    written = DicomBytesIO()
    written.is_implicit_VR, written.is_little_endian = implicit, little
    write_dataset(written, cleaned, convert_encodings(cleaned.get("SpecificCharacterSet") or "ISO_IR 6"))
    return written.getvalue()
