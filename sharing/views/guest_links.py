"""Guest links: the dialog that makes one, the lists, extending and ending."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.requests import actor_of
from common.responses import gone
from sharing import selectors, services
from sharing.forms import (
    NO_SUCH_PAGE,
    EndForm,
    GenerationForm,
    GuestLinkForm,
    NoSuchCursor,
    cursor,
    press_of,
    sealed_press,
    uuids,
)
from sharing.guest_mail import url_of
from sharing.models import GuestLink
from sharing.selectors.guest_link_rows import sees_everyones
from sharing.selectors.guest_links import placements_of
from sharing.selectors.guest_policy import shown_end
from sharing.selectors.shlinks import shlink_of
from sharing.services import guest_link_reads, guest_link_urls
from sharing.services.guest_links import OVER
from sharing.views.common import NO_STUDY_SELECTED, back, dialog_answer, leave, page, sentence, studies_page
from studies.views.study_header import placement_or_404, study_frame
from worklists import code_card

MAKE = gettext_noop("Make a guest link")
NO_LINK = gettext_noop("No guest link can be made of these studies")
NONE_TICKED = gettext_noop("Select the studies of one patient, then choose Guest link.")

both = require_http_methods(["GET", "HEAD", "POST"])


@page
@both
def new(request: HttpRequest) -> HttpResponse:
    """The form; nothing is made. By POST as well, since the list sends its ticked studies so."""
    return _form(request, GuestLinkForm())


@page
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """The URL is shown in the answer to the post alone."""
    form = GuestLinkForm(request.POST)
    placements = uuids(request.POST.getlist("placement"))
    if placements and form.is_valid():
        try:
            link = services.make_guest_link(
                placements=placements,
                by=actor_of(request),
                uuid=press_of(request.POST, request.user.pk),
                **form.given(),
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return _made(request, link, is_emailed=bool(link.recipient_email))
    return _form(request, form)


@page
@require_safe
def guest_links(request: HttpRequest) -> HttpResponse:
    """The person's own links, or with `everyones` all on the worklists where they may see them."""
    by, everyones = actor_of(request), "everyones" in request.GET
    wrong = ""
    try:
        shown = guest_link_reads.read_guest_links(by=by, everyones=everyones, **cursor(request.GET))
    except (NoSuchCursor, selectors.NoSuchPage):
        shown, wrong = guest_link_reads.read_guest_links(by=by, everyones=everyones), _(NO_SUCH_PAGE)
    kept = "everyones=1&" if everyones else ""
    context = {
        "rows": shown.lines,
        "newer": f"?{kept}after={shown.newer}" if shown.newer else "",
        "older": f"?{kept}before={shown.older}" if shown.older else "",
        "wrong": wrong,
        "everyones": everyones,
        "may_see_everyones": everyones or sees_everyones(by),
        "section": "shared",
        "here": request.get_full_path(),
    }
    return render(request, "sharing/guest_links.html", context, status=400 if wrong else 200)


@page
@require_safe
def of_study(request: HttpRequest, placement: UUID) -> HttpResponse:
    """The links that show one study from this worklist, or did."""
    shown_at, by = placement_or_404(request, placement), actor_of(request)
    frame = study_frame(by, shown_at, "links")
    rows = guest_link_reads.read_links_of_study(placement=shown_at, by=by)
    context = {**frame, "rows": rows, "here": request.get_full_path()}
    return render(request, "sharing/guest_links_of_study.html", context)


@page
@both
def extend(request: HttpRequest, link: UUID) -> HttpResponse:
    """GET shows the last day that the link has; POST gives it another."""
    to = back(request, reverse("sharing:guest_links"))
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            until = form.cleaned_data["until"]
            changed = services.extend_guest_link(link=link, expires_at=until, by=actor_of(request))
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(
                request, _("The guest link is valid until %(day)s.") % {"day": shown_end(changed)}
            )
            return leave(request, to)
    return _about(request, link, "sharing/_extend_link.html", _("Change the last day"), form)


@page
@both
def new_url(request: HttpRequest, link: UUID) -> HttpResponse:
    """GET says what stops working; the answer to the POST alone shows the URL."""
    form, to = GenerationForm(request.POST or None), back(request, reverse("sharing:guest_links"))
    try:
        if request.method == "POST" and form.is_valid():
            renewed = services.renew_guest_link(link=link, by=actor_of(request), **form.cleaned_data)
            return _made(request, renewed, to, is_emailed=form.cleaned_data["mail"])
        row = guest_link_urls.preview_new_url(link=link, by=actor_of(request))
    except ValidationError as refusal:
        return gone(request, refusal.messages[0])
    context = {"row": row, "link": row.link, "back": to, "page_title": _("Make a new URL")}
    return dialog_answer(request, "sharing/_renew_link.html", context)


@page
@both
def end(request: HttpRequest, link: UUID) -> HttpResponse:
    """GET says what ends, POST ends it."""
    to = back(request, reverse("sharing:guest_links"))
    if request.method == "POST":
        try:
            services.end_guest_link(link=link, by=actor_of(request))
        except ValidationError:
            messages.info(request, _(OVER))
        else:
            messages.success(request, _("The guest link has ended. No one can open it any more."))
        return leave(request, to)
    return _about(request, link, "sharing/_end_link.html", _("End the guest link"))


def _form(request: HttpRequest, form: GuestLinkForm) -> HttpResponse:
    """The dialog with the studies beside; a sentence where no link can be made of them."""
    named = uuids((request.POST if request.method == "POST" else request.GET).getlist("placement"))
    if not named:
        return sentence(request, _(NO_STUDY_SELECTED), _(NONE_TICKED))
    try:
        offer = guest_link_reads.offer_guest_link(placements=named, by=actor_of(request))
    except ValidationError as refusal:
        return sentence(request, _(NO_LINK), refusal.messages[0])
    form.bound_by(offer.policy)
    context = {
        "offer": offer,
        "form": form,
        "sealed_press": sealed_press(uuid4(), request.user.pk),
        "back": studies_page(request, offer.worklist),
        "page_title": _(MAKE),
    }
    return dialog_answer(request, "sharing/_guest_link.html", context, status=422 if form.errors else 200)


def _made(request: HttpRequest, link: GuestLink, to: str = "", *, is_emailed: bool) -> HttpResponse:
    """The URL as text and as a code; of a link that has a new URL, `to` leads back."""
    url = url_of(link)
    context = {
        "link": link,
        "placements": placements_of(link),
        "url": url,
        "picture": code_card.qr(url),
        "shlink": shlink_of(link),
        "until": shown_end(link),
        "is_emailed": is_emailed,
        "back": to or studies_page(request, link.worklist),
        "page_title": _("The guest link"),
    }
    response = dialog_answer(request, "sharing/_guest_link_made.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _about(
    request: HttpRequest, link: UUID, template: str, title: str, form: EndForm | None = None
) -> HttpResponse:
    """A dialog about a link that has not ended."""
    try:
        row, policy = guest_link_reads.preview_guest_link(link=link, by=actor_of(request))
    except ValidationError:
        return gone(request, _(OVER))
    if form is not None:
        form.initial["until"] = policy.last_day(row.link.expires_at)
        form.bound_by(policy)
    to = back(request, reverse("sharing:guest_links"))
    context = {"row": row, "link": row.link, "form": form, "back": to, "page_title": title}
    status = 422 if form is not None and form.errors else 200
    return dialog_answer(request, template, context, status=status)
