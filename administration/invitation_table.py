"""A pasted list or a CSV file of people to invite: read line by line, each line an offer or the sentence against it.

Columns: email, role, worklists (one cell, separated by ";"), and if wanted every_worklist (yes or no). A worklist may
say a role of its own: "CT Reporting = Radiologist". What stands in a cell is looked up and shown, never evaluated.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError

from accounts.models import Account, Role
from common.text import identity
from worklists.models import Worklist
from worklists.services import MembershipOffer

MOST_LINES = 200
TOO_LARGE = "The list is larger than 100 kB. Invite fewer people at once."
MOST_BYTES = 100_000
COLUMNS = ("email", "role", "worklists", "every_worklist")
NEEDED = ("email", "role", "worklists")
YES, NO = {"yes", "y", "true", "1", "x"}, {"", "no", "n", "false", "0", "-"}
SHOWN = 60


@dataclass(frozen=True)
class ListedPerson:
    """One person of the list: where they stand in it, what was typed, and the offer or why there is none."""

    number: int
    typed: str
    offer: MembershipOffer | None
    sentence: str = ""


@dataclass
class AccountNames:
    """The account's roles and worklists by their names, as people type them."""

    roles: dict[str, Role] = field(default_factory=dict)
    worklists: dict[str, list[Worklist]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, account: Account) -> "AccountNames":
        found = cls({identity(role.name): role for role in Role.objects.filter(account=account)})
        for worklist in Worklist.objects.filter(account=account):
            found.worklists[identity(worklist.name)].append(worklist)
            found.worklists[identity(f"{worklist.kind}: {worklist.name}")].append(worklist)
        return found

    def role(self, typed: str) -> Role:
        if not typed:
            raise ValidationError("The role is missing.")
        if (found := self.roles.get(identity(typed))) is None:
            raise ValidationError(f"There is no role named “{_short(typed)}” in this account.")
        return found

    def place(self, typed: str) -> tuple[Worklist, Role | None]:
        """By the whole text, or by the text before the last "=", with a role after it."""
        name, equals, role = typed.rpartition("=")
        if identity(typed) in self.worklists or not equals or not name.strip():
            return self._worklist(typed), None
        return self._worklist(name.strip()), self.role(role.strip())

    def _worklist(self, typed: str) -> Worklist:
        found = self.worklists.get(identity(typed), [])
        if not found:
            raise ValidationError(f"There is no worklist named “{_short(typed)}” in this account.")
        if len(found) > 1:
            raise ValidationError(
                f"There is a location and a group named “{_short(typed)}”: write “location: {_short(typed)}” or "
                f"“group: {_short(typed)}”."
            )
        return found[0]


def as_text(content: bytes) -> str:
    """An uploaded file as text; raises ValidationError with the sentence."""
    if len(content) > MOST_BYTES:
        raise ValidationError(TOO_LARGE)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(
            "This file is not in UTF-8. Save it as “CSV UTF-8” and choose it again."
        ) from error


def read_list(text: str, account: Account) -> list[ListedPerson]:
    """Every person of the list; raises ValidationError where the list as a whole cannot be read."""
    text = text.removeprefix("\ufeff")
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise ValidationError(TOO_LARGE)
    if "\x00" in text:
        raise ValidationError("This is not a text file.")
    rows = _rows(text)
    header = [identity(name).replace(" ", "_") for name in next(rows, (0, []))[1]]
    _check_header(header)
    lines = list(rows)
    if not lines:
        raise ValidationError("The list has no people. Add one line for each person below the column names.")
    if len(lines) > MOST_LINES:
        raise ValidationError(f"The list has {len(lines)} people. You can invite up to {MOST_LINES} at once.")
    directory = AccountNames.of(account)
    return [_line(number, cells, header, directory) for number, cells in lines]


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold anything, with their numbers; separated by what the first of them is separated by."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(";\t,", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        for cells in reader:
            tidied = [" ".join(cell.split()) for cell in cells]
            if any(tidied):
                yield reader.line_num, tidied
    except csv.Error as error:
        raise ValidationError(f"ListedPerson {reader.line_num} cannot be read as CSV.") from error


def _check_header(header: Sequence[str]) -> None:
    if missing := [name for name in NEEDED if name not in header]:
        raise ValidationError(
            "The first line must name the columns email, role and worklists (every_worklist is optional). "
            f"Missing: {', '.join(missing)}."
        )
    if unknown := [name for name in header if name not in COLUMNS]:
        raise ValidationError(f"Unknown column “{_short(unknown[0])}”. The columns are {', '.join(COLUMNS)}.")
    if len(set(header)) < len(header):
        raise ValidationError("A column is named twice.")


def _line(number: int, cells: list[str], header: Sequence[str], directory: AccountNames) -> ListedPerson:
    named = dict(zip(header, cells, strict=False))
    typed = named.get("email", "")
    try:
        if len(cells) > len(header):
            raise ValidationError(
                "This line has more cells than columns. Put quotes around a cell that contains the separator."
            )
        offer = MembershipOffer(
            email=typed,
            role=directory.role(named.get("role", "")),
            worklists=tuple(directory.place(name) for name in _names(named.get("worklists", ""))),
            every_worklist=_said_yes(named.get("every_worklist", "")),
        )
    except ValidationError as refusal:
        return ListedPerson(number, typed, None, refusal.messages[0])
    return ListedPerson(number, typed, offer)


def _names(cell: str) -> list[str]:
    """Separated by ";" or, where that separates the cells already, by "|"."""
    return [name.strip() for name in cell.replace("|", ";").split(";") if name.strip()]


def _said_yes(typed: str) -> bool:
    if identity(typed) in YES:
        return True
    if identity(typed) in NO:
        return False
    raise ValidationError(f"every_worklist must be yes or no, not “{_short(typed)}”.")


def _short(typed: str) -> str:
    return typed if len(typed) <= SHOWN else f"{typed[:SHOWN]}…"
