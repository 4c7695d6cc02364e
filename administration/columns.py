"""Columns of the lists."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

YES, NO = gettext_noop("Yes"), gettext_noop("No")
AE_TITLE = gettext_lazy("AE title")
# Of the fields that lists show and filters ask for.
HEADINGS = {
    "account": gettext_lazy("account"),
    "default_role": gettext_lazy("default role"),
    "email": gettext_lazy("email"),
    "kind": gettext_lazy("kind"),
    "name": gettext_lazy("name"),
    "role": gettext_lazy("role"),
    "user": gettext_lazy("person"),
    "worklist": gettext_lazy("worklist"),
}


def column(field: str) -> Callable[[Any], Any]:
    """For `list_display`: a field under its heading in the reader's language."""

    @admin.display(description=HEADINGS[field], ordering=field)
    def shown(row: Any) -> Any:
        in_words = getattr(row, f"get_{field}_display", None)
        return in_words() if in_words is not None else getattr(row, field)

    return shown


def ticked(field: str, heading: Any) -> Callable[[Any], str]:
    """For `list_display`: a yes-or-no field as a word instead of a picture."""

    @admin.display(description=heading, ordering=field)
    def shown(row: Any) -> str:
        return _(YES) if getattr(row, field) else "–"

    return shown
