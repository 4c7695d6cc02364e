"""The studies page: a worklist's list, searching it, and the picker of worklists."""

from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of
from studies import selectors, services
from studies.forms.lists import SearchForm
from studies.views import searches
from studies.views.list_page import Asked, ListPage, is_part
from worklists.models import Worklist


@signed_in
@require_safe
@never_cache
def studies(request: HttpRequest) -> HttpResponse:
    """To the worklist that was visited last."""
    last = selectors.last_visited(actor_of(request))
    if last is None:
        return render(request, "studies/nowhere.html", {"section": "studies"})
    return redirect("studies:worklist", last.uuid)


@signed_in
@require_safe
@never_cache
def worklist(request: HttpRequest, worklist: UUID) -> HttpResponse:
    """One page of a list. A query that is not understood is answered with the list's beginning and a sentence."""
    listed = _worklist_or_404(request, worklist)
    asked = Asked.of(request, listed)
    listing = services.read_list(
        worklist=listed,
        by=actor_of(request),
        question=asked.question,
        order=asked.order,
        cursor=asked.cursor,
        everything=asked.everything,
    )
    if listing is None:
        raise Http404
    return ListPage(request, asked, listing).answer()


@signed_in
@require_http_methods(["GET", "POST"])
@never_cache
def search(request: HttpRequest, worklist: UUID) -> HttpResponse:
    """Keeps what was typed and redirects to its results; no word of it is in the URL."""
    return _searched(request, _worklist_or_404(request, worklist))


@signed_in
@require_safe
@never_cache
def all_worklists(request: HttpRequest) -> HttpResponse:
    """As `worklist`, of every worklist whose list the person may see."""
    asked = Asked.of(request, None)
    listing = services.read_all_lists(
        by=actor_of(request),
        question=asked.question,
        order=asked.order,
        cursor=asked.cursor,
        everything=asked.everything,
    )
    return ListPage(request, asked, listing).answer()


@signed_in
@require_http_methods(["GET", "POST"])
@never_cache
def search_all(request: HttpRequest) -> HttpResponse:
    """As `search`."""
    return _searched(request, None)


@signed_in
@require_safe
@never_cache
def worklists(request: HttpRequest) -> HttpResponse:
    """Every worklist whose list the person may see; for the picker of another page, the list alone."""
    by_account = groupby(
        selectors.worklists_with_news(actor_of(request)), key=lambda news: news.worklist.account
    )
    groups = [(account, list(news)) for account, news in by_account]
    several = sum(len(news) for account, news in groups) > 1
    context = {
        "groups": groups,
        "several": several,
        "section": "studies",
        "current": request.GET.get("current", ""),
    }
    return render(request, "studies/_picker.html" if is_part(request) else "studies/worklists.html", context)


@signed_in
@require_safe
@never_cache
def news(request: HttpRequest) -> HttpResponse:
    """What is new on other worklists, which the first page of a list asks for once it is shown."""
    elsewhere = selectors.news_elsewhere(actor_of(request), request.GET.get("current", ""))
    return render(request, "studies/_news.html", {"elsewhere": elsewhere})


def _worklist_or_404(request: HttpRequest, uuid: UUID) -> Worklist:
    listed = selectors.worklist_for(actor_of(request), uuid)
    if listed is None:
        raise Http404
    return listed


def _searched(request: HttpRequest, searched: Worklist | None) -> HttpResponse:
    asked = Asked(searched)
    if request.method == "GET":
        return redirect(asked.whole)
    form = SearchForm(request.POST)
    if not form.is_valid():
        return ListPage(request, Asked(searched, form=form)).answer()
    kept = searches.keep(request, searched, form)
    return redirect(f"{asked.whole}?{urlencode({'search': kept})}")
