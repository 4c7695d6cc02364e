"""A study for the reader's disk."""

from uuid import UUID

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.decorators import signed_in
from audit.requests import actor_of
from common.exceptions import NothingThere
from common.nouns import counted
from studies import services
from studies.views.shares import shares_of


@signed_in
@require_GET
def download(request: HttpRequest, placement: UUID) -> StreamingHttpResponse:
    """All series, or those that the query names. The file's name says nothing of the patient."""
    session = request.session.session_key or ""
    try:
        series = [UUID(named) for named in request.GET.getlist("series")[:1000]]
        begun = services.begin_download(
            placement=placement, by=actor_of(request), session=session, series=series
        )
    except (NothingThere, ValueError):
        raise Http404 from None
    pieces = services.send_download(download=begun, readme=_readme(begun))
    headers = {
        "Content-Disposition": 'attachment; filename="study.zip"',
        "Cache-Control": "private, no-store",
        "X-Accel-Buffering": "no",
    }
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)


def _readme(begun: services.Download) -> str:
    """What is in it, and the notes of the shares that brought the study."""
    notes = [share.note for share in shares_of(begun.placement) if share.note]
    lines = [
        _("An imaging study, downloaded from CIMAR: %(images)s.")
        % {"images": counted(len(begun.files), "image")},
        _("Open DICOMDIR, or the whole folder, with a DICOM viewer. The files are as they were received."),
        *([_("Notes of those who shared it:"), *notes] if notes else []),
    ]
    return "\n\n".join(lines) + "\n"
