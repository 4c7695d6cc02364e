"""Deleting a study at its home, with a reason."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from audit.requests import actor_of
from common.nouns import counted
from sharing import services
from sharing.forms import DeleteForm, uuids
from sharing.services import previews
from sharing.views.common import NothingThere, dialog_answer, leave, page
from sharing.views.consequences import what_goes


@page
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest) -> HttpResponse:
    """What would go with the study (`placement`); nothing is done."""
    return _shown(request, DeleteForm())


@page
@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    form = DeleteForm(request.POST)
    placement = _named(request)[0]
    found, _ = previews.preview_deletion(placement=placement, by=actor_of(request))
    if form.is_valid():
        try:
            deleted = services.delete_study(
                placement=placement, by=actor_of(request), why=form.cleaned_data["why"]
            )
        except ValidationError as refusal:
            form.add_error("why", refusal)
        else:
            messages.success(request, _said(deleted))
            return leave(request, reverse("studies:worklist", args=[found.worklist.uuid]))
    return _shown(request, form)


def _said(deleted: services.Removal) -> str:
    ended = f" {counted(deleted.shares, 'share')} ended." if deleted.shares else ""
    return f"The study was deleted.{ended}"


def _named(request: HttpRequest) -> list:
    named = uuids((request.POST if request.method == "POST" else request.GET).getlist("placement"))
    if not named:
        raise NothingThere
    return named


def _shown(request: HttpRequest, form: DeleteForm) -> HttpResponse:
    found, what = previews.preview_deletion(placement=_named(request)[0], by=actor_of(request))
    context = {
        "placement": found,
        "form": form,
        "goes": what_goes(what),
        "what": what,
        "back": reverse("studies:study", args=[found.uuid]),
        "page_title": "Delete the study",
    }
    return dialog_answer(request, "sharing/_delete.html", context, status=422 if form.errors else 200)
