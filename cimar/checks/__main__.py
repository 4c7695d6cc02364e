"""python -m cimar.checks: what the house's own rules find in the checkout."""

import sys
from collections.abc import Iterator
from pathlib import Path

from cimar.checks import code, kept, loops, marks, templates, words
from cimar.checks.code import Finding

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


def findings() -> list[Finding]:
    files = dict(sources())
    breaches: list[Finding] = []
    for path, source in files.items():
        breaches += code.check(path, source) if path.endswith(".py") else templates.check(path, source)
        breaches += loops.check(path, source)
    breaches += words.findings(files, kept.read(words.KEPT))
    breaches += marks.findings(files, kept.read(marks.KEPT))
    return breaches


if __name__ == "__main__":
    breaches = findings()
    print(*breaches, sep="\n", end="\n" if breaches else "")
    sys.exit(1 if breaches else 0)
