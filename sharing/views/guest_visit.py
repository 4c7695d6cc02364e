"""Every request of a visit that began with *Open images*: its link is asked for anew, and is who acts."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from audit.requests import act_as, ip_address_of
from common.text import without_deceitful
from sharing.guest_cookie import Kept
from sharing.models import GuestLink
from sharing.models.guest_link import State
from sharing.selectors import guest_links
from sharing.selectors.guest_policy import shown_end
from sharing.services import guest_asks, guest_visits

View = Callable[..., HttpResponseBase]


def kept_of(request: HttpRequest) -> Kept | None:
    """What the browser kept of this link, as `sharing.middleware` read it."""
    kept: Kept | None = request.guest  # type: ignore[attr-defined]
    return kept


def begun(request: HttpRequest) -> bool:
    """Whether the link was opened in this browser."""
    kept = kept_of(request)
    return kept is not None and bool(kept.visit)


def visiting(view: View) -> View:
    """Call the view for the visit's link; without a visit the way is to the link's own page, and a link that is over is
    answered with 410.
    """

    @wraps(view)
    def visited(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        kept = kept_of(request)
        if kept is None or not kept.visit:
            return redirect("sharing:guest")
        by = guest_visits.resume(
            link=kept.link, generation=kept.generation, ip_address=ip_address_of(request)
        )
        if by is None:
            return over(request, guest_links.read(kept.link, kept.generation))
        act_as(request, by, visit=kept.visit)
        return view(request, *args, **kwargs)

    return visited


def over(request: HttpRequest, link: GuestLink | None, *, asked: bool = False) -> HttpResponse:
    """410: why the link does not open, and whom to ask; no word of the patient. A replaced link names no one."""
    context: dict[str, object] = {"sentence": _("This link was replaced by another.")}
    if link is not None:
        may_ask = not asked and guest_asks.may_ask(link)
        context = {**sender_of(link), "sentence": why_over(link), "may_ask": may_ask, "asked": asked}
    return render(request, "guest/over.html", context, status=410)


def sender_of(link: GuestLink) -> dict[str, str]:
    """Where a link is from, as a stranger reads it, and whom to ask."""
    account, worklist = link.worklist.account, link.worklist
    if account is None:
        return {"account": "", "worklist": without_deceitful(link.made_by.name), "contact": ""}
    return {
        "account": without_deceitful(account.name),
        "worklist": without_deceitful(worklist.name),
        "contact": without_deceitful(account.contact),
    }


def why_over(link: GuestLink) -> str:
    """The reason in a sentence; a link that ended by itself says the same before and after that was noted."""
    state, reason = link.state, link.end_reason
    if state is State.USED_UP:
        return _("This link has been opened as often as it may be.")
    if state is State.LOCKED or reason == GuestLink.EndReason.PASSWORD:
        return _("A wrong password was entered too often, so this link no longer opens.")
    if state is State.EXPIRED or reason == GuestLink.EndReason.EXPIRED:
        return _("This link was valid until %(until)s.") % {"until": shown_end(link)}
    if reason == GuestLink.EndReason.ENDED:
        return _("This link was ended by the people who sent it.")
    return _("The images of this link are no longer available.")
