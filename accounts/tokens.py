"""The token in an invitation's link, and its registration code."""

import re
import secrets
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Invitation

_SIGNED = re.compile(r"([0-9a-f]{32})-([1-9][0-9]{0,8})")


def _signer() -> Signer:
    return Signer(
        key=settings.CIMAR_TOKEN_KEY,
        fallback_keys=[*settings.CIMAR_TOKEN_FALLBACK_KEYS],
        sep=".",
        salt="cimar.invitation",
        algorithm="sha256",
    )


def make_token(invitation: Invitation) -> str:
    """The same token for the same generation, so that a mail sent twice has the same link."""
    return _signer().sign(f"{invitation.uuid.hex}-{invitation.generation}")


def read_signed(token: str) -> tuple[Invitation | None, int]:
    """The invitation and the generation of a link; a link of an earlier generation was replaced."""
    try:
        signed = _SIGNED.fullmatch(_signer().unsign(token))
    except BadSignature:
        signed = None
    if signed is None:
        return None, 0
    invitations = Invitation.objects.select_related("account", "by_user", "invited_by")
    return invitations.filter(uuid=UUID(signed[1])).first(), int(signed[2])


def new_code() -> str:
    """Six digits, to be typed from a mail."""
    return f"{secrets.randbelow(10**6):06}"


def hash_code(invitation: Invitation, code: str) -> str:
    """A keyed hash: a reader of the database cannot try the million codes without the key."""
    return _keyed(invitation, code, settings.CIMAR_TOKEN_KEY)


def code_matches(invitation: Invitation, code: str) -> bool:
    keys = [settings.CIMAR_TOKEN_KEY, *settings.CIMAR_TOKEN_FALLBACK_KEYS]
    digits = "".join(code.split())
    return bool(invitation.code_hash) and any(
        constant_time_compare(invitation.code_hash, _keyed(invitation, digits, key)) for key in keys
    )


def _keyed(invitation: Invitation, code: str, key: str) -> str:
    return salted_hmac(f"cimar.code.{invitation.uuid.hex}", code, secret=key, algorithm="sha256").hexdigest()
