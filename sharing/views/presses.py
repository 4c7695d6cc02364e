"""A press taken back: undone right after Share Studies, or withdrawn later, with what ends first; and its receipt."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.requests import actor_of
from common import formats
from common.nouns import counted
from common.responses import gone
from sharing import selectors, services
from sharing.selectors.receipts import Receipt
from sharing.services import previews, reads
from sharing.views.common import back, dialog_answer, leave, page
from sharing.views.consequences import what_follows
from sharing.views.ends import already_ended, ended

# A press may have 10,000 shares: so many are listed, the others are a number.
MOST_LISTED = 100


@page
@require_POST
def undo(request: HttpRequest, press: UUID) -> HttpResponse:
    """What cannot be undone any more is answered with what withdrawing it would end."""
    to = back(request, reverse("studies:list"))
    try:
        undone = services.undo_press(press=press, by=actor_of(request))
    except services.TooLate as late:
        return _previewed(request, press, to, late=late.message, status=422)
    messages.success(request, _undone(undone))
    return leave(request, to)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, press: UUID) -> HttpResponse:
    """GET says in numbers what ends, POST ends it and leads to the receipt."""
    to = back(request, reverse("sharing:shared_by_me"))
    if request.method == "POST":
        withdrawn = services.withdraw_press(press=press, by=actor_of(request))
        messages.success(request, ended(withdrawn))
        if withdrawn.kept:
            sentence = _("You may not end %(shares)s of what was shared at the same time.")
            messages.warning(request, sentence % {"shares": counted(withdrawn.kept, "share")})
        return leave(request, reverse("sharing:receipt", args=[press]))
    return _previewed(request, press, to)


@page
@require_safe
def receipt(request: HttpRequest, press: UUID) -> HttpResponse:
    """What was shared with whom, when it ended, and who read it in between; made to be printed."""
    shown = reads.read_receipt(press=press, by=actor_of(request))
    back_here = urlencode({"back": request.path})
    context = {
        "receipt": shown,
        "lines": shown.lines,
        "facts": _facts(shown),
        "outside": any(line.is_outside for line in shown.lines),
        "more": shown.shares - len(shown.lines),
        "withdraw": f"{reverse('sharing:withdraw_press', args=[press])}?{back_here}"
        if shown.standing
        else "",
    }
    return render(request, "sharing/receipt.html", context)


def _facts(shown: Receipt) -> list[tuple[str, str]]:
    first = shown.first
    state = _("%(standing)s of %(shares)s not ended") % {"standing": shown.standing, "shares": shown.shares}
    return [
        (_("Shared by"), first.shared_by.name),
        (_("From"), first.from_worklist.label),
        (_("Shared"), formats.moment(first.shared_at)),
        (_("Shares"), state if shown.standing else _("%(shares)s, all ended") % {"shares": shown.shares}),
        *([(_("Note"), first.note)] if first.note else []),
        *([(_("Not yours to end"), counted(shown.kept, "share"))] if shown.kept else []),
        (_("As of"), formats.moment(shown.at)),
    ]


def _previewed(
    request: HttpRequest, press: UUID, to: str, *, late: str = "", status: int = 200
) -> HttpResponse:
    by = actor_of(request)
    shares, preview, kept = previews.preview_press(press=press, by=by)
    if not preview.shares:
        return gone(request, already_ended(len(shares)))
    ending = selectors.ending_shares(shares, by, staying=preview.staying)
    staying = selectors.ending_shares(kept, by, staying=()) if kept else []
    context = {
        "press": press,
        "late": late,
        "preview": preview,
        "shares": shares,
        "ending": ending[:MOST_LISTED],
        "more": max(len(ending) - MOST_LISTED, 0),
        "kept": staying[:MOST_LISTED],
        "more_kept": max(len(staying) - MOST_LISTED, 0),
        "consequences": what_follows(preview),
        "back": to,
        "page_title": _("Withdraw what was shared"),
    }
    return dialog_answer(request, "sharing/_withdraw_press.html", context, status=status)


def _undone(undone: services.TakenBack) -> str:
    if not undone.ended:
        return _("Nothing was left to undo: these shares had already ended.")
    sentence = _("Undone: %(shares)s ended, and no email about sharing was sent.")
    return sentence % {"shares": counted(undone.ended, "share")}
