"""Counts for each file that may fall and never rise: what a rule still lets pass, kept in a file beside the rule."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from cimar.checks.code import Finding

Counts = Mapping[str, int]


def read(file: Path) -> dict[str, dict[str, int]]:
    """How often each path of the checkout may break which part of the rule; a path that is missing never may."""
    counts: dict[str, dict[str, int]] = json.loads(file.read_text())
    return counts


def write(
    file: Path, now: Mapping[str, Counts], rises: Callable[[Mapping[str, Counts]], Iterable[Finding]]
) -> list[Finding]:
    """Keep the counts of today, unless one has risen: then these findings are returned and nothing is written."""
    risen = list(rises(read(file))) if file.exists() else []
    if not risen:
        counts = {path: dict(sorted(of.items())) for path, of in now.items() if any(of.values())}
        file.write_text(json.dumps(dict(sorted(counts.items())), indent=1) + "\n")
    return risen
