"""Where the link of a mail leads: the placements of one press that the reader still has."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.requests import actor_of
from common.responses import gone
from common.text import without_deceitful
from sharing.services import reads
from sharing.views.common import page, study_pages


@page
@require_safe
def received(request: HttpRequest, press: UUID) -> HttpResponse:
    of_press = reads.read_received(press=press, by=actor_of(request))
    placements = of_press.placements
    if not placements:
        ended = _("The shares from %(name)s have ended. Ask them to share again.")
        return gone(request, ended % {"name": without_deceitful(of_press.shared_by)})
    context = {
        "studies": len({placement.study_id for placement in placements}),
        "shared_by": of_press.shared_by,
        "note": without_deceitful(of_press.note),
        "rows": list(zip(placements, study_pages(placements), strict=True)),
    }
    return render(request, "sharing/received.html", context)
