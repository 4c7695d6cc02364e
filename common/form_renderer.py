"""Selects and inputs of forms without a template for each of their options.

Django renders one template for each option and another for its attributes: the search of a list, with its 23 options,
took as long as twenty of its rows. The markup is Django's own, except for white space.
"""

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.safestring import SafeString

from common.markup import format_html, format_html_join

FOLDER = "django/forms/widgets"
SELECT, OPTION = f"{FOLDER}/select.html", f"{FOLDER}/select_option.html"
# Django's templates for these have nothing but the input; some of the others have more.
KINDS = ("checkbox", "date", "email", "hidden", "input", "number", "password", "text")
INPUTS = frozenset(f"{FOLDER}/{kind}.html" for kind in KINDS)


class FormRenderer(DjangoTemplates):
    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if template_name in INPUTS:
            return _input(context["widget"])
        if template_name == SELECT and _has_plain_options(context["widget"]):
            return _select(context["widget"])
        rendered: str = super().render(template_name, context, request)
        return rendered


def _input(widget: dict[str, Any]) -> SafeString:
    value = widget["value"]
    return format_html(
        '<input type="{}" name="{}"{}{}>',
        widget["type"],
        widget["name"],
        format_html(' value="{}"', value) if value is not None else "",
        _attributes(widget["attrs"]),
    )


def _has_plain_options(widget: dict[str, Any]) -> bool:
    return all(
        option["template_name"] == OPTION for _, options, _ in widget["optgroups"] for option in options
    )


def _select(widget: dict[str, Any]) -> SafeString:
    groups = format_html_join(
        "", "{}", ((_group(name, options),) for name, options, _ in widget["optgroups"])
    )
    return format_html(
        '<select name="{}"{}>\n{}</select>', widget["name"], _attributes(widget["attrs"]), groups
    )


def _group(name: str | None, options: list[dict[str, Any]]) -> SafeString:
    shown = format_html_join(
        "",
        '<option value="{}"{}>{}</option>\n',
        ((option["value"], _attributes(option["attrs"]), option["label"]) for option in options),
    )
    return format_html('<optgroup label="{}">\n{}</optgroup>\n', name, shown) if name else shown


def _attributes(given: dict[str, Any]) -> SafeString:
    if not given:
        return SafeString("")
    kept = ((name, value) for name, value in given.items() if value is not False)
    pairs = (
        format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value)
        for name, value in kept
    )
    return SafeString("".join(pairs))
