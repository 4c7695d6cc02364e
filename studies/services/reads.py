"""Every look is a deed: what is read and the line that says so stand in one transaction."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import User
from audit.actions import Action
from audit.services import record
from common.exceptions import Refused
from studies import selectors
from studies.events import on_placement, on_worklist
from studies.models import Blob, LastVisit, Placement, Series
from studies.selectors import Cursor, Order, Page, Question
from studies.selectors.images import Image
from worklists import access
from worklists.models import Worklist

MAY_NOT_OPEN = "Your role on this worklist does not let you open images."


@dataclass(frozen=True)
class Listing:
    """A page of a list, what the person may do there, and, where asked for, the uuids of all that match."""

    page: Page
    rights: frozenset[str]
    matching: list[UUID]


@dataclass(frozen=True)
class Opened:
    """A study as its page shows it; without the right to open images there are none. `shown` is among `series`."""

    rights: frozenset[str]
    series: list[Series]
    shown: Series | None
    images: list[Image]

    @property
    def may_open(self) -> bool:
        return "open_study" in self.rights


@dataclass(frozen=True)
class Picture:
    """A stored PNG: where it is, and what its bytes are known by without telling the hash of the original."""

    key: str
    etag: str


@transaction.atomic
def look_at_list(
    *,
    worklist: Worklist,
    by: User,
    question: Question,
    order: Order,
    cursor: Cursor | None = None,
    everything: bool = False,
    address: str | None = None,
) -> Listing | None:
    """A page of the list; None where the person may not see it. The line tells what was used, not what was typed."""
    rights = access.rights(by, worklist)
    if "list_studies" not in rights:
        return None
    page = selectors.page_of(worklist, question, order, cursor)
    matching = selectors.matching(worklist, question, order) if everything else []
    detail: dict[str, object] = {"rows": len(page.rows), "order": str(order)}
    if question:
        detail |= {"fields": question.fields, "hits": page.hits}
    action = Action.LIST_SEARCH if question else Action.LIST_READ
    record(action, by=by, on=on_worklist(worklist, detail=detail), address=address)
    LastVisit.objects.bulk_create(
        [LastVisit(user=by, worklist=worklist, at=Now())],
        update_conflicts=True,
        unique_fields=["user", "worklist"],
        update_fields=["at"],
    )
    return Listing(page, rights, matching)


@transaction.atomic
def open_study(
    *,
    placement: Placement,
    by: User,
    series: UUID | None = None,
    page: str = "images",
    address: str | None = None,
) -> Opened:
    """The study, with the images of one of its series. `placement` comes from `selectors.placement_for`."""
    rights = access.rights(by, placement.worklist)
    found: list[Series] = []
    shown, images = None, []
    if "open_study" in rights and page == "images":
        found = selectors.series_of(placement.study)
        shown = selectors.chosen_series(found, series)
        images = selectors.images_in(shown) if shown is not None else []
    on = on_placement(placement, at=selectors.seen_at(placement), detail={"page": page, "series": len(found)})
    record(Action.STUDY_OPEN, by=by, on=on, address=address)
    return Opened(rights, found, shown, images)


def look_at_image(
    *,
    placement: UUID,
    instance: UUID,
    by: User,
    session: str,
    frame: int = 1,
    thumbnail: bool = False,
    address: str | None = None,
) -> Picture | None:
    """A prepared picture; None where it is not there, or not there for this person. Raises PermissionDenied.

    That images were served is noted once for the person, placement and session, and stands before a byte is sent.
    """
    noted_as = hashlib.sha256(session.encode()).hexdigest()
    found = selectors.instance_seen_by(by, placement=placement, instance=instance, session_hash=noted_as)
    if found is None:
        return None
    if not found.may_open:
        raise PermissionDenied(MAY_NOT_OPEN)
    if found.blob.preview != Blob.Preview.READY or not 1 <= frame <= found.frames:
        return None
    if not found.is_noted and not _note_images_served(placement, by, noted_as, address):
        return None
    key = found.blob.preview_key(frame, thumbnail=thumbnail)
    return Picture(key, f'"{hashlib.sha256(key.encode()).hexdigest()[:32]}"')


def check_open(*, placement: Placement, by: User) -> None:
    """Raises where the person sees the study but not its images."""
    if not access.may(by, "open_study", placement.worklist):
        raise Refused(MAY_NOT_OPEN, on=on_placement(placement, at=selectors.seen_at(placement)))


@transaction.atomic
def _note_images_served(placement: UUID, by: User, session_hash: str, address: str | None) -> bool:
    """Says whether the study is still there; of two first requests one writes, the other finds it written."""
    found = selectors.placement_for(by, placement)
    if found is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO studies_imagesserved (user_id, placement_uuid, session_hash) VALUES (%s, %s, %s) "
            "ON CONFLICT DO NOTHING RETURNING id",
            [by.pk, placement, session_hash],
        )
        is_first = cursor.fetchone() is not None
    if is_first:
        on = on_placement(found, at=selectors.seen_at(found))
        record(Action.IMAGES_SERVED, by=by, on=on, address=address)
    return True
