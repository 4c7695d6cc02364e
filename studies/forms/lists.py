"""What people ask of a list or of a study's images."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studies.selectors import Order, Question, Sort

MODALITIES = {
    "CT": "CT",
    "MR": "MR",
    "US": gettext_lazy("US, ultrasound"),
    "CR": gettext_lazy("CR, radiograph"),
    "DX": gettext_lazy("DX, digital radiograph"),
    "MG": gettext_lazy("MG, mammogram"),
    "XA": gettext_lazy("XA, angiogram"),
    "RF": gettext_lazy("RF, fluoroscopy"),
    "NM": gettext_lazy("NM, nuclear medicine"),
    "PT": gettext_lazy("PT, PET"),
    "ES": gettext_lazy("ES, endoscopy"),
    "OP": gettext_lazy("OP, ophthalmic photograph"),
    "OPT": gettext_lazy("OPT, ophthalmic tomogram"),
    "ECG": "ECG",
    "RTSTRUCT": gettext_lazy("RTSTRUCT, radiotherapy structures"),
    "SR": gettext_lazy("SR, structured report"),
    "OT": gettext_lazy("OT, other"),
}
ARRIVED = {
    "1": gettext_lazy("In the last 24 hours"),
    "7": gettext_lazy("In the last 7 days"),
    "30": gettext_lazy("In the last 30 days"),
    "365": gettext_lazy("In the last year"),
}
DAY = forms.DateInput({"type": "date", "min": "1900-01-01", "max": "9999-12-31"}, format="%Y-%m-%d")
BAD_DAY = {"invalid": gettext_lazy("Enter a date such as 2026-11-24.")}


class SearchForm(forms.Form):
    """A search of one worklist; at least one field is filled."""

    q = forms.CharField(
        label=gettext_lazy("Name, MRN or accession"),
        max_length=100,
        required=False,
        widget=forms.TextInput({"type": "search", "autocomplete": "off", "spellcheck": "false"}),
    )
    modality = forms.ChoiceField(
        label=gettext_lazy("Modality"),
        required=False,
        choices=[("", gettext_lazy("Any")), *MODALITIES.items()],
    )
    study_from = forms.DateField(
        label=gettext_lazy("Study date from"), required=False, widget=DAY, error_messages=BAD_DAY
    )
    study_to = forms.DateField(
        label=gettext_lazy("Study date to"), required=False, widget=DAY, error_messages=BAD_DAY
    )
    arrived = forms.ChoiceField(
        label=gettext_lazy("Arrived"),
        required=False,
        choices=[("", gettext_lazy("Any time")), *ARRIVED.items()],
    )
    # The share dialog over the list has a field of the same name: an id names one element of a page.
    urgent = forms.BooleanField(
        label=gettext_lazy("Urgent, not opened yet"),
        required=False,
        widget=forms.CheckboxInput({"id": "id_search_urgent"}),
    )

    @property
    def has_filters(self) -> bool:
        """Whether a field besides the text is in use, or was refused."""
        return any(self[name].value() or self[name].errors for name in self.fields if name != "q")

    def clean_q(self) -> str:
        return " ".join(self.cleaned_data["q"].split())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("study_from"), cleaned.get("study_to")
        if first and last and first > last:
            self.add_error("study_to", _("“Study date to” must not be before “Study date from”."))
        if not self.errors and not any(cleaned.values()):
            raise ValidationError(_("Enter something to search for."))
        return cleaned

    def question(self, *, urgent: Exists) -> Question:
        """`urgent`: the condition of the studies that the tick asks for."""
        cleaned = self.cleaned_data
        return Question(
            text=cleaned["q"],
            modality=cleaned["modality"],
            study_from=cleaned["study_from"],
            study_to=cleaned["study_to"],
            arrived_within=timedelta(days=int(cleaned["arrived"])) if cleaned["arrived"] else None,
            urgent=urgent if cleaned["urgent"] else None,
        )

    def kept(self) -> dict[str, str]:
        """The fields as text, to be filled in again."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


class StudiesListForm(forms.Form):
    """How a list is asked for in its URL, which never holds a patient's name or number."""

    sort = forms.ChoiceField(required=False, choices=[(sort, sort) for sort in Sort])
    way = forms.ChoiceField(required=False, choices=[("up", "up"), ("down", "down")])
    at = forms.CharField(required=False, max_length=200)
    search = forms.CharField(required=False, max_length=40)
    select = forms.ChoiceField(required=False, choices=[("all", "all")])

    def order(self) -> Order:
        """Newest first, names from A, unless a valid order was asked for."""
        cleaned = self.cleaned_data
        sort = Sort(cleaned.get("sort") or Sort.ARRIVED)
        way = cleaned.get("way")
        return Order(sort, way == "down" if way else sort != Sort.NAME)


class StackForm(forms.Form):
    """Which image of a study is asked for; positions count from 1."""

    series = forms.UUIDField(required=False)
    image = forms.IntegerField(required=False, min_value=1, max_value=10_000_000)
