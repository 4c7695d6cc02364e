"""AE titles: how machines that speak DIMSE name themselves, and the worklist that they send to.

A title is one worklist's on the whole platform, since a machine says nothing else of where its studies go.
"""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

AE_TITLE_SIGNS = gettext_noop(
    "An AE title has up to 16 letters, digits, spaces and signs, without a backslash."
)
TITLE_TAKEN = gettext_noop("This AE title is taken. Choose another.")


def tidied_ae_title(typed: str | None) -> str:
    """AE titles are compared without the spaces around them, as DICOM has it; empty for none."""
    title = (typed or "").strip(" ")
    if len(title) > 16 or not title.isascii() or (title and not title.isprintable()) or "\\" in title:
        raise ValidationError({"ae_title": _(AE_TITLE_SIGNS)})
    return title
