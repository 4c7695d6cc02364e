"""How allauth acts for us: by invitation only, every coming and going audited, all mail by the outbox."""

import logging
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context as allauth_context
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.urls import reverse

from accounts import mail
from accounts.models import User
from accounts.services import outbox, people, sessions
from sharing.services import claim_promises

log = logging.getLogger(__name__)

# A code and a reset link are of no use later than they are good.
CODE_LIFE = timedelta(minutes=15)
LINK_LIFE = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
NEWS_LIFE = timedelta(days=1)


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People come by invitation only."""
        return False

    # --- Coming and going -----------------------------------------------------------------------------------

    def login(self, request: HttpRequest, user: User) -> None:
        begin = partial(super().login, request, user)
        sessions.sign_in(user=user, begin=begin, address=self.get_client_ip(request))
        self._claim(user)

    def logout(self, request: HttpRequest) -> None:
        end = partial(super().logout, request)
        sessions.sign_out(user=request.user, end=end, address=self.get_client_ip(request))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        email = str(credentials.get("email") or "").lower()
        sessions.note_failed_sign_in(email=email, address=self.get_client_ip(request))

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        sessions.refuse_inactive(user=user, address=self.get_client_ip(request))
        return super().respond_user_inactive(request, user)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        confirm = partial(super().confirm_email, request, email_address)
        user = email_address.user
        confirmed = sessions.confirm_address(
            user=user, email=email_address.email, confirm=confirm, address=self.get_client_ip(request)
        )
        if confirmed:
            self._claim(user)
        return confirmed

    def set_password(self, user: User, password: str) -> None:
        """Both the change and the reset end here; the page they come from tells them apart."""
        request = allauth_context.request
        match = request.resolver_match
        reset = match is not None and match.url_name == "account_reset_password_from_key"
        people.set_password(user=user, password=password, reset=reset, address=self.get_client_ip(request))

    @staticmethod
    def _claim(user: User) -> None:
        """A promise that cannot be claimed now must not lock anybody out: the next sign-in tries again."""
        try:
            claim_promises(user=user)
        except DatabaseError as error:
            log.error("the promises to user %s were not claimed: %s", user.pk, type(error).__name__)

    # --- Where links and redirects lead ---------------------------------------------------------------------

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Our own address, whatever host name the request came with."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return mail.link(path.replace("UID-KEY", quote(key)))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:profile")

    # --- Mail -----------------------------------------------------------------------------------------------

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Written here and now, since it may hold a link or a code that nobody keeps; the outbox sends it."""
        kind = template_prefix.rpartition("/")[2]
        life = CODE_LIFE if "code" in context else LINK_LIFE if "password_reset_url" in context else NEWS_LIFE
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
            # A mail we have no words of our own for.
            letter = self.render_mail(
                prefix, email, {"email": email, "current_site": settings.CIMAR_BASE_URL, **context}
            )
            return mail.Message(letter.subject, letter.body, "")
