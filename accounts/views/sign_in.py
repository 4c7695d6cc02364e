"""Beside the sign-in page: the second factor, a passkey, and the redirect from the administration's sign-in."""

import json
from typing import Any

from allauth.account import views as allauth_views
from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.core.internal import ratelimit
from allauth.mfa.base.views import AuthenticateView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_authentication
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import FOR_ADMINISTRATORS
from accounts.forms import NOT_RIGHT, PasskeyForm
from accounts.models import User
from accounts.selectors.providers import working_providers
from accounts.services import people, second_factor, sessions
from accounts.services.registration import NO_TRY_LEFT
from audit.requests import actor_of
from common.responses import is_path

NOT_THIS_PASSKEY = gettext_noop(
    "We do not know this passkey. Sign in another way, then set it up on your profile."
)


@require_safe
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """A signed-in person who is redirected here has no access; others go to the sign-in page."""
    if request.user.is_authenticated:
        raise PermissionDenied(_(FOR_ADMINISTRATORS))
    wanted = request.GET.get("next", "")
    return redirect_to_login(wanted if is_path(wanted) else reverse("admin:index"), reverse("account_login"))


def as_text(options: dict[str, Any]) -> str:
    """The options for the device, for the script."""
    return json.dumps(options, cls=DjangoJSONEncoder)


class SignIn(allauth_views.LoginView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Whether any account has a provider of its own; the page does not show which."""
        return {**super().get_context_data(**kwargs), "organisations": working_providers().exists()}


class SecondFactor(AuthenticateView):
    """After the password: a code, or a security key."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        options = context["js_data"]["request_options"]
        has_key = bool(options["publicKey"].get("allowCredentials"))
        return {**context, "options": as_text(options), "has_key": has_key}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if used(request, self.form, user=self.stage.login.user):
            return self.stage.exit()
        return self.form_invalid(self.form)


class SecondFactorAgain(ReauthenticateView):
    """Before a change of what protects the sign-in."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        if used(request, form, user=request.user):
            # allauth's own method would mark the code as used a second time.
            return super(ReauthenticateView, self).form_valid(form)
        return self.form_invalid(form)


class KeyAgain(ReauthenticateWebAuthnView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return {**context, "form": self.get_form(), "options": as_text(context["js_data"]["request_options"])}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        if used(request, form, user=request.user):
            return super(ReauthenticateWebAuthnView, self).form_valid(form)
        messages.error(request, _(NOT_RIGHT))
        return redirect(request.get_full_path())


class ForgottenPassword(allauth_views.PasswordResetView):
    """Whether the email is registered is found out when the mail is written, not while the person waits."""

    def form_valid(self, form: Form) -> HttpResponse:
        email = form.cleaned_data["email"]
        limited: HttpResponse | None = ratelimit.consume_or_429(
            self.request, app="allauth.account", action="reset_password", key=email
        )
        if limited is not None:
            return limited
        people.ask_for_reset(email=email)
        return redirect(self.get_success_url())


class ConfirmEmail(allauth_views.ConfirmEmailVerificationCodeView):
    """The code that was mailed to prove an email."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A try is counted before the code is compared, so that posts at the same time share the tries."""
        person = self._process.user
        if self._action == "verify" and person is not None and not people.try_mailed_code(user=person):
            self._process.abort()
            messages.error(request, _(NO_TRY_LEFT))
            return redirect("account_login")
        return super().post(request, *args, **kwargs)


def used(request: HttpRequest, form: Form, *, user: User) -> bool:
    """Whether the code or answer is the person's; it is recorded in both cases."""

    def attempt() -> Authenticator | None:
        if not form.is_valid():
            if any(form.has_error(name, "too_many_login_attempts") for name in form.fields):
                raise second_factor.TooManyTries
            return None
        return getattr(form, "authenticator", None) or form.cleaned_data["credential"]

    code = request.POST.get("code", "")
    right = second_factor.use(user=user, attempt=attempt, mark=form.save, by=actor_of(request), code=code)
    if not right and form.is_valid():
        form.add_error("code", _("This code has been used. Wait for the next one."))
    return right


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@ratelimit.decorator(app="allauth.mfa", action="webauthn_login")
def passkey(request: HttpRequest) -> HttpResponse:
    """The script asks for a challenge, the device answers it, and the answer is posted."""
    if request.user.is_authenticated:
        return redirect("home")
    if request.method != "POST":
        return JsonResponse({"request_options": begin_authentication()})
    form = PasskeyForm(request.POST)
    if not form.is_valid():
        sessions.note_failed_sign_in(email="", why="passkey", by=actor_of(request))
        messages.error(request, _(NOT_THIS_PASSKEY))
        return redirect("account_login")
    key = form.cleaned_data["credential"]
    second_factor.use(user=key.user, attempt=lambda: key, mark=form.save, by=actor_of(request))
    return perform_login(request, Login(user=key.user, redirect_url=get_next_redirect_url(request)))


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """allauth's answer when its limits are reached."""
    match = request.resolver_match
    if match is not None and match.view_name in ("account_login", "mfa_login_webauthn"):
        sessions.note_limited(email="", by=actor_of(request))
    return render(request, "429.html", status=429)
