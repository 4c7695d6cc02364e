"""The token in a link, an invitation's and others by the same rule, and the registration code of an invitation."""

import re
import secrets
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Invitation

_INVITATION = "cimar.invitation"
_SIGNED = re.compile(r"([0-9a-f]{32})-([1-9][0-9]{0,8})")


def _signer(salt: str) -> Signer:
    return Signer(
        key=settings.CIMAR_TOKEN_KEY,
        fallback_keys=[*settings.CIMAR_TOKEN_FALLBACK_KEYS],
        sep=".",
        salt=salt,
        algorithm="sha256",
    )


def sign(uuid: UUID, generation: int, *, salt: str) -> str:
    """The token of a row; each kind of row has its own salt, so that no token is taken for one of another kind."""
    return _signer(salt).sign(f"{uuid.hex}-{generation}")


def signed(token: str, *, salt: str) -> tuple[UUID, int] | None:
    """The uuid and the generation that a token names; None where we have not signed it."""
    try:
        named = _SIGNED.fullmatch(_signer(salt).unsign(token))
    except BadSignature:
        named = None
    return (UUID(named[1]), int(named[2])) if named is not None else None


def make_token(invitation: Invitation) -> str:
    """The same token for the same generation, so that a mail sent twice has the same link."""
    return sign(invitation.uuid, invitation.generation, salt=_INVITATION)


def read_signed(token: str) -> tuple[Invitation | None, int]:
    """The invitation and the generation of a link; a link of an earlier generation was replaced."""
    named = signed(token, salt=_INVITATION)
    if named is None:
        return None, 0
    invitations = Invitation.objects.select_related("account", "by_user", "invited_by")
    return invitations.filter(uuid=named[0]).first(), named[1]


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
