"""A sheet for the letter to a guest: the code that opens the link, and the patient only where that is ticked."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of
from common.exceptions import NothingThere
from common.responses import gone
from sharing.selectors.guest_policy import shown_end
from sharing.services import guest_letters
from sharing.views.guest_visit import sender_of
from worklists import code_card


@signed_in
@require_safe
@never_cache
def letter(request: HttpRequest, link: UUID) -> HttpResponse:
    with_patient = "patient" in request.GET
    try:
        shown = guest_letters.read_letter(link=link, by=actor_of(request), with_patient=with_patient)
    except NothingThere as error:
        raise Http404 from error
    except ValidationError as refusal:
        return gone(request, refusal.message)
    context = {
        **sender_of(shown.link),
        "link": shown.link,
        "url": shown.url,
        "picture": code_card.qr(shown.url),
        "studies": shown.studies,
        "with_patient": with_patient,
        "until": shown_end(shown.link),
        "section": "studies",
    }
    response = render(request, "sharing/guest_letter.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response
