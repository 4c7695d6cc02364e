"""How a list was asked for, and its page: rows, columns, and the ways on from here."""

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.requests import actor_of
from common.components.library import rendered_once
from studies.forms.lists import SearchForm, StudiesListForm
from studies.selectors import MOST_HITS, MOST_SELECTED, Cursor, Order, Question, Sort
from studies.services import AllListing
from studies.services.reads import Listing
from studies.views import cursors, searches
from studies.views.list_places import Place, offered_on_any, places_of, study_rows
from studies.views.shares import urgent_and_unopened
from studies.views.study_header import offered_on_a_list
from worklists.models import Worklist
from worklists.selectors.offers import inactive_accounts

COLUMNS = (
    (Sort.NAME, gettext_noop("Patient")),
    (Sort.STUDY_DATE, gettext_noop("Study date")),
    (Sort.ARRIVED, gettext_noop("Arrived")),
)
ORDERS = {
    Order(Sort.ARRIVED, True): gettext_noop("newest arrival first"),
    Order(Sort.ARRIVED, False): gettext_noop("oldest arrival first"),
    Order(Sort.STUDY_DATE, True): gettext_noop("newest study first"),
    Order(Sort.STUDY_DATE, False): gettext_noop("oldest study first"),
    Order(Sort.NAME, False): gettext_noop("by name, A to Z"),
    Order(Sort.NAME, True): gettext_noop("by name, Z to A"),
}
NOT_SO = gettext_noop("We could not show that part of the list. This is its first page.")
NOT_KEPT = gettext_noop("Your search has expired. This is the whole list.")


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page; going back it asks for the whole."""
    # Set by django-htmx.
    return bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]


@dataclass
class Asked:
    """A list as its URL asks for it, of a worklist or, without it, of all. With a `complaint` the rest is the list's
    beginning."""

    worklist: Worklist | None
    order: Order = field(default_factory=Order)
    cursor: Cursor | None = None
    everything: bool = False
    form: SearchForm = field(default_factory=SearchForm)
    word: str = ""
    complaint: str = ""

    @classmethod
    def of(cls, request: HttpRequest, worklist: Worklist | None) -> "Asked":
        form = StudiesListForm(request.GET)
        asked = cls(worklist, complaint="" if form.is_valid() else _(NOT_SO))
        asked.order, given = form.order(), form.cleaned_data
        asked.everything = given.get("select") == "all"
        if word := given.get("search"):
            kept = searches.recall(request, worklist, word)
            asked.form, asked.word = (kept, word) if kept else (SearchForm(), "")
            asked.complaint = asked.complaint if kept else _(NOT_KEPT)
        if given.get("at") and not asked.complaint:
            try:
                asked.cursor = cursors.read(given["at"], worklist, asked.order)
            except cursors.BadCursor:
                asked.complaint = _(NOT_SO)
        return asked

    @property
    def question(self) -> Question:
        return self.form.question(urgent=urgent_and_unopened()) if self.word else Question()

    def href(self, *, order: Order | None = None, cursor: Cursor | None = None, **more: str) -> str:
        """The URL of this list, from its beginning unless a cursor is given."""
        order = order or self.order
        query = {"search": self.word} if self.word else {}
        if order != Order():
            query |= {"sort": order.sort, "way": "down" if order.descending else "up"}
        if cursor is not None:
            query["at"] = cursors.written(cursor, self.worklist, order)
        query |= more
        return f"{self.whole}?{urlencode(query)}" if query else self.whole

    @property
    def whole(self) -> str:
        if self.worklist is None:
            return reverse("studies:all_worklists")
        return reverse("studies:worklist", args=[self.worklist.uuid])

    @property
    def numbers(self) -> str:
        """The page that looks up a pasted list of numbers there."""
        if self.worklist is None:
            return reverse("studies:all_by_number")
        return reverse("studies:by_number", args=[self.worklist.uuid])

    @property
    def search(self) -> str:
        if self.worklist is None:
            return reverse("studies:search_all")
        return reverse("studies:search", args=[self.worklist.uuid])


@rendered_once
def empty_fields() -> SafeString:
    """The fields of a search before anything is typed."""
    return render_to_string("studies/_search_fields.html", {"form": SearchForm()})


class ListPage:
    """Without a listing the page is the search form with what was wrong in it."""

    def __init__(
        self, request: HttpRequest, asked: Asked, listing: Listing | AllListing | None = None
    ) -> None:
        self.request, self.asked, self.listing = request, asked, listing

    def answer(self) -> HttpResponse:
        is_wrong = self.listing is None or bool(self.asked.complaint)
        template = "studies/_studies.html" if is_part(self.request) else "studies/list.html"
        response = render(self.request, template, self._context(), status=422 if is_wrong else 200)
        if self.listing is None:
            # A search that was refused has no URL to return to.
            response["HX-Push-Url"] = "false"
        return response

    def _context(self) -> dict[str, Any]:
        asked = self.asked
        own: dict[str, Any] = {
            "worklist": asked.worklist,
            "asked": asked,
            "form": asked.form,
            "section": "studies",
        }
        if not asked.form.is_bound:
            own["empty_fields"] = empty_fields()
        if self.listing is None:
            if asked.worklist is not None:
                own["may_upload"] = actor_of(self.request).may("upload_study", asked.worklist)
            return own
        return own | self._list(self.listing)

    def _list(self, listing: Listing | AllListing) -> dict[str, Any]:
        page, asked = listing.page, self.asked
        selected = listing.matching[:MOST_SELECTED]
        offers, offered = self._offered(listing)
        on_page = {row.uuid for row in page.rows}
        is_personal = asked.worklist is not None and asked.worklist.is_personal
        may_upload = isinstance(listing, Listing) and "upload_study" in listing.rights and not is_personal
        return {
            "listing": listing,
            "rows": list(study_rows(page, offers, selected)),
            "extra": [uuid for uuid in selected if uuid not in on_page],
            "selected": len(selected),
            "selected_is_capped": len(listing.matching) > MOST_SELECTED,
            "select_all": asked.href(cursor=asked.cursor, select="all") if page.newer or page.older else "",
            "select_none": asked.href(cursor=asked.cursor),
            "most_selected": MOST_SELECTED,
            "most_hits": MOST_HITS,
            "columns": [self._column(sort, _(label)) for sort, label in COLUMNS],
            "inactive_in": inactive_accounts(self.request.user) if is_personal and not page.rows else [],
            "orders": [
                (_(words), asked.href(order=order), order == asked.order) for order, words in ORDERS.items()
            ],
            "order_words": _(ORDERS[asked.order]),
            "newer": asked.href(cursor=page.newer) if page.newer else "",
            "older": asked.href(cursor=page.older) if page.older else "",
            "beginning": asked.href(),
            "actions": offered,
            "may_upload": may_upload,
        }

    def _offered(self, listing: Listing | AllListing) -> tuple[dict[int, Place], dict[str, str]]:
        """Each worklist of the page with what may be done there, and the actions of the menu."""
        if isinstance(listing, AllListing):
            places = places_of(listing)
            return places, offered_on_any(places.values())
        worklist = self.asked.worklist
        assert worklist is not None  # a listing of one worklist
        offered = offered_on_a_list(worklist, listing.rights)
        # Originals cannot be removed: where the page has nothing else, removing is not offered.
        if not listing.matching and all(placement.is_home for placement in listing.page.rows):
            offered.pop("remove", None)
        return {worklist.pk: Place(worklist, offered, "open_study" in listing.rights)}, offered

    def _column(self, sort: Sort, label: str) -> dict[str, str]:
        """A press on a column sorts by it; on the column it is sorted by, the other way round."""
        order = self.asked.order
        first = Order(sort, sort != Sort.NAME)
        is_current = order.sort == sort
        turned = replace(order, descending=not order.descending)
        direction = "descending" if order.descending else "ascending"
        return {
            "id": f"sort-{sort}",
            "label": label,
            "href": self.asked.href(order=turned if is_current else first),
            "direction": direction if is_current else "",
        }
