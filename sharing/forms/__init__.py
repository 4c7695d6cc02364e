"""What people pick and type on the pages of sharing."""

from common.text import uuids
from sharing.forms.registration import RegisterForm, RegistrationCodeForm
from sharing.forms.share import (
    NO_SUCH_PAGE,
    DeleteForm,
    NoSuchCursor,
    Picked,
    ShareForm,
    cursor,
    press_of,
    sealed,
    sealed_press,
)

__all__ = [
    "NO_SUCH_PAGE",
    "DeleteForm",
    "NoSuchCursor",
    "Picked",
    "RegisterForm",
    "RegistrationCodeForm",
    "ShareForm",
    "cursor",
    "press_of",
    "sealed",
    "sealed_press",
    "uuids",
]
