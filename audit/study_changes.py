"""What was corrected in a study, in the words of its trail: the old value and the new of each attribute."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.text import one_line

# By the name that the event keeps of an attribute.
ATTRIBUTES = {
    "patient_name": gettext_noop("patient name"),
    "patient_id": gettext_noop("MRN"),
    "issuer_of_patient_id": gettext_noop("issuer of the MRN"),
    "patient_sex": gettext_noop("sex"),
    "patient_birth_date_raw": gettext_noop("birth date"),
    "description": gettext_noop("study description"),
    "accession_number": gettext_noop("accession number"),
}


def changes_in_words(changes: Any) -> str:
    """`: MRN from “1” to “2”, sex from nothing to “F”`; nothing where the event keeps no changes."""
    if not isinstance(changes, dict):
        return ""
    each = [
        _("%(attribute)s from %(before)s to %(after)s")
        % {
            "attribute": _(ATTRIBUTES[name]) if name in ATTRIBUTES else one_line(name),
            "before": _quoted(values[0]),
            "after": _quoted(values[1]),
        }
        for name, values in changes.items()
        if isinstance(values, list) and len(values) == 2
    ]
    return f": {', '.join(each)}" if each else ""


def _quoted(value: Any) -> str:
    return _("“{}”").format(one_line(value)) if one_line(value) else _("nothing")
