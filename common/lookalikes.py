"""Texts that look alike although their letters are others: the skeletons of Unicode's UTS 39, and mixed scripts."""

import re
import unicodedata
from functools import cache

from confusable_homoglyphs import categories, confusables

from common.text import as_drawn

# Scripts that are written together in one word; every other word has one script.
TOGETHER = (
    {"LATIN", "HAN", "HIRAGANA", "KATAKANA"},
    {"LATIN", "HAN", "HANGUL"},
    {"LATIN", "HAN", "BOPOMOFO"},
)
_ANY_SCRIPT = {"COMMON", "INHERITED", "UNKNOWN"}


def skeleton(text: str) -> str:
    """The same for two texts that look alike, in capital or small letters; it is for comparing and is never shown."""
    once = "".join(map(_prototype, unicodedata.normalize("NFD", as_drawn(text))))
    small = unicodedata.normalize("NFD", once.casefold())
    # A capital i and a small l are drawn alike, so that small letters of either are one.
    return "".join(map(_prototype, small)).casefold().replace("i", "l")


def in_ascii(text: str) -> str:
    """The text with each character outside ASCII as the character that it looks like."""
    return "".join(sign if sign.isascii() else _prototype(sign).casefold() for sign in as_drawn(text))


def mixed_word(text: str) -> str:
    """The first word with letters of scripts that are not written together; empty where there is none."""
    for word in re.findall(r"\w+", as_drawn(text)):
        scripts = {categories.alias(sign) for sign in word} - _ANY_SCRIPT
        if len(scripts) > 1 and not any(scripts <= together for together in TOGETHER):
            return str(word)
    return ""


@cache
def _prototype(sign: str) -> str:
    """The character that stands for all that look like this one.

    The package lists for each character what looks like it: for most characters that is one, their prototype, and for a
    prototype it is all of its characters.
    """
    alike = _alike(sign)
    if len(alike) != 1:
        return sign
    other = alike[0]
    return min(sign, other) if _alike(other) == [sign] else other


def _alike(sign: str) -> list[str]:
    # Right-to-left characters stand between marks of direction there.
    return [row["c"].strip("\u200e") for row in confusables.confusables_data.get(sign, [])]
