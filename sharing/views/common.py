"""What every page of sharing does alike."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from accounts.decorators import signed_in
from sharing.services import NothingThere

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """For signed-in people; what is not there for them is a 404, the same as what does not exist."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NothingThere:
            raise Http404 from None

    return never_cache(signed_in(shown))


def dialog(request: HttpRequest, partial: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A dialog's content to htmx; a page of its own without script."""
    if request.headers.get("HX-Request") == "true":
        return render(request, partial, context, status=status)
    return render(request, "sharing/dialog_page.html", {**context, "partial": partial}, status=status)


def sentence(request: HttpRequest, heading: str, text: str, *, status: int = 400) -> HttpResponse:
    """A request that cannot be answered with a form: one sentence, on a page or where app.js shows it."""
    context = {"heading": heading, "sentence": text, "back": studies_page()}
    return render(request, "sharing/sentence.html", context, status=status)


def leave(request: HttpRequest, to: str) -> HttpResponse:
    """Go to a page after a deed, from a dialog as well."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": iri_to_uri(to)})
    return redirect(to)


def back(request: HttpRequest, preset: str) -> str:
    """Where the person came from, as the form carries it, if that is an address of ours."""
    wanted = request.POST.get("back") or request.GET.get("back") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else preset


def studies_page() -> str:
    try:
        return reverse("studies:list")
    except NoReverseMatch:
        return "/"
