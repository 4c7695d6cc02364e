"""A day and a time in the past, in the zone of the person who types them."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy


class MomentForm(forms.Form):
    day = forms.DateField(
        label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    time = forms.TimeField(
        label=gettext_lazy("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(self, data: Any = None, *, now: datetime) -> None:
        super().__init__(data)
        self.now = now

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "day" in cleaned and "time" in cleaned:
            try:
                moment = timezone.make_aware(datetime.combine(cleaned["day"], cleaned["time"]))
                is_past = moment <= self.now
            except (OverflowError, ValueError):
                is_past = False
            if not is_past:
                self.add_error("day", gettext_lazy("Choose a moment in the past."))
            else:
                cleaned["at"] = moment
        return cleaned
