"""Forms about second factors, and the answers of devices."""

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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from common.person_names import checked_label

CODE_HELP = gettext_lazy("Enter the code from your authenticator app, or one of your recovery codes.")


def code_field(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=20,
        error_messages={"required": gettext_lazy("Enter the code.")},
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "autofocus": ""}
        ),
    )


class AppForm(ActivateTOTPForm):
    """The first code of an authenticator app shows that it holds the secret."""

    code = code_field(gettext_lazy("Code from the app"))


class FactorCodeForm(AuthenticateForm):
    code = code_field(gettext_lazy("Code"), CODE_HELP)


class FactorCodeAgainForm(ReauthenticateForm):
    code = code_field(gettext_lazy("Code"), CODE_HELP)


# What the libraries raise for an answer that is not a device's; any other error is a fault in this code.
UNREADABLE = (
    AttributeError,
    InvalidSignature,
    LookupError,
    OverflowError,
    TypeError,
    ValueError,
    struct.error,
)
# The library's code for a wrong answer of a device.
WRONG = "incorrect_code"
NOT_RIGHT = gettext_noop("This passkey or security key did not work. Try again.")


def _in_our_words(refusal: ValidationError) -> ValidationError:
    return ValidationError(_(NOT_RIGHT)) if refusal.code == WRONG else refusal


class KeyAnswerForm(AuthenticateWebAuthnForm):
    """The answer of a passkey or security key after a password."""

    def clean_credential(self) -> Authenticator:
        try:
            authenticator: Authenticator = super().clean_credential()
        except UNREADABLE:
            raise ValidationError(_(NOT_RIGHT)) from None
        except ValidationError as refusal:
            raise _in_our_words(refusal) from None
        return authenticator


class KeyAgainForm(KeyAnswerForm):
    reauthenticated = True


class PasskeyForm(KeyAnswerForm):
    """Signing in with a passkey alone: its answer identifies the person."""

    passwordless = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=None, **kwargs)

    def clean_credential(self) -> Authenticator:
        """Refused unless a fingerprint, a face or a PIN was required and the key was set up for use without a password.

        The challenge after a password is in the session under the same name, and requires only a touch.
        """
        challenge = get_state() or {}
        authenticator = super().clean_credential()
        if challenge.get("user_verification") != "required" or not authenticator.wrap().is_passwordless:
            raise ValidationError(_(NOT_RIGHT))
        return authenticator


class KeyForm(AddWebAuthnForm):
    """A passkey or security key; the browser fills in the answer of the device."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("A name you will recognise, such as “My phone”."),
        error_messages={"required": gettext_lazy("Enter a name for it.")},
    )
    passwordless = forms.BooleanField(
        label=gettext_lazy("Sign in with it without a password"),
        required=False,
        initial=True,
        help_text=gettext_lazy(
            "It will ask for your fingerprint, face or PIN. Leave this off for a key that has none of these."
        ),
    )
    credential = forms.JSONField(
        widget=forms.HiddenInput,
        error_messages={
            "required": gettext_lazy("The device did not answer. Try again."),
            "invalid": gettext_lazy("We could not read the device’s answer. Try again."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"name": _("Passkey")}, **kwargs)

    def clean_name(self) -> str:
        return checked_label(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
        except UNREADABLE:
            raise ValidationError(_(NOT_RIGHT)) from None
        except ValidationError as refusal:
            raise _in_our_words(refusal) from None
        if credential := cleaned.get("credential"):
            # Whether the key signs in alone is the person's choice, not the device's.
            results = credential.get("clientExtensionResults") or {}
            credential["clientExtensionResults"] = {**results, "credProps": {"rk": cleaned["passwordless"]}}
        return cleaned
