"""Email addresses and names as we keep them."""

import re
import unicodedata

from django.core.exceptions import ValidationError

# Marks that turn the writing direction for what follows: with them a name can rewrite the sentence around it.
TURNING_MARKS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


def tidy_address(address: str) -> str:
    """An address as it is stored and compared: in small letters, without space around it."""
    return address.strip().lower()


def tidy_name(name: str) -> str:
    """A person's name without control characters, marks that turn the writing, and needless space."""
    kept = "".join(
        " " if character.isspace() else character
        for character in without_turning_marks(name)
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cs"}
    )
    return " ".join(kept.split())


def checked_name(name: str) -> str:
    """The tidied name; raises ValidationError where nobody could know a person by it."""
    tidied = tidy_name(name)
    if not re.search(r"\w", tidied):
        raise ValidationError("Give a name that others will know you by.")
    if len(tidied) > 200:
        raise ValidationError("A name has at most 200 characters.")
    return tidied


def without_turning_marks(text: str) -> str:
    """Right-to-left letters stay and are shown as they should be; only the marks go."""
    return text.translate(TURNING_MARKS)
