"""What people type on the pages of this app."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.addresses import checked_name
from accounts.models import User

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
        zones = sorted(
            zone
            for zone in available_timezones()
            if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))
        )
        self.fields["timezone"].choices = [(zone, zone.replace("_", " ")) for zone in ["UTC", *zones]]

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])
