"""How much one press may carry, and the sentences that refuse more."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

MOST_STUDIES = 500
MOST_TARGETS = 20
MOST_NOTE = 2000

ONE_WORKLIST = gettext_noop("Share the studies of one worklist at a time.")


def note_too_long(length: int) -> str:
    sentence = _("A note can have at most %(most)s characters. This one has %(length)s.")
    return sentence % {"most": f"{MOST_NOTE:,}", "length": f"{length:,}"}


def too_many_studies(number: int) -> str:
    sentence = _("You can share at most %(most)s studies at once. You selected %(number)s.")
    return sentence % {"most": MOST_STUDIES, "number": f"{number:,}"}


def check_note(note: str) -> None:
    if len(note) > MOST_NOTE:
        raise ValidationError(note_too_long(len(note)), code="note")
