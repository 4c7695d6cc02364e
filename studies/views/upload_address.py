"""The upload address of a worklist: where somebody who is no member of it begins to send studies."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import signed_in
from audit.requests import actor_of
from common.text import identity_of_code
from studies import services
from studies.views.upload_codes import keep_code
from worklists import codes


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@never_cache
def upload_address(request: HttpRequest, code: str) -> HttpResponse:
    """GET shows the code and a button; the button looks it up, so that no link from elsewhere does."""
    tidied = identity_of_code(code)
    if not codes.well_formed(tidied):
        raise Http404
    context = {"code": tidied, "section": "studies"}
    if request.method != "POST":
        return render(request, "studies/upload_address.html", context)
    try:
        worklist = services.open_upload_address(code=tidied, by=actor_of(request))
    except ValidationError as error:
        context["refusal"] = " ".join(error.messages)
        return render(request, "studies/upload_address.html", context, status=422)
    keep_code(request, worklist.uuid, tidied)
    return redirect("studies:upload", worklist.uuid)
