"""The worklists that a page of a list shows studies of: what each is called, and what may be done there."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from studies.selectors import StudiesPage
from studies.services import AllListing
from studies.views.list_row import StudyRow
from studies.views.shares import first_shares
from studies.views.study_header import offered_on_a_list
from worklists.models import Worklist

NO_STUDY = UUID(int=0)


@dataclass(frozen=True)
class Place:
    """`offered`: the URLs of the actions. `name` and `href` are shown beside a study where a list shows several."""

    worklist: Worklist
    offered: dict[str, str] = field(default_factory=dict)
    may_open: bool = False
    name: str = ""
    href: str = ""


def places_of(listing: AllListing) -> dict[int, Place]:
    """By worklist. The account is named beside it where the page shows studies of several accounts."""
    accounts = {worklist.account_id for worklist in listing.worklists.values() if worklist.account_id}
    return {
        pk: Place(
            worklist,
            _offered(worklist, listing.rights[pk]),
            "open_study" in listing.rights[pk],
            _name(worklist, with_account=len(accounts) > 1),
            reverse("studies:worklist", args=[worklist.uuid]),
        )
        for pk, worklist in listing.worklists.items()
    }


def offered_on_any(places: Iterable[Place]) -> dict[str, str]:
    """Every action that is offered on one of them; the action asks for the right on each study's worklist itself."""
    return {action: url for place in places for action, url in place.offered.items()}


def study_rows(
    page: StudiesPage, places: dict[int, Place], selected: Collection[UUID] = ()
) -> Iterator[StudyRow]:
    """The rows of a page; `places` has the worklist of each."""
    shares = first_shares(page.rows)
    chosen = set(selected)
    # Reversed once: to reverse a URL takes as long as to show a patient.
    pattern, viewer = (reverse(name, args=[NO_STUDY]) for name in ("studies:study", "studies:viewer"))
    for placement in page.rows:
        place = places[placement.worklist_id]
        yield StudyRow(
            worklist=place.worklist,
            placement=placement,
            share=shares.get((placement.worklist_id, placement.study_id)),
            now=page.now,
            href=pattern.replace(str(NO_STUDY), str(placement.uuid)),
            viewer=viewer.replace(str(NO_STUDY), str(placement.uuid)) if place.may_open else "",
            can_be_selected=bool(place.offered),
            is_selected=placement.uuid in chosen,
            place=place.name,
            place_href=place.href,
        )


def _offered(worklist: Worklist, rights: frozenset[str]) -> dict[str, str]:
    # Removing ends what brought a study to one worklist: it has its place there.
    return {action: url for action, url in offered_on_a_list(worklist, rights).items() if action != "remove"}


def _name(worklist: Worklist, *, with_account: bool) -> str:
    if worklist.is_personal:
        return _("My studies")
    if not with_account or worklist.account is None:
        return worklist.name
    words = {"worklist": worklist.name, "account": worklist.account.name}
    return _("%(worklist)s, %(account)s") % words
