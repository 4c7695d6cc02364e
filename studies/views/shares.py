"""What the pages of studies show and offer of shares: the one module of `studies` that looks up into `sharing`."""

from collections.abc import Collection

from sharing.permissions import methods_by_role
from sharing.selectors.incoming import (
    FirstShare,
    acknowledgement_of,
    first_shares,
    shares_of,
    urgent_and_unopened,
    urgent_here,
)
from worklists.models import Worklist

__all__ = [
    "FirstShare",
    "acknowledgement_of",
    "first_shares",
    "may_share",
    "shares_of",
    "urgent_and_unopened",
    "urgent_here",
]


def may_share(worklist: Worklist, rights: Collection[str]) -> bool:
    """Whether the role offers sharing at all: the right to share, and a method."""
    return "share_study" in rights and bool(methods_by_role(worklist, rights))
