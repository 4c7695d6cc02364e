"""A role is replaced by another: the effect on people before it is done, and the progress afterwards."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Role
from administration.change import Refusal
from audit.requests import actor_of
from worklists import permissions, selectors, services
from worklists.models import RoleReplacement


class ReplaceForm(forms.Form):
    other = forms.ModelChoiceField(
        Role.objects.none(), label=gettext_lazy("New role"), empty_label=gettext_lazy("Choose a role")
    )

    def __init__(self, *args: Any, role: Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = Role.objects.filter(account=role.account).exclude(pk=role.pk)
        self.fields["other"].queryset = roles.order_by("name")


@require_http_methods(["GET", "HEAD", "POST"])
def replace_page(request: HttpRequest, page: Any, role: Role) -> HttpResponse:
    """With `_effect`, nothing is done: the form is shown again with the effect of replacing the role."""
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
    sentence = _("“%(new_role)s” is now replacing “%(role)s”.")
    messages.success(request, sentence % {"new_role": taker, "role": role.name})
    return HttpResponseRedirect(page.page_url("replace", role.pk))


@require_safe
def progress_page(request: HttpRequest, page: Any, role: Role) -> HttpResponse:
    """The part of the page that is fetched again and again while the worker replaces the role."""
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
        "title": _("Replace the role “%(role)s”") % {"role": role.name},
        "row_label": role.name,
        "form": form,
        "elsewhere": _elsewhere(role, under_way),
        "free": under_way is None,
        "takeover": _takeover(request, role, form),
        **_state(role, selectors.last_replacement_of(role)),
    }
    return page.render(request, "replace", status, **context)


def _state(role: Role, replacement: RoleReplacement | None) -> dict[str, Any]:
    done = ""
    if replacement is not None:
        names = {"role": role.name, "new_role": replacement.other.name}
        done = _("“%(role)s” was replaced by “%(new_role)s”.") % names
    return {"object": role, "replacement": replacement, "done": done, "in_use": selectors.still_has(role)}


def _elsewhere(role: Role, under_way: RoleReplacement | None) -> str:
    """The sentence that another role of the account is being replaced; empty where none is."""
    if under_way is None or under_way.role == role:
        return ""
    names = {"role": under_way.role.name, "new_role": under_way.other.name}
    return _("“%(role)s” is being replaced by “%(new_role)s” now.") % names


def _takeover(request: HttpRequest, role: Role, form: ReplaceForm) -> Any:
    """None before a role is chosen that can be."""
    if not form.is_bound or not form.is_valid():
        return None
    other = form.cleaned_data["other"]
    ticked = other.permissions.values_list("codename", flat=True)
    lacking = permissions.why_not_give(actor_of(request), role.account, set(ticked))
    return selectors.takeover_of(role, other, lacking=lacking)
