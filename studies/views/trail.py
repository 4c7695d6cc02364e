"""The Audit trail tab of a study, and the same as CSV."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audit.forms import TrailForm
from audit.requests import actor_of
from common.timezones import zone_named
from studies.services.trail import Trail, export_trail, open_trail, read_trail
from studies.views.study_header import placement_or_404, study_frame


@login_required
@require_safe
@never_cache
def trail(request: HttpRequest, placement: UUID) -> HttpResponse:
    """One page of the trail; filters that are not valid are answered with the form and its sentences."""
    seen = placement_or_404(request, placement)
    form = TrailForm(request.GET, zone=zone_named(request.user.timezone))
    shown: Trail | None = None
    if form.is_valid():
        shown = read_trail(
            placement=seen,
            by=actor_of(request),
            filters=form.filters(),
            before=form.cleaned_data["before"],
            after=form.cleaned_data["after"],
        )
        form.offer(shown.people)
    else:
        open_trail(placement=seen, by=actor_of(request))
    frame = study_frame(actor_of(request), seen, "trail")
    context = {
        **frame,
        "form": form,
        "trail": shown,
        **(form.links(shown.newer, shown.older) if shown is not None else {}),
    }
    with timezone.override(form.zone):
        return render(request, "studies/trail.html", context, status=200 if form.is_valid() else 400)


@login_required
@require_safe
@never_cache
def trail_csv(request: HttpRequest, placement: UUID) -> HttpResponseBase:
    seen = placement_or_404(request, placement)
    form = TrailForm(request.GET, zone=zone_named(request.user.timezone))
    if not form.is_valid():
        return trail(request, placement)
    file = export_trail(
        placement=seen,
        by=actor_of(request),
        filters=form.filters(),
        zone=form.zone,
    )
    name = f"audit-trail-{str(seen.uuid)[:8]}.csv"
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
