"""Lists that are shown newest first, a page at a time."""

from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import Invitation, User
from sharing.models import GuestLink, Notice, Share

ROWS = 50

M = TypeVar("M", Share, GuestLink, Notice, Invitation)
T = TypeVar("T")


class NoSuchPage(Exception):
    """The page's URL names a row that is not in the list."""


@dataclass(frozen=True)
class SentPage(Generic[T]):
    """Some rows, and the uuids with which the pages before and after begin; empty where there is none."""

    lines: list[T]
    newer: UUID | None
    older: UUID | None


def page_of(
    rows: QuerySet[M], before: UUID | None, after: UUID | None, whole: QuerySet[M] | None = None
) -> tuple[list[M], UUID | None, UUID | None]:
    """Fifty rows older than one of them, or newer, or the newest.

    `whole`: the list without its filters. A row that no longer fits them still marks a place in the list.
    """
    if whole is rows:
        whole = None
    if cursor := before or after:
        known = rows if whole is None else whole
        at = known.filter(uuid=cursor).values_list("pk", flat=True).first()
        if at is None:
            raise NoSuchPage
        if before is not None:
            page = _first(rows.filter(pk__lt=at), "-pk", whole)
            has_newer, has_older = True, len(page) > ROWS
            page = page[:ROWS]
        else:
            turned = _first(rows.filter(pk__gt=at), "pk", whole)
            has_newer, has_older = len(turned) > ROWS, True
            page = turned[:ROWS][::-1]
    else:
        page = _first(rows, "-pk", whole)
        has_newer, has_older = False, len(page) > ROWS
        page = page[:ROWS]
    if not page:
        # What was beyond the cursor no longer fits the filters.
        return page_of(rows, None, None) if cursor and whole is not None else ([], None, None)
    return page, page[0].uuid if has_newer else None, page[-1].uuid if has_older else None


def people_by_name(
    rows: QuerySet[User], before: UUID | None, after: UUID | None, most: int
) -> tuple[list[User], UUID | None, UUID | None]:
    """So many people by name. As in other lists, `before` goes on and `after` goes back. Raises NoSuchPage."""
    rows = rows.annotate(key=Lower("name"))
    order, beyond = (["-key", "-pk"], "lt") if after is not None else (["key", "pk"], "gt")
    if cursor := before or after:
        at = rows.filter(uuid=cursor).values_list("key", "pk").first()
        if at is None:
            raise NoSuchPage
        rows = rows.filter(Q(**{f"key__{beyond}": at[0]}) | Q(key=at[0], **{f"pk__{beyond}": at[1]}))
    people: list[User] = [*rows.order_by(*order)[: most + 1]]
    has_more, people = len(people) > most, people[:most]
    if not people:
        return [], None, None
    if after is not None:
        people.reverse()
        return people, people[0].uuid if has_more else None, people[-1].uuid
    return people, people[0].uuid if before else None, people[-1].uuid if has_more else None


def _first(rows: QuerySet[M], order: str, whole: QuerySet[M] | None) -> list[M]:
    """A page and one row more.

    Of a filtered list the keys are read first, and what a row shows is read for them alone: planned together, with more
    than eight tables, PostgreSQL joins them all before it filters.
    """
    ordered = rows.order_by(order)
    if whole is None:
        return list(ordered[: ROWS + 1])
    keys = list(ordered.values_list("pk", flat=True)[: ROWS + 1])
    return list(whole.filter(pk__in=keys).order_by(order)) if keys else []
