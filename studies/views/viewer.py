"""The page around the viewer: the patient, the tools, the series, and the first image before any script."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of
from common.exceptions import NothingThere
from studies import selectors, services
from studies.events import Taken
from studies.forms.viewer import TakenForm, ViewerForm
from studies.views.study_header import placement_or_404, viewed_or_404
from studies.views.viewer_page import ViewerPage
from studies.views.viewer_policy import viewer_policy
from studies.views.viewer_state import shown_state


@signed_in
@require_safe
@never_cache
@viewer_policy
def viewer(request: HttpRequest, placement: UUID) -> HttpResponse:
    """For a series, an image, a window or a state that does not exist: the first image and a sentence."""
    seen, by = viewed_or_404(request, placement), actor_of(request)
    form = ViewerForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    if asked.get("instance"):
        asked["series"] = selectors.series_of_instance(seen.study, asked["instance"])
    opened = services.open_study(placement=seen, by=by, series=asked.get("series"), page="viewer")
    page = ViewerPage(seen, opened, asked, by)
    state = shown_state(seen, by, asked["state"]) if asked.get("state") else None
    not_there = not form.is_valid() or page.stack.is_missing or (asked.get("state") and state is None)
    context = {**page.context(), "state": state, "not_there": bool(not_there)}
    return render(request, "studies/viewer.html", context, status=422 if context["not_there"] else 200)


@signed_in
@require_POST
@never_cache
def saved(request: HttpRequest, placement: UUID) -> HttpResponse:
    """An image is about to be saved or printed: 204 when that is in the trail, and only then the script gives it."""
    seen = placement_or_404(request, placement)
    form = TakenForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    asked = form.cleaned_data
    try:
        services.take_image(
            placement=seen,
            by=actor_of(request),
            how=Taken(asked["what"]),
            series=asked["series"],
            instance=asked["instance"],
            frame=asked["frame"],
        )
    except NothingThere as error:
        raise Http404 from error
    return HttpResponse(status=204)
