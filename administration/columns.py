"""Columns of the lists."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin


def ticked(field: str, heading: str) -> Callable[[Any], str]:
    """For `list_display`: a yes-or-no field by its word, not by a picture."""

    @admin.display(description=heading, ordering=field)
    def column(row: Any) -> str:
        return "Yes" if getattr(row, field) else "–"

    return column
