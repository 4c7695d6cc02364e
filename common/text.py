"""Text: which characters are removed from it, and how two texts are compared. It imports no app.

`identity` decides whether two emails, or two names of accounts, worklists or roles, are the same (`common.names` stores
it; `identity_of_code` is its stricter form for share codes). For finding patients there is `common.patient_names`.
"""

import re
import unicodedata
from collections.abc import Iterable
from uuid import UUID

import idna
from django.core.exceptions import ValidationError
from django.db.models import F, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

MOST_REASON = 500
# Where it is shown: `gettext(NOT_AN_EMAIL)`.
PASSWORD_HELP = gettext_noop(
    "Use at least 10 characters. "
    "Do not use a common password, digits only, or anything like your name or email address."
)
NOT_AN_EMAIL = gettext_noop("Enter an email address, such as name@example.org.")

# Invisible characters, most of which turn the writing direction of the text around them: a name that contains such a
# character does not read as it is stored, and can change the sentence around it.
DECEITFUL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_WITHOUT_DECEITFUL = dict.fromkeys(map(ord, DECEITFUL))
# Characters beside the format characters that are not drawn: Unicode's Default_Ignorable_Code_Point.
_NOT_DRAWN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# A letter of Braille without a dot: drawn as a space.
_BLANK = "\u2800"


def without_deceitful(text: str) -> str:
    """The text without the deceitful characters only: right-to-left letters stay."""
    return text.translate(_WITHOUT_DECEITFUL)


def one_line(value: object) -> str:
    """One line of text for a reader: no control, line-breaking or deceitful characters; empty for other types."""
    text = without_deceitful(str(value)) if isinstance(value, str | int) else ""
    kept = (" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text)
    return " ".join("".join(kept).split())


def tidy_text(text: str, *, what: str, longest: int, may_be_empty: bool = False) -> str:
    """Typed text with its spaces tidied; raises ValidationError where it cannot be kept. `what` begins the sentence."""
    if any(_is_control(sign) and not sign.isspace() for sign in text) or not DECEITFUL.isdisjoint(text):
        sentence = _("%(what)s may not contain invisible control characters.")
        raise ValidationError(sentence % {"what": what}, code="control")
    tidied = " ".join(text.split())
    if not tidied and not may_be_empty:
        raise ValidationError(_("%(what)s may not be empty.") % {"what": what}, code="empty")
    if len(tidied) > longest:
        sentence = _("%(what)s may have %(longest)s characters at most.")
        raise ValidationError(sentence % {"what": what, "longest": longest}, code="long")
    return tidied


def reason_of(why: str) -> str:
    """The reason of a change as it is kept; raises ValidationError where there is none or it is too long."""
    why = why.replace("\x00", "").strip()
    if not why or len(why) > MOST_REASON:
        raise ValidationError(_("Give a reason of up to %(most)s characters.") % {"most": MOST_REASON})
    return why


def _is_control(sign: str) -> bool:
    """A control character, or half of a surrogate pair."""
    return unicodedata.category(sign) in ("Cc", "Cs")


def identity(text: str) -> str:
    """An email or a name as it is compared: what reads the same is the same. Emails are stored like this.

    Compatible forms are one (full-width letters); characters that are not drawn, case and needless space do not count.
    The domain of an email has its ASCII form (IDNA 2008), which is also what a mail server is given.
    """
    read = as_drawn(as_drawn(text).casefold())
    local, at, domain = read.rpartition("@")
    return f"{local}@{_ascii_domain(domain)}" if at and local and " " not in domain else read


def as_drawn(text: str) -> str:
    """The text without what is not drawn, each character in its usual form, with needless space left out."""
    read = _drawn(unicodedata.normalize("NFKC", _drawn(text)))
    return " ".join(read.replace(_BLANK, " ").split())


def _drawn(text: str) -> str:
    return "".join(sign for sign in _NOT_DRAWN.sub("", text) if unicodedata.category(sign) != "Cf")


def _ascii_domain(domain: str) -> str:
    domain = domain.rstrip(".")
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain


def same_email(field: str, text: str) -> Exact:
    """The condition that a column of emails has this email."""
    return Exact(Lower(F(field)), Value(identity(text)))


def identity_of_code(code: str) -> str:
    """A share code as it is stored and compared: capital letters and digits; case, spaces and signs do not count."""
    wide = unicodedata.normalize("NFKC", code[:200]).upper()
    return "".join(sign for sign in wide if sign.isascii() and sign.isalnum())


def uuids(values: Iterable[str]) -> list[UUID]:
    """Those of the values that are uuids, each once."""
    read = []
    for value in values:
        try:
            read.append(UUID(value))
        except ValueError:
            continue
    return list(dict.fromkeys(read))
