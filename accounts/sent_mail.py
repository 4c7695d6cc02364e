"""Reads the mails that a development server wrote to files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path

_NAME = re.compile(r"[\w.-]+\.log")
# Django's file backend writes this after each mail.
_BETWEEN = b"\n" + b"-" * 79 + b"\n"


@dataclass(frozen=True)
class SentMail:
    """One mail in a file of several; `file` and `number` identify it."""

    file: str
    number: int
    to: str
    subject: str
    sent_at: datetime | None
    text: str


def sent_mails(folder: Path) -> list[SentMail]:
    """All mails, the latest first."""
    files = sorted(folder.glob("*.log"), key=lambda file: file.name) if folder.is_dir() else []
    mails = [mail for file in files for mail in _mails(file)]
    mails.reverse()
    return sorted(mails, key=lambda mail: mail.sent_at.timestamp() if mail.sent_at else 0, reverse=True)


def sent_mail(folder: Path, file: str, number: int) -> SentMail | None:
    path = folder / file
    if not _NAME.fullmatch(file) or not path.is_file():
        return None
    return next((mail for mail in _mails(path) if mail.number == number), None)


def _mails(file: Path) -> Iterator[SentMail]:
    for number, raw in enumerate(file.read_bytes().split(_BETWEEN)):
        if raw.strip():
            yield _read(file.name, number, raw)


def _read(file: str, number: int, raw: bytes) -> SentMail:
    message = message_from_bytes(raw, _class=EmailMessage, policy=default)
    body = message.get_body(preferencelist=("plain",))
    try:
        sent_at = parsedate_to_datetime(str(message["Date"]))
    except ValueError:
        sent_at = None
    return SentMail(
        file=file,
        number=number,
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        sent_at=sent_at,
        text=str(body.get_content()) if body is not None else "",
    )
