"""Studies for the reader's disk: what can be chosen, and the ZIP, whole or from where a download broke off."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of, visit_of
from common.exceptions import NothingThere
from common.text import uuids
from studies import services
from studies.byte_ranges import asked_range
from studies.forms.download import DownloadForm, chosen_series
from studies.views.download_texts import deidentified_readme, pages_of, readme_of


def there(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """What the reader does not see is answered as what never was."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NothingThere:
            raise Http404 from None

    return signed_in(shown)


@there
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Series and form; by POST as well, from a list. `begin` leads to the ZIP, which leaves the page as it is."""
    named = request.POST if request.method == "POST" else request.GET
    offered = services.offer_download(placements=uuids(named.getlist("placement")), by=actor_of(request))
    is_begun = "begin" in request.POST
    form = DownloadForm(
        request.POST if is_begun else None,
        as_received=offered.as_received,
        deidentified=offered.deidentified,
    )
    series, error = chosen_series(named.getlist("series"), offered.series) if is_begun else ([], "")
    if is_begun and form.is_valid() and not error:
        return redirect(_url_of(offered, form, series))
    return _dialog(request, offered, form, error, ticked=named.getlist("series") if is_begun else None)


@there
@require_safe
def download(request: HttpRequest, placement: UUID) -> HttpResponseBase:
    """All series of a study, or those that the query names."""
    named = request.GET.getlist("series")[:1000]
    series = uuids(named)
    if len(series) < len(named):
        raise Http404
    return _zip(request, [placement], "study.zip", series)


@there
@require_safe
def download_selected(request: HttpRequest) -> HttpResponseBase:
    """Several studies."""
    return _zip(request, uuids(request.GET.getlist("placement")), "studies.zip")


def _url_of(offered: services.Offered, form: DownloadForm, series: Sequence[UUID]) -> str:
    words: list[tuple[str, str]] = [("series", each.hex) for each in series]
    if len(offered.placements) == 1:
        url = reverse("studies:download", args=[offered.placements[0].uuid])
    else:
        url = reverse("studies:download_selected")
        words = [("placement", each.uuid.hex) for each in offered.placements]
    query = urlencode([*words, *form.words.items()])
    return f"{url}?{query}" if query else url


def _dialog(
    request: HttpRequest,
    offered: services.Offered,
    form: DownloadForm,
    error: str,
    ticked: Sequence[str] | None,
) -> HttpResponse:
    in_dialog = request.headers.get("HX-Request") == "true"
    context = {
        "offered": offered,
        "form": form,
        "error": error,
        "in_dialog": in_dialog,
        "series": [(each, ticked is None or str(each.uuid) in ticked) for each in offered.series],
        "back": reverse("studies:study", args=[offered.placements[0].uuid]),
    }
    template = "studies/_download.html" if in_dialog else "studies/download.html"
    return render(request, template, context, status=422 if error or form.errors else 200)


def _zip(
    request: HttpRequest, placements: Sequence[UUID], name: str, series: Sequence[UUID] = ()
) -> HttpResponseBase:
    form = DownloadForm(request.GET)
    if not form.is_valid():
        raise Http404
    wanted = services.Form(
        index=form.cleaned_data["index"],
        deidentified=form.options,
        with_text=form.cleaned_data["with_text"],
    )
    checked = services.check_download(
        placements=placements,
        by=actor_of(request),
        session=visit_of(request),
        series=series,
        form=wanted,
    )
    return (_deidentified if form.options else _as_received)(request, checked, name)


def _as_received(request: HttpRequest, checked: services.Download, name: str) -> HttpResponseBase:
    """Whole, or from where an earlier request broke off, if nothing of it is another since."""
    pages = pages_of if checked.form.index else None
    layout = services.lay_out(download=checked, readme=readme_of(checked), pages=pages)
    headers = {"ETag": layout.etag, "Accept-Ranges": "bytes"}
    wanted = asked_range(request, layout.size, layout.etag)
    if wanted is not None and not wanted:
        refused = {**headers, "Content-Range": f"bytes */{layout.size}"}
        return HttpResponse(status=416, headers=refused)
    span = range(layout.size) if wanted is None else wanted
    headers["Content-Length"] = str(len(span))
    if wanted is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{layout.size}"
    if request.method == "HEAD":
        return _answer(name, iter(()), headers, status=200 if wanted is None else 206)
    services.begin_download(download=checked, at=span.start)
    pieces = services.send_download(download=checked, layout=layout, span=span)
    return _answer(name, pieces, headers, status=200 if wanted is None else 206)


def _deidentified(request: HttpRequest, checked: services.Download, name: str) -> HttpResponseBase:
    """Always whole: nothing is the same in the next one."""
    headers = {"Accept-Ranges": "none"}
    if request.method == "HEAD":
        return _answer(name, iter(()), headers)
    services.begin_download(download=checked)
    pages = pages_of if checked.form.index else None
    pieces = services.send_deidentified(download=checked, readme=deidentified_readme(checked), pages=pages)
    return _answer(name, pieces, headers)


def _answer(
    name: str, pieces: Iterator[bytes], headers: Mapping[str, str], *, status: int = 200
) -> StreamingHttpResponse:
    """The file's name says nothing of a patient."""
    more = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Accel-Buffering": "no",
    }
    return StreamingHttpResponse(
        pieces, content_type="application/zip", headers={**more, **headers}, status=status
    )
