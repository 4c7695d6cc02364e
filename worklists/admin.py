"""Worklists and their members, for superusers."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from worklists import codes, services
from worklists.models import Worklist, WorklistMembership
from worklists.service_admin import ServiceAdmin, ServiceForm


class WorklistForm(ServiceForm):
    kind = forms.ChoiceField(choices=[("location", "Location"), ("group", "Group")])

    class Meta:
        model = Worklist
        fields = (
            "account", "kind", "name", "description", "share_code", "is_front_door", "default_role",
            "takes_shares", "needs_approval",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("account", "name"):
            if name in self.fields:
                self.fields[name].required = True
        if self.instance.account_id is not None:
            roles = self.fields["default_role"]
            roles.queryset = roles.queryset.filter(account=self.instance.account_id)  # type: ignore[attr-defined]

    def clean_share_code(self) -> str | None:
        return codes.tidy(self.cleaned_data["share_code"] or "") or None


@admin.register(Worklist)
class WorklistAdmin(ServiceAdmin):
    form = WorklistForm
    list_display = (
        "name",
        "account",
        "kind",
        "share_code",
        "is_front_door",
        "takes_shares",
        "needs_approval",
    )
    list_filter = ("account", "kind")
    list_select_related = ("account",)
    search_fields = ("name", "share_code")
    ordering = ("account__name", "kind", "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worklist]:
        """Personal worklists are their owners'."""
        return super().get_queryset(request).filter(owner=None)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("account", "kind") if obj is not None else ()

    def add(self, request: HttpRequest, filled: dict[str, Any]) -> Worklist:
        return services.add_worklist(**filled, by=request.user)  # type: ignore[arg-type]

    def change(self, request: HttpRequest, obj: Worklist, filled: dict[str, Any]) -> None:
        services.change_worklist(worklist=obj, **filled, by=request.user)  # type: ignore[arg-type]


@admin.register(WorklistMembership)
class WorklistMembershipAdmin(ServiceAdmin):
    fields = ("worklist", "user", "role")
    list_display = ("user", "worklist", "account", "role")
    list_filter = ("account",)
    list_select_related = ("user", "worklist", "account", "role")
    search_fields = ("user__name", "user__email", "worklist__name")
    autocomplete_fields = ("worklist", "user")
    ordering = ("account__name", "worklist__name", "user__name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("worklist", "user") if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def add(self, request: HttpRequest, filled: dict[str, Any]) -> WorklistMembership:
        return services.add_worklist_member(**filled, by=request.user)  # type: ignore[arg-type]

    def change(self, request: HttpRequest, obj: WorklistMembership, filled: dict[str, Any]) -> None:
        services.change_worklist_member(membership=obj, **filled, by=request.user)  # type: ignore[arg-type]

    def delete_model(self, request: HttpRequest, obj: WorklistMembership) -> None:
        services.remove_worklist_member(membership=obj, by=request.user)  # type: ignore[arg-type]
