"""The values between a page and the service it calls: the change to make, the result, and the refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse

from accounts.models import Account
from audit.actor import Actor
from common.form_errors import add_refusal

# The services' codes for a name that cannot be had, and the field that is marked.
FIELD_OF = {
    "taken": "name",
    "reserved": "name",
    "alike": "name",
    "mixed": "name",
    "empty": "name",
    "timezone": "timezone",
    "kind": "kind",
    "share_code": "share_code",
}

Response = TypeVar("Response", bound=HttpResponse)


@dataclass(frozen=True)
class Change:
    """A change to make: by whom, in which account, to which row (None adds a row), and the filled-in values."""

    by: Actor
    account: Account | None
    row: Any = None
    filled: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """A change that was carried out: the sentence for the next page, and the URL of that page."""

    sentence: str
    url: str
    # The account to administer from now on, where the change made a new account.
    account: Account | None = None


@dataclass(frozen=True)
class Refusal:
    """A service's refusal. Bad input is shown on the form; a missing right is shown there too, with status 403."""

    cause: ValidationError | PermissionDenied

    def __post_init__(self) -> None:
        """A refusal without a sentence has no form to be shown on: Django's own 403 page answers."""
        if isinstance(self.cause, PermissionDenied) and not str(self.cause):
            raise self.cause

    @property
    def error(self) -> ValidationError:
        """For `form.add_error`."""
        if isinstance(self.cause, ValidationError):
            return self.cause
        return ValidationError(str(self.cause), code="refused")

    def add_to(self, form: forms.BaseForm) -> None:
        """At the field that it is about, as the code of the refusal says; else above the form."""
        add_refusal(form, self.error, FIELD_OF)

    @property
    def sentence(self) -> str:
        return str(self.error.messages[0])

    def answer(self, response: Response, *, status: int = 422) -> Response:
        """The page with its status. A 403 carries its cause: the audit writes its one event from it."""
        denied = isinstance(self.cause, PermissionDenied)
        response.status_code = 403 if denied else status
        if denied:
            response.refusal = self.cause
        return response
