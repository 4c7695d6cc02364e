"""Share codes: how long they are, and how a new code is made."""

import secrets

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

SHORTEST, LONGEST = 4, 32
WRONG_LENGTH = format_lazy(
    gettext_lazy("A share code has {shortest} to {longest} letters and digits."),
    shortest=SHORTEST,
    longest=LONGEST,
)
# Without what the eye or the ear confuses: 0 and O, 1 and I and L, 2 and Z, 5 and S, 8 and B, U and V.
_ALPHABET = "ACDEFGHJKMNPQRTVWXY34679"


def well_formed(code: str) -> bool:
    """Whether a code (as `common.text.identity_of_code` gives it) could be a worklist's."""
    return SHORTEST <= len(code) <= LONGEST


def new_code() -> str:
    """A code that cannot be guessed: 8 characters out of 24."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))
