"""What an end takes with it, as numbered lines."""

from sharing.selectors import WhatEnds

MOST_LINES = 12

Consequence = tuple[int | None, str]


def what_goes(preview: WhatEnds) -> list[Consequence]:
    """One line for each recipient, for each worklist that falls with them, and for what is only counted."""
    lines: list[Consequence] = []
    lines += _several(preview.recipients, ("share with {} ends", "shares with {} end"), "more recipients")
    if preview.kept:
        lines.append(
            (
                preview.kept,
                "study stays there through another share"
                if preview.kept == 1
                else "studies stay there through other shares",
            )
        )
    after = (
        "study also disappears from {}, where it was shared on",
        "studies also disappear from {}, where they were shared on",
    )
    lines += _several(preview.worklists, after, "more worklists lose studies, where they were shared on")
    if preview.elsewhere:
        lines.append((preview.elsewhere, _worklists(preview.elsewhere)))
    if preview.beyond:
        lines.append(
            (
                preview.beyond,
                "onward share outside your organisation ends"
                if preview.beyond == 1
                else "onward shares outside your organisation end",
            )
        )
    if preview.promises:
        lines.append(
            (
                preview.promises,
                waiting_shares(preview.promises, "people who have not registered"),
            )
        )
    return lines


def _several(rows: list[tuple[str, int]], words: tuple[str, str], rest: str) -> list[Consequence]:
    lines: list[Consequence] = [
        (number, words[number != 1].format(name)) for name, number in rows[:MOST_LINES]
    ]
    if len(rows) > MOST_LINES:
        lines.append((len(rows) - MOST_LINES, rest))
    return lines


def _worklists(number: int) -> str:
    loses = (
        "worklist of other organisations loses" if number == 1 else "worklists of other organisations lose"
    )
    return f"{loses} it too, through onward shares"


def waiting_shares(number: int, whom: str) -> str:
    return f"share waiting for {whom} ends" if number == 1 else f"shares waiting for {whom} end"
