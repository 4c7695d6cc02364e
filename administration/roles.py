"""Roles: which permissions each has, who holds it, and what a change of it would do to whom."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path

from accounts.models import Account, Role
from administration import role_replacement
from administration.current_account import current_account
from administration.service_admin import Scoped, ScopedAdmin, ServiceForm
from administration.worklist_pages import of_row
from audit.actions import Action
from audit.models import AuditEvent
from common.formats import counted
from worklists import permissions, selectors, services
from worklists.permission_texts import checklist
from worklists.shipped_roles import TICKED_WITH

LEAD = (
    "A role is a set of permissions. Each person has an account role. They can have another role on single worklists, "
    "and a worklist can have a default role for its members."
)


class RoleForm(ServiceForm):
    permissions = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)

    class Meta:
        model = Role
        fields = ("name",)

    # What was ticked when its effect was asked for.
    draft: dict[str, Any] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role, stored = self.instance, self.instance.pk is not None
        self.areas = checklist(platform=stored and role.account_id is None)
        lines = [line for area in self.areas for line in area.lines]
        known = [(one.codename, one.label) for line in lines for one in (line, *line.children)]
        self.fields["permissions"].choices = known
        # Django has read the rows; the boxes go by their codenames.
        self.stored = {row.codename for row in self.initial.get("permissions", [])} if stored else set()
        self.initial["permissions"] = list(self.stored)
        self.initial.update(self.draft or {})

    def ticked(self) -> list[str]:
        """What the boxes show now."""
        return self["permissions"].value() or []


class CopyForm(forms.Form):
    name = forms.CharField(max_length=100, label="Name of the new role")


@admin.register(Role)
class RoleAdmin(ScopedAdmin):
    form = RoleForm
    noun, nouns, lead = "role", "roles", LEAD
    fields = ("name", "permissions")
    search_fields = ("name",)
    ordering = ("account__name", "name", "pk")
    change_form_template = "admin/accounts/role/change_form.html"
    delete_confirmation_template = "admin/delete_confirmation.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        return selectors.with_numbers(super().get_queryset(request)).select_related("account")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        columns = ("name", "permission_count", "people", "on_worklists")
        return columns if current_account(request) else ("name", "account_or_platform", *columns[1:])

    def get_list_filter(self, request: HttpRequest) -> tuple[Any, ...]:
        return () if current_account(request) else (Scoped("account"),)

    @admin.display(description="Account", ordering="account__name")
    def account_or_platform(self, role: Role) -> str:
        return role.account.name if role.account is not None else "The platform"

    @admin.display(description="Permissions", ordering="n_ticks")
    def permission_count(self, role: Any) -> str:
        return str(role.n_ticks) if role.n_ticks else "None"

    @admin.display(description="People (account role)", ordering="n_people")
    def people(self, role: Any) -> str:
        return str(role.n_people) if role.n_people else self.empty_value_display

    @admin.display(description="On worklists")
    def on_worklists(self, role: Any) -> str:
        own = counted(role.n_own, "membership,memberships") if role.n_own else ""
        default = f"default role of {counted(role.n_default, 'worklist,worklists')}" if role.n_default else ""
        return ", ".join(filter(None, [own, default])) or self.empty_value_display

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request) and (obj is None or obj.account_id is not None)

    def history_events(self, request: HttpRequest, obj: Role) -> QuerySet[AuditEvent]:
        actions = (Action.ROLE_ADD, Action.ROLE_CHANGE, Action.ROLE_REMOVE, Action.ROLE_REPLACE)
        about = Q(detail__role_id=obj.pk) | Q(detail__new_role_id=obj.pk)
        return AuditEvent.objects.filter(about, account_id=obj.account_id, action__in=actions)

    def why_it_stays(self, request: HttpRequest, obj: Role) -> list[str]:
        why = selectors.why_role_stays(obj)
        return [*why, "To give all of them another role, choose Replace on the role’s page."] if why else why

    # Writing

    def add(self, request: HttpRequest, filled: dict[str, Any]) -> Role:
        return services.add_role(account=_account(request), **filled, by=request.user)

    def change(self, request: HttpRequest, obj: Role, filled: dict[str, Any]) -> None:
        request.effect = selectors.effect_of(obj, filled["permissions"])
        services.change_role(role=obj, **filled, by=request.user)

    def remove(self, request: HttpRequest, obj: Role) -> None:
        services.remove_role(role=obj, by=request.user)

    def response_change(self, request: HttpRequest, obj: Role) -> HttpResponse:
        done = " ".join(selectors.in_numbers(request.effect))
        messages.success(request, f"The role “{obj.name}” was saved. {done}".strip())
        return self.after_saving(request, obj)

    def after_saving(self, request: HttpRequest, obj: Role) -> HttpResponse:
        return HttpResponseRedirect(self.address("change", obj.pk))

    # What would change

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.draft = getattr(request, "draft", None)
        return form

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """With `_effect`, nothing is saved: the form comes again and says what saving it would do."""
        if request.method != "POST" or "_effect" not in request.POST:
            return super().changeform_view(request, object_id, form_url, extra_context)
        role = self.get_object(request, object_id) if object_id is not None else None
        if object_id is not None and role is None:
            raise Http404
        ticks = request.POST.getlist("permissions")
        if request.headers.get("HX-Request"):
            stored = {row.codename for row in role.permissions.all()} if role is not None else set()
            context = self.effect(request, role, ticks, stored)
            return TemplateResponse(request, "admin/accounts/role/_effect.html", context)
        request.draft = {"name": request.POST.get("name", ""), "permissions": ticks}
        request.method = "GET"
        return super().changeform_view(request, object_id, form_url, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: Any, add: Any = False, change: Any = False, form_url: Any = "",
        obj: Any = None,
    ) -> HttpResponse:  # fmt: skip
        form = context["adminform"].form
        context.update(self.effect(request, obj, form.ticked(), form.stored))
        context.update({
            "areas": form.areas,
            "ticked": set(form.ticked()),
            "ticks_with": {parent: " ".join(others) for parent, others in TICKED_WITH.items()},
            "holders": selectors.holders_of(obj) if obj is not None and obj.account_id else None,
            "is_platform_role": obj is not None and obj.account_id is None,
        })  # fmt: skip
        return super().render_change_form(request, context, add, change, form_url, obj)

    def effect(
        self, request: HttpRequest, role: Role | None, ticks: list[str], stored: set[str]
    ) -> dict[str, Any]:
        """For the panel “What changes if you save”."""
        known = [one for one in ticks if one in permissions.KNOWN]
        account = role.account if role is not None else current_account(request)
        return {
            "effect": selectors.effect_of(role, known, stored=stored) if role is not None else None,
            "lacking": permissions.why_not_give(request.user, account, permissions.brings(stored, known)),
        }

    # Copying

    def get_urls(self) -> list[Any]:
        pages = {
            "copy": ("copy/", self.copy_view),
            "replace": ("replace/", role_replacement.replace_page),
            "replace_progress": ("replace/progress/", role_replacement.progress_page),
        }
        ours = [
            path(
                f"<int:object_id>/{end}",
                self.admin_site.admin_view(self.of_role(page)),
                name=f"accounts_role_{name}",
            )
            for name, (end, page) in pages.items()
        ]
        return [*ours, *super().get_urls()]

    def of_role(self, page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """The page for a role of the account that is being administered; the platform's have none."""

        def accounts_own(request: HttpRequest, model_admin: Any, role: Role) -> HttpResponse:
            if role.account is None:
                raise Http404
            return page(request, model_admin, role)

        return of_row(accounts_own, self)

    def copy_view(self, request: HttpRequest, model_admin: Any, role: Role) -> HttpResponse:
        form = CopyForm(request.POST or None, initial={"name": f"Copy of {role.name}"[:100]})
        if request.method == "POST" and form.is_valid():
            try:
                made = services.copy_role(role=role, **form.cleaned_data, by=request.user)
            except ValidationError as refusal:
                form.add_error("name", refusal)
            else:
                messages.success(
                    request, f"The role “{made.name}” has the same permissions as “{role.name}”."
                )
                return HttpResponseRedirect(self.address("change", made.pk))
        context = {
            **self.admin_site.each_context(request),
            **self.words(title=f"Copy the role “{role.name}”", row_label=role.name),
            "form": form,
            "object": role,
            "ticks": permissions.labels(role.permissions.values_list("codename", flat=True)),
        }
        return TemplateResponse(request, "admin/accounts/role/copy.html", context)


def _account(request: HttpRequest) -> Account:
    account = current_account(request)
    if account is None:
        raise PermissionDenied("Choose the account first.")
    return account
