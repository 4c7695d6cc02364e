"""Pages that belong to no app: where one begins, the component gallery, and the answer for what has ended."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from cimar import gallery as samples


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("studies:list" if request.user.is_authenticated else "account_login")


def gone(request: HttpRequest, sentence: str = "") -> HttpResponse:
    """410: used up, ended or expired. The sentence says what, and whom to ask."""
    return render(request, "410.html", {"sentence": sentence}, status=410)


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    if not settings.CIMAR_DEVELOPMENT:
        raise Http404
    shown = samples.everything(broken="broken" in request.GET, size=request.GET.get("size", ""))
    return render(request, "gallery.html", shown)
