"""Form fields with their label, help and errors tied to them."""

from typing import Any

from django.forms import BoundField, CheckboxInput, PasswordInput, Select
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from common.components.library import attributes, frame, register
from common.markup import format_html


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField,
    label: str = "",
    help: str = "",
    hide_label: bool = False,
    optional: bool = True,
    **attrs: Any,
) -> dict:
    widget = bound.field.widget
    if isinstance(widget, CheckboxInput):
        kind, css = "checkbox", "form-check-input"
    elif widget.use_fieldset:
        kind, css = "group", ""
    else:
        kind, css = "control", "form-select" if isinstance(widget, Select) else "form-control"
    help = help or SafeString(bound.help_text)  # a form's own help may hold a link
    about = _described_by(bound, help)
    given = {name.strip("_").replace("_", "-"): value for name, value in attrs.items()}
    attributes(given)  # refuses inline style and script
    extra: dict[str, Any] = {}
    if kind != "group":
        extra = {
            "class": f"{css} is-invalid" if bound.errors else css,
            "aria-describedby": about or False,
            "aria-invalid": "true" if bound.errors else False,
        }
    return {
        "bound": bound,
        "kind": kind,
        "label": label or bound.label,
        "help": help,
        "hide_label": hide_label,
        "optional": _optional() if optional and not bound.field.required and kind != "checkbox" else "",
        "about": about,
        "is_password": isinstance(widget, PasswordInput),
        "control": bound.as_widget(attrs={**widget.attrs, **extra, **given}),
    }


def _optional() -> SafeString:
    return format_html(' <span class="optional">{}</span>', _("(optional)"))


def _described_by(bound: BoundField, help: str) -> str:
    ids = [f"{bound.auto_id}_helptext"] if help else []
    return " ".join([*ids, f"{bound.auto_id}_error"] if bound.errors else ids)


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: Any, heading: str = "") -> dict:
    rows = [(form[name], errors) for name, errors in form.errors.items() if name != "__all__"]
    heading = heading or _("There is a problem")
    return {"rows": rows, "general": form.non_field_errors(), "heading": heading}


@register.simple_block_tag
def choice_group(content: str, legend: str, help: str = "", error: str = "") -> str:
    return frame("choice_group", content=content, legend=legend, help=help, error=error)
