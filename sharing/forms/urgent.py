"""The time by which an urgent study is to be opened: soon, at an hour, or at a day and time that are typed."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import clock

AT = "at"
SOON = {"30": timedelta(minutes=30), "60": timedelta(hours=1), "120": timedelta(hours=2)}
HOURS = {"8h": 8, "18h": 18}
CHOICES = [
    ("", gettext_lazy("Not urgent")),
    ("30", gettext_lazy("In 30 minutes")),
    ("60", gettext_lazy("In 1 hour")),
    ("120", gettext_lazy("In 2 hours")),
    ("18h", gettext_lazy("At the next 18:00")),
    ("8h", gettext_lazy("At the next 08:00")),
    (AT, gettext_lazy("At another time")),
]
FORMATS = [
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y %H:%M",
    "%d %b %Y %H:%M",
    "%d %B %Y %H:%M",
]
NOT_A_MOMENT = gettext_lazy("Enter the day and the time, such as 24 Nov 2026 14:00.")


class UrgentFields(forms.Form):
    """A choice, and a time that counts where it is typed and no other choice is made; `deadline` when cleaned."""

    urgent = forms.ChoiceField(
        label=gettext_lazy("Urgent: to be opened by"),
        required=False,
        choices=CHOICES,
        help_text=gettext_lazy(
            "If no one has opened the images or a report by then, you and the worklist’s contact are emailed. "
            "An acknowledgement is not enough."
        ),
    )
    open_by = forms.DateTimeField(
        label=gettext_lazy("Day and time"),
        required=False,
        input_formats=FORMATS,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": NOT_A_MOMENT},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = timezone.get_current_timezone_name().replace("_", " ")
        self.fields["open_by"].help_text = _("In your time zone, %(zone)s.") % {"zone": zone}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        choice, typed = cleaned.get("urgent", ""), cleaned.get("open_by")
        if choice == AT and typed is None and "open_by" not in self.errors:
            self.add_error("open_by", NOT_A_MOMENT)
        if choice in SOON or choice in HOURS:
            cleaned["deadline"] = _moment(choice, clock.now())
        else:
            cleaned["deadline"] = self._as_it_was(typed)
        return cleaned

    def _as_it_was(self, typed: datetime | None) -> datetime | None:
        """The field shows minutes; what it had is not another time."""
        was = self.initial.get("open_by")
        if isinstance(was, datetime) and typed == was.replace(second=0, microsecond=0):
            return was
        return typed


def _moment(choice: str, now: datetime) -> datetime:
    """A whole minute, the next one; an hour is that of the person's own zone."""
    if choice in SOON:
        soon = now + SOON[choice]
        return soon.replace(second=0, microsecond=0) + timedelta(
            minutes=1 if soon.second or soon.microsecond else 0
        )
    local = timezone.localtime(now)
    wanted = local.replace(hour=HOURS[choice], minute=0, second=0, microsecond=0)
    return wanted if wanted > local else wanted + timedelta(days=1)
