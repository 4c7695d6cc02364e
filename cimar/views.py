"""Pages that belong to no app: the home page and the component gallery."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from cimar import gallery as samples


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("studies:list" if request.user.is_authenticated else "account_login")


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    if not settings.CIMAR_DEVELOPMENT:
        raise Http404
    shown = samples.everything(broken="broken" in request.GET, size=request.GET.get("size", ""))
    return render(request, "gallery.html", shown)
