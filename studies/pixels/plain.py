"""Pixel data and whole objects without compression, in Explicit VR Little Endian: the same values, or nothing.

What the decoder gives is written as it is. Where the object's own attributes would then say something else of it than
they do now, or where pydicom cannot write an attribute as it was received, there is no such form of the object.
"""

from collections.abc import Iterator
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.pixels import get_decoder
from pydicom.pixels.utils import get_expected_length
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from studies.pixels.image_file import CannotShow, syntax_written, whole
from studies.pixels.image_module import HALF_OF_THE_COLOURS
from studies.renderer import NO_DECODER, NO_IMAGE_DATA, NO_SUCH_FRAME, NOT_THE_SAME, TOO_LARGE

# Transforms that belong to the compression: without it the values are red, green and blue.
OF_THE_STREAM = frozenset({"YBR_RCT", "YBR_ICT"})
PIXELS = 0x7FE00010
# Where frames begin in what was compressed.
OFFSETS = (0x7FE00001, 0x7FE00002)
# Of all frames of an answer, on the disk.
MOST_BYTES = 1024**3


def frames_written(job: dict[str, Any]) -> dict[str, Any]:
    """The frames behind each other in one file, and how many bytes each has."""
    ds = dcmread(job["source"], force=True)
    frames = max(whole(ds, "NumberOfFrames") or 1, 1)
    if not all(1 <= number <= frames for number in job["frames"]):
        raise CannotShow(NO_SUCH_FRAME)
    sizes = []
    with open(job["target"], "wb") as target:
        for frame in _decoded(ds, [number - 1 for number in job["frames"]]):
            target.write(frame)
            sizes.append(len(frame))
            if sum(sizes) > MOST_BYTES:
                raise CannotShow(TOO_LARGE)
    return {"sizes": sizes}


def _decoded(ds: Dataset, indices: list[int]) -> Iterator[bytes]:
    ds.file_meta.TransferSyntaxUID = syntax = syntax_written(ds)
    if PIXELS not in ds:
        raise CannotShow(NO_IMAGE_DATA)
    if not syntax.is_transfer_syntax or whole(ds, "BitsAllocated") == 1:
        raise CannotShow(NO_DECODER)
    decoder = get_decoder(syntax)
    for array, says in decoder.iter_array(ds, indices=indices, as_rgb=False):
        if not _is_told(ds, says, array.dtype.itemsize):
            raise CannotShow(NOT_THE_SAME)
        if array.ndim == 3 and whole(ds, "PlanarConfiguration") == 1:
            array = array.transpose(2, 0, 1)
        yield array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _is_told(ds: Dataset, says: dict[str, Any], size: int) -> bool:
    """Whether the attributes of the object, which the client has, are true of the decoded values."""
    declared, decoded = str(ds.get("PhotometricInterpretation")), says["photometric_interpretation"]
    if declared in HALF_OF_THE_COLOURS:
        return False  # decoders give them whole, whatever is said of the result
    is_same = declared == decoded or (declared in OF_THE_STREAM and decoded == "RGB")
    numbers = {
        "SamplesPerPixel": says["samples_per_pixel"],
        "PixelRepresentation": says["pixel_representation"],
        "BitsAllocated": 8 * size,
        "Rows": says["rows"],
        "Columns": says["columns"],
    }
    return is_same and all(whole(ds, word) == value for word, value in numbers.items())


def object_written(job: dict[str, Any]) -> dict[str, Any]:
    """The whole object. Its attributes are read again from what was written and compared, byte for byte."""
    ds = dcmread(job["source"], force=True)
    ds.file_meta.TransferSyntaxUID = syntax = syntax_written(ds)
    if not syntax.is_transfer_syntax or syntax.is_private or syntax == ExplicitVRBigEndian:
        raise CannotShow(NO_DECODER)
    if syntax.is_encapsulated and PIXELS in ds:
        # Of bits and colours it changes what the decoded values ask for.
        ds.decompress(as_rgb=False, generate_instance_uid=False)
        if ds.PhotometricInterpretation == "YBR_FULL_422":
            ds.PhotometricInterpretation = "YBR_FULL"  # decoders give halved colours whole
        for tag in OFFSETS:
            ds.pop(tag, None)
        if len(ds.PixelData) != (expected := get_expected_length(ds)) + expected % 2:
            raise CannotShow(NOT_THE_SAME)
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.preamble = ds.preamble or b"\0" * 128
    ds.save_as(job["target"], implicit_vr=False, little_endian=True, force_encoding=True)
    del ds
    received, written = dcmread(job["source"], force=True), dcmread(job["target"])
    changed = {0x00280004, 0x00280006, 0x00280008, PIXELS, *OFFSETS} if syntax.is_encapsulated else set()
    if not _is_same(received, written, changed):
        raise CannotShow(NOT_THE_SAME)
    return {}


def _tags(ds: Dataset) -> set[Any]:
    """Lengths of groups are retired, and true of the old encoding alone."""
    return {tag for tag in list(ds.keys()) if tag.element != 0}


def _is_same(received: Dataset, written: Dataset, changed: set[int]) -> bool:
    kept = _tags(received)
    if kept - changed != _tags(written) - changed:
        return False
    return all(_is_kept(received, written, tag) for tag in kept if tag not in changed)


def _is_kept(received: Dataset, written: Dataset, tag: Any) -> bool:
    before, after = received.get_item(tag), written.get_item(tag)
    if _is_raw(before) and _is_raw(after) and not _holds_items(before, after):
        return _unpadded(before.value) == _unpadded(after.value)
    old, new = received[tag], written[tag]
    if old.VR == "SQ" and new.VR == "SQ":
        return len(old.value) == len(new.value) and all(
            _is_same(*items, set()) for items in zip(old.value, new.value, strict=True)
        )
    return bool(old.value == new.value)


def _is_raw(element: Any) -> bool:
    return isinstance(element, RawDataElement) and isinstance(element.value, bytes)


def _holds_items(before: Any, after: Any) -> bool:
    return "SQ" in (before.VR, after.VR)


def _unpadded(value: bytes) -> bytes:
    return value.rstrip(b"\0 ")
