"""Sending studies to a worklist, and what became of the files."""

import json
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of
from common.body_size import receives_files
from common.exceptions import NothingThere
from common.formats import size_in_words
from studies import selectors, services
from studies.forms.upload import UploadForm
from studies.ingest.limits import limits
from studies.services.upload_addresses import Destination
from studies.views import upload_parts
from studies.views.list_page import is_part
from studies.views.upload_codes import code_of
from studies.views.upload_result import result_of
from worklists.selectors.code_owners import code_owner


@signed_in
@require_safe
@never_cache
def upload(request: HttpRequest, worklist: UUID) -> HttpResponse:
    return _form_page(request, _open_to_uploads(request, worklist), UploadForm())


def may_send(request: HttpRequest, worklist: UUID) -> None:
    """Refuses, from the session and the URL alone, a person who may not send files to this worklist."""
    _open_to_uploads(request, worklist)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@receives_files(may_send)
@never_cache
def upload_files(request: HttpRequest, worklist: UUID) -> HttpResponse:
    """Receives the files of the form. By GET, as when the page of a refused upload is opened again, the form."""
    if request.method != "POST":
        return redirect("studies:upload", worklist)
    destination = _open_to_uploads(request, worklist)
    if "upload" in request.POST:
        return upload_parts.receive(request)
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            made = services.receive_upload(
                worklist=destination.chosen,
                by=actor_of(request),
                files=form.chosen(),
                names=form.names(),
                code=code_of(request, worklist),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("studies:upload_progress", made.uuid)
    return _form_page(request, destination, form)


@require_safe
@signed_in
@cache_control(no_store=True)
def upload_allowed(request: HttpRequest, worklist: UUID) -> HttpResponse:
    """For the proxy, which asks before it receives files: 204, 401 or 403, the only answers it understands."""
    try:
        _open_to_uploads(request, worklist)
    except Http404:
        return HttpResponse(status=401)
    return HttpResponse(status=204)


def _open_to_uploads(request: HttpRequest, uuid: UUID) -> Destination:
    by, code = actor_of(request), code_of(request, uuid)
    worklist = selectors.worklist_to_upload_to(by, uuid, code)
    if worklist is None:
        raise Http404
    return services.destination_of(worklist=worklist, by=by, code=code)


def _form_page(request: HttpRequest, destination: Destination, form: UploadForm) -> HttpResponse:
    worklist = destination.chosen
    unfinished = [
        (sent, json.dumps(upload_parts.urls_of(sent)))
        for sent in selectors.open_uploads(actor_of(request), worklist)
    ]
    context = {
        "worklist": worklist,
        "is_sent": destination.sent_to is not None,
        "owner": code_owner(worklist.account) if destination.sent_to and worklist.account else "",
        "form": form,
        "section": "studies",
        "unfinished": unfinished,
        "most_bytes": limits().upload_bytes,
        "most": size_in_words(limits().upload_bytes),
    }
    return render(request, "studies/upload.html", context, status=422 if form.is_bound else 200)


@signed_in
@require_safe
@never_cache
def progress(request: HttpRequest, upload: UUID) -> HttpResponse:
    """How far an upload is, then what became of it; the person's own only."""
    try:
        read = services.read_upload(upload=upload, by=actor_of(request))
    except NothingThere:
        raise Http404 from None
    context = {
        "upload": read.upload,
        "is_done": read.is_done,
        "n_arrived": read.upload.n_new + read.upload.n_known,
        "section": "studies",
        **result_of(actor_of(request), read),
    }
    return render(
        request, "studies/_upload.html" if is_part(request) else "studies/upload_progress.html", context
    )


@signed_in
@require_safe
@never_cache
def files_csv(request: HttpRequest, upload: UUID) -> HttpResponseBase:
    """Every file of an upload with what became of it, the lost ones first."""
    try:
        file = services.export_upload(upload=upload, by=actor_of(request))
    except NothingThere:
        raise Http404 from None
    name = f"upload-{str(upload)[:8]}.csv"
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
