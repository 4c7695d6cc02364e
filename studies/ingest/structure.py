"""The structure of a data set: what its walk is inside of, meets and keeps."""

from dataclasses import dataclass
from functools import lru_cache

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement

from studies.ingest.refusals import CUT

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})


@dataclass
class Pixels:
    """The size and shape of the pixel data in the structure."""

    tag: int
    size: int
    fragments: int | None = None  # of encapsulated data, without the offset table


@dataclass
class Walked:
    meta: dict[int, bytes]
    transfer_syntax: str
    # By the tag's number: pydicom's tags are compared in Python, which takes longer than all else with them.
    elements: dict[int, RawDataElement]
    pixels: Pixels | None
    deviations: frozenset[str]


@dataclass(slots=True)
class Inside:
    """A data set or sequence we are inside of; `end` is None where a delimiter ends it."""

    is_sequence: bool
    end: int | None
    bound: int
    implicit: bool
    last: int = -1  # the tag of the element before
    # The reason for the refusal if this part does not end. Lengths say nothing where the file was read in another
    # encoding than it names.
    unended: str = CUT
    # An item that says it is longer than the sequence around it, whose length is known: a delimiter or that ends it.
    ends_with_bound: bool = False


@lru_cache(maxsize=4096)
def dictionary_vr(tag: int) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""
