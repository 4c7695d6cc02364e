"""What every admin page of ours stands on: it asks the service, and shows the service's sentence."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse

Refusal = ValidationError | None


class ServiceForm(forms.ModelForm):
    """Checks types alone: what is allowed, and the sentence when it is not, is the service's."""

    refusal: Refusal = None

    def clean(self) -> dict[str, Any] | None:
        if self.refusal is not None:
            raise self.refusal
        return super().clean()

    def validate_unique(self) -> None:
        """The service says it in words."""

    def _get_validation_exclusions(self) -> set[str]:
        """Every field: Django then leaves the constraints to the service, which says it in words."""
        return {field.name for field in self.instance._meta.get_fields()}


class ReadOnlyAdmin(admin.ModelAdmin):
    """For superusers to look at."""

    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ServiceAdmin(ReadOnlyAdmin):
    """For superusers. `add` and `change` hand what was filled in to a service; no row is saved here."""

    form = ServiceForm

    def add(self, request: HttpRequest, filled: dict[str, Any]) -> models.Model:
        raise NotImplementedError

    def change(self, request: HttpRequest, obj: Any, filled: dict[str, Any]) -> None:
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, "refusal", None)})

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as refusal:
            # All is undone. The form comes again as it was filled in, with the sentence.
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        filled = form.cleaned_data
        if change:
            self.change(request, self.model._default_manager.get(pk=obj.pk), filled)
        else:
            obj.__dict__.update(self.add(request, filled).__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The service has written everything."""
