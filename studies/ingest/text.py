"""DICOM text and dates as the database can hold them.

Text stays as received, right-to-left marks and angle brackets included (pages escape); only what PostgreSQL cannot
store or no reader can see, control characters and halves of surrogate pairs, becomes a space. A value longer than its
column is cut and ends in an ellipsis: the whole of it stays in the stored file.
"""

import re
from datetime import date

UNSTORABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
DATE_AND_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})\d{2}(?:\d{2}){0,2}(?:\.\d*)?(?:[+-]\d{4})?\s*")
DATE = re.compile(r"(\d{4})[-./]?(\d{2})[-./]?(\d{2})(?!\d)")


def clean(text: str, length: int) -> str:
    text = UNSTORABLE.sub(" ", text).strip()
    return text if len(text) <= length else text[: length - 1] + "…"


def lenient_date(raw: str) -> date | None:
    """20040119, and what writers make of it (2004.01.19, 2004-01-19, a time behind it); else None."""
    if not (match := DATE_AND_TIME.fullmatch(raw) or DATE.match(raw)):
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None
