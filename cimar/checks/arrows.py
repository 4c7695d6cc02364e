"""How many imports may run up, from an app into one above it: those that `pyproject.toml` names, and three at most.

import-linter refuses every other import that runs up; this says that its list of exceptions stays short.
"""

import tomllib
from collections.abc import Iterator

from cimar.checks.code import Finding
from cimar.checks.sources import CHECKOUT

MOST = 3
CONTRACTS = "pyproject.toml"


def check(text: str) -> Iterator[Finding]:
    """A finding where more imports run up than may, or where imports for types alone are not counted."""
    linter = tomllib.loads(text)["tool"]["importlinter"]
    layers = linter["contracts"][0]
    upward = layers["ignore_imports"]
    if len(upward) > MOST:
        sentence = (
            f"{len(upward)} imports run up from an app to one above it, and {MOST} may: move the page up."
        )
        yield Finding(CONTRACTS, 1, sentence)
    if linter["exclude_type_checking_imports"]:
        yield Finding(CONTRACTS, 1, "An import for a type counts as any other: exclude none.")


def findings() -> Iterator[Finding]:
    return check((CHECKOUT / CONTRACTS).read_text())
