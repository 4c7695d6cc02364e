"""Sending studies to another system: the choice of a destination, the start, and how far the person's sendings are."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of
from common.exceptions import NothingThere
from common.nouns import counted
from common.text import uuids
from studies import selectors, services
from studies.models import Sending
from studies.selectors.sendings import SendingSeen
from studies.sending.reasons import reason, refused_in_words
from studies.views.list_page import is_part

CHOOSE = gettext_noop("Choose a destination.")
TONES = {
    Sending.State.DONE: "good",
    Sending.State.PARTLY: "warn",
    Sending.State.FAILED: "danger",
}


def _page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For signed-in people; NothingThere is a 404."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NothingThere:
            raise Http404 from None

    return never_cache(signed_in(shown))


@_page
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """The ticked studies and the destinations; nothing is sent."""
    return _choice(request)


@_page
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    named = uuids(request.POST.getlist("placement"))
    destination = uuids(request.POST.getlist("destination"))
    if len(destination) != 1:
        return _choice(request, _(CHOOSE))
    try:
        begun = services.begin_sendings(placements=named, destination=destination[0], by=actor_of(request))
    except ValidationError as refusal:
        return _choice(request, refusal.messages[0])
    if begun.started:
        sentence = _("%(studies)s will be sent to %(destination)s.")
        words = {"studies": counted(begun.started, "study"), "destination": begun.destination.name}
        messages.success(request, sentence % words)
    if begun.under_way:
        under_way = _("%(studies)s already on the way there.")
        messages.info(request, under_way % {"studies": counted(begun.under_way, "study is")})
    return redirect("studies:sendings")


def _choice(request: HttpRequest, problem: str = "") -> HttpResponse:
    named = uuids(request.POST.getlist("placement"))
    try:
        choice = services.choose_destination(placements=named, by=actor_of(request))
    except ValidationError as refusal:
        context: dict[str, Any] = {"problem": refusal.messages[0], "back": reverse("studies:list")}
    else:
        context = {"problem": problem, "chosen": request.POST.get("destination", ""), **_shown(choice)}
    status = 422 if context["problem"] else 200
    return render(request, "studies/send.html", {"section": "studies", **context}, status=status)


def _shown(choice: services.Choice) -> dict[str, Any]:
    placements = choice.placements
    lone, worklist = len(placements) == 1, placements[0].worklist
    return {
        "placements": placements,
        "destinations": choice.destinations,
        "n_images": sum(placement.study.n_instances for placement in placements),
        "is_corrected": any(placement.study.n_corrections for placement in placements),
        "back": reverse("studies:study", args=[placements[0].uuid])
        if lone
        else reverse("studies:worklist", args=[worklist.uuid]),
    }


@_page
@require_safe
def sendings(request: HttpRequest) -> HttpResponse:
    """The person's own, the latest first. The page asks again by itself how far they are."""
    last = _before(request)
    here = f"{reverse('studies:sendings')}?before={last}" if last else reverse("studies:sendings")
    if is_part(request):
        rows = [_row(SendingSeen(each, None)) for each in selectors.how_far(actor_of(request), before=last)]
        return render(request, "studies/_sending_states.html", {"rows": rows, **_poll(rows, here)})
    shown, more = services.read_sendings(by=actor_of(request), before=last)
    rows = [_row(each) for each in shown]
    older = shown[-1].sending.pk if more else None
    context = {"section": "shared", "rows": rows, "older": older, **_poll(rows, here)}
    return render(request, "studies/sendings.html", context)


def _before(request: HttpRequest) -> int | None:
    typed = request.GET.get("before", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else None


def _poll(rows: list[dict[str, Any]], here: str) -> dict[str, Any]:
    return {"here": here, "on_the_way": any(not row["sending"].is_finished for row in rows)}


@_page
@require_POST
def cancel(request: HttpRequest, sending: UUID) -> HttpResponse:
    services.cancel_sending(sending=sending, by=actor_of(request))
    messages.success(request, _("The sending was cancelled. What was sent before stays at the destination."))
    return redirect("studies:sendings")


def _row(seen: SendingSeen) -> dict[str, Any]:
    sending = seen.sending
    return {
        "sending": sending,
        "placement": seen.placement,
        "tone": TONES.get(Sending.State(sending.state), ""),
        "why": reason(sending.why),
        "refused": refused_in_words(sending.refusals),
        "is_again": not sending.is_finished and bool(sending.why),
        "may_repeat": sending.state in ("partly", "failed", "cancelled") and seen.placement is not None,
    }
