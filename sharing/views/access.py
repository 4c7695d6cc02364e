"""The Access tab: who can see this study, why, since when, until when, granted by whom."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.middleware import client_address
from sharing.services import reads
from sharing.views.common import page
from studies.views.study_header import placement_or_404, study_frame

EVERYTHING = "From its home: every worklist it is on, and by which shares."
FROM_HERE = "From this worklist: how it came here, and who can see it by shares made from here on."


@page
@require_safe
def access(request: HttpRequest, placement: UUID) -> HttpResponse:
    found = placement_or_404(request, placement)
    shown = reads.read_access(placement=found, by=request.user, address=client_address(request))
    says = EVERYTHING if found.is_home else FROM_HERE
    context = {
        "says": says,
        **study_frame(request.user, found, "access"),
        "access": shown,
        "here": request.get_full_path(),
    }
    return render(request, "sharing/access.html", context)
