"""Approvals: what waits where a person may approve, the decision, and what was decided."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.requests import actor_of
from common.nouns import counted
from sharing import selectors, services
from sharing.forms import NO_SUCH_PAGE, NoSuchCursor, cursor, uuids
from sharing.forms.approval import ApprovalForm
from sharing.services import reads
from sharing.views.common import page


@page
@require_http_methods(["GET", "HEAD", "POST"])
def approvals(request: HttpRequest) -> HttpResponse:
    """`share`, once for each, and the decision; anything that is missing gives the page again with a sentence."""
    if request.method != "POST":
        return _listed(request, "sharing/approvals.html", decided=False, form=ApprovalForm())
    form, chosen = ApprovalForm(request.POST), uuids(request.POST.getlist("share"))
    if not chosen:
        form.add_error(None, _("Select at least one share, then approve or decline."))
    if not form.is_valid():
        return _listed(request, "sharing/approvals.html", decided=False, form=form, picked=chosen, status=422)
    is_approved = form.cleaned_data["decision"] == "approve"
    made = services.decide_shares(
        shares=chosen, by=actor_of(request), approve=is_approved, message=form.cleaned_data["message"]
    )
    if made.decided:
        sentence = _("%(shares)s approved.") if is_approved else _("%(shares)s declined.")
        messages.success(request, sentence % {"shares": counted(made.decided, "share")})
    for sentence in dict.fromkeys(made.too_late):
        messages.warning(request, sentence)
    return redirect("sharing:approvals")


@page
@require_safe
def decided(request: HttpRequest) -> HttpResponse:
    return _listed(request, "sharing/approvals_decided.html", decided=True)


def _listed(
    request: HttpRequest, template: str, *, decided: bool, status: int = 200, **more: Any
) -> HttpResponse:
    """A page of rows; a URL whose position is not in the list shows the newest, with a sentence."""
    by, wrong = actor_of(request), ""
    try:
        lines = reads.read_approvals(by=by, decided=decided, **cursor(request.GET))
    except (NoSuchCursor, selectors.NoSuchPage):
        lines, wrong, status = reads.read_approvals(by=by, decided=decided), _(NO_SUCH_PAGE), 400
    context = {
        "lines": lines.lines,
        "newer": f"?after={lines.newer}" if lines.newer else "",
        "older": f"?before={lines.older}" if lines.older else "",
        "wrong": wrong,
        "section": "shared",
        **more,
    }
    return render(request, template, context, status=status)
