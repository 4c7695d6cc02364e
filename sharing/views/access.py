"""The Access tab: who can see this study, why, since when, until when, granted by whom."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from audit.requests import actor_of
from common.exceptions import NothingThere
from sharing import selectors
from sharing.services import reads
from sharing.views.access_parts import place_part, share_line
from sharing.views.common import page
from studies.views.study_header import placement_or_404, study_frame

EVERYTHING = gettext_noop("All worklists that have this study, and the shares that put it there.")
FROM_HERE = gettext_noop(
    "How the study reached this worklist, and everyone who can see it through shares made from here."
)


@page
@require_safe
def access(request: HttpRequest, placement: UUID) -> HttpResponse:
    """The page; to htmx only the names or the path that were asked for."""
    shown_at = placement_or_404(request, placement)
    whose = {"placement": shown_at, "by": actor_of(request)}
    names, path = request.GET.get("names", ""), request.GET.get("path", "")
    worklist = None if names == selectors.EVERYONE else _uuid(names)
    share = _uuid(path)
    if request.headers.get("HX-Request") == "true" and (worklist or share):
        return _part(request, worklist, share, whose)
    # The rights on the worklist first: they are read with the name of the role, which the event of the read needs.
    frame = study_frame(whose["by"], shown_at, "access")
    shown = reads.read_access(names=worklist or names, path=share, **whose)
    end = f"{reverse('sharing:end')}?{urlencode({'back': request.get_full_path()})}"
    context = {
        "about": _(EVERYTHING if shown_at.is_home else FROM_HERE),
        **frame,
        "access": shown,
        "places": [place_part(place, end, request.get_full_path()) for place in shown.places],
        "waiting": [share_line(grant, end) for grant in shown.waiting],
        "promises": [(share_line(promise.grant, end), promise) for promise in shown.promises],
        "everyone": selectors.EVERYONE,
    }
    return render(request, "sharing/access.html", context)


def _part(
    request: HttpRequest, worklist: UUID | None, share: UUID | None, whose: dict[str, Any]
) -> HttpResponse:
    """The people of one worklist, or the steps that a folded path leaves out."""
    if worklist is not None:
        place = reads.read_access_names(worklist=worklist, **whose)
        return render(request, "sharing/_people_by_role.html", {"place": place})
    steps = reads.read_access_path(share=share, **whose)
    return render(request, "sharing/_hidden_steps.html", {"steps": steps})


def _uuid(value: str) -> UUID | None:
    """The uuid of a parameter; NothingThere where it is not a uuid."""
    try:
        return UUID(value) if value else None
    except ValueError:
        raise NothingThere from None
