"""The forms of this app's pages."""

from accounts.forms.factors import (
    NOT_RIGHT,
    AppForm,
    FactorCodeAgainForm,
    FactorCodeForm,
    KeyAgainForm,
    KeyAnswerForm,
    KeyForm,
    PasskeyForm,
)
from accounts.forms.people import DetailsForm, RegisterForm, RegistrationCodeForm
from accounts.forms.signing_in import (
    PASSWORD_HELP,
    ChangePasswordForm,
    EmailCodeForm,
    FirstPasswordForm,
    ForgottenPasswordForm,
    NewEmailForm,
    PasswordAgainForm,
    ResetPasswordForm,
    SignInForm,
)

__all__ = [
    "NOT_RIGHT",
    "PASSWORD_HELP",
    "AppForm",
    "ChangePasswordForm",
    "DetailsForm",
    "EmailCodeForm",
    "FactorCodeAgainForm",
    "FactorCodeForm",
    "FirstPasswordForm",
    "ForgottenPasswordForm",
    "KeyAgainForm",
    "KeyAnswerForm",
    "KeyForm",
    "NewEmailForm",
    "PasskeyForm",
    "PasswordAgainForm",
    "RegisterForm",
    "RegistrationCodeForm",
    "ResetPasswordForm",
    "SignInForm",
]
