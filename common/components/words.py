"""Words with a shape: icons, pills, dates, codes; and the filters that write them as plain text.

A page shows most of them by the hundred: they are functions, since templates would take two thirds of its time.
"""

from collections.abc import Iterable
from functools import lru_cache

from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from common import formats, nouns
from common.components.library import register

NOT_RECORDED = SafeString('<span class="muted">not recorded</span>')

for reads in (formats.day, formats.moment, nouns.counted):
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
    """icon name label="" — decorative unless labelled"""
    return _drawn(conditional_escape(name), conditional_escape(label))


@lru_cache(maxsize=1000)
def _drawn(name: SafeString, label: SafeString) -> SafeString:
    """A page of lists shows hundreds, of a few kinds: each is made once for the process."""
    return format_html(
        '<svg class="icon" width="16" height="16" focusable="false"{}><use href="{}#{}"></use></svg>',
        format_html(' role="img" aria-label="{}"', label) if label else SafeString(' aria-hidden="true"'),
        static("img/icons.svg"),
        name,
    )


TONE_ICONS = {
    "neutral": "dot",
    "info": "info",
    "good": "check",
    "warn": "warning",
    "danger": "cross",
    "waiting": "clock",
}


@register.simple_tag
def pill(text: str, tone: str = "neutral") -> SafeString:
    """pill text tone="neutral" — tone: neutral, info, good, warn, danger, waiting; each with its own shape"""
    return format_html(
        '<span class="pill pill--{}">{}<span>{}</span></span>', tone, icon(TONE_ICONS[tone]), text
    )


OUTCOMES = {
    "shared": ("Shared", "good"),
    "changed": ("Updated", "good"),
    "already_shared": ("Already shared", "neutral"),
    "invited": ("Invited", "info"),
    "awaiting_approval": ("Awaiting approval", "waiting"),
    "refused": ("Refused", "danger"),
}


@register.inclusion_tag("components/outcome.html")
def outcome(kind: str, sentence: str = "") -> dict:
    text, tone = OUTCOMES[str(kind)]
    return {"text": text, "tone": tone, "sentence": sentence}


@register.simple_tag(name="date")
def day_or_moment(value: object, time: bool = False, empty: str = "not recorded") -> SafeString:
    """date value time=False empty="not recorded" — 24 Nov 2026, with time in the reader's zone"""
    read = formats.as_moment(value) if time else formats.as_date(value)
    if read:
        return format_html(
            '<time class="date" datetime="{}">{}</time>', read.isoformat(), formats.in_words(read)
        )
    if text := formats.day(value):
        return format_html('<span class="date"><bdi>{}</bdi></span>', text)
    return format_html('<span class="muted">{}</span>', empty)


@register.simple_tag
def modality(codes: str | Iterable[str]) -> SafeString:
    """modality codes — text like CT\\MR or a list"""
    parts = codes.replace("\\", " ").split() if isinstance(codes, str) else codes or ()
    shown = format_html_join(" ", '<span class="modality">{}</span>', ((part,) for part in parts))
    return shown or NOT_RECORDED


@register.inclusion_tag("components/share_code.html")
def share_code(code: str, label: str = "Share code", copy: bool = True) -> dict:
    groups = formats.code_groups(code)
    text = "".join(groups)
    return {"groups": groups, "text": text, "spelled": ", ".join(text), "label": label, "copy": copy}
