"""Whom a share goes to, in words: as its maker named them, with the organisation."""

from typing import NamedTuple

from sharing.models import Method, Share
from sharing.selectors.directory import public_name

# What `recipient_of` reads of a share.
RECIPIENT = ("account", "to_worklist__account", "to_worklist__owner")


class Recipient(NamedTuple):
    """`organisation` is empty where the name says it already, or where it is not known."""

    name: str
    organisation: str = ""

    def __str__(self) -> str:
        return ", ".join(filter(None, self))


def recipient_of(share: Share) -> Recipient:
    """An email, a code's public name, or a worklist or colleague of an account. Select `RECIPIENT` with the share."""
    if share.email:
        return Recipient(share.email)
    worklist = share.to_worklist
    assert worklist is not None  # a constraint: a share has a worklist or an email
    if share.method == Method.CODE:
        return Recipient(public_name(worklist))
    return Recipient(worklist.label, share.account.name if share.account is not None else "")
