"""Share codes: how long they are, and how one is made."""

import secrets

SHORTEST, LONGEST = 4, 32
WRONG_LENGTH = f"A share code has {SHORTEST} to {LONGEST} letters and digits."
# Without what the eye or the ear confuses: 0 and O, 1 and I and L, 2 and Z, 5 and S, 8 and B, U and V.
_ALPHABET = "ACDEFGHJKMNPQRTVWXY34679"


def well_formed(code: str) -> bool:
    """Whether a code (as `common.text.identity_of_code` gives it) could be somebody's."""
    return SHORTEST <= len(code) <= LONGEST


def new_code() -> str:
    """A code nobody can guess: 8 signs of 24."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))
