"""What people type on the pages of this app."""

import struct
from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.auth import get_state
from cryptography.exceptions import InvalidSignature
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from common import timezones
from common.text import checked_name

NO_NAME = {"required": "Write your name."}


class RegisterForm(forms.Form):
    """Name and password of somebody who was invited."""

    name = forms.CharField(
        label="Your name",
        max_length=200,
        help_text="As colleagues know you.",
        error_messages=NO_NAME,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    password = forms.CharField(
        label="Choose a password",
        help_text="At least 10 characters; no common word, not digits alone, not like your name or address.",
        error_messages={"required": "Choose a password."},
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = address

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "password" in cleaned:
            try:
                validate_password(cleaned["password"], User(email=self.address, name=cleaned.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class CodeForm(forms.Form):
    """The six digits from the mail; spaces do not matter."""

    code = forms.CharField(
        label="Code from the mail",
        error_messages={"required": "Type the six digits from the mail."},
        max_length=20,
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        digits = "".join(self.cleaned_data["code"].split())
        if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
            raise ValidationError("The code has six digits.")
        return digits


class DetailsForm(forms.Form):
    """A person's own name and time zone."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        error_messages=NO_NAME,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    timezone = forms.ChoiceField(label="Time zone", help_text="Dates and times are shown in it.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["timezone"].choices = timezones.choices()

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])


def code_field(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=20,
        error_messages={"required": "Type the code."},
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "autofocus": ""}
        ),
    )


class AppForm(ActivateTOTPForm):
    """The first code of an authenticator app shows that it holds the secret."""

    code = code_field("Code that the app shows")


class FactorCodeForm(AuthenticateForm):
    code = code_field("Code")


class FactorCodeAgainForm(ReauthenticateForm):
    code = code_field("Code")


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
NOT_RIGHT = "This was not right. Try again."


class KeyAnswerForm(AuthenticateWebAuthnForm):
    """What a passkey or security key answered, when it was asked after a password."""

    def clean_credential(self) -> Authenticator:
        try:
            found: Authenticator = super().clean_credential()
        except UNREADABLE:
            raise ValidationError(NOT_RIGHT) from None
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
        help_text="By which you will know it again, such as “My phone”.",
        error_messages={"required": "Give it a name."},
    )
    passwordless = forms.BooleanField(
        label="Sign in with it alone, without the password",
        required=False,
        initial=True,
        help_text="It then asks for a fingerprint, a face or a PIN. Leave this off for a key that has none of them.",
    )
    credential = forms.JSONField(
        widget=forms.HiddenInput,
        error_messages={
            "required": "Nothing came from the device. Try again.",
            "invalid": "The device gave an answer that cannot be read. Try again.",
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
        if credential := cleaned.get("credential"):
            # Whether it signs in alone is the person's word, not what a device says of itself.
            said = credential.get("clientExtensionResults") or {}
            credential["clientExtensionResults"] = {**said, "credProps": {"rk": cleaned["passwordless"]}}
        return cleaned
