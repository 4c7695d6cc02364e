"""The rows of the budget and the table they make."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bench.budgets import NOTHING, Budget

HEAD = ("what", "budget", "measured", "floor", "queries", "verdict")


@dataclass(frozen=True)
class Row:
    """One line: `measured` in words, `floor` a ratio to the least it could take, `ok` empty where nothing is promised.

    `ok_alone` says the same of processor time: a machine that had other work to do misses what a quiet one keeps.
    """

    what: str
    budget: Budget
    measured: str
    floor: str = ""
    queries: str = ""
    ok: bool | None = None
    ok_alone: bool = False
    key: str = ""  # what the same row is called at another size
    number: float = 0.0  # what is compared between sizes

    @property
    def verdict(self) -> str:
        if self.budget != NOTHING and not self.budget.group:
            return "missing"
        if self.ok is None:
            return ""
        return "kept" if self.ok else "kept in processor time" if self.ok_alone else "MISSED"

    @property
    def cells(self) -> tuple[str, ...]:
        return (self.what, self.budget.promise, self.measured, self.floor, self.queries, self.verdict)

    def dumped(self) -> str:
        return json.dumps(asdict(self))


def loaded(line: str) -> Row:
    written = json.loads(line)
    return Row(**{**written, "budget": Budget(**written["budget"])})


def missing(budget: Budget) -> Row:
    """The row of a promise that nothing measures."""
    return Row(budget.what, budget, f"missing: {budget.why_missing}")


def markdown(rows: Sequence[Row]) -> str:
    """As Markdown, with columns wide enough to be read as they are."""
    cells = [HEAD, *(row.cells for row in rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(HEAD))]
    written = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in cells
    ]
    written.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(written)
