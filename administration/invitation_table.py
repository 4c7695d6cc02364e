"""A pasted list or a CSV file of people to invite: read line by line, each line an offer or the sentence against it.

Columns: email, role, worklists (one cell, separated by ";"), and if wanted every_worklist (yes or no). A worklist may
have a role of its own: "CT Reporting = Radiologist". The text of a cell is looked up and shown, never evaluated.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, Role
from common.text import identity
from worklists.models import Worklist
from worklists.services import MembershipOffer

MOST_LINES = 200
TOO_LARGE = gettext_noop("The list is larger than 100 kB. Invite fewer people at once.")
MOST_BYTES = 100_000
COLUMNS = ("email", "role", "worklists", "every_worklist")
NEEDED = ("email", "role", "worklists")
YES, NO = {"yes", "y", "true", "1", "x"}, {"", "no", "n", "false", "0", "-"}
SHOWN = 60

R = TypeVar("R")


@dataclass(frozen=True)
class ListedPerson:
    """One person of the list: the number of the line, the email as typed, and the offer or why there is none.

    `line` is the whole line, its cells in the order of COLUMNS, to be mended and tried again.
    """

    number: int
    typed: str
    offer: MembershipOffer | None
    line: str
    sentence: str = ""


@dataclass
class AccountNames:
    """The account's roles and worklists by their names, as people type them."""

    roles: dict[str, Role] = field(default_factory=dict)
    worklists: dict[str, list[Worklist]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, account: Account) -> "AccountNames":
        names = cls({identity(role.name): role for role in Role.objects.filter(account=account)})
        for worklist in Worklist.objects.filter(account=account):
            names.worklists[identity(worklist.name)].append(worklist)
            names.worklists[identity(f"{worklist.kind}: {worklist.name}")].append(worklist)
        return names

    def role(self, typed: str) -> Role:
        if not typed:
            raise ValidationError(_("The role is missing."))
        if (role := self.roles.get(identity(typed))) is None:
            raise ValidationError(
                _("There is no role named “%(typed)s” in this account.") % {"typed": _short(typed)}
            )
        return role

    def place(self, typed: str) -> tuple[Worklist, Role | None]:
        """By the whole text, or by the text before the last "=", with a role after it."""
        name, equals, role = typed.rpartition("=")
        if identity(typed) in self.worklists or not equals or not name.strip():
            return self._worklist(typed), None
        return self._worklist(name.strip()), self.role(role.strip())

    def _worklist(self, typed: str) -> Worklist:
        worklists = self.worklists.get(identity(typed), [])
        if not worklists:
            raise ValidationError(
                _("There is no worklist named “%(typed)s” in this account.") % {"typed": _short(typed)}
            )
        if len(worklists) > 1:
            raise ValidationError(
                _(
                    "There is a location and a group named “%(typed)s”: write “location: %(typed)s” or “group: "
                    "%(typed)s”."
                )
                % {"typed": _short(typed)}
            )
        return worklists[0]


def as_text(content: bytes) -> str:
    """An uploaded file as text; raises ValidationError with the sentence."""
    if len(content) > MOST_BYTES:
        raise ValidationError(_(TOO_LARGE))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(
            _("This file is not in UTF-8. Save it as “CSV UTF-8” and choose it again.")
        ) from error


def read_list(text: str, account: Account) -> list[ListedPerson]:
    """Every person of the list; raises ValidationError where the list as a whole cannot be read."""
    text = text.removeprefix("\ufeff")
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise ValidationError(_(TOO_LARGE))
    if "\x00" in text:
        raise ValidationError(_("This is not a text file."))
    rows = _rows(text)
    header = [identity(name).replace(" ", "_") for name in next(rows, (0, []))[1]]
    _check_header(header)
    lines = list(rows)
    if not lines:
        raise ValidationError(
            _("The list has no people. Add one line for each person below the column names.")
        )
    if len(lines) > MOST_LINES:
        raise ValidationError(
            _("The list has %(number)s people. You can invite up to %(most)s at once.")
            % {"number": len(lines), "most": MOST_LINES}
        )
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
        raise ValidationError(
            _("Line %(number)s cannot be read as CSV.") % {"number": reader.line_num}
        ) from error


def _check_header(header: Sequence[str]) -> None:
    if missing := [name for name in NEEDED if name not in header]:
        raise ValidationError(
            _(
                "The first line must name the columns email, role and worklists (every_worklist is optional). "
                "Missing: %(names)s."
            )
            % {"names": ", ".join(missing)}
        )
    if unknown := [name for name in header if name not in COLUMNS]:
        raise ValidationError(
            _("Unknown column “%(typed)s”. The columns are %(names)s.")
            % {"typed": _short(unknown[0]), "names": ", ".join(COLUMNS)}
        )
    if len(set(header)) < len(header):
        raise ValidationError(_("A column is named twice."))


def _line(number: int, cells: list[str], header: Sequence[str], directory: AccountNames) -> ListedPerson:
    """A line of the list, with everything that is wrong with it: the person who typed the line mends it once."""
    named = dict(zip(header, cells, strict=False))
    typed = named.get("email", "")
    line = as_line([*(named.get(column, "") for column in COLUMNS), *cells[len(header) :]])
    wrong: list[str] = []

    def read(reading: Callable[[str], R], text: str) -> R | None:
        try:
            return reading(text)
        except ValidationError as refusal:
            wrong.extend(refusal.messages)
            return None

    if len(cells) > len(header):
        wrong.append(
            _("This line has more cells than columns. Put quotes around a cell that contains the separator.")
        )
    role = read(directory.role, named.get("role", ""))
    worklists = [read(directory.place, name) for name in _names(named.get("worklists", ""))]
    every = read(_is_yes, named.get("every_worklist", ""))
    if wrong or role is None:
        return ListedPerson(number, typed, None, line, " ".join(wrong))
    offer = MembershipOffer(typed, role, tuple(place for place in worklists if place), bool(every))
    return ListedPerson(number, typed, offer, line)


def as_line(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()


def as_list(lines: Iterable[str]) -> str:
    """Whole lines as a list to paste, with its first line."""
    return "\n".join([as_line(COLUMNS), *lines, ""])


def _names(cell: str) -> list[str]:
    """Separated by ";" or, where that separates the cells already, by "|"."""
    return [name.strip() for name in cell.replace("|", ";").split(";") if name.strip()]


def _is_yes(typed: str) -> bool:
    if identity(typed) in YES:
        return True
    if identity(typed) in NO:
        return False
    raise ValidationError(_("every_worklist must be yes or no, not “%(typed)s”.") % {"typed": _short(typed)})


def _short(typed: str) -> str:
    return typed if len(typed) <= SHOWN else f"{typed[:SHOWN]}…"
