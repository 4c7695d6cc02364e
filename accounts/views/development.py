"""In development: pages with the mails that were sent, so that their links can be followed."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import sent_mail

MAILS_A_PAGE = 50


def development_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Elsewhere the page does not exist."""

    @wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.CIMAR_DEVELOPMENT:
            raise Http404
        return view(request, *args, **kwargs)

    return checked


@development_only
@never_cache
@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    sent = sent_mail.sent_mails(Path(settings.CIMAR_MAIL_FOLDER))
    page = Paginator(sent, MAILS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/development_mails.html", {"mails": page})


@development_only
@never_cache
@require_safe
def mail(request: HttpRequest, file: str, number: int) -> HttpResponse:
    shown = sent_mail.sent_mail(Path(settings.CIMAR_MAIL_FOLDER), file, number)
    if shown is None:
        raise Http404
    return render(request, "accounts/development_mail.html", {"mail": shown})
