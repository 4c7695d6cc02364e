"""A person's own details, and the form with which they make an access token."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from audit import clock
from common.days import today_in
from common.person_names import NO_NAME, checked_name
from common.zone_field import TimeZoneField
from worklists.models import NoticeTime
from worklists.models.notices import OFFERED
from worklists.selectors.tokens import NO_WORKLIST, NOT_YOURS

LIVES = timedelta(days=90)
READ, STORE = "read", "store"
SCOPES = [
    (READ, gettext_lazy("Read: search, open and download studies")),
    (STORE, gettext_lazy("Read and store: upload studies too")),
]


def last_day_field(help_text: Any, **more: Any) -> forms.DateField:
    """The last day of a token. The service checks that it is within a year."""
    return forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=help_text,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        **more,
    )


class NoticesForm(forms.Form):
    """For each event when it is notified; `initial` has them by the event."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for event in OFFERED:
            self.fields[event.value] = forms.ChoiceField(
                label=event.label,
                choices=NoticeTime.choices,
                error_messages={
                    name: gettext_lazy("Choose: at once, once a day, or not.")
                    for name in ("required", "invalid_choice")
                },
            )


class TokenForm(forms.Form):
    """`worklists` are the pairs of uuid and name to choose from."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What it is for, such as “Research export” or “OsiriX on my Mac”."),
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter a name for the token.")},
    )
    worklists = forms.MultipleChoiceField(
        label=gettext_lazy("Worklists"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("It reaches these worklists alone, and there never more than you do."),
        error_messages={
            "required": gettext_lazy(NO_WORKLIST),
            "invalid_choice": gettext_lazy(NOT_YOURS),
        },
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("What it may do"), choices=SCOPES, initial=READ, widget=forms.RadioSelect
    )
    last_day = last_day_field(
        gettext_lazy("It stops working after this day, a year from today at the latest.")
    )

    def __init__(self, *args: Any, worklists: Iterable[tuple[str, str]], zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["worklists"].choices = list(worklists)
        self.fields["last_day"].initial = today_in(zone, clock.now()) + LIVES


class DetailsForm(forms.Form):
    """A person's own name and time zone."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        error_messages={"required": gettext_lazy(NO_NAME)},
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    timezone = TimeZoneField(
        help_text=gettext_lazy(
            "Dates and times are shown in this time zone. Type a city or a country, and choose from the list."
        )
    )

    def clean_name(self) -> str:
        return checked_name(self.cleaned_data["name"])
