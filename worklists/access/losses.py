"""What depends on a right ends with it, in the transaction that takes the right away.

Rights are lost in this app, and guest links, which depend on their maker's, are of an app above: it passes in here what
ends them, as it starts. Nothing else listens.
"""

from collections.abc import Collection
from typing import Protocol


class Ender(Protocol):
    """Ends what depended on rights that these people had on these worklists of the account; left out, of all."""

    def __call__(
        self, *, account: int | None, worklists: Collection[int], users: Collection[int]
    ) -> object: ...


_ender: Ender | None = None


def end_with_rights(ender: Ender) -> None:
    """Called once, as the sharing app starts."""
    global _ender
    _ender = ender


def rights_were_lost(
    *, account: int | None = None, worklists: Collection[int] = (), users: Collection[int] = ()
) -> None:
    """After the write: some of these people may have lost a right there."""
    if _ender is None:
        raise RuntimeError("Rights are lost before the sharing app has started.")
    _ender(account=account, worklists=worklists, users=users)
