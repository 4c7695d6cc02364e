"""Deleting a study at its home, with a reason."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.requests import actor_of
from common.nouns import counted
from sharing import services
from sharing.forms import DeleteForm, uuids
from sharing.services import previews
from sharing.views.common import NothingThere, dialog_answer, leave, page
from sharing.views.consequences import consequences_of


@page
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest) -> HttpResponse:
    """What would end with the study (`placement`); nothing is done."""
    return _shown(request, DeleteForm())


@page
@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    form = DeleteForm(request.POST)
    placement = _named(request)[0]
    worklist = previews.visible_placements([placement], actor_of(request))[0].worklist
    if form.is_valid():
        try:
            deleted = services.delete_study(
                placement=placement, by=actor_of(request), why=form.cleaned_data["why"]
            )
        except ValidationError as refusal:
            form.add_error("why", refusal)
        else:
            messages.success(request, _deleted(deleted))
            return leave(request, reverse("studies:worklist", args=[worklist.uuid]))
    return _shown(request, form)


def _deleted(deleted: services.Removal) -> str:
    if not deleted.shares:
        return _("The study was deleted.")
    return _("The study was deleted. %(shares)s ended.") % {"shares": counted(deleted.shares, "share")}


def _named(request: HttpRequest) -> list:
    named = uuids((request.POST if request.method == "POST" else request.GET).getlist("placement"))
    if not named:
        raise NothingThere
    return named


def _shown(request: HttpRequest, form: DeleteForm) -> HttpResponse:
    chosen, what = previews.preview_deletion(placement=_named(request)[0], by=actor_of(request))
    context = {
        "placement": chosen,
        "form": form,
        "consequences": consequences_of(what),
        "what": what,
        "back": reverse("studies:study", args=[chosen.uuid]),
        "page_title": _("Delete the study"),
    }
    return dialog_answer(request, "sharing/_delete.html", context, status=422 if form.errors else 200)
