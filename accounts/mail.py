"""The text of a mail, rendered from its templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.template import Context, engines
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account
from common.person_names import unlinked
from common.text import without_deceitful

NO_LONGER_ACTIVE = gettext_noop("The person is no longer active.")


class NothingToSend(Exception):
    """The reason for the mail no longer holds; the argument gives it in a few words without names."""


# The longest name of an organisation in the From line of a mail.
MOST_SIGNS = 60
# What a mail program may make a link of, and the codes that are typed from a mail.
LINKS_AND_EMAILS = frozenset(
    {"link", "viewer", "profile", "password_reset_url", "email", "from_email", "to_email", "code"}
)


@dataclass(frozen=True)
class Message:
    """A mail ready to send."""

    subject: str
    text: str
    html: str
    # The organisation that "via CIMAR" says it comes from; empty where the site itself writes.
    organisation: str = ""


def render_mail(folder: str, context: Mapping[str, Any], *, organisation: str = "") -> Message:
    """Render `<folder>/subject.txt`, `body.txt` and `body.html`, such as of `accounts/mail/registration_code`.

    Names come from people: characters that turn the writing direction are removed from all three, and line breaks from
    the subject. No text is a link that is not meant to be, whatever it holds.
    """
    texts = {
        key: unlinked(value) if isinstance(value, str) and key not in LINKS_AND_EMAILS else value
        for key, value in context.items()
    }
    values = {"base_url": settings.CIMAR_BASE_URL, **texts}
    subject = " ".join(_plain(f"{folder}/subject.txt", values).split())
    text = _plain(f"{folder}/body.txt", values).strip() + "\n"
    html = render_to_string(f"{folder}/body.html", values).strip() + "\n"
    return Message(
        subject=without_deceitful(subject)[:300],
        text=without_deceitful(text),
        html=without_deceitful(html),
        organisation=organisation,
    )


def from_line(organisation: str) -> str:
    """The From line of a mail: always the site's own address, with the organisation's name before the site's name.

    The address stays, so that the mail server that sends may use it, and there is no Reply-To (see ADR 55). The name is
    one that the platform has confirmed, without a link; whatever it holds is quoted or encoded, never a header.
    """
    if not organisation:
        return str(settings.DEFAULT_FROM_EMAIL)
    site, email = parseaddr(settings.DEFAULT_FROM_EMAIL)
    named = {"organisation": unlinked(organisation)[:MOST_SIGNS], "site": site or "CIMAR"}
    return formataddr((without_deceitful(_("%(organisation)s via %(site)s") % named), email))


def organisation_of(account: Account | None) -> str:
    """For `Message.organisation`: a name that the platform has confirmed as the account's, or none."""
    return account.name if account is not None and account.name_confirmed_at is not None else ""


def link(path: str) -> str:
    """The full URL of a page, for mails."""
    return f"{settings.CIMAR_BASE_URL}{path}"


def _plain(name: str, values: Mapping[str, Any]) -> str:
    """Plain text is not HTML: an ampersand in a name is not escaped."""
    # Django's own backend has it.
    template = engines["django"].engine.get_template(name)  # type: ignore[attr-defined]
    text: str = template.render(Context(dict(values), autoescape=False))
    return text
