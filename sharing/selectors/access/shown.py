"""What the Access tab shows."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Invitation
from sharing.models import Share


@dataclass(frozen=True)
class Grant:
    """One live share: who granted it, when, until when, and the path from home (or from here) through it."""

    share: Share
    by: str
    path: list[dict[str, Any]]
    may_end: bool
    target: str = ""

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.share.expires_at)


@dataclass(frozen=True)
class Promise:
    """A share that waits for the person at an address to register."""

    grant: Grant
    address: str
    invitation: Invitation
    expired: bool
    mine: bool


@dataclass(frozen=True)
class Role:
    name: str
    people: list[str]


@dataclass(frozen=True)
class Place:
    """A worklist the study is on, or an address it was shared to; `roles` where members are the reader's to know."""

    name: str
    kind: str
    account: str
    is_home: bool
    is_here: bool
    external: bool
    until: datetime | None
    roles: list[Role]
    members: int
    hidden_members: int
    grants: list[Grant]

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.until)


@dataclass
class Access:
    """`places` begin with home or here; `elsewhere` counts worklists of other organisations, `beyond` onward shares."""

    places: list[Place] = field(default_factory=list)
    waiting: list[Grant] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    elsewhere: int = 0
    beyond: int = 0
    more: int = 0


def last_moment(until: datetime | None) -> datetime | None:
    """An end is the first moment after the last day; people are told the day."""
    return until - timedelta(microseconds=1) if until is not None else None
