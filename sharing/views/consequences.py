"""What an end takes with it, as numbered lines."""

from common.formats import counted
from sharing.selectors import WhatEnds

MOST_LINES = 12

Line = tuple[int | None, str]


def what_goes(preview: WhatEnds) -> list[Line]:
    """One line for each recipient, for each worklist that falls with them, and for what is only counted."""
    lines: list[Line] = []
    lines += _several(preview.recipients, ("share with {} ends", "shares with {} end"), "recipients more")
    if preview.kept:
        lines.append(
            (
                preview.kept,
                "of them stays there by another share"
                if preview.kept == 1
                else "of them stay there by other shares",
            )
        )
    after = (
        "study gone from {}, by shares that came after",
        "studies gone from {}, by shares that came after",
    )
    lines += _several(preview.worklists, after, "worklists more, by shares that came after")
    if preview.elsewhere:
        lines.append((preview.elsewhere, _worklists(preview.elsewhere)))
    if preview.beyond:
        lines.append(
            (
                preview.beyond,
                f"onward {'share' if preview.beyond == 1 else 'shares'} outside your organisation",
            )
        )
    if preview.promises:
        lines.append(
            (
                preview.promises,
                f"promised {'share' if preview.promises == 1 else 'shares'} to people who have not registered",
            )
        )
    return lines


def _several(rows: list[tuple[str, int]], words: tuple[str, str], rest: str) -> list[Line]:
    lines: list[Line] = [(number, words[number != 1].format(name)) for name, number in rows[:MOST_LINES]]
    if len(rows) > MOST_LINES:
        lines.append((len(rows) - MOST_LINES, rest))
    return lines


def _worklists(number: int) -> str:
    return (
        f"{counted(number, 'worklist').partition(' ')[2]} of other organisations, by shares that came after"
    )
