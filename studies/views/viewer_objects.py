"""The pages of what a study holds beside its images, as tabs of the viewer."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of, visit_of
from common.exceptions import NothingThere
from studies import services
from studies.beside import Beside
from studies.beside.reports import all_places, report_of
from studies.beside.states import KeyImages, State, key_images_of, state_of
from studies.beside.streams import container_name
from studies.beside.waveforms import DATA, MOST_BYTES, SEQUENCE, drawing_of, groups_of
from studies.models import Placement
from studies.services.beside import OpenedObject
from studies.views.report_markup import report_markup
from studies.views.study_header import viewed_or_404
from studies.views.viewer_page import frame_of_viewer
from studies.views.viewer_places import Places
from studies.views.viewer_policy import framed_policy
from studies.views.viewer_stream import sent_stream
from studies.views.viewer_tabs import object_label, siblings, viewer_tabs


@signed_in
@require_safe
@never_cache
def viewer_object(request: HttpRequest, placement: UUID, instance: UUID) -> HttpResponse:
    seen = viewed_or_404(request, placement)
    try:
        opened = services.open_object(placement=seen, by=actor_of(request), instance=instance)
    except NothingThere as error:
        raise Http404 from error
    shown = CONTENTS[opened.kind](request, seen, opened) if opened.model is not None else {}
    context = {
        **frame_of_viewer(seen, actor_of(request)),
        **shown,
        "kind": str(opened.kind),
        "object": opened.instance,
        "object_label": object_label(opened.instance),
        "tabs": viewer_tabs(seen, opened.beside),
        "siblings": siblings(seen, opened.beside, opened.instance),
        "is_too_long": opened.model is None,
    }
    return render(request, "studies/viewer_object.html", context)


@signed_in
@require_safe
@xframe_options_sameorigin
@framed_policy
def viewer_stream(request: HttpRequest, placement: UUID, instance: UUID) -> HttpResponseBase:
    """The PDF or the video itself; 415 for what is neither by its own first bytes."""
    try:
        stream = services.open_stream(
            placement=placement,
            instance=instance,
            by=actor_of(request),
            session=visit_of(request),
        )
    except NothingThere as error:
        raise Http404 from error
    if not stream.media_type:
        return HttpResponse(status=415)
    return sent_stream(request, stream)


def _report(request: HttpRequest, placement: Placement, opened: OpenedObject) -> dict[str, Any]:
    report = report_of(opened.model or {})
    uids = all_places(report)
    places = Places(placement, services.referenced(placement=placement, uids=uids))
    return {"report": report, "content": report_markup(report, places)}


def _key(request: HttpRequest, placement: Placement, opened: OpenedObject) -> dict[str, Any]:
    return _with_places(placement, key_images_of(opened.model or {}))


def _state(request: HttpRequest, placement: Placement, opened: OpenedObject) -> dict[str, Any]:
    state = state_of(opened.model or {})
    return _with_places(placement, state, _as_asked(state, opened))


def _with_places(
    placement: Placement, content: KeyImages | State, how: dict[str, str] | None = None
) -> dict[str, Any]:
    """`how`: what of the state goes with its links."""
    referenced = services.referenced(placement=placement, uids={uid for uid, _frames in content.places})
    places = Places(placement, referenced)
    shown = [place for uid, frames in content.places for place in places.of(uid, frames, shown=how)]
    return {
        "content": content,
        "places": shown,
        "missing": sum(uid not in referenced for uid, _frames in content.places),
    }


def _as_asked(state: State, opened: OpenedObject) -> dict[str, str]:
    """A presentation state as the viewer's URL says it: by its instance, and what of it has words of its own there."""
    asked = {"state": str(opened.instance.uuid)}
    if state.turn:
        asked["turn"] = str(state.turn)
    if state.is_flipped:
        asked["flip"] = "1"
    if state.window is not None:
        asked["window"] = ",".join(f"{value:.6f}".rstrip("0").rstrip(".") for value in state.window)
    return asked


def _waveform(request: HttpRequest, placement: Placement, opened: OpenedObject) -> dict[str, Any]:
    def stored(position: int, size: int) -> tuple[bytes, bool] | None:
        path = (int(SEQUENCE, 16), position, int(DATA, 16))
        return opened.stored_value(path, min(size, MOST_BYTES))

    groups = groups_of(opened.model or {}, stored)
    return {"drawings": [(group, drawing_of(group) if group.channels else None) for group in groups]}


def _stream(request: HttpRequest, placement: Placement, opened: OpenedObject) -> dict[str, Any]:
    try:
        stream = services.open_stream(
            placement=placement.uuid,
            instance=opened.instance.uuid,
            by=actor_of(request),
            session=visit_of(request),
        )
    except NothingThere:
        return {}
    return {"media_type": stream.media_type, "container": container_name(stream.beginning)}


CONTENTS: dict[Beside, Callable[[HttpRequest, Placement, OpenedObject], dict[str, Any]]] = {
    Beside.REPORT: _report,
    Beside.KEY: _key,
    Beside.STATE: _state,
    Beside.WAVEFORM: _waveform,
    Beside.DOCUMENT: _stream,
    Beside.VIDEO: _stream,
}
