"""A trail as CSV: the same lines as the page, in a file that spreadsheets read and cannot be tricked by."""

import csv
import io
import tempfile
from collections.abc import Iterable, Sequence
from typing import IO, TextIO

IN_MEMORY = 1_000_000

# A cell that begins with one of these is a formula to a spreadsheet, whatever the file meant by it.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(cell: object) -> str:
    """The cell as text; what a spreadsheet would run is made plain text with an apostrophe in front."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text


def spooled_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> tuple[IO[bytes], int]:
    """The rows as a file to send and close, and how many there were.

    It is written out before any of it is sent: it is whole or there is none, and the transaction does not wait for the
    reader's network. It has no name on the disk and is gone when it is closed.
    """
    spooled = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 — the caller sends and closes it
    # With its mark, without which Excel reads UTF-8 names as something else.
    text = io.TextIOWrapper(spooled, encoding="utf-8-sig", newline="")
    count = write_csv(text, head, rows)
    text.detach()
    spooled.seek(0)
    return spooled, count


def write_csv(out: TextIO, head: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write the rows as they come; how many there were, the head not counted."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    count = 0
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
        count += 1
    return count
