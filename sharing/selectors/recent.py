"""With whom a person shared lately, for the share dialog: their own shares alone, and only who can be picked now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper

from audit.actor import Actor
from common.text import identity
from sharing.models import Method, Share
from sharing.models.share import ShareQuerySet
from sharing.selectors.access import last_moment
from sharing.selectors.directory import Colleague, people_named, public_name
from sharing.selectors.history import TAKEN_BACK
from sharing.selectors.recipients import RECIPIENT
from sharing.selectors.rules import Recipient, Ruling
from worklists.models import Worklist

# As many shares as the largest press makes: a read with a bound, however many the person made.
LATEST = 10_000
MOST = 8


class Recent(NamedTuple):
    """A recipient as the dialog picks it: `value` is what its form field carries."""

    method: Method
    value: str
    label: str
    detail: str = ""

    @property
    def key(self) -> str:
        """Method and value in one form field."""
        return f"{self.method}:{self.value}"


@dataclass(frozen=True)
class Recents:
    """The latest recipients, newest first; those of the last press, and its end date while that is to come."""

    recipients: list[Recent]
    last: list[Recent]
    until: datetime | None = None


# By method, the accounts whose directory may be used; empty for codes and emails. Other methods are not offered.
Offered = Mapping[Method, frozenset[int]]


def recent_recipients(by: Actor, ticked: Worklist, offered: Offered, ruling: Ruling) -> Recents:
    """One statement, and another where a physician is among them; with rules, what `Ruling.refusals` reads."""
    latest = Share.objects.filter(shared_by=by.person).order_by("-id")[:LATEST]
    to = ("method", "to_worklist", "email", "account")
    each = Share.objects.filter(pk__in=latest.values("pk")).order_by(*to, "-pk").distinct(*to)
    lasts = ExpressionWrapper(ShareQuerySet.unexpired(), BooleanField())
    shares = sorted(each.select_related(*RECIPIENT).annotate(lasts=lasts), key=lambda share: -share.pk)
    if not shares:
        return Recents([], [])
    directory = people_named(
        [
            (share.to_worklist.owner.uuid, None)
            for share in shares
            if share.method == Method.PHYSICIAN and share.to_worklist and share.to_worklist.owner
        ],
        offered.get(Method.PHYSICIAN, frozenset()),
    )
    # A promise and the share that was claimed by another person's registration name the same email.
    picks: dict[str, tuple[Recent, UUID]] = {}
    refusals = ruling.refusals([Recipient.of(share) for share in shares])
    for share, refusal in zip(shares, refusals, strict=True):
        recent = _recent(share, by, ticked, offered, directory)
        if not refusal and recent is not None and share.end_reason not in TAKEN_BACK:
            picks.setdefault(recent.key, (recent, share.press))
    last = [recent for recent, press in picks.values() if press == shares[0].press]
    until = last_moment(shares[0].expires_at) if shares[0].lasts else None
    return Recents([recent for recent, _press in picks.values()], last, until)


def _recent(
    share: Share, by: Actor, ticked: Worklist, offered: Offered, directory: Mapping[UUID, list[Colleague]]
) -> Recent | None:
    """The recipient of a share as it can be picked now; None where it cannot."""
    method, worklist = Method(share.method), share.to_worklist
    is_taker = worklist is None or (worklist.takes_shares and worklist.pk != ticked.pk)
    owner = worklist.owner if worklist is not None else None
    if method not in offered or not is_taker or (owner is not None and owner == by.person):
        return None
    if owner is not None and not owner.is_active:
        return None
    if method == Method.EMAIL:
        return None if share.email == identity(by.person.email) else Recent(method, share.email, share.email)
    assert worklist is not None  # a constraint: a share has a worklist or an email
    if method == Method.CODE:
        is_known = share.code and share.code == worklist.share_code
        return Recent(method, share.code, public_name(worklist)) if is_known else None
    if share.account_id not in offered[method]:
        return None
    if method == Method.PHYSICIAN:
        return _colleague(share, directory.get(owner.uuid, []) if owner is not None else [])
    if worklist.kind != method:
        return None
    return Recent(
        method, str(worklist.uuid), worklist.name, worklist.account.name if worklist.account else ""
    )


def _colleague(share: Share, listed: list[Colleague]) -> Recent | None:
    of = [person for person in listed if share.account and person.account_uuid == share.account.uuid]
    return Recent(Method.PHYSICIAN, of[0].key, of[0].name, of[0].email) if of else None
