"""Share Studies: the dialog, its Check step, the button."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.services import limits
from audit.requests import actor_of
from sharing import dates, selectors, services
from sharing.forms import Picked, ShareForm, uuids
from sharing.limits import MOST_STUDIES, MOST_TARGETS
from sharing.services import dialog
from sharing.services.dialog import Offer
from sharing.views.common import NO_STUDY_SELECTED, dialog_answer, page, sentence
from sharing.views.dialog import PARTS, Dialog
from sharing.views.report import report_context

NONE_TICKED = "Select at least one study, then choose Share."
CANNOT_SHARE = "These studies cannot be shared together"
NOT_CHOSEN = "You typed a physician’s name but did not choose anyone. Choose a person, or clear the field."


@page
@require_http_methods(["GET", "HEAD", "POST"])
def open_dialog(request: HttpRequest) -> HttpResponse:
    """The dialog for the ticked studies (`placement`, once for each); by POST, since 500 do not fit an address."""
    named = (request.POST if request.method == "POST" else request.GET).getlist("placement")
    if not named:
        return sentence(request, NO_STUDY_SELECTED, NONE_TICKED)
    try:
        offer = dialog.offer(placements=uuids(named), by=actor_of(request))
    except ValidationError as refusal:
        return sentence(request, CANNOT_SHARE, refusal.message)
    ticked = [placement.uuid for placement in offer.placements]
    return Dialog(request, offer, ticked, Picked(), ShareForm()).answer()


@page
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Read back what was typed, search, add and take off; nothing is shared. htmx asks for one region."""
    try:
        shown = _posted(
            request, ShareForm(initial={name: request.POST.get(name, "") for name in ("note", "until")})
        )
    except ValidationError as refusal:
        return sentence(request, CANNOT_SHARE, refusal.message)
    target = request.headers.get("HX-Target", "")
    shown.part = target if target in PARTS else ""
    shown.check()
    return shown.answer()


@page
@require_POST
def share(request: HttpRequest) -> HttpResponse:
    """The button. Its report is the answer; the same press again is answered "already shared"."""
    try:
        shown = _posted(request, ShareForm(request.POST))
    except ValidationError as refusal:
        return sentence(request, CANNOT_SHARE, refusal.message)
    form, picked = shown.form, shown.picked
    _check(request, shown)
    if form.is_valid():
        try:
            report = services.share_studies(
                placements=shown.ticked,
                targets=picked.targets(),
                by=actor_of(request),
                note=form.cleaned_data["note"],
                expires_at=_end(form, shown.offer),
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return dialog_answer(request, "sharing/_report.html", report_context(request, report))
    return shown.answer(status=422)


@page
@require_safe
def physicians(request: HttpRequest) -> HttpResponse:
    """Search as one types: `find`, from `worklist`; on one's own worklist in the directories of each `account`."""
    worklist = uuids([request.GET.get("worklist", "")])
    if not worklist:
        raise services.NothingThere
    accounts = dialog.directory(
        worklist=worklist[0], accounts=uuids(request.GET.getlist("account")), by=actor_of(request)
    )
    find = request.GET.get("find", "")
    hits = selectors.people_like(find, accounts, besides=request.user) if find.strip() else None
    context = {"hits": hits, "find": find, "several_accounts": bool(request.GET.getlist("account"))}
    return render(request, "sharing/_physician_hits.html", context)


def _posted(request: HttpRequest, form: ShareForm) -> Dialog:
    """The dialog as it was sent. One with too many studies still stands, so that nothing typed is lost."""
    ticked = uuids(request.POST.getlist("placement"))
    offer = dialog.offer(placements=ticked[:MOST_STUDIES], by=actor_of(request))
    return Dialog(request, offer, ticked, Picked.of(request.POST), form)


def _check(request: HttpRequest, shown: Dialog) -> None:
    """What no field can say of itself."""
    form, picked = shown.form, shown.picked
    if picked.find.strip():
        form.add_error(None, NOT_CHOSEN)
    addresses, account = len(picked.addresses()[:MOST_TARGETS]), shown.offer.worklist.account_id
    if form.is_valid() and not limits.may_share_with(
        by=actor_of(request), account=account, addresses=addresses
    ):
        form.add_error(None, limits.TOO_MANY_ADDRESSES)


def _end(form: ShareForm, offer: Offer) -> datetime | None:
    until = form.cleaned_data["until"]
    return dates.end_of(until, offer.worklist) if until is not None else None
