"""What people type on the pages of this app."""

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
    AddressCodeForm,
    ChangePasswordForm,
    FirstPasswordForm,
    ForgottenPasswordForm,
    NewAddressForm,
    PasswordAgainForm,
    ResetPasswordForm,
    SignInForm,
)

__all__ = [
    "NOT_RIGHT",
    "PASSWORD_HELP",
    "AddressCodeForm",
    "AppForm",
    "ChangePasswordForm",
    "DetailsForm",
    "FactorCodeAgainForm",
    "FactorCodeForm",
    "FirstPasswordForm",
    "ForgottenPasswordForm",
    "KeyAgainForm",
    "KeyAnswerForm",
    "KeyForm",
    "NewAddressForm",
    "PasskeyForm",
    "PasswordAgainForm",
    "RegisterForm",
    "RegistrationCodeForm",
    "ResetPasswordForm",
    "SignInForm",
]
