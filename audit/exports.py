"""A trail as CSV: the same events as on the page, in a file in which a spreadsheet finds no formula."""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Sequence
from typing import IO, TextIO

IN_MEMORY = 1_000_000

# A spreadsheet reads a cell that begins with one of these signs as a formula, and where a cell begins depends on the
# separator it takes the file to have. Space and quotation marks in front do not count.
_FORMULA = re.compile('(?:^|(?<=[,;|\\t\\r\\n]))(?=[\\s"]*[=+\\-@\\t\\r\\n＝＋－＠﹢﹣﹦﹫])')


def safe(cell: object) -> str:
    """The cell as text, with an apostrophe in front of each part that would be a formula, whatever the separator."""
    return _FORMULA.sub("'", "" if cell is None else str(cell))


def spooled_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> tuple[IO[bytes], int]:
    """The rows as a file to send and close, and their number.

    The file is written whole before any of it is sent, so that the transaction does not wait for the reader's network.
    It has no name on the disk and is deleted when it is closed.
    """
    spooled = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 — the caller sends and closes it
    # With its byte order mark, without which Excel does not read names as UTF-8.
    text = io.TextIOWrapper(spooled, encoding="utf-8-sig", newline="")
    count = write_csv(text, head, rows)
    text.detach()
    spooled.seek(0)
    return spooled, count


def write_csv(out: TextIO, head: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write the rows one after the other; returns their number without the head."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe(name) for name in head])
    count = 0
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
        count += 1
    return count
