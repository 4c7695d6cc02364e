"""A saved recipient list as its page changes it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from sharing.models.recipient_list import LONGEST_LIST_NAME


class VersionForm(forms.Form):
    """Which state of the list the person was looking at."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class RecipientListForm(VersionForm):
    """Its name, and the recipients that stay."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=LONGEST_LIST_NAME,
        error_messages={"required": gettext_lazy("Enter a name for the list.")},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # Ticked rows, sent once for each.
        return {**cleaned, "keep": frozenset(self.data.getlist("keep"))}  # type: ignore[attr-defined]  # a QueryDict
