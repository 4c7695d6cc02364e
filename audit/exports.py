"""A trail as CSV: the same lines as the page, in a file that spreadsheets read and cannot be tricked by."""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

# A cell that begins with one of these is a formula to a spreadsheet, whatever the file meant by it.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(cell: object) -> str:
    """The cell as text; what a spreadsheet would run is made plain text with an apostrophe in front."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text


def write_csv(out: TextIO, head: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write the rows as they come; how many there were, the head not counted."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    count = 0
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
        count += 1
    return count
