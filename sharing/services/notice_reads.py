"""A person's own notices: the page of them, and that they are read."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from audit.actions import Action
from audit.actor import Actor
from audit.services import On, record
from common.exceptions import NothingThere
from sharing.models import Notice
from sharing.selectors.notices import ShownNotice, notice_named, notices_of
from sharing.selectors.pages import SentPage


@transaction.atomic
def read_notices(
    *, by: Actor, before: UUID | None = None, after: UUID | None = None
) -> SentPage[ShownNotice]:
    """A page of the person's own notices."""
    page = notices_of(by, before=before, after=after)
    record(Action.NOTICES_READ, by=by, on=On(detail={"rows": len(page.lines)}))
    return page


@transaction.atomic
def mark_notices(*, by: Actor, notices: Collection[UUID] | None = None) -> int:
    """The person's own notices, or these of them, are read; how many were not before."""
    unread = Notice.objects.filter(user=by.person, read_at=None)
    if notices is not None:
        unread = unread.filter(uuid__in=notices)
    marked = unread.update(read_at=Now())
    if marked:
        record(Action.NOTICES_MARK, by=by, on=On(detail={"rows": marked}))
    return marked


def open_notice(*, notice: UUID, by: Actor) -> ShownNotice:
    """Mark one of the person's own notices as read, and say where it leads. Raises NothingThere."""
    shown = notice_named(by, notice)
    if shown is None:
        raise NothingThere
    mark_notices(by=by, notices=[notice])
    return shown
