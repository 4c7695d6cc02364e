"""What the Access tab shows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import Invitation
from sharing.models import Share
from sharing.selectors.guest_link_rows import LinkRow


@dataclass(frozen=True)
class Grant:
    """One live share: who granted it, when, until when, and the path from home (or from here) through it.

    A long path is folded: in place of its first shares it has their number.
    """

    share: Share
    by: str
    path: list[dict[str, Any]]
    may_end: bool
    target: str = ""
    is_folded: bool = False

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.share.expires_at)

    @property
    def hidden_steps(self) -> list[dict[str, Any]]:
        """The steps that the fold of the path hides, where the reader asked for them."""
        return [step for fold in self.path for step in fold.get("steps", ())]


@dataclass(frozen=True)
class Promise:
    """A share that waits until the person with an email registers."""

    grant: Grant
    email: str
    invitation: Invitation
    expired: bool
    mine: bool


@dataclass(frozen=True)
class RolePeople:
    """A role on a worklist, and the names of the people who have it there."""

    name: str
    people: list[str]


@dataclass(frozen=True)
class AccessPlace:
    """A worklist the study is on, or an email it was shared to.

    `members` is how many people can see it there, where they are the reader's to know; `roles` names them, or is empty
    until they are asked for.
    """

    name: str
    kind: str
    account: str
    uuid: UUID | None
    is_home: bool
    is_here: bool
    external: bool
    until: datetime | None
    members: int
    roles: list[RolePeople]
    hidden_members: int
    is_open: bool
    grants: list[Grant]
    # That show the study there now, as far as the reader sees them.
    links: list[LinkRow]

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.until)


@dataclass
class StudyAccess:
    """`places` begin with home or here; `elsewhere` counts worklists of other organisations, `beyond` onward shares.

    `names_left`: of some worklists people are counted and not named.
    """

    places: list[AccessPlace] = field(default_factory=list)
    waiting: list[Grant] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    elsewhere: int = 0
    beyond: int = 0
    more: int = 0
    names_left: bool = False

    @property
    def grants(self) -> Iterator[Grant]:
        for place in self.places:
            yield from place.grants
        yield from self.waiting
        yield from (promise.grant for promise in self.promises)


def last_moment(until: datetime | None) -> datetime | None:
    """An end is the first moment after the last day; people are shown the day."""
    return until - timedelta(microseconds=1) if until is not None else None
