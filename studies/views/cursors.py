"""A place in a list as a word in a URL: signed, for one worklist, or all of a person's, and one order."""

from django.core import signing

from studies.selectors import Cursor, Order
from worklists.models import Worklist


class BadCursor(ValueError):
    """The word was not made here, or for another list."""


def written(cursor: Cursor, worklist: Worklist | None, order: Order) -> str:
    return _signer(worklist, order).sign_object([cursor.way, *cursor.at])


def read(word: str, worklist: Worklist | None, order: Order) -> Cursor:
    try:
        way, *at = _signer(worklist, order).unsign_object(word)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadCursor from error
    return Cursor(way, tuple(at))


def _signer(worklist: Worklist | None, order: Order) -> signing.Signer:
    where = worklist.pk if worklist is not None else "all"
    return signing.Signer(salt=f"studies.cursor {where} {order}")
