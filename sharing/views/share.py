"""Share Studies: the dialog, its Check step, the button."""

from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.requests import actor_of
from sharing import selectors, services
from sharing.forms import Picked, ShareForm, press_of, uuids
from sharing.limits import MOST_STUDIES
from sharing.services import dialog
from sharing.views.code_link import scanned_code
from sharing.views.common import NO_STUDY_SELECTED, dialog_answer, page, sentence
from sharing.views.dialog import NOT_CHOSEN, NOT_CHOSEN_CODE, PARTS, Dialog
from sharing.views.report import WHAT_WAS_SHARED, press_counts, report_context
from sharing.views.several import by_worklist

NONE_TICKED = gettext_noop("Select at least one study, then choose Share.")
# What the Check step keeps as it was typed.
FIELDS = ("note", "until", "urgent", "open_by")
CANNOT_SHARE = gettext_noop("These studies cannot be shared together")


@page
@require_http_methods(["GET", "HEAD", "POST"])
def open_dialog(request: HttpRequest) -> HttpResponse:
    """The dialog for the ticked studies (`placement`, once for each); by POST, since 500 do not fit a URL."""
    named = (request.POST if request.method == "POST" else request.GET).getlist("placement")
    if not named:
        return sentence(request, _(NO_STUDY_SELECTED), _(NONE_TICKED))
    try:
        offer = dialog.offer(placements=uuids(named), by=actor_of(request))
    except dialog.SeveralWorklists as several:
        return by_worklist(request, several)
    except ValidationError as refusal:
        return sentence(request, _(CANNOT_SHARE), refusal.message)
    ticked = [placement.uuid for placement in offer.placements]
    return Dialog(request, offer, ticked, Picked(new_codes=scanned_code(request)), ShareForm()).answer()


@page
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Read back what was typed, search, add and remove; nothing is shared. htmx asks for one region."""
    try:
        shown = _posted(request, ShareForm(initial={name: request.POST.get(name, "") for name in FIELDS}))
    except ValidationError as refusal:
        return sentence(request, _(CANNOT_SHARE), refusal.message)
    target = request.headers.get("HX-Target", "")
    shown.part = target if target in PARTS else ""
    if request.POST.get("step") == "last":
        shown.repeat_last()
    shown.lists.pick(shown.picked)
    shown.check()
    if request.POST.get("step") == "save_list":
        shown.lists.keep(shown.picked)
    return shown.answer(status=422 if shown.lists.error else 200)


@page
@require_POST
def share(request: HttpRequest) -> HttpResponse:
    """The button; its report is the answer. What was typed and not read back is read back, and nothing is shared."""
    form, picked = ShareForm(request.POST), Picked.of(request.POST)
    if picked.find.strip():
        form.add_error(None, ValidationError(_(NOT_CHOSEN), code=NOT_CHOSEN_CODE))
    if form.is_valid() and not picked.has_unchecked:
        try:
            report = services.share_studies(
                placements=uuids(request.POST.getlist("placement")),
                targets=picked.targets(),
                by=actor_of(request),
                **form.given(),
                press=press_of(request.POST, request.user.pk),
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return _reported(request, report, form)
    try:
        shown = _posted(request, form)
        if picked.has_unchecked:
            shown.stop_to_check()
        return shown.answer(status=422)
    except ValidationError as refusal:
        return sentence(request, _(CANNOT_SHARE), refusal.message)


@page
@require_safe
def pressed(request: HttpRequest, press: UUID) -> HttpResponse:
    """What became of a press whose answer did not arrive: the shares it made, or 204 while there is none."""
    made = selectors.made_in_press(actor_of(request), press)
    if made is None:
        return HttpResponse(status=204)
    context = {
        "counts": press_counts(made),
        "page_title": _(WHAT_WAS_SHARED),
        "undo_seconds": settings.CIMAR_UNDO_SECONDS,
        "press": press,
        "close": reverse("studies:list"),
    }
    return dialog_answer(request, "sharing/_pressed.html", context)


@page
@require_safe
def physicians(request: HttpRequest) -> HttpResponse:
    """Search while typing: `find`, from `worklist`; on a personal worklist in the directories of each `account`."""
    worklist = uuids([request.GET.get("worklist", "")])
    if not worklist:
        raise services.NothingThere
    accounts = dialog.directory(
        worklist=worklist[0], accounts=uuids(request.GET.getlist("account")), by=actor_of(request)
    )
    find = request.GET.get("find", "")
    hits = dialog.find_people(find=find, accounts=accounts, by=actor_of(request))
    context = {"hits": hits, "find": find, "several_accounts": bool(request.GET.getlist("account"))}
    return render(request, "sharing/_physician_hits.html", context)


def _reported(request: HttpRequest, report: services.ShareReport, form: ShareForm) -> HttpResponse:
    filled = form.cleaned_data
    context = report_context(
        request, report, until=filled["until"], note=filled["note"], open_by=filled["deadline"]
    )
    return dialog_answer(request, "sharing/_report.html", context)


def _posted(request: HttpRequest, form: ShareForm) -> Dialog:
    """The dialog as it was sent. With too many studies it is shown as well, so that nothing typed is lost."""
    ticked = uuids(request.POST.getlist("placement"))
    offer = dialog.offer(placements=ticked[:MOST_STUDIES], by=actor_of(request))
    return Dialog(request, offer, ticked, Picked.of(request.POST), form)
