"""A person's second factors: the list, setting up, removing, and the page where a factor is required."""

import base64
from collections.abc import Callable
from functools import wraps
from uuid import UUID

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import clear_totp_secret
from allauth.mfa.webauthn.internal.auth import begin_registration
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import confirmed, signed_in
from accounts.forms import AppForm, KeyForm
from accounts.selectors import Factor, demands_on, factors_of
from accounts.services import second_factor
from accounts.views.sign_in import as_text
from audit.requests import actor_of


def by_factor(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Within `confirmed`: a person with a factor has confirmed with it, not with the password before it was set up."""

    @wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        again = [
            way for way in get_authentication_records(request, request.user) if way.get("reauthenticated")
        ]
        if factors_of(request.user).listed and again[-1]["method"] != "mfa":
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return checked


both = require_http_methods(["GET", "HEAD", "POST"])


@signed_in
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    context = {"factors": factors_of(request.user), "demands": demands_on(request.user)}
    return render(request, "accounts/second_factor.html", context)


@signed_in
@require_safe
def required(request: HttpRequest) -> HttpResponse:
    """Every page redirects here after an account's date, or where the platform requires a factor."""
    demands = demands_on(request.user)
    if not demands.factor_is_missing:
        return redirect("accounts:second_factor")
    return render(request, "accounts/second_factor_required.html", {"demands": demands})


@never_cache
@signed_in
@sensitive_post_parameters("code")
@both
@confirmed
def add_app(request: HttpRequest) -> HttpResponse:
    if factors_of(request.user).has_app:
        messages.info(request, _(second_factor.HAS_APP))
        return redirect("accounts:second_factor")
    form = AppForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        codes = second_factor.add_app(
            by=actor_of(request),
            secret=form.secret,
            code=form.cleaned_data["code"],
        )
        clear_totp_secret(request)
        return _set_up(request, codes, _("Your authenticator app is set up."))
    url = get_adapter().build_totp_url(request.user, form.secret)
    context = {"form": form, "url": url, "picture": picture_of(url)}
    return render(request, "accounts/add_app.html", context, status=422 if form.errors else 200)


@never_cache
@signed_in
@both
@confirmed
def add_key(request: HttpRequest) -> HttpResponse:
    """The browser asks the device; its answer is posted here and checked."""
    form = KeyForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            codes = second_factor.add_key(
                by=actor_of(request),
                name=form.cleaned_data["name"],
                credential=form.cleaned_data["credential"],
            )
            return _set_up(request, codes, _("%(name)s is set up.") % {"name": form.cleaned_data["name"]})
        except ValidationError as refusal:
            form.add_error(None, refusal)
    context = {"form": form, "options": as_text(begin_registration(request.user, False))}
    return render(request, "accounts/add_key.html", context, status=422 if form.errors else 200)


@never_cache
@signed_in
@both
@confirmed
@by_factor
def remove_factor(request: HttpRequest, factor: UUID) -> HttpResponse:
    mine = _mine(request, factor)
    is_last = len(factors_of(request.user).listed) == 1
    if request.method == "POST":
        try:
            second_factor.remove_factor(by=actor_of(request), factor=mine.row)
            messages.success(request, _("The %(factor)s was removed.") % {"factor": mine.kind})
        except ValidationError as refusal:
            messages.error(request, refusal.message)
        return redirect("accounts:second_factor")
    return render(request, "accounts/remove_factor.html", {"factor": mine, "is_last": is_last})


@never_cache
@signed_in
@both
@confirmed
@by_factor
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """A page that asks first; the codes are shown only in the answer to the post."""
    if request.method == "POST":
        try:
            codes = second_factor.renew_codes(by=actor_of(request))
            return _set_up(request, codes, _("You have new recovery codes. The old ones no longer work."))
        except ValidationError as refusal:
            messages.error(request, refusal.message)
            return redirect("accounts:second_factor")
    return render(request, "accounts/recovery_codes.html", {"factors": factors_of(request.user)})


def picture_of(url: str) -> str:
    """The QR code for the app, as a data URL."""
    drawn = get_adapter().build_totp_svg(url).encode()
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}"


def _mine(request: HttpRequest, factor: UUID) -> Factor:
    mine = next((listed for listed in factors_of(request.user).listed if listed.uuid == factor), None)
    if mine is None:
        raise Http404
    return mine


def _set_up(request: HttpRequest, codes: list[str], sentence: str) -> HttpResponse:
    """With the recovery codes, where they are new: shown only here."""
    messages.success(request, sentence)
    if not codes:
        return redirect("accounts:second_factor")
    return render(
        request, "accounts/recovery_codes_once.html", {"codes": [f"{c[:4]} {c[4:]}" for c in codes]}
    )
