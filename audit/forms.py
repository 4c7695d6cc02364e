"""The filters of a trail."""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms

from audit import history
from audit.selectors import Filters

LARGEST = 2**63 - 1
NO_SUCH_PAGE = "That page no longer exists. Start again from the newest entry."
LAST_BEFORE_FIRST = "“To” must not be before “From”."
A_DATE = "Enter a date that exists, for example 2026-11-24."


def _cursor() -> forms.IntegerField:
    said = dict.fromkeys(("invalid", "min_value", "max_value"), NO_SUCH_PAGE)
    return forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST, widget=forms.HiddenInput, error_messages=said
    )


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": A_DATE},
    )


def _actions() -> list[tuple[str, Any]]:
    """Every action a study's trail can hold, by group; a group can be chosen as a whole."""
    choices: list[tuple[str, Any]] = [("", "Everything")]
    for key, (title, _) in history.CATEGORIES.items():
        actions = [a for a in history.actions_in(key) if a.startswith(("study:", "audit:", "platform:"))]
        if actions:
            choices.append((title, [(key, f"{title}: all"), *((a.value, str(a.label)) for a in actions)]))
    return choices


class TrailForm(forms.Form):
    """Dates are days of the reader's zone, both included. `before` and `after` say which page."""

    person = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=LARGEST,
        widget=forms.Select(choices=[("", "Everyone")]),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Choose a person from the list."),
    )
    action = forms.ChoiceField(
        required=False,
        choices=_actions,
        error_messages={"invalid_choice": "Choose an action from the list."},
    )
    since = _day("From")
    until = _day("To")
    before = _cursor()
    after = _cursor()

    def __init__(self, data: Any, *, zone: ZoneInfo) -> None:
        super().__init__(data, auto_id="trail_%s")
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", LAST_BEFORE_FIRST)
        if data.get("before") and data.get("after"):
            self.add_error(None, NO_SUCH_PAGE)
        return data

    def filters(self) -> Filters:
        data = self.cleaned_data
        return Filters(
            person=data["person"],
            action=data["action"],
            since=self._begins(data["since"]) if data["since"] else None,
            until=self._ends(data["until"]) if data["until"] else None,
        )

    def offer(self, people: list[tuple[int, str]]) -> None:
        """Fill the list of people, with whoever was asked for even where the trail does not know them."""
        chosen = self.cleaned_data.get("person")
        if chosen is not None and chosen not in dict(people):
            people = [*people, (chosen, "Someone who is not in this trail")]
        self.fields["person"].widget.choices = [("", "Everyone"), *people]

    def kept(self) -> dict[str, str]:
        """The filters in use, as an address carries them."""
        names = ("person", "action", "since", "until")
        return {
            name: str(self.cleaned_data[name]) for name in names if self.cleaned_data[name] not in (None, "")
        }

    def links(self, newer: int | None, older: int | None) -> dict[str, str]:
        """Where the pager and the file lead, with the filters kept. Ask it of a form that is valid."""
        kept = self.kept()
        ways = {"newer": ("after", newer), "older": ("before", older)}
        links = {
            way: f"?{urlencode({**kept, key: value})}"
            for way, (key, value) in ways.items()
            if value is not None
        }
        return {**links, "kept": f"?{urlencode(kept)}" if kept else ""}

    def _begins(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone)

    def _ends(self, day: date) -> datetime | None:
        """The beginning of the next day; nothing lies beyond the last day there is."""
        return self._begins(day + timedelta(days=1)) if day < date.max else None
