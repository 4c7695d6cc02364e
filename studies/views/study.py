"""The study page: its images and its details."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of
from studies import selectors, services
from studies.forms.lists import StackForm
from studies.views.own_access import own_access
from studies.views.shares import acknowledgement_of, shares_of, urgent_here
from studies.views.study_header import placement_or_404, study_frame
from studies.views.study_page import Stack, facts


@signed_in
@require_safe
@never_cache
def images(request: HttpRequest, placement: UUID) -> HttpResponse:
    """One image of the chosen series. For a position that does not exist: the first image and a sentence."""
    seen = placement_or_404(request, placement)
    form = StackForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    opened = services.open_study(placement=seen, by=actor_of(request), series=asked.get("series"))
    shares = shares_of(seen)
    stack = Stack(seen, opened, asked.get("series"), asked.get("image"))
    context = {
        **study_frame(actor_of(request), seen, "images", rights=opened.rights),
        "opened": opened,
        "stack": stack,
        "shares": shares,
        "urgent": urgent_here(shares, selectors.seen_at(seen)),
        "acknowledgement": acknowledgement_of(shares, actor_of(request).user_id),
        "not_there": not form.is_valid() or stack.is_missing,
    }
    return render(request, "studies/study.html", context, status=422 if context["not_there"] else 200)


@signed_in
@require_safe
@never_cache
def details(request: HttpRequest, placement: UUID) -> HttpResponse:
    """The study's attributes, and how it arrived on this worklist."""
    seen = placement_or_404(request, placement)
    opened = services.open_study(placement=seen, by=actor_of(request), page="details")
    context = {
        **study_frame(actor_of(request), seen, "details", rights=opened.rights),
        "facts": facts(seen),
        "deviations": selectors.deviations_of(seen.study),
        "shares": (shares := shares_of(seen)),
        "urgent": urgent_here(shares, selectors.seen_at(seen)),
        "may_ask_time": bool(shares)
        and all(here.share.expires_at and here.share.shared_by_id != request.user.pk for here in shares),
        "own": own_access(actor_of(request), seen, opened.rights),
    }
    return render(request, "studies/details.html", context)


@signed_in
@require_safe
@never_cache
def preparing(request: HttpRequest, placement: UUID) -> HttpResponse:
    """How far the pictures are; the page that asks is loaded again when they are all there."""
    seen = placement_or_404(request, placement)
    services.check_open(placement=seen, by=actor_of(request))
    done, total = selectors.preparing(seen.study)
    response = render(request, "studies/_preparing.html", {"placement": seen, "done": done, "total": total})
    if done == total:
        response["HX-Refresh"] = "true"
    return response
