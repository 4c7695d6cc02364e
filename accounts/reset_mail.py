"""The mail with the link to choose a new password, written when its turn comes: only then is the email looked up.

So the page that asks for it does the same work, and answers after the same time, for a registered email and any other.
"""

from urllib.parse import quote

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.mail import Message, NothingToSend, link, render_mail
from accounts.models import OutboxMail
from accounts.selectors import user_with_email


def password_reset_key(mail: OutboxMail) -> Message:
    user = user_with_email(mail.recipient)
    if user is None or not user.is_active:
        raise NothingToSend(_("No one signs in with this email."))
    context = {
        "email": mail.recipient,
        "password_reset_url": reset_link(
            f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
        ),
    }
    return render_mail("accounts/mail/password_reset_key", context)


def reset_link(key: str) -> str:
    """A URL of CIMAR_BASE_URL, not of the host name in a request."""
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
    return link(path.replace("UID-KEY", quote(key)))
