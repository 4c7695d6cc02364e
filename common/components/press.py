"""Controls: buttons, menus, the search box, the selection of rows."""

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common import nouns
from common.components.library import attributes, frame, register
from common.markup import format_html


@register.inclusion_tag("components/button.html")
def button(
    label: str,
    tone: str = "plain",
    type: str = "submit",
    icon: str = "",
    small: bool = False,
    disabled: bool = False,
    needs_selection: bool = False,
    **attrs: Any,
) -> dict:
    return {
        "label": label,
        "tone": tone,
        "type": type,
        "icon": icon,
        "small": small,
        "attrs": attributes({"disabled": disabled, "data_needs_selection": needs_selection, **attrs}),
    }


@register.inclusion_tag("components/link_button.html")
def link_button(
    label: str, href: str, tone: str = "plain", icon: str = "", small: bool = False, **attrs: Any
) -> dict:
    return {
        "label": label,
        "href": href,
        "tone": tone,
        "icon": icon,
        "small": small,
        "attrs": attributes(attrs),
    }


@register.simple_block_tag
def menu(
    content: str,
    label: str = "",
    tone: str = "plain",
    needs_selection: bool = False,
    align: str = "start",
) -> str:
    return frame(
        "menu",
        content=content,
        label=label or _("Actions"),
        tone=tone,
        needs_selection=needs_selection,
        align=align,
    )


@register.inclusion_tag("components/menu_item.html")
def menu_item(
    label: str,
    href: str = "",
    formaction: str = "",
    tone: str = "",
    icon: str = "",
    disabled: bool = False,
    detail: str = "",
    **attrs: Any,
) -> dict:
    extra = {"href": href, **attrs} if href else {"formaction": formaction, "disabled": disabled, **attrs}
    return {
        "label": label,
        "href": href,
        "tone": tone,
        "icon": icon,
        "detail": detail,
        "attrs": attributes(extra),
    }


@register.inclusion_tag("components/search_box.html")
def search_box(
    name: str = "q",
    value: str = "",
    label: str = "",
    placeholder: str = "",
    help: str = "",
    button: str = "",
    **attrs: Any,
) -> dict:
    about = f"id_{name}_helptext" if help else ""
    given = attributes({"placeholder": placeholder, "aria_describedby": about, **attrs})
    search = _("Search")
    return {
        "name": name,
        "value": value,
        "label": label or search,
        "help": help,
        "button": button or search,
        "attrs": given,
    }


@register.simple_tag
def row_check(
    value: object, label: str, name: str = "placement", checked: bool = False, original: bool = False
) -> SafeString:
    """row_check value label name="placement" checked=False original=False — the box of one row in a data-selection
    form; an original cannot be removed from its worklist"""
    return format_html(
        '<label class="check-target"><input type="checkbox" class="form-check-input" name="{}" value="{}" '
        'data-select-row{}{}><span class="visually-hidden">{}</span></label>',
        name,
        value,
        SafeString(" checked" if checked else ""),
        SafeString(" data-original" if original else ""),
        label,
    )


@register.inclusion_tag("components/select_all.html")
def select_all(label: str = "") -> dict:
    return {"label": label or _("Select all on this page")}


@register.inclusion_tag("components/selection_count.html")
def selection_count(noun: str) -> dict:
    return {"numbers": nouns.counted_by_script(noun)}
