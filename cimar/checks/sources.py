"""The files that the house's own rules read."""

from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PYTHON = [
    "cimar",
    "administration",
    "common",
    "audit",
    "accounts",
    "worklists",
    "studies",
    "sharing",
    "tests",
    "bench",
]


def sources() -> Iterator[tuple[str, str]]:
    """Every file that the rules read: its path in the checkout, and its text."""
    files = [CHECKOUT / "manage.py"]
    files += sorted(file for folder in PYTHON for file in (CHECKOUT / folder).rglob("*.py"))
    files += sorted(file for file in (CHECKOUT / "templates").rglob("*") if file.suffix in {".html", ".txt"})
    for file in files:
        yield file.relative_to(CHECKOUT).as_posix(), file.read_text()
