"""An upload in parts, for the script of the upload page: begun, continued, and ended."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import signed_in
from audit.actor import Actor
from audit.requests import actor_of
from common.exceptions import NothingThere
from studies import selectors, services
from studies.forms.upload import BeginForm, PartForm
from studies.models import Upload
from studies.services.upload_parts import UNLIKE_ITS_LIST
from studies.views import upload_codes


def urls_of(upload: Upload) -> dict[str, str]:
    """Where the script continues with this upload."""
    return {
        "upload": str(upload.uuid),
        **{
            name: reverse(f"studies:upload_{name}", args=[upload.uuid])
            for name in ("arrived", "end", "progress")
        },
    }


@require_POST
@signed_in
@never_cache
def begin(request: HttpRequest, worklist: UUID) -> HttpResponse:
    code = upload_codes.code_of(request, worklist)
    to = selectors.worklist_to_upload_to(actor_of(request), worklist, code)
    if to is None:
        raise Http404
    form = BeginForm(request.POST)
    try:
        chosen = form.amounts()
        upload = services.begin_upload(worklist=to, by=actor_of(request), code=code, **chosen)
    except ValidationError as error:
        return refused(error)
    return JsonResponse(urls_of(upload))


def receive(request: HttpRequest) -> HttpResponse:
    """Some files of an upload that was begun; called by the view that receives files."""
    form = PartForm(request.POST, request.FILES)
    if not form.is_valid():
        return refused(ValidationError(_(UNLIKE_ITS_LIST)))
    try:
        answer = _kept(form, actor_of(request))
    except NothingThere:
        raise Http404 from None
    except ValidationError as error:
        return refused(error)
    return JsonResponse(answer)


def _kept(form: PartForm, by: Actor) -> dict[str, int]:
    """Keeps whole files, or a piece of one; of a piece, how many bytes of its file are there now."""
    upload, files, marks = form.cleaned_data["upload"], form.chosen(), form.marks()
    whole = form.cleaned_data["whole"]
    if not whole:
        services.receive_part(upload=upload, by=by, files=files, marks=marks, names=form.names())
        return {}
    if len(files) != 1 or len(marks) != 1:
        raise ValidationError(_(UNLIKE_ITS_LIST))
    piece = services.Piece(mark=marks[0], start=form.cleaned_data["start"] or 0, whole=whole)
    (name,) = form.names()
    return {"arrived": services.receive_piece(upload=upload, by=by, file=files[0], piece=piece, name=name)}


def refused(error: ValidationError) -> HttpResponse:
    return JsonResponse({"sentence": " ".join(error.messages)}, status=422)


@require_safe
@signed_in
@never_cache
def arrived(request: HttpRequest, upload: UUID) -> HttpResponse:
    """The marks of the files that need not be sent again, and how much of large files has arrived."""
    sent = selectors.upload_of(actor_of(request), upload)
    if sent is None:
        raise Http404
    return JsonResponse({"marks": sorted(selectors.marks_in(sent)), "begun": selectors.begun_in(sent)})


@require_POST
@signed_in
@never_cache
def end(request: HttpRequest, upload: UUID) -> HttpResponse:
    try:
        services.end_upload(upload=upload, by=actor_of(request))
    except NothingThere:
        raise Http404 from None
    return redirect("studies:upload_progress", upload)
