"""Reads lists of emails as people paste them: with names around an email, and marks that mail programs add."""

import re
import unicodedata
from itertools import pairwise
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from common.text import NOT_AN_EMAIL

# An email and nothing else: the parts before and after the @ have no space, bracket, comma or second @.
EMAIL = re.compile(r"[^\s<>@,;\"]+@[^\s<>@,;\"]+")
# By the standard a local part may begin or end with these signs. In practice they were pasted around an email.
_AROUND = re.compile(r"[!#$%&'*/=?^`{|}~][^@]*@|[^@]*[!#$%&'*/=?^`{|}~]@")
# The pieces of `Doe, Jane <jane@example.org>`: a quoted name, an email in brackets of any kind, or a sign that cannot
# be part of a name before an email. Each sign is read once, however long the text is.
_PIECES = re.compile(
    r"\"[^\"\r\n]*\"|<\s*(?P<email>[^<>\s]+)\s*>|\[\s*(?P<square>[^\[\]<>@\s]+@[^\[\]<>@\s]+)\s*\]"
    r"|\(\s*(?P<round>[^()<>@\s]+@[^()<>@\s]+)\s*\)|(?P<sign>[<>;\r\n\"])"
)
_BETWEEN = re.compile(r"[,;|\r\n\t\v\f\x85\u2028\u2029\u060c\u061b\u3001\u2022\u2023\u25aa\u25cf]+")
# A quotation is a name, unless a separator follows it: then the quotation is an entry of the list.
_QUOTED = re.compile(
    r"(?:\"[^\"\r\n]*\"|(?<![^\s,;|\u060c\u061b\u3001])'[^'\r\n]*')(?!\s*[,;|\r\n\v\f\x85\u2028\u2029\u060c\u061b\u3001])"
)
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)
_EXCHANGE = re.compile(r"smtp:", re.IGNORECASE)
# The beginnings of the lines in a mail's head that name its recipients; after that, bullets and numbers of a list.
_HEAD = re.compile(r"^[ \t]*(?:to|cc|bcc):", re.IGNORECASE | re.MULTILINE)
_LINES = re.compile(r"\r?\n")
_MARK = re.compile(r"^(?:[-*\u2013\u2014]|\d{1,3}[.)])\s+")
_COMMENT = re.compile(r"\([^()@]*\)$")
_QUOTATION = {
    "'": "'",
    '"': '"',
    "\u2018": "\u2019",
    "\u201c": "\u201d",
    "\u2039": "\u203a",
    "\u00ab": "\u00bb",
}


def check_email(email: str) -> None:
    """Raises ValidationError where the text is no email, or an email with a sign that was pasted around it."""
    try:
        validate_email(email)
    except ValidationError:
        raise ValidationError(_(NOT_AN_EMAIL), code="invalid") from None
    if _AROUND.match(email):
        raise ValidationError(_(NOT_AN_EMAIL), code="invalid")


def emails_in(text: str) -> list[str]:
    """Each email of a typed or pasted list, in order; an entry that is not wholly emails is returned as it was typed.

    A space separates only whole emails: `john smith@example.org` is one entry and no email.
    """
    text = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    text = _unwrapped(_HEAD.sub("", text))
    entries: list[str] = []
    end = name_from = 0
    for piece in _PIECES.finditer(text):
        email = piece["email"] or piece["square"] or piece["round"]
        if piece["sign"]:
            name_from = piece.end()
        elif email:
            entries += _plain(text[end:name_from])
            entries += _before(text[name_from : piece.start()], email)
            entries.append(_bare(email))
            end = name_from = piece.end()
    entries += _plain(text[end:])
    return list(dict.fromkeys(entries))


def _unwrapped(text: str) -> str:
    """Joins a name and the bracketed email on the line below. A line that ends in an email is not taken for a name."""
    lines = _LINES.split(text)
    pieces = lines[:1]
    for above, line in pairwise(lines):
        email = line.lstrip(" \t")
        is_below_its_name = email.startswith("<") and "@" not in _BETWEEN.split(above)[-1]
        pieces += [" ", email] if is_below_its_name else ["\n", line]
    return "".join(pieces)


def _before(name: str, email: str) -> list[str]:
    """The entries before the name of a bracketed email: the first of `a@example.org, Doe, Jane <jane@example.org>`.

    An entry that has an email among other words is returned as it was typed: the email may be another person's, whose
    brackets are missing. Words without an email are the name, and left out.
    """
    parts = _plain(_QUOTED.sub("", name))
    return [
        part for part in parts if EMAIL.fullmatch(part) or ("@" in part and _bare(email) not in part.split())
    ]


def _plain(text: str) -> list[str]:
    """The entries of a text without brackets around emails."""
    entries: list[str] = []
    for part in _BETWEEN.split(text):
        typed = " ".join(part.split())
        words = [_bare(word) for word in _COMMENT.sub("", _MARK.sub("", typed)).split()]
        if words and all(EMAIL.fullmatch(word) for word in words):
            entries += words
        elif typed:
            entries.append(typed)
    return entries


def _bare(word: str) -> str:
    """An email without quotation marks around it, without `mailto:` or `smtp:`, and without a full stop at its end."""
    if len(word) > 1 and _QUOTATION.get(word[0]) == word[-1] and "@" in word:
        word = word[1:-1]
    word = _EXCHANGE.sub("", word, count=1) if _EXCHANGE.match(word) else word
    if link := _MAILTO.match(word):
        word = unquote(word[link.end() :].partition("?")[0])
    return word.rstrip(".")
