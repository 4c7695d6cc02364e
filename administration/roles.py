"""Roles: the permissions and the holders of each, and the effect of a change on people."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.models import Account, Role
from administration import role_replacement
from administration.change import Change, Done
from administration.choices import filter_by
from administration.columns import column
from administration.current_account import current_account
from administration.effect_on_studies import lines_of
from administration.page import EditablePage
from audit.actions import Action
from audit.models import AuditEvent
from audit.requests import actor_of
from common.nouns import counted
from sharing.selectors.what_if import if_role
from worklists import permissions, selectors, services
from worklists.permission_texts import checklist
from worklists.shipped_roles import TICKED_WITH

LEAD = gettext_lazy(
    "A role is a set of permissions. Each person has an account role. They can have another role on single worklists, "
    "and a worklist can have a default role for its members."
)


class RoleForm(forms.Form):
    """The name and the ticked permissions of a role, or of a role to be added."""

    name = forms.CharField(max_length=100, label=gettext_lazy("Name"))
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("Permissions"), widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, account: Account | None, row: Role | None, **kwargs: Any) -> None:
        self.stored = {each.codename for each in row.permissions.all()} if row is not None else set()
        stored = {"name": row.name if row is not None else "", "permissions": list(self.stored)}
        super().__init__(*args, initial={**stored, **kwargs.pop("initial", {})}, **kwargs)
        self.areas = checklist(platform=row is not None and row.account_id is None)
        lines = [line for area in self.areas for line in area.lines]
        self.fields["permissions"].choices = [
            (each.codename, each.label) for line in lines for each in (line, *line.children)
        ]

    def ticked(self) -> list[str]:
        """The permissions that are ticked on the page."""
        return self["permissions"].value() or []


class CopyForm(forms.Form):
    name = forms.CharField(max_length=100, label=gettext_lazy("Name of the new role"))


def copy_page(request: HttpRequest, page: "RoleAdmin", role: Role) -> HttpResponse:
    if role.account is None:
        raise Http404
    copy_name = _("Copy of %(role)s") % {"role": role.name}
    form = CopyForm(request.POST or None, initial={"name": copy_name[:100]})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.copy_role(role=role, **form.cleaned_data, by=actor_of(request))
        except ValidationError as refusal:
            form.add_error("name", refusal)
        else:
            sentence = _("The role “%(new_role)s” has the same permissions as “%(role)s”.")
            messages.success(request, sentence % {"new_role": made.name, "role": role.name})
            return HttpResponseRedirect(page.page_url("change", made.pk))
    return page.render(
        request, "copy", title=_("Copy the role “%(role)s”") % {"role": role.name},
        row_label=role.name, form=form, object=role,
        ticks=permissions.labels(role.permissions.values_list("codename", flat=True)),
    )  # fmt: skip


@admin.register(Role)
class RoleAdmin(EditablePage):
    row_form = RoleForm
    row_pages = {
        "copy": copy_page,
        "replace": role_replacement.replace_page,
        "replace/progress": role_replacement.progress_page,
    }
    noun, nouns, lead = gettext_noop("role"), gettext_noop("roles"), LEAD
    add_label = gettext_lazy("Add a role")
    search_fields = ("name",)
    ordering = ("account__name", "name", "pk")

    # The list

    def rows(self, request: HttpRequest) -> QuerySet[Role]:
        return super().rows(request).select_related("account")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        return selectors.with_numbers(super().get_queryset(request))

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        whose = () if current_account(request) else ("account_or_platform",)
        return (column("name"), *whose, "permission_count", "people", "on_worklists")

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        return () if current_account(request) else (filter_by("account"),)

    @admin.display(description=gettext_lazy("Account"), ordering="account__name")
    def account_or_platform(self, role: Role) -> str:
        return role.account.name if role.account is not None else _("The platform")

    @admin.display(description=gettext_lazy("Permissions"), ordering="n_ticks")
    def permission_count(self, role: Any) -> str:
        return str(role.n_ticks) if role.n_ticks else _("None")

    @admin.display(description=gettext_lazy("People (account role)"), ordering="n_people")
    def people(self, role: Any) -> str:
        return str(role.n_people) if role.n_people else self.empty_value_display

    @admin.display(description=gettext_lazy("On worklists"))
    def on_worklists(self, role: Any) -> str:
        own = counted(role.n_own, "membership") if role.n_own else ""
        default = ""
        if role.n_default:
            default = _("default role of %(worklists)s") % {"worklists": counted(role.n_default, "worklist")}
        return ", ".join(filter(None, [own, default])) or self.empty_value_display

    # One role

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request) and (obj is None or obj.account_id is not None)

    def history_events(self, row: Role) -> QuerySet[AuditEvent]:
        actions = (Action.ROLE_ADD, Action.ROLE_CHANGE, Action.ROLE_REMOVE, Action.ROLE_REPLACE)
        about = Q(detail__role_id=row.pk) | Q(detail__new_role_id=row.pk)
        return AuditEvent.objects.filter(about, account_id=row.account_id, action__in=actions)

    def why_it_stays(self, row: Role) -> list[str]:
        why = selectors.why_role_stays(row)
        if why:
            why = [*why, _("To give all of them another role, choose Replace on the role’s page.")]
        return why

    def add(self, change: Change) -> Done:
        role = services.add_role(account=change.account, **change.filled, by=change.by)
        return Done(self.added(role).sentence, self.page_url("change", role.pk))

    def change(self, change: Change) -> Done:
        before = {each.codename for each in change.row.permissions.all()}
        role = services.change_role(role=change.row, **change.filled, by=change.by)
        effect = selectors.effect_of(role, change.filled["permissions"], stored=before)
        sentence = " ".join([self.saved(role).sentence, *selectors.in_numbers(effect)])
        return Done(sentence, self.page_url("change", role.pk))

    def remove(self, change: Change) -> Done:
        services.remove_role(role=change.row, by=change.by)
        return self.removed(change.row)

    # The effect of a change

    def form_view(self, request: HttpRequest, account: Account | None, row: Any) -> HttpResponse:
        """With `_effect`, nothing is saved: the form is shown again with the effect of saving it."""
        if "_effect" not in request.POST:
            return super().form_view(request, account, row)
        ticks = request.POST.getlist("permissions")
        typed = {"name": request.POST.get("name", ""), "permissions": ticks}
        form = RoleForm(account=account, row=row, initial=typed)
        if request.headers.get("HX-Request"):
            effect = _effect(request, account, row, ticks, form.stored)
            return TemplateResponse(request, "admin/accounts/role/_effect.html", effect)
        return self.form_page(request, row, form)

    def about(self, request: HttpRequest, row: Role | None, form: RoleForm) -> dict[str, Any]:
        account = row.account if row is not None else current_account(request)
        return {
            "areas": form.areas,
            "ticked": set(form.ticked()),
            "ticks_with": {parent: " ".join(others) for parent, others in TICKED_WITH.items()},
            "holders": selectors.holders_of(row) if row is not None and row.account_id else None,
            "is_platform_role": row is not None and row.account_id is None,
            **_effect(request, account, row, form.ticked(), form.stored),
        }


def _effect(
    request: HttpRequest,
    account: Account | None,
    role: Role | None,
    ticks: list[str],
    stored: Collection[str],
) -> dict[str, Any]:
    """For the panel “What changes if you save”."""
    known = [codename for codename in ticks if codename in permissions.KNOWN]
    account_role = role is not None and account is not None and set(known) != set(stored)
    return {
        "studies": lines_of(if_role(role, known), account) if account_role else [],
        "effect": selectors.effect_of(role, known, stored=stored) if role is not None else None,
        "lacking": permissions.why_not_give(actor_of(request), account, permissions.brings(stored, known)),
    }
