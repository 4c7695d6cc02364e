"""What is asked of the viewer in its URL: a series, an image of it, and a window."""

import math
import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from studies.events import Taken

_NUMBER = r"-?\d{1,7}(?:\.\d{1,6})?"
WINDOW = re.compile(rf"({_NUMBER}),({_NUMBER})", re.ASCII)


class TakenForm(forms.Form):
    """An image that is saved or printed."""

    what = forms.ChoiceField(choices=[(how, how) for how in Taken])
    series = forms.UUIDField()
    instance = forms.UUIDField()
    frame = forms.IntegerField(min_value=1, max_value=10_000_000)


class ViewerForm(forms.Form):
    """Positions count from 1; a window is its centre and its width, as the copied link has them."""

    series = forms.UUIDField(required=False)
    image = forms.IntegerField(required=False, min_value=1, max_value=10_000_000)
    # In place of series and image: what a report or a key object selection refers to.
    instance = forms.UUIDField(required=False)
    frame = forms.IntegerField(required=False, min_value=1, max_value=10_000_000)
    window = forms.CharField(required=False, max_length=40)
    # As a presentation state has them: degrees clockwise, and then left and right are exchanged.
    turn = forms.TypedChoiceField(
        required=False, choices=[(each, each) for each in (0, 90, 180, 270)], coerce=int, empty_value=0
    )
    flip = forms.BooleanField(required=False)
    # A presentation state of the study, by its instance: in place of window, turn and flip.
    state = forms.UUIDField(required=False)

    def clean_window(self) -> str:
        typed: str = self.cleaned_data["window"]
        if not typed:
            return ""
        match = WINDOW.fullmatch(typed)
        if match is None or not float(match[2]) > 0 or not math.isfinite(float(match[1])):
            raise ValidationError(_("Write a window as its centre and its width, such as 40,400."))
        return typed
