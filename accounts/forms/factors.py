"""What people type about a second factor, and what their devices answer."""

import struct
from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.auth import get_state
from cryptography.exceptions import InvalidSignature
from django import forms
from django.core.exceptions import ValidationError

from common.text import checked_name

CODE_HELP = "Enter the code from your authenticator app, or one of your recovery codes."


def code_field(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=20,
        error_messages={"required": "Enter the code."},
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "autofocus": ""}
        ),
    )


class AppForm(ActivateTOTPForm):
    """The first code of an authenticator app shows that it holds the secret."""

    code = code_field("Code from the app")


class FactorCodeForm(AuthenticateForm):
    code = code_field("Code", CODE_HELP)


class FactorCodeAgainForm(ReauthenticateForm):
    code = code_field("Code", CODE_HELP)


# What the libraries raise over an answer that no device gave; anything else is a fault of ours.
UNREADABLE = (
    AttributeError,
    InvalidSignature,
    LookupError,
    OverflowError,
    TypeError,
    ValueError,
    struct.error,
)
# What the library calls a code is here the answer of a device.
WRONG = "incorrect_code"
NOT_RIGHT = "This passkey or security key did not work. Try again."


def _in_our_words(refusal: ValidationError) -> ValidationError:
    return ValidationError(NOT_RIGHT) if refusal.code == WRONG else refusal


class KeyAnswerForm(AuthenticateWebAuthnForm):
    """What a passkey or security key answered, when it was asked after a password."""

    def clean_credential(self) -> Authenticator:
        try:
            found: Authenticator = super().clean_credential()
        except UNREADABLE:
            raise ValidationError(NOT_RIGHT) from None
        except ValidationError as refusal:
            raise _in_our_words(refusal) from None
        return found


class KeyAgainForm(KeyAnswerForm):
    reauthenticated = True


class PasskeyForm(KeyAnswerForm):
    """Signing in with a passkey alone: whose it is, it says itself."""

    passwordless = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=None, **kwargs)

    def clean_credential(self) -> Authenticator:
        """Only where a finger, a face or a PIN was asked for, and the person set the key up to do without a password.

        What is asked after a password lies in the session under the same name, and is content with a touch.
        """
        asked = get_state() or {}
        found = super().clean_credential()
        if asked.get("user_verification") != "required" or not found.wrap().is_passwordless:
            raise ValidationError(NOT_RIGHT)
        return found


class KeyForm(AddWebAuthnForm):
    """A passkey or security key; the browser fills in what the device answered."""

    name = forms.CharField(
        label="Name",
        max_length=100,
        help_text="A name you will recognise, such as “My phone”.",
        error_messages={"required": "Enter a name for it."},
    )
    passwordless = forms.BooleanField(
        label="Sign in with it without a password",
        required=False,
        initial=True,
        help_text="It will ask for your fingerprint, face or PIN. Leave this off for a key that has none of these.",
    )
    credential = forms.JSONField(
        widget=forms.HiddenInput,
        error_messages={
            "required": "The device did not answer. Try again.",
            "invalid": "We could not read the device’s answer. Try again.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"name": "Passkey"}, **kwargs)

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except UNREADABLE:
            raise ValidationError(NOT_RIGHT) from None
        except ValidationError as refusal:
            raise _in_our_words(refusal) from None
        if credential := cleaned.get("credential"):
            # Whether it signs in alone is the person's word, not what a device says of itself.
            said = credential.get("clientExtensionResults") or {}
            credential["clientExtensionResults"] = {**said, "credProps": {"rk": cleaned["passwordless"]}}
        return cleaned
