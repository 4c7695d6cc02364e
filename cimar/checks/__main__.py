"""python -m cimar.checks: what the house's own rules find in the checkout."""

import sys
from pathlib import Path

from cimar.checks import code, templates
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


def findings() -> list[Finding]:
    found = code.check("manage.py", (CHECKOUT / "manage.py").read_text())
    for path in sorted(file for folder in PYTHON for file in (CHECKOUT / folder).rglob("*.py")):
        found += code.check(path.relative_to(CHECKOUT).as_posix(), path.read_text())
    for path in sorted((CHECKOUT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            found += templates.check(path.relative_to(CHECKOUT).as_posix(), path.read_text())
    return found


if __name__ == "__main__":
    found = findings()
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
