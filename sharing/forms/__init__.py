"""What people pick and type on the pages of sharing."""

from common.text import uuids
from sharing.forms.guest_link import EndForm, GenerationForm, GuestLinkForm
from sharing.forms.registration import RegisterForm, RegistrationCodeForm
from sharing.forms.share import (
    NO_SUCH_PAGE,
    DeleteForm,
    MoveForm,
    NoSuchCursor,
    Picked,
    ShareForm,
    cursor,
    press_of,
    sealed,
    sealed_email,
    sealed_press,
)

__all__ = [
    "NO_SUCH_PAGE",
    "DeleteForm",
    "EndForm",
    "GenerationForm",
    "GuestLinkForm",
    "MoveForm",
    "NoSuchCursor",
    "Picked",
    "RegisterForm",
    "RegistrationCodeForm",
    "ShareForm",
    "cursor",
    "press_of",
    "sealed",
    "sealed_email",
    "sealed_press",
    "uuids",
]
