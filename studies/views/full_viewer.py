"""The full viewer (OHIF), where an administrator has installed it: under sign-in, against a single worklist."""

from uuid import UUID

from csp.decorators import csp_update
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of
from studies import selectors, services
from studies.full_viewer import file_of, page_of, settings_script
from studies.views.viewer_policy import POLICY

full_viewer_policy = csp_update({**POLICY, "font-src": ["'self'", "data:"]})


@signed_in
@require_safe
@never_cache
@full_viewer_policy
def full_viewer(request: HttpRequest, worklist: UUID, page: str = "") -> HttpResponse:
    """Its page, whatever it shows: what it asks for by DICOMweb is asked for with the person's own rights."""
    by = actor_of(request)
    seen = selectors.worklist_for(by, worklist)
    if seen is None:
        raise Http404
    services.check_full_viewer(worklist=seen, by=by)
    text = page_of(settings.CIMAR_OHIF_ROOT, str(worklist))
    if text is None:
        raise Http404
    return HttpResponse(text)


@signed_in
@require_safe
@never_cache
def full_viewer_settings(request: HttpRequest, worklist: UUID) -> HttpResponse:
    """It holds nothing but URLs, so it is the same for everyone who asks."""
    return HttpResponse(settings_script(str(worklist)), content_type="text/javascript")


@signed_in
@require_safe
@full_viewer_policy
def full_viewer_file(request: HttpRequest, name: str) -> HttpResponseBase:
    installed = file_of(settings.CIMAR_OHIF_ROOT, name)
    if installed is None:
        raise Http404
    path, media_type = installed
    response = FileResponse(path.open("rb"), content_type=media_type)
    response["Cache-Control"] = "private, max-age=3600"
    return response
