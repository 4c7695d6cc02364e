"""Remove from this worklist: the incoming shares end, the original stays at home."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST

from audit.requests import actor_of
from common.nouns import counted
from sharing import services
from sharing.forms import uuids
from sharing.permissions import STAYS
from sharing.services import previews
from sharing.views.common import NO_STUDY_SELECTED, back, dialog_answer, leave, page, sentence, studies_page
from sharing.views.consequences import consequences_of

CANNOT_REMOVE = gettext_noop("These studies cannot be removed from this worklist")
NONE_TICKED = gettext_noop("Select at least one study, then choose Remove from this worklist.")


@page
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: HttpRequest) -> HttpResponse:
    """What would end; nothing is done. By POST as well, since 500 placements do not fit a URL."""
    named = (request.POST if request.method == "POST" else request.GET).getlist("placement")
    if not named:
        return sentence(request, _(NO_STUDY_SELECTED), _(NONE_TICKED))
    try:
        shown = previews.preview_removal(placements=uuids(named), by=actor_of(request))
    except ValidationError as refusal:
        return sentence(request, _(CANNOT_REMOVE), refusal.message)
    worklist = shown.placements[0].worklist
    context = {
        "shown": shown,
        "worklist": worklist,
        "consequences": consequences_of(shown.what),
        "why_staying": _(STAYS),
        "back": studies_page(request, worklist),
        "page_title": _("Remove from this worklist"),
    }
    return dialog_answer(request, "sharing/_remove.html", context)


@page
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    to = back(request, reverse("studies:list"))
    try:
        removal = services.remove_from_worklist(
            placements=uuids(request.POST.getlist("placement")), by=actor_of(request)
        )
    except ValidationError as refusal:
        return sentence(request, _(CANNOT_REMOVE), refusal.message)
    removed = _("%(studies)s removed from this worklist.")
    messages.success(request, removed % {"studies": counted(removal.studies, "study")})
    return leave(request, to)
