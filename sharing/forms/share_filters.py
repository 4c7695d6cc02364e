"""The filters above a list of shares; they are in the list's URL."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.models import Method
from sharing.selectors.share_filters import CURRENT, ShareFilters
from sharing.states import State

MADE = (
    State.INVITED,
    State.INVITATION_EXPIRED,
    State.AWAITING,
    State.NOT_OPENED,
    State.OPENED,
    State.ACKNOWLEDGED,
    State.ENDED,
)
RECEIVED = (State.NOT_ACKNOWLEDGED, State.ACKNOWLEDGED, State.ENDED)
TO_A_PERSON = (Method.PHYSICIAN, Method.CODE, Method.EMAIL)


def _choice(label: Any) -> forms.ChoiceField:
    sentence = gettext_lazy("Choose a filter from the list.")
    return forms.ChoiceField(label=label, required=False, error_messages={"invalid_choice": sentence})


class ShareFilterForm(forms.Form):
    """The filters of shares that someone made."""

    method = _choice(gettext_lazy("Method"))
    state = _choice(gettext_lazy("State"))
    outside = forms.BooleanField(label=gettext_lazy("Outside the organisation"), required=False)
    unopened = forms.BooleanField(label=gettext_lazy("Never opened"), required=False)
    # The days of `share_filters.SOON`.
    soon = forms.BooleanField(label=gettext_lazy("Ends within 7 days"), required=False)

    methods: tuple[Method, ...] = tuple(Method)
    states: tuple[State, ...] = MADE

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="filter_%s")
        methods = [(method.value, str(method.label)) for method in self.methods]
        states = [(state.value, state.word) for state in self.states]
        _offer(self.fields["method"], [("", _("Every method")), *methods])
        _offer(self.fields["state"], [("", _("Every state")), (CURRENT, _("Not ended")), *states])

    def filters(self) -> ShareFilters:
        return ShareFilters(**self.cleaned_data)

    @property
    def has_filters(self) -> bool:
        """Whether the list is narrowed, or what narrows it cannot be read."""
        return not self.is_valid() or bool(self.filters().named())

    def kept(self) -> str:
        """The filters in use, as in a URL; empty without any."""
        if not self.is_valid():
            return ""
        return urlencode({name: "1" if on is True else on for name, on in self.filters().named().items()})


class ReceivedFilterForm(ShareFilterForm):
    """The filters of shares with a person."""

    methods = TO_A_PERSON
    states = RECEIVED


def _offer(field: forms.Field, choices: list[tuple[str, str]]) -> None:
    assert isinstance(field, forms.ChoiceField)  # both are
    field.choices = choices
