"""What people call themselves, and any name in a mail: one line, no link, and nobody else's part."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.lookalikes import mixed_word, skeleton
from common.text import as_drawn, one_line, without_deceitful

NO_NAME = gettext_noop("Enter your name.")
LONGEST = 200
# The site's own parts in sentences of pages, mails and the audit trail. A name that begins so would read as theirs.
RESERVED = (
    "CIMAR", "System", "Platform", "Someone", "Somebody", "Nobody",
    "No one", "Not signed in", "Guest link",  # allowed: compared, never shown
)  # fmt: skip
_RESERVED = re.compile(rf"(?:the )?(?:{'|'.join(map(re.escape, map(skeleton, RESERVED)))})(?!\w)")
# Letters one by one, with spaces or stops between them: C.I.M.A.R reads as one word.
_APART = re.compile(r"(?<![^\W_])([^\W_])[ .\u00b7\u2010-\u2015-]+(?=[^\W_](?![^\W_]))")
_CIMAR = re.compile(rf"(?<!\w){re.escape(skeleton('CIMAR'))}(?!\w)")

# What a mail program makes a link of: a dot between letters, a colon before what follows it, two slashes, an @. Dots
# and slashes that it takes for these count as well. Figures are left together: 1.5 T, 12:30.
_DOT = "[.\u3002\uff0e\uff61\ufe52\u2024]"
_LINKS = (
    (re.compile(rf"(?<=\d)({_DOT})(?=\d+{_DOT}\d)"), r"\1 "),
    (re.compile(rf"({_DOT})(?=[^\s\d.,;:!?)\]}}'\"’”»])"), r"\1 "),
    (re.compile(rf"(?<=[^\s\d])({_DOT})(?=\d)"), r"\1 "),
    (re.compile(r"([:\uff1a])(?=[^\s\d])"), r"\1 "),
    (re.compile(r"(?<=[^\s\d])([:\uff1a])(?=\d)"), r"\1 "),
    (re.compile(r"([/\\\uff0f])(?=[/\\\uff0f])"), r"\1 "),
    (re.compile(r"\s*([@\uff20\ufe6b])\s*"), r" \1 "),
)
# In a person's own name a host has two letters after a dot; initials may be written together (J.R. Ewing).
_LINK = re.compile(
    rf"(?i:www){_DOT}|{_DOT}\w{{2}}|{_DOT}\w{_DOT}\w{{2}}"
    r"|[/\uff0f]{2}|[\\@\uff20\ufe6b]|[:\uff1a](?=\S)"
)
# A word and a colon: the beginning of a line in a mail (From: …).
_HEADING = re.compile(r"\w[\w -]*[:\uff1a]")
_BEGINS = frozenset("'’‘ʻʼ“\"«(<")


def tidy_name(name: str) -> str:
    """A person's name without control characters, deceitful characters, and needless space."""
    kept = "".join(
        " " if sign.isspace() else sign
        for sign in without_deceitful(name)
        if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cs")
    )
    return " ".join(kept.split())


def checked_label(name: str) -> str:
    """The tidied name; raises ValidationError for a name without a letter or digit, or too long."""
    tidied = tidy_name(name)
    if not any(sign.isalnum() for sign in as_drawn(tidied)):
        raise ValidationError(_("Enter a name with at least one letter or digit."))
    if len(tidied) > LONGEST:
        raise ValidationError(_("A name can have at most 200 characters."))
    return tidied


def checked_name(name: str) -> str:
    """A person's own name; raises ValidationError for one that could be taken for a link, a heading or the site."""
    tidied = checked_label(name)
    # What is not drawn begins no name: a mail leaves it out.
    while not as_drawn(tidied[0]).strip():
        tidied = tidied[1:]
    drawn = as_drawn(tidied)
    if not (_may_begin(tidied[0]) and _may_begin(drawn[0])) or _HEADING.match(drawn):
        raise ValidationError(_("Enter a name that begins with a letter and is not followed by a colon."))
    if _LINK.search(drawn):
        raise ValidationError(
            _("A name cannot contain a web or email address. Put a space after each full stop and colon.")
        )
    if word := mixed_word(tidied):
        sentence = _("“%(word)s” mixes letters of several alphabets. Write each word in one alphabet.")
        raise ValidationError(sentence % {"word": word})
    if is_reserved(tidied):
        raise ValidationError(
            _("This name is kept for the site itself. Enter the name that colleagues know.")
        )
    return tidied


def is_reserved(name: str) -> bool:
    """Whether a name reads, or looks, like the site's own part in a sentence."""
    alike = skeleton(_APART.sub(r"\1", as_drawn(name)))
    return bool(_RESERVED.match(alike) or _CIMAR.search(alike))


def unlinked(name: str) -> str:
    """A name as a mail shows it: one line, of which no mail program makes a link, a quotation or an entry of a list."""
    line = one_line(name)
    while line and not _may_begin(line[0]):
        line = line[1:]
    for pattern, apart in _LINKS:
        line = pattern.sub(apart, line)
    return line.strip()


def _may_begin(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LN" or sign in _BEGINS
