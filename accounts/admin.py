"""Accounts, their roles and members, for superusers; people to look up."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.models import Account, AccountMembership, Role, User
from sharing.services import leave_account
from worklists import services
from worklists.models import Worklist
from worklists.service_admin import ReadOnlyAdmin, ServiceAdmin, ServiceForm


def checklist(*, platform: bool) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every permission under its area, with the labels clinicians know."""
    known = [*([] if platform else Account._meta.permissions), *Worklist._meta.permissions]
    areas: dict[str, list[tuple[str, str]]] = {}
    for codename, label in known:
        areas.setdefault(str(label).partition(":")[0], []).append((codename, str(label)))
    return list(areas.items())


class RoleForm(ServiceForm):
    permissions = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)

    class Meta:
        model = Role
        fields = ("account", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role, stored = self.instance, self.instance.pk is not None
        boxes = self.fields["permissions"]
        boxes.choices = checklist(platform=stored and role.account_id is None)  # type: ignore[attr-defined]
        if stored:
            self.initial["permissions"] = list(role.permissions.values_list("codename", flat=True))
        if "account" in self.fields:
            self.fields["account"].required = True


@admin.register(Role)
class RoleAdmin(ServiceAdmin):
    form = RoleForm
    fields = ("account", "name", "permissions")
    list_display = ("name", "account")
    list_filter = ("account",)
    list_select_related = ("account",)
    search_fields = ("name", "account__name")
    ordering = ("account__name", "name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("account",) if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request) and (obj is None or obj.account_id is not None)

    def add(self, request: HttpRequest, filled: dict[str, Any]) -> Role:
        return services.add_role(**filled, by=request.user)  # type: ignore[arg-type]

    def change(self, request: HttpRequest, obj: Role, filled: dict[str, Any]) -> None:
        services.change_role(role=obj, **filled, by=request.user)  # type: ignore[arg-type]

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ValidationError as refusal:
            messages.error(request, refusal.messages[0])
            return HttpResponseRedirect("../change/")

    def delete_model(self, request: HttpRequest, obj: Role) -> None:
        services.remove_role(role=obj, by=request.user)  # type: ignore[arg-type]


@admin.register(AccountMembership)
class AccountMembershipAdmin(ServiceAdmin):
    list_display = ("user", "account", "role", "active", "every_worklist")
    list_filter = ("account", "active")
    list_select_related = ("user", "account", "role")
    search_fields = ("user__name", "user__email")
    autocomplete_fields = ("user", "role")
    ordering = ("account__name", "user__name")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = ("account", "user", "role", "every_worklist")
        return (*fields, "active") if obj is not None else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("account", "user") if obj is not None else ()

    def add(self, request: HttpRequest, filled: dict[str, Any]) -> AccountMembership:
        return services.add_account_member(**filled, by=request.user)  # type: ignore[arg-type]

    def change(self, request: HttpRequest, obj: AccountMembership, filled: dict[str, Any]) -> None:
        by: Any = request.user
        if obj.active and not filled["active"]:
            leave_account(membership=obj.pk, by=by)
        elif filled["active"] and not obj.active:
            services.reactivate_member(membership=obj, by=by)
        services.change_account_member(
            membership=obj, role=filled["role"], every_worklist=filled["every_worklist"], by=by
        )


@admin.register(Account)
class AccountAdmin(ServiceAdmin):
    fields = ("name", "timezone")
    list_display = ("name", "timezone", "created_at")
    search_fields = ("name",)
    ordering = ("name",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def add(self, request: HttpRequest, filled: dict[str, Any]) -> Account:
        return services.create_account(**filled, by=request.user)  # type: ignore[arg-type]


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    fields = (
        "name",
        "email",
        "timezone",
        "is_active",
        "is_staff",
        "is_superuser",
        "date_joined",
        "last_login",
    )
    list_display = ("name", "email", "is_active", "is_superuser")
    search_fields = ("name", "email")
    ordering = ("name",)
