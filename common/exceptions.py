"""How a service ends without the action: `Refused` becomes a 403 with its sentence, `NothingThere` a 404."""

from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


class Refused(PermissionDenied):
    """A refusal with its sentence. `on` is what it was about, for the audit event: an `audit.services.On`."""

    def __init__(self, sentence: str, *, on: Any = None) -> None:
        super().__init__(sentence)
        self.on = on


class NothingThere(Exception):
    """Nothing that was named exists for this person: a 404."""


def still_there(rows: QuerySet[Row], pk: int) -> Row:
    """The row as it is now; NothingThere if it was removed, perhaps while the caller waited for its lock."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NothingThere
    return row
