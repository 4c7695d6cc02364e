"""What the pages of sharing have in common."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache

from accounts.decorators import signed_in
from common.responses import is_path
from sharing.services import NothingThere
from studies.models import Placement
from worklists.models import Worklist

NO_STUDY_SELECTED = gettext_noop("No study is selected")

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """For signed-in people; NothingThere is a 404, the same as for what does not exist."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NothingThere:
            raise Http404 from None

    return never_cache(signed_in(shown))


def dialog_answer(
    request: HttpRequest, partial: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A dialog's content to htmx; a page of its own without script."""
    in_dialog = request.headers.get("HX-Request") == "true"
    template = partial if in_dialog else "sharing/dialog_page.html"
    return render(request, template, {**context, "partial": partial, "in_dialog": in_dialog}, status=status)


def sentence(request: HttpRequest, heading: str, text: str, *, status: int = 400) -> HttpResponse:
    """A request that cannot be answered with a form: a sentence, on a page or where app.js shows it."""
    context = {"heading": heading, "sentence": text, "back": reverse("studies:list")}
    return render(request, "sharing/sentence.html", context, status=status)


def leave(request: HttpRequest, to: str) -> HttpResponse:
    """Go to a page after an action, from a dialog as well. `to` is a path: `back` gives no other."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": iri_to_uri(to)})
    return HttpResponseRedirect(to)


def back(request: HttpRequest, preset: str) -> str:
    """The page the person came from, as the form carries it, if that is a path of ours.

    A view asks before the change: a request that cannot be read is refused before anything is done.
    """
    wanted = request.POST.get("back") or request.GET.get("back") or ""
    return wanted if is_path(wanted) else preset


def studies_page(request: HttpRequest, worklist: Worklist) -> str:
    """The list the person came from, as they had it (by the URL behind a dialog), or its beginning."""
    beginning = reverse("studies:worklist", args=[worklist.uuid])
    try:
        behind = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return beginning
    here = f"{behind.path}?{behind.query}" if behind.query else behind.path
    lists = (beginning, reverse("studies:all_worklists"))
    return here if behind.path in lists and is_path(here) else beginning


def study_pages(placements: Iterable[Placement]) -> list[str]:
    """The URL of each study's page."""
    return [reverse("studies:study", args=[placement.uuid]) for placement in placements]
