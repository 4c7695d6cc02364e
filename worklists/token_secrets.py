"""The secrets of tokens: shown once, stored as their SHA-256 alone.

Each begins with a word that says what it is, so that scanners of source code and logs recognise it: `PATTERN` is for
them. The secret is 256 random bits, which nobody guesses, so a plain hash protects it, and one indexed look-up of the
hash finds it: comparing takes the same time whatever was sent.
"""

import hashlib
import re
import secrets

PERSONAL = "cimar_pat_"
SENDER = "cimar_snd_"
PATTERN = r"\bcimar_(?:pat|snd)_[0-9a-f]{64}\b"
_WELL_FORMED = re.compile(PATTERN)


def new_secret(prefix: str) -> str:
    return prefix + secrets.token_hex(32)


def is_well_formed(secret: str) -> bool:
    return _WELL_FORMED.fullmatch(secret) is not None


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
