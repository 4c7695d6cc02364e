"""Frames around content, and the links between pages."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from common.components.library import attributes, frame, register
from common.components.words import TONE_ICONS
from common.markup import format_html


@register.simple_block_tag
def card(content: str, title: str = "", kicker: str = "", level: int = 2, tone: str = "") -> str:
    return frame("card", content=content, title=title, kicker=kicker, level=level, tone=tone)


@register.simple_block_tag
def table(content: str, caption: str, hide_caption: bool = False, stack: bool = False, **attrs: Any) -> str:
    return frame(
        "table",
        content=content,
        caption=caption,
        hide_caption=hide_caption,
        stack=stack,
        attrs=attributes(attrs),
    )


@register.inclusion_tag("components/sort_header.html")
def sort_header(label: str, href: str, direction: str = "", **attrs: Any) -> dict:
    return {"label": label, "href": href, "direction": direction, "attrs": attributes(attrs)}


MESSAGE_TONES = {"success": "good", "warning": "warn", "error": "danger"}


@register.filter
def labelled(cells: Iterable[str], headers: Iterable[Mapping[str, Any]]) -> list[SafeString]:
    """Django's cells of a row, each with its column's name: on a narrow screen the row is a card that shows it."""
    return [
        format_html('{} data-label="{}"{}', mark_safe(cell[:3]), header["text"], mark_safe(cell[3:]))
        if cell.startswith(("<td", "<th"))
        else mark_safe(cell)
        for cell, header in zip(cells, headers, strict=True)
    ]


@register.filter
def message_tone(level_tag: str) -> str:
    return MESSAGE_TONES.get(level_tag, "info")


@register.simple_block_tag
def notice(
    content: str, heading: str, tone: str = "info", live: bool = False, dismissible: bool = False
) -> str:
    return frame(
        "notice",
        content=SafeString(content.strip()),
        heading=heading,
        tone=tone,
        icon=TONE_ICONS[tone],
        role=("alert" if tone in ("danger", "warn") else "status") if live else "",
        dismissible=dismissible,
    )


@register.simple_block_tag(takes_context=True)
def dialog(
    context: Any, content: str, title: str, size: str = "side", lead: str = "", close_href: str = ""
) -> str:
    # On a page of its own the title is the page's h1; htmx adds the dialog to a page that has an h1.
    request = context.get("request")
    level = 2 if request and request.headers.get("HX-Request") else 1
    return frame(
        "dialog", content=content, title=title, size=size, lead=lead, close_href=close_href, level=level
    )


@register.simple_block_tag
def toolbar(content: str, label: str) -> str:
    return frame("toolbar", content=content, label=label)


@register.simple_block_tag
def page_header(content: str, title: str, sub: str = "", kicker: str = "") -> str:
    return frame("page_header", content=SafeString(content.strip()), title=title, sub=sub, kicker=kicker)


@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(context: Any, label: str, url_name: str, section: str) -> dict:
    """`section` in the page's context marks the current one."""
    href = reverse(url_name)
    request = context.get("request")
    path = request.path if request else ""
    inside = context.get("section") == section or (href != "/" and path.startswith(href))
    return {"href": href, "label": label, "current": "page" if path == href else "true" if inside else ""}


@register.inclusion_tag("components/pager.html")
def pager(
    newer: str = "",
    older: str = "",
    label: str = "",
    newer_label: str = "",
    older_label: str = "",
    info: str = "",
) -> dict:
    return {
        "newer": newer,
        "older": older,
        "label": label or _("Pages"),
        "newer_label": newer_label or _("Newer"),
        "older_label": older_label or _("Older"),
        "info": info,
    }


@register.inclusion_tag("components/tabs.html")
def tabs(items: Iterable[tuple], current: str, label: str = "") -> dict:
    rows = [dict(zip(("key", "label", "href", "count"), item, strict=False)) for item in items]
    return {"rows": rows, "current": current, "label": label or _("Sections")}
