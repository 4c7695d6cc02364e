"""Icons, pills, dates, codes; and the filters that write dates, numbers and codes as plain text.

A page shows most of them by the hundred: they are functions, since templates would take two thirds of its time.
"""

from collections.abc import Iterable
from functools import lru_cache

from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common import formats, nouns
from common.components.library import register
from common.markup import escaped, format_html, format_html_join

for written in (formats.day, formats.moment, formats.second, nouns.counted, nouns.counted_by_script):
    register.filter(written)


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
    return _drawn(escaped(name), escaped(label))


@lru_cache(maxsize=1000)
def _drawn(name: SafeString, label: SafeString) -> SafeString:
    """A page of a list shows hundreds of icons, of a few kinds: each is drawn once for the process."""
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
    "shared": (gettext_noop("Shared"), "good"),
    "changed": (gettext_noop("Updated"), "good"),
    "already_shared": (gettext_noop("Already shared"), "neutral"),
    "invited": (gettext_noop("Invited"), "info"),
    "awaiting_approval": (gettext_noop("Awaiting approval"), "waiting"),
    "refused": (gettext_noop("Refused"), "danger"),
}


@register.inclusion_tag("components/outcome.html")
def outcome(kind: str, sentence: str = "") -> dict:
    text, tone = OUTCOMES[str(kind)]
    return {"text": _(text), "tone": tone, "sentence": sentence}


@register.simple_tag(name="date")
def day_or_moment(value: object, time: bool = False, empty: str = "") -> SafeString:
    """date value time=False empty="not recorded" — 24 Nov 2026, with time in the reader's zone"""
    read = formats.as_moment(value) if time else formats.as_date(value)
    if read:
        return format_html(
            '<time class="date" datetime="{}">{}</time>', read.isoformat(), formats.in_words(read)
        )
    if text := formats.day(value):
        return format_html('<span class="date"><bdi>{}</bdi></span>', text)
    return _muted(empty) if empty else not_recorded()


@register.simple_tag
def modality(codes: str | Iterable[str]) -> SafeString:
    """modality codes — text like CT\\MR or a list"""
    parts = codes.replace("\\", " ").split() if isinstance(codes, str) else codes or ()
    shown = format_html_join(" ", '<span class="modality">{}</span>', ((part,) for part in parts))
    return shown or not_recorded()


def _muted(text: str) -> SafeString:
    return format_html('<span class="muted">{}</span>', text)


def not_recorded() -> SafeString:
    """Shown in place of a value that is empty."""
    return _muted(formats.not_recorded())


@register.inclusion_tag("components/copied_text.html")
def copied_text(text: str, not_copied: str, label: str = "") -> dict:
    return {"text": text, "not_copied": not_copied, "label": label}


@register.inclusion_tag("components/share_code.html")
def share_code(code: str, label: str = "", copy: bool = True) -> dict:
    groups = formats.code_groups(code)
    text = "".join(groups)
    label = label or _("Share code")
    return {"groups": groups, "text": text, "spelled": ", ".join(text), "label": label, "copy": copy}
