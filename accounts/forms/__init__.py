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
from accounts.forms.signing_in import (
    ChangePasswordForm,
    EmailCodeForm,
    FirstPasswordForm,
    ForgottenPasswordForm,
    NewEmailForm,
    OrganisationForm,
    PasswordAgainForm,
    ResetPasswordForm,
    SignInForm,
)

__all__ = [
    "NOT_RIGHT",
    "AppForm",
    "ChangePasswordForm",
    "EmailCodeForm",
    "FactorCodeAgainForm",
    "FactorCodeForm",
    "FirstPasswordForm",
    "ForgottenPasswordForm",
    "KeyAgainForm",
    "KeyAnswerForm",
    "KeyForm",
    "NewEmailForm",
    "OrganisationForm",
    "PasskeyForm",
    "PasswordAgainForm",
    "ResetPasswordForm",
    "SignInForm",
]
