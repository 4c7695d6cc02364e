"""The worklists whose lists a person may see, and what is new on each."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from accounts.models import Account, User
from audit.actor import Actor
from common import prepared
from studies.models import LastVisit
from studies.models.placement import VISIBLE_SQL
from worklists import access
from worklists.models import Worklist
from worklists.selectors.upload_addresses import worklist_of_address

MOST_NEW = 99

# No further than the 100th, and in the order of the index on arrival, so that no plan reads all that is old.
_NEW = f"""(
    SELECT count(*) FROM (
        SELECT FROM studies_placement p
        WHERE p.worklist_id = worklists_worklist.id AND {VISIBLE_SQL}
          AND p.arrived_at > COALESCE(
            (SELECT v.at FROM studies_lastvisit v WHERE v.user_id = %s AND v.worklist_id = worklists_worklist.id),
            '-infinity')
        ORDER BY p.arrived_at DESC, p.id DESC
        LIMIT %s) AS arrived)"""


# What `with_names` selects, by hand: asked by each page of a list and each search, and composed longer than answered.
_NAMED: dict[str, Any] = {"w": Worklist, "a": Account, "u": User}
_FIELDS = {table: [field.attname for field in model._meta.concrete_fields] for table, model in _NAMED.items()}
_COLUMNS = ", ".join(
    f"{table}.{field.column}" for table, model in _NAMED.items() for field in model._meta.concrete_fields
)
_ONE = f"""
SELECT {_COLUMNS}, may.role FROM worklists_worklist w
CROSS JOIN LATERAL ({{held}}) AS may (rights, role)
LEFT JOIN accounts_account a ON a.id = w.account_id
LEFT JOIN accounts_user u ON u.id = w.owner_id
WHERE w.uuid = %s AND may.rights IS NOT NULL
"""


@dataclass(frozen=True)
class News:
    """A worklist of the picker. More than 99 new studies are "99+": what is left to do, not how much there is."""

    worklist: Worklist
    new: int

    @property
    def words(self) -> str:
        return _up_to_most(self.new)


@dataclass(frozen=True)
class Elsewhere:
    """What is new on the worklists beside the one that is shown."""

    new: int
    worklists: int

    @property
    def words(self) -> str:
        return _up_to_most(self.new)


def _up_to_most(new: int) -> str:
    return f"{MOST_NEW}+" if new > MOST_NEW else str(new)


def worklist_for(by: Actor, uuid: UUID) -> Worklist | None:
    """The worklist, if the person may see its list; with its account and its owner.

    The name of the person's role there is read along, for the event of what they do with it.
    """
    return _one_of(by, uuid, "list_studies")


def worklist_to_upload_to(by: Actor, uuid: UUID, code: str = "") -> Worklist | None:
    """The worklist, if the person may upload there, sees its list, or has opened its upload address.

    `code` is its share code as it was when the person opened the address; empty where they did not.
    """
    known = _one_of(by, uuid, "upload_study", "list_studies")
    return known or worklist_of_address(code, uuid)


def _one_of(by: Actor, uuid: UUID, *rights: str) -> Worklist | None:
    """With one of these rights at least."""
    held, parameters = access.held_there(by, rights)
    rows = prepared.rows(_ONE.format(held=held), [*parameters, uuid])
    return worklist_in(rows[0], by) if rows else None


def listed_by_asking() -> str:
    """As the statement of `worklist_for`, for the person whose token the same statement reads as `asking`.

    Its parameter is the uuid.
    """
    return _ONE.format(held=access.held_by_asking(("list_studies",)))


def worklist_in(row: Sequence[Any], by: Actor) -> Worklist | None:
    """What a row of that statement says; None for a row of NULLs."""
    *named, label = row
    if named[0] is None:
        return None
    values = iter(named)
    read = {
        table: model.from_db(DEFAULT_DB_ALIAS, _FIELDS[table], list(islice(values, len(_FIELDS[table]))))
        for table, model in _NAMED.items()
    }
    worklist: Worklist = read["w"]
    worklist.account = read["a"] if worklist.account_id is not None else None
    worklist.owner = read["u"] if worklist.owner_id is not None else None
    if label is not None:
        by.note_role(worklist.account_id, worklist.pk, label)
    return worklist


def last_visited(by: Actor) -> Worklist | None:
    """The worklist the person visited last; before the first visit the first of the picker."""
    visited = Subquery(LastVisit.objects.filter(user=by.person, worklist=OuterRef("pk")).values("at"))
    return _listed(by).annotate(visited=visited).order_by(F("visited").desc(nulls_last=True), *_ORDER).first()


def worklists_with_news(by: Actor) -> list[News]:
    """Every worklist whose list the person may see, by account, the personal worklist last; each with its news."""
    new = RawSQL(_NEW, [by.person.pk, MOST_NEW + 1], IntegerField())
    return [News(worklist, worklist.new) for worklist in _listed(by).annotate(new=new).order_by(*_ORDER)]


def news_elsewhere(by: Actor, current: str) -> Elsewhere:
    """`current`: the uuid of the worklist that is shown, as text. One statement, as of the picker."""
    others = [news.new for news in worklists_with_news(by) if str(news.worklist.uuid) != current]
    return Elsewhere(sum(others), sum(new > 0 for new in others))


_ORDER = (F("account__name").asc(nulls_last=True), F("kind").desc(), F("name"), F("pk"))


def _listed(by: Actor) -> QuerySet[Worklist]:
    return access.worklists_for(by, "list_studies").with_names()
