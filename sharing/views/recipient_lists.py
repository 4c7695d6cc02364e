"""The pages of saved recipient lists: all that a person may change, and one to be changed or deleted."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.requests import actor_of
from sharing.forms.recipient_list import RecipientListForm, VersionForm
from sharing.services import recipient_lists as services
from sharing.views.common import page


@page
@require_safe
def recipient_lists(request: HttpRequest) -> HttpResponse:
    lists = services.read_recipient_lists(by=actor_of(request))
    return render(request, "sharing/recipient_lists.html", {"lists": lists, "section": "shared"})


@page
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, recipient_list: UUID) -> HttpResponse:
    """Rename the list and take recipients off it; others are added where they are found, in the share dialog."""
    by = actor_of(request)
    form = RecipientListForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        try:
            changed = services.change_recipient_list(
                recipient_list=recipient_list, by=by, **form.cleaned_data
            )
        except ValidationError as refusal:
            form.add_error("name" if refusal.code in ("taken", "long", "empty", "control") else None, refusal)
        else:
            messages.success(request, _("“%(name)s” was changed.") % {"name": changed.name})
            return HttpResponseRedirect(reverse("sharing:recipient_lists"))
    return _form(request, recipient_list, form)


@page
@require_POST
def delete(request: HttpRequest, recipient_list: UUID) -> HttpResponse:
    form, wrong = VersionForm(request.POST), ""
    if form.is_valid():
        try:
            gone = services.remove_recipient_list(
                recipient_list=recipient_list, by=actor_of(request), **form.cleaned_data
            )
        except ValidationError as refusal:
            wrong = refusal.messages[0]
        else:
            messages.success(request, _("“%(name)s” was deleted.") % {"name": gone.name})
            return HttpResponseRedirect(reverse("sharing:recipient_lists"))
    return _form(request, recipient_list, None, wrong=wrong or _(services.CHANGED))


def _form(
    request: HttpRequest, uuid: UUID, form: RecipientListForm | None, *, wrong: str = ""
) -> HttpResponse:
    """The list as it is now, with what was wrong."""
    shown = services.read_recipient_list(recipient_list=uuid, by=actor_of(request))
    keep = request.POST.getlist("keep") if form is not None else None
    context = {
        "list": shown,
        "form": form or RecipientListForm(initial={"name": shown.name}),
        "rows": [(each, keep is None or each.key in keep) for each in shown.recipients.all()],
        "wrong": wrong,
        "section": "shared",
    }
    is_wrong = bool(wrong or (form is not None and form.errors))
    return render(request, "sharing/recipient_list.html", context, status=422 if is_wrong else 200)
