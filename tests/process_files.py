"""The files with tests of processes, which run apart: known by their text, so that no other file is read for them."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

MARK = "pytest.mark.process"


def files_with_processes() -> list[str]:
    return sorted(str(path) for path in Path("tests").rglob("test_*.py") if names_the_mark(path))


def check_marks(items: Iterable[Any]) -> None:
    """A test that is marked in other words would run neither among the others nor apart: that stops the run."""
    for item in items:
        if item.get_closest_marker("process") and not names_the_mark(item.path):
            raise pytest.UsageError(
                f"{item.path.name}: write {MARK} in the file whose tests start processes."
            )


@cache
def names_the_mark(path: Path) -> bool:
    return MARK in path.read_text()
