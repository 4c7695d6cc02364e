"""Where a mail leads: what of one press still stands for the reader."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.requests import actor_of
from common.responses import gone
from common.text import without_deceitful
from sharing.services import reads
from sharing.views.common import page, study_pages


@page
@require_safe
def received(request: HttpRequest, press: UUID) -> HttpResponse:
    found = reads.read_received(press=press, by=actor_of(request))
    if not found.placements:
        return gone(
            request,
            f"The shares from {without_deceitful(found.shared_by)} have ended. Ask them to share again.",
        )
    context = {
        "studies": len({placement.study_id for placement in found.placements}),
        "shared_by": found.shared_by,
        "note": without_deceitful(found.note),
        "rows": list(zip(found.placements, study_pages(found.placements), strict=True)),
    }
    return render(request, "sharing/received.html", context)
