"""What an audit event records of a share: from where, to whom, as ids and labels that outlive the share."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from audit.services import On
from sharing.models import GuestLink, GuestLinkStudy, Share
from studies.events import on_placement
from studies.models import Placement, Study
from worklists.events import on_worklist, on_worklist_with


class Place(NamedTuple):
    """What an event records of a worklist; `label` as `Worklist.label` has it."""

    worklist_id: int
    label: str
    account_id: int | None
    account_label: str


@dataclass(frozen=True)
class Labels:
    """What events record of the worklists that some shares name, read at once; of thousands, no objects are built."""

    places: dict[int, Place]

    @classmethod
    def of(cls, shares: Iterable[Share]) -> "Labels":
        shares = list(shares)
        ids = {share.from_worklist_id for share in shares}
        ids |= {share.to_worklist_id for share in shares if share.to_worklist_id is not None}
        with connection.cursor() as cursor:
            cursor.execute(_PLACES, [list(ids)])
            return cls({row[0]: Place(*row) for row in cursor.fetchall()})

    def target(self, share: Share) -> str:
        """To whom, as both trails may show it: the sender's trail does not show whose email it is."""
        if share.email:
            return share.email
        assert share.to_worklist_id is not None  # a constraint: a share has a worklist or an email
        return self.places[share.to_worklist_id].label


_PLACES = """
SELECT w.id, coalesce(owner.name, w.name), w.account_id, coalesce(account.name, '')
FROM worklists_worklist w
LEFT JOIN accounts_user owner ON owner.id = w.owner_id
LEFT JOIN accounts_account account ON account.id = w.account_id
WHERE w.id = ANY(%s)
"""


def on_share(share: Share, study: Study, labels: Labels, *, in_original: bool, **detail: Any) -> On:
    """The event belongs to the worklist the study was shared from, and names the other as its target."""
    place = labels.places[share.from_worklist_id]
    return On(
        account_id=place.account_id,
        account_label=place.account_label,
        worklist_id=place.worklist_id,
        worklist_label=place.label,
        study_id=study.pk,
        study_uid=study.study_instance_uid,
        share_uuid=share.uuid,
        other_worklist_id=share.to_worklist_id,
        other_worklist_label=labels.target(share),
        in_original=in_original,
        detail={"method": share.method, "press": str(share.press), **detail},
    )


def on_shares_read(shares: Sequence[Share], *, inside: Collection[int], **detail: Any) -> list[On]:
    """For a read of some shares at once: one event for each worklist that they were made from.

    Select `study`, `from_worklist__account` and `from_worklist__owner` with them. `inside`: the keys of those made
    where the study is internal. A read of shares of one study alone is in that study's trail.
    """
    by_worklist: dict[int, list[Share]] = {}
    for share in shares:
        by_worklist.setdefault(share.from_worklist_id, []).append(share)
    return [_on_shares_read(made, inside, detail) for made in by_worklist.values()]


def _on_shares_read(shares: list[Share], inside: Collection[int], detail: dict[str, Any]) -> On:
    first = shares[0]
    ids = sorted({share.study_id for share in shares})
    if len(ids) > 1:
        return on_worklist(first.from_worklist, studies=len(ids), study_ids=ids, **detail)
    return on_worklist_with(
        first.from_worklist,
        study_id=first.study_id,
        study_uid=first.study.study_instance_uid,
        share_uuid=first.uuid if len(shares) == 1 else None,
        in_original=first.pk in inside,
        detail=detail,
    )


def on_guest_link(link: GuestLink, *, at: datetime, **detail: Any) -> list[On]:
    """One for each study of the link, so that each study's trail has it; read the link `with_names`."""
    return on_guest_links([link], {link.pk: detail}, at=at)


def on_guest_links(
    links: Collection[GuestLink], details: Mapping[int, dict[str, Any]], *, at: datetime
) -> list[On]:
    """As `on_guest_link` for each of them, with its own detail: two statements, however many links.

    Where a placement is gone, the event is in the original's trail only if the original is on that worklist: what had
    become external by then is not to appear there.
    """
    by_key = {link.pk: link for link in links}
    rows = list(GuestLinkStudy.objects.filter(link__in=by_key).select_related("study").order_by("pk"))
    placements = Placement.objects.with_names().in_bulk({row.placement_key for row in rows})
    return [
        _on_link_study(by_key[row.link_id], row, placements.get(row.placement_key), at, details[row.link_id])
        for row in rows
    ]


def _on_link_study(
    link: GuestLink, row: GuestLinkStudy, placement: Placement | None, at: datetime, detail: dict[str, Any]
) -> On:
    detail = {"guest_link": str(link.uuid), "link": link.mark, **detail}
    if placement is not None:
        return on_placement(placement, at=at, detail=detail)
    return on_worklist_with(
        link.worklist,
        study_id=row.study_id,
        study_uid=row.study.study_instance_uid,
        placement_uuid=row.placement_uuid,
        in_original=row.study.home_id == link.worklist_id,
        detail=detail,
    )


def moment_text(moment: datetime | None) -> str:
    """The end of a share as an event keeps it; empty where it has none."""
    return moment.isoformat() if moment is not None else ""
