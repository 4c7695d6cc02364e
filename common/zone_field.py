"""A field for a time zone: typed, with the places offered that hold what is typed, be it a city or a country."""

from functools import lru_cache
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common import timezones
from common.markup import format_html, format_html_join

LONGEST = 100


class ZoneInput(forms.TextInput):
    """The browser searches the list that stands beside the input: without script, and as it does on a phone."""

    def __init__(self) -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false"})

    def format_value(self, value: Any) -> str | None:
        return timezones.in_words(value) if value else None

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        listed = f"{(attrs or {}).get('id') or name}_places"
        typed = super().render(name, value, {**(attrs or {}), "list": listed}, renderer)
        return format_html("{}{}", typed, _list(listed))


@lru_cache(maxsize=20)
def _list(name: str) -> SafeString:
    options = format_html_join(
        "",
        '<option value="{}">{}</option>\n',
        ((place.words, place.country) for place in timezones.places()),
    )
    return format_html('<datalist id="{}">\n{}</datalist>', name, options)


class TimeZoneField(forms.CharField):
    """Its value is the name of a zone."""

    widget = ZoneInput

    def __init__(self, *, help_text: Any = "") -> None:
        missing = {"required": gettext_lazy(timezones.NOT_A_TIME_ZONE)}
        label = gettext_lazy("Time zone")
        super().__init__(label=label, max_length=LONGEST, help_text=help_text, error_messages=missing)

    def clean(self, value: Any) -> str:
        zone = timezones.zone_meant(super().clean(value))
        if not zone:
            raise ValidationError(_(timezones.NOT_A_TIME_ZONE), code="timezone")
        return zone
