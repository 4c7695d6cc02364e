"""Words with a shape: icons, pills, dates, codes; and the filters that write them as plain text."""

from collections.abc import Iterable
from functools import lru_cache

from django.utils.html import conditional_escape, format_html_join
from django.utils.safestring import SafeString

from common import formats
from common.components.library import frame, register

for reads in (formats.day, formats.moment, formats.person_name, formats.sex_word, formats.counted):
    register.filter(reads)


@register.filter
def grouped(code: object) -> str:
    return " ".join(formats.code_groups(code))


@register.filter
def names(of: Iterable[str]) -> SafeString:
    """People's names in a row, each by the direction of its own script."""
    return format_html_join(", ", "<bdi>{}</bdi>", ((name,) for name in of))


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    return drawn(str(name), conditional_escape(label))


@lru_cache(maxsize=1000)
def drawn(name: str, label: SafeString) -> SafeString:
    """A page of lists shows hundreds, of a few kinds: each is rendered once for the process."""
    return frame("icon", name=name, label=label)


TONE_ICONS = {
    "neutral": "dot",
    "info": "info",
    "good": "check",
    "warn": "warning",
    "danger": "cross",
    "waiting": "clock",
}


@register.inclusion_tag("components/pill.html")
def pill(text: str, tone: str = "neutral") -> dict:
    return {"text": text, "tone": tone, "icon": TONE_ICONS[tone]}


OUTCOMES = {
    "shared": ("Shared", "good"),
    "changed": ("Changed", "good"),
    "already_shared": ("Already shared", "neutral"),
    "invited": ("Invited", "info"),
    "awaiting_approval": ("Awaiting approval", "waiting"),
    "refused": ("Refused", "danger"),
}


@register.inclusion_tag("components/outcome.html")
def outcome(kind: str, sentence: str = "") -> dict:
    text, tone = OUTCOMES[str(kind)]
    return {"text": text, "tone": tone, "sentence": sentence}


@register.inclusion_tag("components/date.html", name="date")
def date_tag(value: object, time: bool = False, empty: str = "not recorded") -> dict:
    found = formats.as_moment(value) if time else formats.as_date(value)
    return {"iso": found.isoformat() if found else "", "text": _when(value, time), "empty": empty}


def _when(value: object, time: bool) -> str:
    return formats.moment(value) if time else formats.day(value)


@register.inclusion_tag("components/modality.html")
def modality(codes: str | Iterable[str]) -> dict:
    parts = codes.replace("\\", " ").split() if isinstance(codes, str) else list(codes or ())
    return {"codes": parts}


@register.inclusion_tag("components/share_code.html")
def share_code(code: str, label: str = "Share code", copy: bool = True) -> dict:
    groups = formats.code_groups(code)
    text = "".join(groups)
    return {"groups": groups, "text": text, "spelled": ", ".join(text), "label": label, "copy": copy}
