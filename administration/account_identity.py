"""Whose account this is: the platform confirms or declines its name, and says its domain and town."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from audit.requests import actor_of
from worklists import services

SUPERUSERS_ONLY = gettext_lazy("Only superusers of the platform can confirm an account.")


class IdentityForm(forms.Form):
    """What is allowed, and the sentence when it is not, is the service's."""

    domain = forms.CharField(
        label=gettext_lazy("Domain"),
        required=False,
        max_length=253,
        help_text=gettext_lazy(
            "The organisation’s own, such as hospital.example. Leave empty if it has none."
        ),
    )
    town = forms.CharField(label=gettext_lazy("Town"), required=False, max_length=100)
    why = forms.CharField(label=gettext_lazy("Reason, if you decline"), required=False, max_length=300)


def identity_page(request: HttpRequest, page: Any, account: Account) -> HttpResponse:
    """GET shows what is known, POST confirms it or declines the name that was asked for."""
    if not request.user.is_superuser:
        raise PermissionDenied(SUPERUSERS_ONLY)
    form = IdentityForm(request.POST or None, initial={"domain": account.domain, "town": account.town})
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, _decided(request, account, form.cleaned_data))
            return HttpResponseRedirect(page.page_url("change", account.pk))
        except ValidationError as refusal:
            form.add_error(None, refusal)
    context = {
        "title": _("Confirm %(account)s") % {"account": account.name},
        "object": account,
        "form": form,
        "asked": account.name_asked_for,
    }
    answer: HttpResponse = page.render(request, "identity", 422 if form.errors else 200, **context)
    return answer


def _decided(request: HttpRequest, account: Account, filled: dict[str, str]) -> str:
    by = actor_of(request)
    if request.POST.get("decision") == "decline":
        services.decline_account_name(account=account, by=by, why=filled["why"])
        return _("%(account)s keeps its name.") % {"account": account.name}
    asked = request.POST.get("asked", "")
    changed = services.confirm_account(
        account=account, by=by, domain=filled["domain"], town=filled["town"], asked=asked
    )
    return _("%(account)s is confirmed.") % {"account": changed.name}
