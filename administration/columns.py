"""Columns of the lists."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

YES, NO = gettext_noop("Yes"), gettext_noop("No")


def ticked(field: str, heading: Any) -> Callable[[Any], str]:
    """For `list_display`: a yes-or-no field as a word instead of a picture."""

    @admin.display(description=heading, ordering=field)
    def column(row: Any) -> str:
        return _(YES) if getattr(row, field) else "–"

    return column
