"""Studies for the reader's disk."""

from collections.abc import Sequence
from uuid import UUID

from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_GET, require_POST

from accounts.decorators import signed_in
from audit.requests import actor_of
from common.exceptions import NothingThere
from common.nouns import counted
from common.text import uuids
from studies import services
from studies.views.shares import shares_of

AS_RECEIVED = gettext_noop("The files are as they were received.")
CORRECTED = gettext_noop(
    "What the home of a study corrected is in its files as corrected; each file keeps what it had before."
)


@signed_in
@require_GET
def download(request: HttpRequest, placement: UUID) -> StreamingHttpResponse:
    """All series of a study, or those that the query names."""
    named = request.GET.getlist("series")[:1000]
    series = uuids(named)
    if len(series) < len(named):
        raise Http404
    return _zip(request, [placement], "study.zip", series)


@signed_in
@require_POST
def download_selected(request: HttpRequest) -> StreamingHttpResponse:
    """The studies that are ticked on a list."""
    return _zip(request, uuids(request.POST.getlist("placement")), "studies.zip")


def _zip(
    request: HttpRequest, placements: Sequence[UUID], name: str, series: Sequence[UUID] = ()
) -> StreamingHttpResponse:
    """The file's name says nothing of a patient."""
    session = request.session.session_key or ""
    try:
        begun = services.begin_download(
            placements=placements, by=actor_of(request), session=session, series=series
        )
    except NothingThere:
        raise Http404 from None
    pieces = services.send_download(download=begun, readme=_readme(begun))
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Accel-Buffering": "no",
    }
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)


def _readme(begun: services.Download) -> str:
    """What is in it, and the notes of the shares that brought the studies."""
    shares = (share for study in begun.studies for share in shares_of(study.placement))
    notes = list(dict.fromkeys(share.note for share in shares if share.note))
    content = {
        "studies": counted(len(begun.studies), "imaging study"),
        "images": counted(len(begun.files), "image"),
    }
    lines = [
        _("%(studies)s, downloaded from CIMAR: %(images)s.") % content,
        _("Open DICOMDIR, or the whole folder, with a DICOM viewer."),
        _(CORRECTED)
        if any(study.placement.study.n_corrections for study in begun.studies)
        else _(AS_RECEIVED),
        *([_("Notes of those who shared:"), *notes] if notes else []),
    ]
    return "\n\n".join(lines) + "\n"
