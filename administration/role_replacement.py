"""One role takes another's place: what that does to whom before it is done, and how far it is afterwards."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Role
from administration.change import Refusal
from audit.requests import actor_of
from worklists import permissions, selectors, services
from worklists.models import RoleReplacement


class ReplaceForm(forms.Form):
    other = forms.ModelChoiceField(Role.objects.none(), label="New role", empty_label="Choose a role")

    def __init__(self, *args: Any, role: Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = Role.objects.filter(account=role.account).exclude(pk=role.pk)
        self.fields["other"].queryset = roles.order_by("name")


@require_http_methods(["GET", "HEAD", "POST"])
def replace_page(request: HttpRequest, page: Any, role: Role) -> HttpResponse:
    """With `_effect`, nothing is done: the form comes again and says what doing it would do."""
    _check_account_role(role)
    posted = request.method == "POST"
    form = ReplaceForm(request.POST if posted else None, role=role)
    if "_effect" in request.POST and request.headers.get("HX-Request"):
        return page.render(request, "_takeover", takeover=_takeover(request, role, form))
    if not posted or "_effect" in request.POST:
        return _form_page(request, page, role, form)
    if not form.is_valid():
        return _form_page(request, page, role, form, status=422)
    try:
        services.replace_role(role=role, other=form.cleaned_data["other"], by=actor_of(request))
    except (ValidationError, PermissionDenied) as cause:
        refusal = Refusal(cause)
        form.add_error("other", refusal.sentence)
        return refusal.answer(_form_page(request, page, role, form))
    taker = form.cleaned_data["other"].name
    messages.success(request, f"“{taker}” is now replacing “{role.name}”.")
    return HttpResponseRedirect(page.page_url("replace", role.pk))


@require_safe
def progress_page(request: HttpRequest, page: Any, role: Role) -> HttpResponse:
    """The part of the page that is asked for again and again while the worker is at it."""
    _check_account_role(role)
    replacement = selectors.last_replacement_of(role)
    if replacement is None:
        raise Http404
    return page.render(request, "_replacing", **_state(role, replacement))


def _check_account_role(role: Role) -> None:
    """The platform's own roles are not replaced."""
    if role.account is None:
        raise Http404


def _form_page(
    request: HttpRequest, page: Any, role: Role, form: ReplaceForm, status: int = 200
) -> HttpResponse:
    assert role.account is not None
    under_way = selectors.replacement_under_way(role.account)
    context = {
        "title": f"Replace the role “{role.name}”",
        "row_label": role.name,
        "form": form,
        "elsewhere": _elsewhere(role, under_way),
        "free": under_way is None,
        "takeover": _takeover(request, role, form),
        **_state(role, selectors.last_replacement_of(role)),
    }
    return page.render(request, "replace", status, **context)


def _state(role: Role, replacement: RoleReplacement | None) -> dict[str, Any]:
    said = f"“{role.name}” was replaced by “{replacement.other.name}”." if replacement is not None else ""
    return {"object": role, "replacement": replacement, "said": said, "in_use": selectors.still_has(role)}


def _elsewhere(role: Role, under_way: RoleReplacement | None) -> str:
    """That another role of the account is being replaced; empty where none is."""
    if under_way is None or under_way.role == role:
        return ""
    return f"“{under_way.role.name}” is being replaced by “{under_way.other.name}” now."


def _takeover(request: HttpRequest, role: Role, form: ReplaceForm) -> Any:
    """None before a role is chosen that can be."""
    if not form.is_bound or not form.is_valid():
        return None
    other = form.cleaned_data["other"]
    ticked = other.permissions.values_list("codename", flat=True)
    lacking = permissions.why_not_give(actor_of(request), role.account, set(ticked))
    return selectors.takeover_of(role, other, lacking=lacking)
