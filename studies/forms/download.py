"""In which form studies are downloaded: what the dialog asks, and what the URL of a download says."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.nouns import counted
from common.text import uuids
from studies.deidentified import Options
from studies.models import Series

# A URL holds so many series; who wants more takes all.
MOST_SERIES = 150
RECEIVED, DEIDENTIFIED = "received", "deidentified"
FORMS = (
    (RECEIVED, gettext_lazy("As received")),
    (DEIDENTIFIED, gettext_lazy("De-identified: without what identifies the patient")),
)
DATES = (
    ("remove", gettext_lazy("Remove all dates and times")),
    ("shift", gettext_lazy("Move all dates of a patient by the same number of days")),
    ("keep", gettext_lazy("Keep dates, but for the birth date")),
)


def _tick(label: Any, help_text: Any = "") -> forms.BooleanField:
    return forms.BooleanField(required=False, label=label, help_text=help_text)


class DownloadForm(forms.Form):
    form = forms.ChoiceField(
        label=gettext_lazy("Files"), choices=FORMS, widget=forms.RadioSelect, required=False, initial=RECEIVED
    )
    index = _tick(
        gettext_lazy("With pages that show the pictures"),
        gettext_lazy("For reading without a DICOM viewer, in a browser, also on a phone. Not for diagnosis."),
    )
    dates = forms.ChoiceField(
        label=gettext_lazy("Dates"), choices=DATES, widget=forms.RadioSelect, required=False, initial="remove"
    )
    device = _tick(gettext_lazy("Keep the make, model and serial number of the device"))
    characteristics = _tick(gettext_lazy("Keep the patient’s age, sex, size and weight"))
    descriptors = _tick(
        gettext_lazy("Keep descriptions of study and series"),
        gettext_lazy("Only words that are in the DICOM standard are kept."),
    )
    with_text = _tick(
        gettext_lazy("Include pictures that may show the patient’s name"),
        gettext_lazy(
            "Ultrasound, captured screens, and pictures that say so. Check each before you pass it on."
        ),
    )

    def __init__(self, data: Any = None, *, as_received: bool = True, deidentified: bool = True) -> None:
        super().__init__(data)
        offered = {RECEIVED: as_received, DEIDENTIFIED: deidentified}
        self.fields["form"].choices = [choice for choice in FORMS if offered[choice[0]]]
        if not as_received:
            self.initial["form"] = DEIDENTIFIED

    @property
    def options(self) -> Options | None:
        """None for files as received."""
        cleaned = self.cleaned_data
        if cleaned["form"] != DEIDENTIFIED:
            return None
        kept = {name: cleaned[name] for name in ("device", "characteristics", "descriptors")}
        return Options(dates=cleaned["dates"] or "remove", **kept)

    @property
    def words(self) -> dict[str, str]:
        """The URL's words for what was chosen; what is as it is without a word has none."""
        chosen = {name: "1" for name in ("index",) if self.cleaned_data[name]}
        if self.options is None:
            return chosen
        ticks = ("device", "characteristics", "descriptors", "with_text")
        chosen |= {name: "1" for name in ticks if self.cleaned_data[name]}
        return {"form": DEIDENTIFIED, "dates": self.options.dates, **chosen}


def chosen_series(ticked: Sequence[str], offered: Sequence[Series]) -> tuple[list[UUID], str]:
    """The ticked series, none where all are ticked; and the sentence where the ticks cannot be meant."""
    known = {series.uuid for series in offered}
    chosen = [uuid for uuid in uuids(ticked) if uuid in known]
    if offered and not chosen:
        return [], _("Tick at least one series.")
    if len(chosen) == len(known):
        return [], ""
    if len(chosen) > MOST_SERIES:
        most = counted(MOST_SERIES, "series")
        return [], _("Tick all series, or at most %(most)s.") % {"most": most}
    return chosen, ""
