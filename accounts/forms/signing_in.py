"""allauth's forms for signing in and for passwords, with the labels and the sentences of this product."""

from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.text import NOT_AN_EMAIL, PASSWORD_HELP, identity

EMAIL = (gettext_noop("Email"), gettext_noop("Enter your email address."))
# Field: its label, and the error where it is empty.
WORDS = {
    "login": EMAIL,
    "email": EMAIL,
    "password": (gettext_noop("Password"), gettext_noop("Enter your password.")),
    "oldpassword": (gettext_noop("Current password"), gettext_noop("Enter your current password.")),
    "password1": (gettext_noop("New password"), gettext_noop("Enter a new password.")),
    "password2": (gettext_noop("New password again"), gettext_noop("Enter the new password again.")),
    "code": (gettext_noop("Code from the email"), gettext_noop("Enter the code from the email.")),
}


class Worded(forms.Form):
    words: ClassVar[dict[str, tuple[str, str]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, required) in {**WORDS, **self.words}.items():
            if field := self.fields.get(name):
                field.label = _(label)
                field.error_messages["required"] = _(required)
                if isinstance(field, forms.EmailField):
                    field.error_messages["invalid"] = _(NOT_AN_EMAIL)
        if "password1" in self.fields:
            self.fields["password1"].help_text = _(PASSWORD_HELP)


class SignInForm(Worded, allauth_forms.LoginForm):
    pass


class PasswordAgainForm(Worded, allauth_forms.ReauthenticateForm):
    """For a signed-in person, before a change of what protects the sign-in."""


class OrganisationForm(Worded):
    """Whose domain says with which provider a person signs in."""

    email = forms.EmailField(max_length=254)

    def clean_email(self) -> str:
        email: str = identity(self.cleaned_data["email"])
        return email


class ForgottenPasswordForm(Worded, allauth_forms.ResetPasswordForm):
    """Does not look the email up: the page answers after the same time whether or not it is registered."""

    def clean_email(self) -> str:
        email: str = identity(self.cleaned_data["email"])
        return email


class ResetPasswordForm(Worded, allauth_forms.ResetPasswordKeyForm):
    """A new password, by the link in the mail."""


class ChangePasswordForm(Worded, allauth_forms.ChangePasswordForm):
    pass


class FirstPasswordForm(Worded, allauth_forms.SetPasswordForm):
    """For a person who has no password yet."""

    words: ClassVar = {
        "password1": (gettext_noop("Password"), gettext_noop("Enter a password.")),
        "password2": (gettext_noop("Password again"), gettext_noop("Enter the password again.")),
    }


class NewEmailForm(Worded, allauth_forms.AddEmailForm):
    words: ClassVar = {"email": (gettext_noop("New address"), gettext_noop("Enter your new email address."))}


class EmailCodeForm(Worded, allauth_forms.ConfirmEmailVerificationCodeForm):
    pass
