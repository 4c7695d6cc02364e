"""Overlay planes of an image (PS3.3 C.9.2): whether there is one that shows something."""

from pydicom import Dataset

from studies.pixels.image_file import whole

# Even groups; each plane has one.
GROUPS = range(0x6000, 0x6020, 2)
DATA, ROWS, POSITION = 0x3000, 0x0010, 0x0102


def has_overlay(ds: Dataset) -> bool:
    """Whether a plane has a bit set, or lies in unused bits of the pixels, as it did before 2004."""
    return any(_has_bits(ds, group) for group in GROUPS)


def _has_bits(ds: Dataset, group: int) -> bool:
    tag = group << 16
    if tag | DATA in ds:
        try:
            data = ds[tag | DATA].value
        except Exception:  # pydicom raises whatever the value made it stumble over
            return True
        return bool(data.strip(b"\0")) if isinstance(data, bytes | bytearray) else bool(data)
    if tag | ROWS not in ds:
        return False
    return bool(whole(ds, tag | POSITION))
