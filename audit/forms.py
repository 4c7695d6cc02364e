"""The filters of a trail."""

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from audit import history
from audit.selectors import Filters

LARGEST = 2**63 - 1
NO_SUCH_PAGE = gettext_noop("That page no longer exists. Start again from the newest entry.")
LAST_BEFORE_FIRST = gettext_noop("“To” must not be before “From”.")
A_DATE = gettext_noop("Enter a date that exists, for example 2026-11-24.")
NOT_AN_ACTION = gettext_noop("Choose an action from the list.")


def _cursor() -> forms.IntegerField:
    errors = dict.fromkeys(("invalid", "min_value", "max_value"), gettext_lazy(NO_SUCH_PAGE))
    return forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST, widget=forms.HiddenInput, error_messages=errors
    )


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy(A_DATE)},
    )


def action_choices(*prefixes: str) -> list[tuple[str, Any]]:
    """Every action that begins with a prefix, by group; a group can be chosen as a whole. Without a prefix, all."""
    choices: list[tuple[str, Any]] = [("", _("Everything"))]
    for key, (title, _prefixes) in history.CATEGORIES.items():
        actions = [action for action in history.actions_in(key) if action.startswith(prefixes or "")]
        if actions:
            whole = (key, _("%(group)s: all") % {"group": title})
            choices.append((str(title), [whole, *((action.value, str(action.label)) for action in actions)]))
    return choices


def _study_actions() -> list[tuple[str, Any]]:
    return action_choices("study:", "audit:", "platform:")


class TrailForm(forms.Form):
    """Dates are days of the reader's zone, both included. `before` and `after` are the ids around the page."""

    person = forms.IntegerField(
        label=gettext_lazy("Person"),
        required=False,
        min_value=0,
        max_value=LARGEST,
        widget=forms.Select(choices=[("", gettext_lazy("Everyone"))]),
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), gettext_lazy("Choose a person from the list.")
        ),
    )
    action = forms.ChoiceField(
        label=gettext_lazy("Action"),
        required=False,
        choices=_study_actions,
        error_messages={"invalid_choice": gettext_lazy(NOT_AN_ACTION)},
    )
    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("To"))
    before = _cursor()
    after = _cursor()

    def __init__(self, data: Any, *, zone: ZoneInfo) -> None:
        super().__init__(data, auto_id="trail_%s")
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _(LAST_BEFORE_FIRST))
        if data.get("before") and data.get("after"):
            self.add_error(None, _(NO_SUCH_PAGE))
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
        """Fill the list of people, with the chosen person also where the trail has no event of theirs."""
        chosen = self.cleaned_data.get("person")
        if chosen is not None and chosen not in dict(people):
            people = [*people, (chosen, _("Someone who is not in this trail"))]
        self.fields["person"].widget.choices = [("", _("Everyone")), *people]

    def kept(self) -> dict[str, str]:
        """The filters in use, as in a URL."""
        names = ("person", "action", "since", "until")
        return {
            name: str(self.cleaned_data[name]) for name in names if self.cleaned_data[name] not in (None, "")
        }

    def links(self, newer: int | None, older: int | None) -> dict[str, str]:
        """The links of the pager and of the file, with the filters kept; for a valid form."""
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
        """The beginning of the next day; None after the last day that a date can be."""
        return self._begins(day + timedelta(days=1)) if day < date.max else None


class AccountTrailForm(TrailForm):
    """As on a study's trail, but the person is typed: an account has too many to choose from."""

    person = forms.CharField(required=False, max_length=100, label=gettext_lazy("Person"))  # type: ignore[assignment]  # typed here, chosen there
    action = forms.ChoiceField(
        required=False,
        label=TrailForm.base_fields["action"].label,
        choices=action_choices,
        error_messages=TrailForm.base_fields["action"].error_messages,
    )

    def filters(self) -> Filters:
        person, self.cleaned_data["person"] = self.cleaned_data["person"], None
        filters = super().filters()
        self.cleaned_data["person"] = person
        return filters
