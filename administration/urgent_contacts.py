"""The contacts of a worklist for urgent studies, in their order."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from administration.change import Refusal
from administration.worklist_tabs import render, url_of
from audit.requests import actor_of
from common.email_lists import emails_in
from worklists import services
from worklists.models import Worklist
from worklists.models.worklist import LONGEST_WAIT, SHORTEST_WAIT
from worklists.selectors.contacts import contacts_in_order


class UrgentContactsForm(forms.Form):
    """Who may be a contact is the service's to say."""

    emails = forms.CharField(
        label=gettext_lazy("Contacts"),
        required=False,
        widget=forms.Textarea({"rows": 4, "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Email addresses of people who see the studies of this worklist: one on each line, the first contact first."
        ),
    )
    wait = forms.IntegerField(
        label=gettext_lazy("Minutes before the next contact"),
        min_value=SHORTEST_WAIT,
        max_value=LONGEST_WAIT,
        help_text=gettext_lazy("How long each contact has, before the next one is notified."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def urgent_page(request: HttpRequest, page: Any, worklist: Worklist) -> HttpResponse:
    """Who is notified, and after how long, when an urgent study is not opened in time."""
    if request.method != "POST":
        return _page(request, page, worklist, UrgentContactsForm(initial=_now(worklist)))
    form = UrgentContactsForm(request.POST)
    if not form.is_valid():
        return _page(request, page, worklist, form, 422)
    try:
        changed = services.set_urgent_contacts(
            worklist=worklist,
            emails=emails_in(form.cleaned_data["emails"]),
            wait=form.cleaned_data["wait"],
            by=actor_of(request),
        )
    except (ValidationError, PermissionDenied) as cause:
        refusal = Refusal(cause)
        form.add_error(None, refusal.error)
        return refusal.answer(_page(request, page, worklist, form))
    done = _("The contacts were saved.") if changed else _("The contacts are as they were.")
    messages.success(request, done)
    return HttpResponseRedirect(url_of("urgent", worklist.pk))


def _now(worklist: Worklist) -> dict[str, Any]:
    emails = [contact.user.email for contact in contacts_in_order(worklist)]
    return {"emails": "\n".join(emails), "wait": worklist.urgent_wait}


def _page(
    request: HttpRequest, page: Any, worklist: Worklist, form: UrgentContactsForm, status: int = 200
) -> HttpResponse:
    return render(
        request, page, worklist, "urgent", status=status,
        title=worklist.name, kicker=_("Worklist"), current="urgent", form=form,
        contacts=contacts_in_order(worklist),
    )  # fmt: skip
