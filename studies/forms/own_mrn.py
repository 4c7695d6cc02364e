"""The number that a worklist's office has for a patient."""

from django import forms
from django.utils.translation import gettext_lazy

HELP = gettext_lazy(
    "The number of this patient in your own records. Shown beside the MRN on this worklist only. Leave it empty to "
    "remove the number."
)


class OwnMrnForm(forms.Form):
    """What is typed is judged by the service."""

    own_mrn = forms.CharField(
        label=gettext_lazy("Own MRN"),
        required=False,
        max_length=1000,
        strip=False,
        help_text=HELP,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
