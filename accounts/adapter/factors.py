"""Second factors: their secrets are kept encrypted."""

import logging

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.utils.translation import gettext_lazy

from accounts.sealing import Unreadable, seal, unseal

log = logging.getLogger(__name__)


class FactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("That code is not right. Try again."),
        "unverified_email": gettext_lazy("Confirm your email address first."),
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return unseal(encrypted_text)
        except Unreadable:
            # The key is gone, so no code can be right: an unknown secret takes its place, never an empty one.
            log.error("a second factor cannot be read with SECRET_KEY or its fallbacks")
            return generate_totp_secret()

    def get_totp_issuer(self) -> str:
        return "CIMAR"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "CIMAR"}

    def _get_site_name(self) -> str:
        return "CIMAR"
