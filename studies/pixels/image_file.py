"""A file with an image, opened: its attributes, where its pixels are, and what its codestream says."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.filereader import read_partial
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from studies.pixels.codestream import Codestream, first_codestream
from studies.renderer import NO_IMAGE_DATA, NO_SYNTAX

PIXELS = {0x7FE00010: "PixelData", 0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData"}
NUMBERS = (
    "SamplesPerPixel", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns", "BitsAllocated", "BitsStored",
    "HighBit", "PixelRepresentation",
)  # fmt: skip
ENOUGH_OF_A_STREAM = 256 * 1024


class CannotShow(Exception):
    """With a note for the reader in place of the picture."""


def whole(ds: Dataset, word: str | int) -> int | None:
    """By keyword or tag; of a multiple value the first, None where there is none that can be read."""
    try:
        value = ds.get(word) if isinstance(word, str) else ds[word].value
        return int(value[0] if isinstance(value, list | tuple) or hasattr(value, "append") else value)
    except Exception:  # pydicom raises whatever the value made it stumble over
        return None


def syntax_written(ds: Dataset) -> UID:
    """The transfer syntax, also where it is written as a text that is no UID to pydicom."""
    return UID(str(ds.file_meta.get("TransferSyntaxUID") or "").strip("\0 "))


def _syntax_of(is_implicit: bool | None, is_little: bool | None) -> UID:
    if is_implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if is_little else ExplicitVRBigEndian


@dataclass(frozen=True)
class ImageFile:
    """An opened file: its attributes, and where its pixels are read from."""

    ds: Dataset
    source: Path | Dataset

    @classmethod
    def opened(cls, path: Path | str) -> "ImageFile":
        """Bulky values are read when they are asked for, frames one by one."""
        path = Path(path)
        with path.open("rb") as stream:
            begun = read_partial(stream, lambda tag, vr, length: tag >> 16 > 2, force=True)
        written = begun.file_meta.get("TransferSyntaxUID")
        syntax = syntax_written(begun)
        if syntax == DeflatedExplicitVRLittleEndian:
            # Unpacked in memory as a whole: what that may come to was limited when it was taken in.
            ds = dcmread(path, force=True)
            return cls(ds, ds)
        if not syntax or syntax != written:
            # pydicom tells the encoding from the first element, and ingest does so by the same rule.
            ds = dcmread(path, force=True)
            ds.file_meta.TransferSyntaxUID = syntax or _syntax_of(*ds.original_encoding)
            return cls(ds, ds)
        ds = dcmread(path, force=True, defer_size="1 MB")
        unreadable = [word for word in NUMBERS if word in ds and whole(ds, word) is None]
        for word in unreadable:
            # The decoders stumble over it, and we have what we make of it ourselves.
            delattr(ds, word)
        return cls(ds, ds if unreadable else path)

    @property
    def syntax(self) -> UID:
        syntax = syntax_written(self.ds)
        if syntax.is_private or not syntax.is_transfer_syntax:
            raise CannotShow(NO_SYNTAX)
        return syntax

    @cached_property
    def keyword(self) -> str:
        for tag, keyword in PIXELS.items():
            if tag in self.ds:
                return keyword
        raise CannotShow(NO_IMAGE_DATA)

    @cached_property
    def _start_and_length(self) -> tuple[bytes, int]:
        """The beginning of the pixel data, and how many bytes it has."""
        tag = next(tag for tag, keyword in PIXELS.items() if keyword == self.keyword)
        raw = self.ds.get_item(tag)
        if isinstance(raw, RawDataElement) and raw.value is None and isinstance(self.source, Path):
            with self.source.open("rb") as stream:
                stream.seek(raw.value_tell)
                return stream.read(ENOUGH_OF_A_STREAM), raw.length
        value = raw.value if raw is not None else None
        data = value if isinstance(value, bytes | bytearray) else b""
        return bytes(data[:ENOUGH_OF_A_STREAM]), len(data)

    @property
    def length(self) -> int:
        return self._start_and_length[1]

    @cached_property
    def codestream(self) -> Codestream | None:
        if not self.syntax.is_encapsulated or self.syntax == RLELossless:
            return None
        return first_codestream(self._start_and_length[0])
