"""A service's refusal, on the form whose input it refused."""

from collections.abc import Mapping

from django import forms
from django.core.exceptions import ValidationError


def add_refusal(
    form: forms.BaseForm, refusal: ValidationError, field_of: Mapping[str, str] | None = None
) -> None:
    """At the fields that it names, or at the one that its code names; else above the form.

    `field_of`: the fields by code, where a code is not the name of its field.
    """
    code = str(getattr(refusal, "code", ""))
    field = code if field_of is None else field_of.get(code)
    form.add_error(field if field in form.fields else None, refusal)
