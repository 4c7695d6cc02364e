"""Sign-in, sign-out and passwords: by invitation only, all of it audited, all mail by the outbox."""

from datetime import timedelta
from functools import partial
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts import mail
from accounts.models import User
from accounts.services import limits, outbox, people, sessions
from audit.actor import Actor
from audit.requests import actor_of, ip_address_of
from common.responses import is_path
from common.text import identity

# A mail with a code is not sent after the code has expired.
NEWS_LIFE = timedelta(days=1)

NOT_THE_PASSWORD = gettext_noop("This is not your current password.")
TOO_MANY_ATTEMPTS = gettext_noop("Too many attempts. Wait a few minutes, then try again.")
SAME_EMAIL = gettext_noop("You already sign in with this address.")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("The email address or password is not right."),
        "enter_current_password": gettext_lazy(NOT_THE_PASSWORD),
        "incorrect_password": gettext_lazy(NOT_THE_PASSWORD),
        "incorrect_code": gettext_lazy("This code is not right."),
        "too_many_login_attempts": gettext_lazy(TOO_MANY_ATTEMPTS),
        "rate_limited": gettext_lazy(TOO_MANY_ATTEMPTS),
        "same_as_current": gettext_lazy(SAME_EMAIL),
        "duplicate_email": gettext_lazy(SAME_EMAIL),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Registration is by invitation only."""
        return False

    # --- Signing in and out -----------------------------------------------------------------------------------

    def is_safe_url(self, url: str) -> bool:
        """Of `next`: where allauth redirects after signing in and after confirming who one is."""
        return is_path(url or "")

    def login(self, request: HttpRequest, user: User) -> None:
        begin = partial(super().login, request, user)
        how = how_signed_in(get_authentication_records(request, user))
        by = Actor.of(user, ip_address_of(request))
        sessions.sign_in(by=by, begin=begin, how=how)
        _count_as_confirmed(request)
        self.email_proved(by)
        self.signed_in(request, by)

    def logout(self, request: HttpRequest) -> None:
        end = partial(super().logout, request)
        sessions.sign_out(by=actor_of(request), end=end)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            email = identity(str(credentials.get("email") or ""))
            sessions.note_limited(email=email, by=actor_of(request))
            raise

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Failed tries are counted for the email alone; allauth's key has the Host header, which the client chooses."""
        return identity(str(credentials.get("email") or ""))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        by = actor_of(request)
        if request.user.is_authenticated:
            # A signed-in person confirms the password before a change of what protects the sign-in.
            sessions.note_wrong_password(by=by)
        else:
            email = identity(str(credentials.get("email") or ""))
            sessions.note_failed_sign_in(email=email, by=by)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        sessions.refuse_inactive(user=user, by=Actor.stranger(ip_address_of(request)))
        return super().respond_user_inactive(request, user)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        confirm = partial(super().confirm_email, request, email_address)
        by = Actor.of(email_address.user, ip_address_of(request))
        confirmed = sessions.confirm_email(by=by, email=email_address.email, confirm=confirm)
        if confirmed:
            self.email_proved(by)
        return confirmed

    @transaction.atomic
    def set_password(self, user: User, password: str) -> None:
        """allauth calls this for a change and for a reset; the name of the page distinguishes them.

        Other browsers are signed out; the browser in which the password was changed stays signed in.
        """
        request = allauth_context.request
        match = request.resolver_match
        reset = match is not None and match.url_name == "account_reset_password_from_key"
        by = Actor.of(user, ip_address_of(request))
        people.set_password(user=user, password=password, reset=reset, by=by)
        others = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
        keys = others.values_list("session_key", flat=True)
        sessions.end_sessions(user=user, sessions=keys, why="new_password", by=by)

    def email_proved(self, by: Actor) -> None:
        """Called at each sign-in and when an email becomes verified; `sharing.adapter` says what then happens."""

    def signed_in(self, request: HttpRequest, by: Actor) -> None:
        """Called at each sign-in, before the page that follows; `sharing.adapter` says what then is shown."""

    # --- Redirects ----------------------------------------------------------------------------------------

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("worklists:profile")

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        return reverse("worklists:profile")

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        """With a second factor it is asked for: a password alone, perhaps a stolen one, removes no factor."""
        methods = super().get_reauthentication_methods(user)
        by_factor = [method for method in methods if method["id"] != "reauthenticate"]
        methods = by_factor or methods
        return [{**method, "description": _(WAYS_TO_CONFIRM[method["id"]])} for method in methods]

    # --- Mail -----------------------------------------------------------------------------------------------

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Rendered at once, since it may hold a link or a code that is not stored elsewhere; the outbox sends it."""
        kind = template_prefix.rpartition("/")[2]
        if "code" in context and context.get("user") is not None:
            limits.renew_code_tries(user=context["user"])
        life = limits.CODE_LIFE if "code" in context else NEWS_LIFE
        outbox.queue_written(
            kind=kind,
            recipient=email,
            message=self._written(kind, template_prefix, email, context),
            good_for=life,
        )

    def _written(self, kind: str, prefix: str, email: str, context: dict[str, Any]) -> mail.Message:
        try:
            return mail.render_mail(f"accounts/mail/{kind}", {"email": email, **context})
        except TemplateDoesNotExist:
            # A mail for which this product has no template.
            letter = self.render_mail(
                prefix, email, {"email": email, "current_site": settings.CIMAR_BASE_URL, **context}
            )
            return mail.Message(letter.subject, letter.body, "")


WAYS_TO_CONFIRM = {
    "reauthenticate": gettext_noop("Use your password"),
    "mfa_reauthenticate": gettext_noop("Use a code from your authenticator app"),
    "mfa_reauthenticate:webauthn": gettext_noop("Use your passkey or security key"),
}
# Stored in events.
FACTOR_WORDS = {
    "totp": "an authenticator app",
    "recovery_codes": "a recovery code",
    "webauthn": "a security key",
}


def _count_as_confirmed(request: HttpRequest) -> None:
    """The password or factor by which a person has just signed in is not asked for again for allauth's five minutes.

    An organisation's sign-in proves neither of them, and is no confirmation.
    """
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {**record, "reauthenticated": True} if record["method"] in ("password", "mfa") else record
        for record in records
    ]


def how_signed_in(records: list[dict[str, Any]]) -> str:
    """allauth's records of one sign-in in words: "a password and an authenticator app"."""
    words = []
    for record in records:
        if record["method"] == "password":
            words.append("a password")
        elif record["method"] == "socialaccount":
            words.append("the organisation's sign-in")
        elif record["method"] == "mfa":
            words.append("a passkey" if record.get("passwordless") else FACTOR_WORDS[record["type"]])
    return " and ".join(dict.fromkeys(words))
