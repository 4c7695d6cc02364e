"""Modality and VOI tables (PS3.3 C.11.1 and C.11.2), read as far as they can be trusted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom import Dataset

from studies.pixels.image_module import Array


@dataclass(frozen=True)
class Table:
    """Entries from the value `first` on; `top` is the greatest that an entry of so many bits can be."""

    first: int
    entries: Array
    top: int

    def looked_up(self, values: Array) -> Array:
        """Below and above the table its first and last entry."""
        at = np.rint(np.nan_to_num(values)).astype(np.int64) - self.first
        return self.entries[np.clip(at, 0, len(self.entries) - 1)]


def tables_in(items: Any, *, signed: bool, little: bool) -> list[Table]:
    """Those of a sequence that hold something; `signed` is whether the values that are looked up can be negative."""
    try:
        read = [_table(item, signed=signed, little=little) for item in items or ()]
    except TypeError:  # no sequence
        return []
    return [table for table in read if table is not None]


def _table(item: Dataset, *, signed: bool, little: bool) -> Table | None:
    try:
        # Read under either sign, whatever type the writer gave them: the values they are compared with decide.
        declared, first, bits = (int(number) & 0xFFFF for number in item.LUTDescriptor)
        declared = declared or 65_536
        entries = _entries(item.LUTData, declared, little)[:declared]
    except Exception:  # pydicom raises whatever the value made it stumble over
        return None
    if not entries.size:
        return None
    if signed and first > 32_767:
        first -= 65_536
    if entries.dtype == np.uint8:
        bits = 8
    needed = int(entries.max()).bit_length()
    bits = max(bits if 1 <= bits <= 16 else 0, needed, 1)
    return Table(first, entries, (1 << bits) - 1)


def _entries(data: Any, declared: int, little: bool) -> Array:
    """16-bit words; half as many hold entries of 8 bits, two in a word."""
    if isinstance(data, bytes | bytearray):
        words = np.frombuffer(data[: len(data) // 2 * 2], dtype="<u2" if little else ">u2").astype("<u2")
    else:
        words = (np.atleast_1d(np.asarray(data, dtype=np.int64)) & 0xFFFF).astype("<u2")
    is_packed = declared > 1 and words.size == (declared + 1) // 2
    return words.view("u1") if is_packed else words
