"""The register every component joins, and the two helpers they share."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()


def attributes(given: dict[str, Any]) -> SafeString:
    """`hx_get="/x"` as ` hx-get="/x"`. The content policy forbids inline style and script, so do we."""
    pairs = {name.strip("_").replace("_", "-"): value for name, value in given.items()}
    for name in pairs:
        if name == "style" or name.startswith(("on", "hx-on")):
            raise ValueError(f"“{name}” would be inline style or script; use a class or static/js/app.js")
    kept = [(name, value) for name, value in pairs.items() if value not in (None, False, "")]
    return format_html_join(
        "", "{}", ((format_html_join("", ' {}="{}"' if v is not True else " {}", [(n, v)]),) for n, v in kept)
    )


def frame(component: str, **context: Any) -> SafeString:
    return render_to_string(f"components/{component}.html", context)
