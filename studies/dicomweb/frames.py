"""The frames of an instance as they lie in its file: which bytes, in which encoding, and what may be sent of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from django.core.files.storage import storages
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from studies.dicomweb.accept import Accepted, NotAcceptable
from studies.dicomweb.parts import stored_bytes
from studies.ingest.frame_layout import ITEM_HEAD
from studies.models import Instance
from studies.sent_file import RangeOnDisk, range_on_disk

OCTETS = "application/octet-stream"
LITTLE = str(ExplicitVRLittleEndian)
PLAIN = f"{OCTETS}; transfer-syntax={LITTLE}"
# The media type of each encapsulated transfer syntax (PS3.18 table 8.7.3-5).
MEDIA_TYPES = {
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{each}" for each in (50, 51, 57, 70)), "image/jpeg"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{each}" for each in (80, 81)), "image/jls"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{each}" for each in (90, 91)), "image/jp2"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{each}" for each in (92, 93)), "image/jpx"),
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{each}" for each in (201, 202, 203)), "image/jphc"),
    "1.2.840.10008.1.2.5": "image/dicom-rle",
}

# As earlier editions of the standard and clients spell them; who asks so is answered so.
EARLIER = {
    "image/x-jls": "image/jls",
    "image/x-dicom-rle": "image/dicom-rle",
    "image/x-dicom+rle": "image/dicom-rle",
    "image/jhc": "image/jphc",
}


@dataclass(frozen=True)
class Ranges:
    """The bytes of one frame in the stored file: a range, or one for each fragment."""

    key: str
    ranges: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        return sum(size for _start, size in self.ranges)

    @property
    def on_disk(self) -> RangeOnDisk | None:
        """The frame as it is sent fastest, where it is a single range."""
        if len(self.ranges) != 1:
            return None
        [(start, size)] = self.ranges
        return range_on_disk(self.key, start=start, size=size)

    def pieces(self) -> Iterator[bytes]:
        for start, size in self.ranges:
            yield from stored_bytes(self.key, start=start, size=size)


@dataclass(frozen=True)
class Frames:
    """`layout` is of the stored metadata or of the file: both say the same in the same words."""

    instance: Instance
    pixels_at: int | None
    frame_bytes: int | None
    offsets: list[int] | tuple[int, ...] | None

    def ranges_of(self, numbers: list[int]) -> list[Ranges]:
        key, at = self.instance.blob.key, self.pixels_at or 0
        if self.offsets is None:
            size = self.frame_bytes or 0
            return [Ranges(key, ((at + (number - 1) * size, size),)) for number in numbers]
        with storages["dicom"].open(key) as file:
            ends = [(self.offsets[number - 1], self.offsets[number]) for number in numbers]
            return [Ranges(key, tuple(_fragments(file, start, end))) for start, end in ends]

    def chosen(self, choices: list[Accepted], *, n: int) -> tuple[str, bool]:
        """The content type of each frame, and whether the answer has many parts. Nothing is ever transcoded in silence:
        what is stored in another encoding is had without its compression where the client asks for that, or not."""
        for each in choices:
            many = each.many is not False
            if (many or n == 1) and (content_type := self._content_type(each) or self._plain_type(each)):
                return content_type, many
        raise NotAcceptable

    def is_made(self, content_type: str) -> bool:
        """Whether frames of this type do not lie in the file so, and are decoded first."""
        return content_type == PLAIN and (
            self.offsets is not None
            or self.frame_bytes is None
            or self.instance.transfer_syntax_uid == ExplicitVRBigEndian
        )

    def _plain_type(self, accepted: Accepted) -> str:
        """Octets, named as uncompressed or without a word, which means the same."""
        is_asked = accepted.media_type == OCTETS and accepted.transfer_syntax in ("", LITTLE)
        return PLAIN if is_asked else ""

    def _content_type(self, accepted: Accepted) -> str:
        stored = self.instance.transfer_syntax_uid
        if self.offsets is None:
            # Native pixel data of both little endian syntaxes are the same bytes; of the big endian one they are not.
            is_little = self.frame_bytes is not None and stored != ExplicitVRBigEndian
            fits = accepted.fits(OCTETS) and accepted.transfer_syntax in ("", "*", LITTLE, stored)
            return PLAIN if is_little and fits else ""
        own = MEDIA_TYPES.get(stored, OCTETS)
        if EARLIER.get(accepted.media_type) == own:
            own = accepted.media_type
        if accepted.transfer_syntax in ("*", stored):
            media_type = own if accepted.fits(own) else OCTETS if accepted.fits(OCTETS) else ""
        else:
            # Octets without a word mean uncompressed ones.
            is_named = not accepted.transfer_syntax and accepted.media_type != OCTETS
            media_type = own if is_named and accepted.fits(own) else ""
        return f"{media_type}; transfer-syntax={stored}" if media_type else ""


def _fragments(file: IO[bytes], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the bytes of each fragment are: each has its length before it."""
    read, seek = file.read, file.seek
    while start < end:
        seek(start)
        size = int.from_bytes(read(ITEM_HEAD)[4:], "little")
        yield start + ITEM_HEAD, size
        start += ITEM_HEAD + size
