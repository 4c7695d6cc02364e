"""Share codes: how they are typed, stored and read aloud."""

import secrets
import unicodedata

SHORTEST, LONGEST = 4, 32
# Without what the eye or the ear confuses: 0 and O, 1 and I and L, 2 and Z, 5 and S, 8 and B, U and V.
_ALPHABET = "ACDEFGHJKMNPQRTVWXY34679"


def tidy(code: str) -> str:
    """What was typed, as it is stored: capital letters and digits; case, spaces and signs do not count."""
    wide = unicodedata.normalize("NFKC", code[:200]).upper()
    return "".join(letter for letter in wide if letter.isascii() and letter.isalnum())


def well_formed(code: str) -> bool:
    """Whether a tidied code could be somebody's."""
    return SHORTEST <= len(code) <= LONGEST


def new_code() -> str:
    """A code nobody can guess: 8 signs of 24."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))
