"""The markup of selects and inputs is Django's, letter by letter but for white space."""

import re
from datetime import date
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import SafeString

from common.form_renderer import INPUTS, FormRenderer
from studies.forms.lists import SearchForm
from tests.markup import HOSTILE

OURS, DJANGOS = FormRenderer(), DjangoTemplates()
CHOICES = [
    ("", "Any"),
    (None, "None"),
    (1, "One"),
    ("1", "One again"),
    (True, "Yes"),
    *((text, text) for text in HOSTILE),
    ("safe", SafeString("R&amp;D")),
    ("A group & more", [("in", "inside"), (HOSTILE[0], HOSTILE[1])]),
]
WIDGETS = [
    forms.TextInput(),
    forms.EmailInput({"autocomplete": "email"}),
    forms.NumberInput({"min": 0, "max": 1000000, "step": "any"}),
    forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    forms.HiddenInput(),
    forms.PasswordInput(),
    forms.PasswordInput(render_value=True),
    forms.CheckboxInput(),
    forms.Select(choices=CHOICES),
    forms.NullBooleanSelect(),
    forms.SelectMultiple(choices=CHOICES),
    forms.RadioSelect(choices=CHOICES),
    forms.CheckboxSelectMultiple(choices=CHOICES),
    forms.Textarea(),
    forms.SplitDateTimeWidget(),
]
VALUES = [None, "", "1", 1, True, False, date(2026, 11, 24), "safe", "in", SafeString("R&amp;D"), *HOSTILE]
ATTRIBUTES: list[dict[str, Any]] = [
    {},
    {
        "id": "id_x",
        "class": "form-select is-invalid",
        "required": True,
        "disabled": False,
        "aria-describedby": None,
    },
    {"data-text": HOSTILE[1], "maxlength": 1000, HOSTILE[2]: "x", "title": SafeString("R&amp;D")},
]


def together(markup: str) -> str:
    return re.sub(r"\s*\n\s*", "", markup)


@pytest.mark.parametrize("attributes", ATTRIBUTES)
@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
def test_every_widget_looks_as_django_writes_it(widget: forms.Widget, attributes: dict[str, Any]) -> None:
    for value in VALUES:
        if isinstance(widget, forms.SplitDateTimeWidget):
            value = None
        ours, djangos = (widget.render("a&b", value, attributes, renderer) for renderer in (OURS, DJANGOS))
        assert together(ours) == together(djangos)
        assert isinstance(ours, SafeString)


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_django_has_no_more_in_these_templates_than_an_input(name: str) -> None:
    own = DJANGOS.get_template(name).template.source.strip()
    assert name.endswith("/input.html") or own == '{% include "django/forms/widgets/input.html" %}'


@pytest.mark.parametrize("typed", [None, {"q": HOSTILE[0], "modality": "CT", "study_from": "2026-11-24"}])
def test_a_whole_form_is_the_same(typed: dict[str, str] | None) -> None:
    pages = [SearchForm(typed, renderer=renderer).as_div() for renderer in (OURS, DJANGOS)]
    assert together(pages[0]) == together(pages[1])


def test_it_is_the_renderer_of_every_form() -> None:
    assert isinstance(SearchForm().renderer, FormRenderer)
