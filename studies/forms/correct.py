"""The values of a study that a person at home types in place of those that are there."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.formats import SEX, as_date
from studies.corrected import TAGS
from studies.models import Study

NAME_HELP = gettext_lazy(
    "As in DICOM: family name^given name^middle name^prefix^suffix; other writings behind “=”."
)
LABELS = {
    "patient_name": gettext_lazy("Patient name"),
    "patient_id": gettext_lazy("MRN"),
    "issuer_of_patient_id": gettext_lazy("MRN issued by"),
    "patient_birth_date_raw": gettext_lazy("Birth date"),
    "patient_sex": gettext_lazy("Sex"),
    "description": gettext_lazy("Study description"),
    "accession_number": gettext_lazy("Accession number"),
}
HELPS = {
    "patient_name": NAME_HELP,
    "patient_birth_date_raw": gettext_lazy("Year, month, day, such as 1961-07-04."),
}


class CorrectForm(forms.Form):
    """What is typed is judged by the service; the form knows which values there are."""

    mark = forms.CharField(max_length=64, widget=forms.HiddenInput)
    why = forms.CharField(
        label=gettext_lazy("Why do you correct it?"),
        max_length=500,
        strip=True,
        error_messages={"required": gettext_lazy("Say why you correct the study.")},
        help_text=gettext_lazy("Recorded in the audit trail with the values before and after."),
    )

    def __init__(self, *args: Any, study: Study, **more: Any) -> None:
        # As it is asked for, where it is a day.
        self._born = study.patient_birth_date_raw
        if born := as_date(self._born):
            more["initial"] = {**more.get("initial", {}), "patient_birth_date_raw": born.isoformat()}
        super().__init__(*args, **more)
        for column in TAGS:
            self.fields[column] = self._sexes(study) if column == "patient_sex" else self._text(column)
        self.order_fields([*TAGS, "why", "mark"])

    @property
    def typed(self) -> dict[str, str]:
        """What was not touched is as it was received, in whatever way it was shown."""
        typed = {column: self.cleaned_data.get(column, "") for column in TAGS}
        if (born := as_date(self._born)) and typed["patient_birth_date_raw"].strip() == born.isoformat():
            typed["patient_birth_date_raw"] = self._born
        return typed

    @staticmethod
    def _text(column: str) -> forms.Field:
        return forms.CharField(
            label=LABELS[column],
            required=False,
            max_length=1000,
            strip=False,
            help_text=HELPS.get(column, ""),
        )

    @staticmethod
    def _sexes(study: Study) -> forms.Field:
        """What was received stays a choice, whatever it is."""
        words = {"": _("Not recorded"), **{code: _(word) for code, word in SEX.items()}}
        words.setdefault(study.patient_sex, study.patient_sex)
        return forms.ChoiceField(label=LABELS["patient_sex"], required=False, choices=list(words.items()))


class ConfirmForm(forms.Form):
    """Why the patient of a study is right, although others under the MRN differ."""

    why = forms.CharField(
        label=gettext_lazy("How do you know?"),
        max_length=500,
        error_messages={"required": gettext_lazy("Say how you know that the patient is right.")},
        help_text=gettext_lazy("Recorded in the audit trail."),
    )
