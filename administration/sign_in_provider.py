"""The identity provider with which people of an account sign in: set, changed and removed by superusers."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import mail
from accounts.models import Account, IdentityProvider
from accounts.selectors.providers import domains_of
from audit.requests import actor_of
from worklists import services

SUPERUSERS_ONLY = gettext_lazy("Only superusers of the platform can set where people of an account sign in.")


class ProviderForm(forms.Form):
    """What is allowed, and the sentence when it is not, is the service's."""

    name = forms.CharField(
        label=gettext_lazy("Name of the client secret"),
        max_length=40,
        help_text=gettext_lazy(
            "Such as northgate. The secret itself is in this site’s configuration under this name."
        ),
    )
    issuer = forms.CharField(
        label=gettext_lazy("Issuer"),
        max_length=500,
        help_text=gettext_lazy("The provider’s URL, such as https://login.hospital.example."),
    )
    client_id = forms.CharField(label=gettext_lazy("Client ID"), max_length=255)
    domains = forms.CharField(
        label=gettext_lazy("Domains"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=10_000,
        help_text=gettext_lazy(
            "Of the organisation’s email addresses. The provider vouches for no other address."
        ),
    )


def provider_page(request: HttpRequest, page: Any, account: Account) -> HttpResponse:
    """GET shows the provider, POST sets or removes it."""
    if not request.user.is_superuser:
        raise PermissionDenied(SUPERUSERS_ONLY)
    if "remove" in request.POST:
        services.remove_provider(account=account, by=actor_of(request))
        messages.success(
            request, _("People of %(account)s sign in with their passwords.") % {"account": account}
        )
        return HttpResponseRedirect(page.page_url("change", account.pk))
    provider = IdentityProvider.objects.filter(account=account).first()
    form = ProviderForm(request.POST or None, initial=_initial(provider))
    if request.method == "POST" and form.is_valid() and _saved(request, account, form):
        messages.success(request, _("The sign-in of %(account)s is saved.") % {"account": account})
        return HttpResponseRedirect(page.page_url("provider", account.pk))
    context = {
        "title": _("Sign-in of %(account)s") % {"account": account.name},
        "object": account, "form": form, "provider": provider, **_urls(provider),
    }  # fmt: skip
    answer: HttpResponse = page.render(request, "provider", 422 if form.errors else 200, **context)
    return answer


def _saved(request: HttpRequest, account: Account, form: ProviderForm) -> bool:
    filled = dict(form.cleaned_data)
    filled["domains"] = [domain for domain in re.split(r"[\s,;]+", filled["domains"]) if domain]
    try:
        services.set_provider(account=account, by=actor_of(request), **filled)
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return False
    return True


def _initial(provider: IdentityProvider | None) -> dict[str, str]:
    if provider is None:
        return {}
    return {
        "name": provider.name, "issuer": provider.issuer, "client_id": provider.client_id,
        "domains": "\n".join(domains_of(provider)),
    }  # fmt: skip


def _urls(provider: IdentityProvider | None) -> dict[str, Any]:
    """For the organisation: where its people sign in, and what its provider has to be given."""
    if provider is None:
        return {}
    return {
        "sign_in_url": mail.link(reverse("provider_own", args=[provider.uuid])),
        "redirect_uri": mail.link(reverse("provider_own_back", args=[provider.uuid])),
        "has_secret": provider.name in settings.CIMAR_OIDC_SECRETS,
    }
