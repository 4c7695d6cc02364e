"""What the holder of a guest link meets: the page before it is opened, the press, the studies, and its end.

Reading a URL counts nothing and shows nothing of the patient. A link opens by a person's press alone, and the visit
that begins with it is kept apart from whoever is signed in in the same browser.
"""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from audit import clock
from audit.requests import actor_of, ip_address_of
from sharing import guest_cookie, guest_press
from sharing.forms.guest import OpenForm
from sharing.models import GuestLink
from sharing.models.guest_link import State
from sharing.selectors import guest_links
from sharing.selectors.guest_policy import shown_end
from sharing.services import guest_asks, guest_pages, guest_visits
from sharing.views.guest_visit import begun, kept_of, over, sender_of, visiting
from studies import services
from studies.forms.lists import StackForm
from studies.models import Placement
from studies.views.study_header import may_download, placement_or_404
from studies.views.study_page import Stack
from studies.views.viewer_page import frame_of_viewer
from studies.views.viewer_tabs import viewer_tabs


@never_cache
@require_safe
def arrive(request: HttpRequest, token: str) -> HttpResponse:
    """Take the token out of the URL: the browser keeps that it came by it, and the server notes nothing."""
    link = guest_visits.find(token=token)
    if link is None and guest_links.was_replaced(token):
        return over(request, None)
    if link is None:
        return render(request, "guest/incomplete.html", status=404)
    kept = guest_cookie.read(request.COOKIES, link.uuid)
    response = redirect(f"{guest_cookie.PATH}{link.uuid}/")
    # Who follows the link again goes on with the visit that they have.
    if kept is None or kept.generation != link.generation:
        kept = guest_cookie.arrived(link.uuid, link.generation, at=clock.now().isoformat())
        guest_cookie.write(response, kept)
    return response


@never_cache
@require_safe
def shown(request: HttpRequest) -> HttpResponseBase:
    """Before the press from whom the link is and until when; after it the studies."""
    if begun(request):
        return studies(request)
    link = _arrived_at(request)
    if link is None and kept_of(request) is not None:
        return over(request, None)
    if link is None:
        return render(request, "guest/unopened.html", status=404)
    return _landing(request, link) if link.state is State.OPEN else over(request, link)


@never_cache
@require_POST
@sensitive_post_parameters("password")
def open_images(request: HttpRequest) -> HttpResponse:
    """Count one opening, and begin the visit. Pressed again in the same browser it goes on with the visit."""
    link, kept = _arrived_at(request), kept_of(request)
    if link is None or kept is None or kept.visit:
        return redirect("sharing:guest")
    if link.state is not State.OPEN:
        return over(request, link)
    form = OpenForm(request.POST, has_password=bool(link.password))
    marked, hand = request.POST.get("shown", ""), request.POST.get("hand", "")
    if not guest_press.is_by_a_person(marked, hand, kept, now=clock.now()):
        return _landing(request, link, is_again=True)
    if not form.is_valid():
        return _landing(request, link, form)
    try:
        by = guest_visits.open_link(
            link=link, password=form.cleaned_data.get("password", ""), ip_address=ip_address_of(request)
        )
    except guest_visits.LinkOver:
        return over(request, guest_links.read(link.uuid))
    except ValidationError as refusal:
        return _wrong(request, link, form, refusal)
    return _begun(kept, guest_pages.placements_of(by))


@never_cache
@require_POST
def close(request: HttpRequest) -> HttpResponse:
    """End the visit in this browser. The link stays as it is."""
    response = render(request, "guest/closed.html")
    if (kept := kept_of(request)) is not None:
        guest_cookie.forget(response, kept.link)
    return response


@never_cache
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Tell the maker of a link that is over that a new one is wanted."""
    link = _arrived_at(request)
    if link is None or link.state is State.OPEN:
        return redirect("sharing:guest")
    guest_asks.ask_for_new_link(link=link, ip_address=ip_address_of(request))
    return over(request, link, asked=True)


@visiting
def studies(request: HttpRequest) -> HttpResponse:
    """The studies of the link; where it is a single one, that one's page."""
    listed = guest_pages.read_studies(by=actor_of(request))
    if len(listed) == 1:
        return redirect("studies:study", listed[0].uuid)
    return render(request, "guest/studies.html", {"studies": listed})


@never_cache
@require_safe
def study(request: HttpRequest, placement: UUID) -> HttpResponse:
    """The study's images without script, and the ways to the viewer, to reports and documents, and to a download."""
    seen, by = placement_or_404(request, placement), actor_of(request)
    form = StackForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {}
    opened = services.open_study(placement=seen, by=by, series=asked.get("series"), page="guest")
    stack = Stack(seen, opened, asked.get("series"), asked.get("image"))
    context = {
        **frame_of_viewer(seen, by),
        "opened": opened,
        "stack": stack,
        "tabs": viewer_tabs(seen, opened.beside),
        "has_others": len(guest_pages.placements_of(by)) > 1,
        "download": _download(seen) if may_download(opened.rights) else "",
        "not_there": not form.is_valid() or stack.is_missing,
    }
    return render(request, "guest/study.html", context, status=422 if context["not_there"] else 200)


def _download(placement: Placement) -> str:
    return f"{reverse('studies:download_choose')}?placement={placement.uuid}"


def _arrived_at(request: HttpRequest) -> GuestLink | None:
    kept = kept_of(request)
    return guest_links.read(kept.link, kept.generation) if kept is not None else None


def _landing(
    request: HttpRequest, link: GuestLink, form: OpenForm | None = None, *, is_again: bool = False
) -> HttpResponse:
    """The page before the press. Each time it is shown it is measured anew whether a press comes too quickly."""
    kept = kept_of(request)
    assert kept is not None  # the link was read by it
    form = form or OpenForm(has_password=bool(link.password))
    context = {
        **sender_of(link),
        "form": form,
        "shown": guest_press.mark(kept, now=clock.now()),
        "until": shown_end(link),
        "openings_left": link.most_openings - link.openings if link.most_openings is not None else None,
        "may_download": link.may_download,
        "is_again": is_again,
    }
    return render(request, "guest/landing.html", context, status=422 if is_again or form.errors else 200)


def _wrong(request: HttpRequest, link: GuestLink, form: OpenForm, refusal: ValidationError) -> HttpResponse:
    """The form again, as long as a try at the password is left."""
    if getattr(refusal, "tries_left", 1) == 0:
        return over(request, guest_links.read(link.uuid))
    form.add_error("password", refusal)
    return _landing(request, link, form)


def _begun(kept: guest_cookie.Kept, placements: frozenset[UUID]) -> HttpResponse:
    """The visit begins: a single study is shown in the viewer at once."""
    single = next(iter(placements)) if len(placements) == 1 else None
    response = redirect("studies:viewer", single) if single else redirect("sharing:guest")
    guest_cookie.write(response, kept.opened())
    return response
