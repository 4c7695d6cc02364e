"""The register of the components, and the helpers they share."""

import inspect
from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from common.markup import format_html

register = template.Library()
_forget: list[Callable[[], None]] = []


def attributes(given: dict[str, Any]) -> SafeString:
    """`hx_get="/x"` as ` hx-get="/x"`. The content policy forbids inline style and script: they raise ValueError."""
    pairs = {name.strip("_").replace("_", "-"): value for name, value in given.items()}
    for name in pairs:
        if name == "style" or name.startswith(("on", "hx-on")):
            raise ValueError(f"“{name}” would be inline style or script; use a class or static/js/app.js")
    kept = ((name, value) for name, value in pairs.items() if value not in (None, False, ""))
    shown = (format_html(" {}", n) if v is True else format_html(' {}="{}"', n, v) for n, v in kept)
    return SafeString("".join(shown))


def frame(component: str, **context: Any) -> SafeString:
    return render_to_string(f"components/{component}.html", context)


def rendered_once(render: Callable[[], SafeString]) -> Callable[[], SafeString]:
    """For markup that is the same for every reader: rendered once for the process and each language.

    `render` takes no argument, so that the markup can hold nothing of a person, a request or its token; nor may it hold
    a moment, which every reader sees in a zone of their own.
    """

    @lru_cache(maxsize=20)
    def kept(language: str | None) -> SafeString:
        return render()

    _forget.append(kept.cache_clear)
    return wraps(render)(lambda: kept(get_language()))


def forget_renderings(**signal: Any) -> None:
    """All markup of `rendered_once` is rendered again; may be connected to a signal."""
    for forget in _forget:
        forget()


def descriptions() -> dict[str, str]:
    """How each component is called: the first line of its template, or of its function where it has no template."""
    files: Path = settings.BASE_DIR / "templates" / "components"
    first_lines = {file.stem: file.read_text().partition("\n")[0] for file in files.glob("*.html")}
    by_template = {name: line.removeprefix("{# ").removesuffix(" #}") for name, line in first_lines.items()}
    by_function = {
        name: (inspect.getdoc(tag) or "").partition("\n")[0]
        for name, tag in register.tags.items()
        if name not in by_template and not name.startswith("end")
    }
    return by_function | by_template
