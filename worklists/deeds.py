"""How a deed ends that is not done: refused, by a refusal that knows what it was about, or nothing is there."""

from typing import TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet

from audit.services import On

Row = TypeVar("Row", bound=Model)


class Refused(PermissionDenied):
    """A refusal with its sentence. `on` goes into the one line that whoever answers the request records."""

    def __init__(self, sentence: str, *, on: On | None = None) -> None:
        super().__init__(sentence)
        self.on = on or On()


class NothingThere(Exception):
    """None of what was named is there for this person: a 404."""


def still_there(rows: QuerySet[Row], pk: int) -> Row:
    """The row as it is now. Somebody may have taken it away, perhaps while we waited for its lock: NothingThere."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NothingThere
    return found
