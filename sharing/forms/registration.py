"""Name, password and emailed code of a person who registers on an invitation."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from common.person_names import NO_NAME, checked_name
from common.text import PASSWORD_HELP


class RegisterForm(forms.Form):
    """Name and password of an invited person."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        max_length=200,
        help_text=gettext_lazy("The name your colleagues know you by."),
        error_messages={"required": gettext_lazy(NO_NAME)},
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Choose a password"),
        help_text=gettext_lazy(PASSWORD_HELP),
        error_messages={"required": gettext_lazy("Choose a password.")},
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def sentences(self) -> dict[str, list[str]]:
        """What is wrong, by field, to be kept in a session."""
        return {field: [str(sentence) for sentence in errors] for field, errors in self.errors.items()}

    def show_again(self, sentences: dict[str, list[str]]) -> None:
        """The form with what was wrong before, without checking again: the password was not kept."""
        self._errors, self.cleaned_data = ErrorDict(), {}
        for field, wrong in sentences.items():
            self.add_error(
                None if field == NON_FIELD_ERRORS else field, [ValidationError(each) for each in wrong]
            )

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "password" in cleaned:
            try:
                validate_password(cleaned["password"], User(email=self.email, name=cleaned.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class RegistrationCodeForm(forms.Form):
    """The six digits from the mail; spaces do not matter."""

    code = forms.CharField(
        label=gettext_lazy("Code from the email"),
        error_messages={"required": gettext_lazy("Enter the six digits from the email.")},
        max_length=20,
        widget=forms.TextInput(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        digits = "".join(self.cleaned_data["code"].split())
        if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
            raise ValidationError(_("Enter all six digits."))
        return digits
