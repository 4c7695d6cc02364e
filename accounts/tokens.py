"""What an invitation's link and its registration code carry as proof."""

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
    """The same for as long as the generation stays, so that a mail sent twice holds one link."""
    return _signer().sign(f"{invitation.uuid.hex}-{invitation.generation}")


def read_signed(token: str) -> tuple[Invitation | None, int]:
    """The invitation and the generation a link was made for: an older one was replaced by a newer link."""
    try:
        signed = _SIGNED.fullmatch(_signer().unsign(token))
    except BadSignature:
        signed = None
    if signed is None:
        return None, 0
    found = Invitation.objects.filter(uuid=UUID(signed[1])).select_related("account", "by_user", "invited_by")
    return found.first(), int(signed[2])


def new_code() -> str:
    """Six digits, to be typed from a mail."""
    return f"{secrets.randbelow(10**6):06}"


def hash_code(invitation: Invitation, code: str) -> str:
    """A keyed hash: whoever reads the database cannot try the million codes without our key."""
    return _keyed(invitation, code, settings.CIMAR_TOKEN_KEY)


def code_matches(invitation: Invitation, code: str) -> bool:
    keys = [settings.CIMAR_TOKEN_KEY, *settings.CIMAR_TOKEN_FALLBACK_KEYS]
    digits = "".join(code.split())
    return bool(invitation.code_hash) and any(
        constant_time_compare(invitation.code_hash, _keyed(invitation, digits, key)) for key in keys
    )


def _keyed(invitation: Invitation, code: str, key: str) -> str:
    return salted_hmac(f"cimar.code.{invitation.uuid.hex}", code, secret=key, algorithm="sha256").hexdigest()
