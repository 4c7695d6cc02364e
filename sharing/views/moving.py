"""Moving a study's original to another worklist of its account: the choice, what it changes, and the move."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.requests import actor_of
from common.nouns import counted
from common.text import uuids
from sharing import services
from sharing.forms import MoveForm
from sharing.views.common import page


@page
@require_safe
def choose(request: HttpRequest, placement: UUID) -> HttpResponse:
    """The worklists that can become home; nothing is done."""
    return _choice(request, placement)


@page
@require_POST
def check(request: HttpRequest, placement: UUID) -> HttpResponse:
    """Before and after; nothing is done."""
    return _preview(request, placement, MoveForm())


@page
@require_POST
def move(request: HttpRequest, placement: UUID) -> HttpResponse:
    form = MoveForm(request.POST)
    worklist = _worklist(request)
    if worklist is None or not form.is_valid():
        return _preview(request, placement, form)
    try:
        moved = services.move_home(
            placement=placement, worklist=worklist, by=actor_of(request), why=form.cleaned_data["why"]
        )
    except ValidationError as refusal:
        return _choice(request, placement, refusal.messages[0])
    words = {"worklist": moved.worklist.label, "shares": counted(moved.shares, "share")}
    messages.success(
        request, _("The original is on %(worklist)s now. %(shares)s continue from there.") % words
    )
    return redirect("studies:study", moved.placement)


def _worklist(request: HttpRequest) -> UUID | None:
    named = uuids(request.POST.getlist("worklist"))
    return named[0] if len(named) == 1 else None


def _choice(request: HttpRequest, placement: UUID, problem: str = "") -> HttpResponse:
    chosen, worklists = services.read_homes(placement=placement, by=actor_of(request))
    context = {"section": "studies", "placement": chosen, "worklists": worklists, "problem": problem}
    return render(request, "sharing/move.html", context, status=422 if problem else 200)


def _preview(request: HttpRequest, placement: UUID, form: forms.Form) -> HttpResponse:
    worklist = _worklist(request)
    if worklist is None:
        return _choice(request, placement, _("Choose a worklist."))
    try:
        shown = services.preview_move(placement=placement, worklist=worklist, by=actor_of(request))
    except ValidationError as refusal:
        return _choice(request, placement, refusal.messages[0])
    context = {"section": "studies", "shown": shown, "placement": shown.placement, "form": form}
    return render(request, "sharing/move_check.html", context, status=422 if form.errors else 200)
