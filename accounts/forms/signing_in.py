"""allauth's forms for signing in and for passwords, with the labels and the sentences of this product."""

from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from django import forms

from common.text import NOT_AN_EMAIL

PASSWORD_HELP = (
    "Use at least 10 characters. "
    "Do not use a common password, digits only, or anything like your name or email address."
)
# Field: its label, and what is said where it is empty.
WORDS = {
    "login": ("Email", "Enter your email address."),
    "email": ("Email", "Enter your email address."),
    "password": ("Password", "Enter your password."),
    "oldpassword": ("Current password", "Enter your current password."),
    "password1": ("New password", "Enter a new password."),
    "password2": ("New password again", "Enter the new password again."),
    "code": ("Code from the email", "Enter the code from the email."),
}


class Worded(forms.Form):
    words: ClassVar[dict[str, tuple[str, str]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, required) in {**WORDS, **self.words}.items():
            if field := self.fields.get(name):
                field.label = label
                field.error_messages["required"] = required
                if isinstance(field, forms.EmailField):
                    field.error_messages["invalid"] = NOT_AN_EMAIL
        if "password1" in self.fields:
            self.fields["password1"].help_text = PASSWORD_HELP


class SignInForm(Worded, allauth_forms.LoginForm):
    pass


class PasswordAgainForm(Worded, allauth_forms.ReauthenticateForm):
    """Asked of somebody signed in, before something that protects the sign-in is changed."""


class ForgottenPasswordForm(Worded, allauth_forms.ResetPasswordForm):
    pass


class ResetPasswordForm(Worded, allauth_forms.ResetPasswordKeyForm):
    """A new password, by the link in the mail."""


class ChangePasswordForm(Worded, allauth_forms.ChangePasswordForm):
    pass


class FirstPasswordForm(Worded, allauth_forms.SetPasswordForm):
    """For somebody who has no password yet."""

    words: ClassVar = {
        "password1": ("Password", "Enter a password."),
        "password2": ("Password again", "Enter the password again."),
    }


class NewAddressForm(Worded, allauth_forms.AddEmailForm):
    words: ClassVar = {"email": ("New address", "Enter your new email address.")}


class AddressCodeForm(Worded, allauth_forms.ConfirmEmailVerificationCodeForm):
    pass
