"""A day and a time in the past, in the zone of the person who types them."""

from datetime import date, datetime, time, timedelta
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


class PastForm(MomentForm):
    """With the days between which the study may have been opened; without them, from its arrival until the moment."""

    since = forms.DateField(
        label=gettext_lazy("Opened from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=gettext_lazy("Opened until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        since, until = cleaned.get("since"), cleaned.get("until")
        if since is not None and until is not None and until < since:
            self.add_error("until", gettext_lazy("Choose a day that is not before the first."))
        elif "at" in cleaned:
            ends = self._midnight(until, days=1) if until is not None else None
            began = self._midnight(since) if since is not None else None
            cleaned["period"] = (began, ends or cleaned["at"])
        return cleaned

    def _midnight(self, day: date, *, days: int = 0) -> datetime | None:
        try:
            return timezone.make_aware(datetime.combine(day + timedelta(days=days), time()))
        except (OverflowError, ValueError):
            return None
