"""The register every component joins, and the two helpers they share."""

import inspect
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
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


def descriptions() -> dict[str, str]:
    """What each component says of itself: the first line of its template, or of its function where it has none."""
    files: Path = settings.BASE_DIR / "templates" / "components"
    first_lines = {file.stem: file.read_text().partition("\n")[0] for file in files.glob("*.html")}
    by_template = {name: line.removeprefix("{# ").removesuffix(" #}") for name, line in first_lines.items()}
    by_function = {
        name: (inspect.getdoc(tag) or "").partition("\n")[0]
        for name, tag in register.tags.items()
        if name not in by_template and not name.startswith("end")
    }
    return by_function | by_template
