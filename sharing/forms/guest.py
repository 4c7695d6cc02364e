"""What the holder of a guest link fills in."""

import json
from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy

LONGEST_PASSWORD = 128


class OpenForm(forms.Form):
    """What else the form carries says how it was sent: see `sharing.guest_press`."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=LONGEST_PASSWORD,
        # An empty one is refused by the service, with its sentence.
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("From the person who gave you the link. It is not in the email."),
    )

    def __init__(self, data: Any = None, *, has_password: bool) -> None:
        super().__init__(data)
        if not has_password:
            del self.fields["password"]


class ManifestForm(forms.Form):
    """What a program sends to the manifest of a SMART Health Link, by the names of the specification."""

    recipient = forms.CharField(max_length=200)
    passcode = forms.CharField(max_length=LONGEST_PASSWORD, required=False, strip=False)
    embeddedLengthMax = forms.IntegerField(min_value=0, required=False)

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Anything but a JSON object of text that can be written is as good as nothing."""
        try:
            sent = json.loads(body)
            # JSON may name half of a surrogate pair: neither the database nor a password's hash takes it.
            json.dumps(sent, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            sent = None
        return cls(sent if isinstance(sent, dict) else {})

    def given(self) -> dict[str, Any]:
        return {
            "recipient": self.cleaned_data["recipient"],
            "password": self.cleaned_data["passcode"],
            "longest_embedded": self.cleaned_data["embeddedLengthMax"],
        }
