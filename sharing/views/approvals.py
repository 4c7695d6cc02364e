"""Approvals: what waits where a person may approve, the decision, and what was decided."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.actor import Actor
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
    form.check_own_mrns(chosen)
    made = _decided(form, chosen, actor_of(request)) if form.is_valid() else None
    if made is None:
        return _listed(request, "sharing/approvals.html", decided=False, form=form, picked=chosen, status=422)
    is_approved = form.cleaned_data["decision"] == "approve"
    if made.decided:
        sentence = _("%(shares)s approved.") if is_approved else _("%(shares)s declined.")
        messages.success(request, sentence % {"shares": counted(made.decided, "share")})
    for sentence in dict.fromkeys(made.too_late):
        messages.warning(request, sentence)
    return redirect("sharing:approvals")


def _decided(form: ApprovalForm, chosen: Sequence[UUID], by: Actor) -> services.Decisions | None:
    """None where something typed cannot be kept: the form then says so."""
    try:
        return services.decide_shares(
            shares=chosen,
            by=by,
            approve=form.cleaned_data["decision"] == "approve",
            message=form.cleaned_data["message"],
            own_mrns={share: number for share, number in form.own_mrns.items() if share in chosen},
        )
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return None


@page
@require_safe
def decided(request: HttpRequest) -> HttpResponse:
    return _listed(request, "sharing/approvals_decided.html", decided=True)


def _listed(
    request: HttpRequest, template: str, *, decided: bool, status: int = 200, **more: Any
) -> HttpResponse:
    """A page of rows; a URL whose position is not in the list shows the newest, with a sentence."""
    by, wrong = actor_of(request), ""
    form = more.get("form")
    typed = form.own_mrns if form is not None else {}
    try:
        lines = reads.read_approvals(by=by, decided=decided, **cursor(request.GET))
    except (NoSuchCursor, selectors.NoSuchPage):
        lines, wrong, status = reads.read_approvals(by=by, decided=decided), _(NO_SUCH_PAGE), 400
    context = {
        "lines": lines.lines,
        "rows": [(line, typed.get(line.share.uuid, "")) for line in lines.lines],
        "newer": f"?after={lines.newer}" if lines.newer else "",
        "older": f"?before={lines.older}" if lines.older else "",
        "wrong": wrong,
        "section": "shared",
        **more,
    }
    return render(request, template, context, status=status)
