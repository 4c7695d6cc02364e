"""Encryption of secrets that must be read again, such as that of an authenticator app."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

# Each purpose has keys of its own: what was sealed for the first cannot be read as the second.
SECOND_FACTOR, DESTINATION = "second factor", "destination"


class Unreadable(Exception):
    """Encrypted with neither SECRET_KEY nor one of its fallbacks."""


def seal(text: str, *, purpose: str = SECOND_FACTOR) -> str:
    return _keys(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str = SECOND_FACTOR) -> str:
    try:
        return _keys(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def reseal(sealed: str, *, purpose: str = SECOND_FACTOR) -> str:
    """The same text, encrypted with the current SECRET_KEY."""
    try:
        return _keys(purpose).rotate(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def _keys(purpose: str) -> MultiFernet:
    """The keys of SECRET_KEY and of its fallbacks."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"{purpose}:{key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
