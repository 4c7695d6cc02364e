"""Emails that look mistyped: like a frequent domain or email. The sharer is asked; nothing is corrected."""

import math
from collections.abc import Iterable
from itertools import product

import idna

from common.lookalikes import in_ascii, skeleton

# What an email is written with; the neighbours of an email are made of these.
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.-_+'@"
# Letters of ASCII that are drawn alike, by what `skeleton` makes of them.
_DRAWN_ALIKE = {"l": "li1", "o": "o0", "rn": ("rn", "m")}
MOST_SPELLINGS = 2_000
# The neighbours of an email grow with the square of its length: a form may carry anything as an email.
LONGEST_COMPARED = 64

# Of the mail providers that most people have.
FREQUENT = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "hotmail.co.uk",
        "outlook.com",
        "live.com",
        "yahoo.com",
        "yahoo.co.uk",
        "icloud.com",
        "nhs.net",
        "btinternet.com",
        "gmx.de",
        "gmx.net",
        "web.de",
    }
)


def likely_email(email: str, known: Iterable[str] = ()) -> str:
    """The email that was probably meant, with a frequent domain or a known one; empty where nothing looks mistyped."""
    person, _, domain = email.rpartition("@")
    domains = FREQUENT | {each for each in known if each}
    if not person or domain in domains:
        return ""
    close = sorted(each for each in domains if is_a_slip(domain, each)) or _drawn_like(domain, domains)
    return f"{person}@{close[0]}" if close else ""


def _drawn_like(domain: str, domains: Iterable[str]) -> list[str]:
    drawn = skeleton(_as_shown(domain))
    return sorted(each for each in domains if skeleton(_as_shown(each)) == drawn)


def _as_shown(domain: str) -> str:
    """A domain in its own letters instead of its form in ASCII."""
    try:
        return idna.decode(domain) if "xn--" in domain else domain
    except idna.IDNAError:
        return domain


def look_alike(typed: str, other: str) -> bool:
    """Whether two emails are one slip apart, or drawn alike."""
    return typed != other and (is_a_slip(typed, other) or _drawn(typed) == _drawn(other))


def _drawn(email: str) -> str:
    person, at, domain = email.rpartition("@")
    return skeleton(f"{person}{at}{_as_shown(domain)}")


def neighbours(email: str) -> set[str]:
    """The emails one slip away, and those in ASCII that are drawn like this one: what `look_alike` is asked about.

    So many emails are looked up instead of comparing with all that were ever used. Where there are more than
    `MOST_SPELLINGS`, only the spelling in ASCII is among them.
    """
    places = range(len(email))
    slips = {email[:at] + email[at + 1 :] for at in places}
    slips |= {email[:at] + email[at : at + 2][::-1] + email[at + 2 :] for at in places}
    slips |= {email[:at] + letter + email[at + 1 :] for at in places for letter in LETTERS}
    slips |= {email[:at] + letter + email[at:] for at in range(len(email) + 1) for letter in LETTERS}
    person, at_sign, domain = email.rpartition("@")
    alike = {
        f"{spelled}{at_sign}{other}"
        for spelled in _spellings(person)
        for other in (domain, in_ascii(_as_shown(domain)))
    }
    return (slips | alike) - {email}


def _spellings(person: str) -> set[str]:
    """What is drawn like the part before the @, in ASCII."""
    drawn, pieces, at = skeleton(person), [], 0
    while at < len(drawn):
        piece = "rn" if drawn.startswith("rn", at) else drawn[at]
        pieces.append(tuple(_DRAWN_ALIKE.get(piece, (piece,))))
        at += len(piece)
    number = math.prod(map(len, pieces))
    spelled = product(*pieces) if number <= MOST_SPELLINGS else ()
    return {in_ascii(person), *map("".join, spelled)}


def is_a_slip(typed: str, meant: str) -> bool:
    """Whether one letter was added, left out or replaced, or two beside each other were swapped."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    same = next((at for at, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), None)
    if same is None:
        return True
    a, b = typed[same:], meant[same:]
    swapped = a[:2] == b[:2][::-1] and a[2:] == b[2:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or swapped
