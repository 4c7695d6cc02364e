"""Emails as people paste them: lists, names around an email, and what a mail program or a browser adds."""

import re
import unicodedata

# A whole email, nothing else: what is before the @ and after it has no space, bracket, comma or second @.
EMAIL = re.compile(r"[^\s<>@,;\"]+@[^\s<>@,;\"]+")
# `Doe, Jane <jane@example.org>`: a quotation, an email in angle brackets, or a sign that no name before one contains.
# Each sign is read once, however long the text is.
_PIECES = re.compile(r"\"[^\"\r\n]*\"|<\s*(?P<email>[^<>\s]+)\s*>|(?P<sign>[<>;\r\n\"])")
_BETWEEN = re.compile(r"[,;\r\n\t]+")
_QUOTED = re.compile(r"\"[^\"\r\n]*\"|'[^'\r\n]*'")
_MAILTO = re.compile(r"mailto:", re.IGNORECASE)


def emails_in(text: str) -> list[str]:
    """Each email of a typed or pasted list, in order; an entry that is not wholly emails is returned as it was typed.

    A space separates only whole emails: `john smith@example.org` is one entry and no email.
    """
    text = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    entries: list[str] = []
    end = name_from = 0
    for piece in _PIECES.finditer(text):
        if piece["sign"]:
            name_from = piece.end()
        elif piece["email"]:
            entries += _plain(text[end:name_from])
            # Before the last name there may be emails of their own: `a@example.org, Doe, Jane <jane@example.org>`.
            name = _QUOTED.sub("", text[name_from : piece.start()])
            entries += [part for part in _plain(name) if EMAIL.fullmatch(part)]
            entries.append(_without_mailto(piece["email"]))
            end = name_from = piece.end()
    entries += _plain(text[end:])
    return list(dict.fromkeys(entries))


def _plain(text: str) -> list[str]:
    """The entries of a text without angle brackets around emails."""
    entries: list[str] = []
    for part in _BETWEEN.split(text):
        words = [_without_mailto(word) for word in part.split()]
        if words and all(EMAIL.fullmatch(word) for word in words):
            entries += words
        elif words:
            entries.append(" ".join(part.split()))
    return entries


def _without_mailto(word: str) -> str:
    link = _MAILTO.match(word)
    return (word[link.end() :].partition("?")[0] if link else word).rstrip(".")
