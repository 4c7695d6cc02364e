"""What every page of the administration stands on: one account's rows, written by services, in their words."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import FieldDoesNotExist, PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Account, Role, User
from administration.base import Found, OursAdmin, ServiceForm, number_in, ticked
from administration.current_account import administers_something, current_account
from common.exceptions import still_there
from worklists.models import Worklist

__all__ = ["ReadOnlyAdmin", "Scoped", "ScopedAdmin", "ServiceAdmin", "ServiceForm", "number_in", "ticked"]

Filter = tuple[str, type[admin.RelatedFieldListFilter]]

CHOOSE_FIRST = "Choose the account first: what you add belongs to it."


class ReadOnlyAdmin(OursAdmin):
    """For superusers to look at."""

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
    """For superusers. `add`, `change` and `remove` hand what was filled in to a service; no row is saved here."""

    form = ServiceForm

    def add(self, request: HttpRequest, filled: dict[str, Any]) -> models.Model:
        raise NotImplementedError

    def change(self, request: HttpRequest, obj: Any, filled: dict[str, Any]) -> None:
        raise NotImplementedError

    def remove(self, request: HttpRequest, obj: Any) -> None:
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, "form_refusal", None)})

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as refusal:
            # All is undone. The form comes again as it was filled in, with the sentence.
            return self._form_again(request, object_id, form_url, extra_context, refusal)
        except PermissionDenied as refusal:
            if not str(refusal) or not self.has_view_permission(request):
                raise
            # The same, and the one line in the audit trail: the middleware writes it for the status.
            request.refusal = refusal  # type: ignore[attr-defined]
            said = ValidationError(str(refusal), code="refused")
            response = self._form_again(request, object_id, form_url, extra_context, said)
            response.status_code = 403
            return response

    @staticmethod
    def refuse(request: HttpRequest, refusal: ValidationError) -> None:
        """The form of this request is refused, however it was filled in."""
        request.form_refusal = refusal  # type: ignore[attr-defined]  # read in `get_form`

    def _form_again(
        self,
        request: HttpRequest,
        object_id: Any,
        form_url: str,
        extra_context: Any,
        refusal: ValidationError,
    ) -> HttpResponse:
        self.refuse(request, refusal)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        filled = form.cleaned_data
        if change:
            self.change(request, still_there(self.model._default_manager.all(), obj.pk), filled)
        else:
            obj.__dict__.update(self.add(request, filled).__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The service has written everything."""

    # Deleting

    def what_ends(self, request: HttpRequest, obj: Any) -> list[Any]:
        """What goes with the row, as sentences or (number, sentence): the page shows them before the deed."""
        return []

    def why_it_stays(self, request: HttpRequest, obj: Any) -> list[str]:
        """What keeps the row from being deleted, a sentence each; the page then offers no button."""
        return []

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Django would list every row that hangs on it; what matters is said by `what_ends` and `why_it_stays`."""
        return [], {}, set(), []

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        label = self.label_of(obj)
        context = self.words(
            title=f"Delete the {self.noun_of} “{label}”?",
            label=label,
            what_ends=self.what_ends(request, obj),
            why_it_stays=self.why_it_stays(request, obj),
            stays_heading=f"This {self.noun_of} cannot be deleted now.",
            delete_label=f"Delete the {self.noun_of}",
            back=self.address("change", obj.pk),
        )
        try:
            with transaction.atomic():
                return super().delete_view(request, object_id, {**context, **(extra_context or {})})
        except ValidationError as refusal:
            # What is gone has no page to say it on.
            still_there(self.get_queryset(request), obj.pk)
            messages.error(request, refusal.messages[0])
            return HttpResponseRedirect(self.address("change", obj.pk))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(request, obj)


class ScopedAdmin(ServiceAdmin):
    """For whoever administers the current account; a superuser may look at the whole platform.

    List, search, filters, forms, history, deletion, popups and autocompletes all begin with `get_queryset`, so
    another account's row answers as one that does not exist.
    """

    account_lookup = "account"

    def in_scope(self, queryset: QuerySet[Any], account: Account) -> QuerySet[Any]:
        return queryset.filter(**{self.account_lookup: account.pk})

    def account_of(self, obj: Any) -> Account | None:
        """The account a row belongs to."""
        found = obj
        for step in self.account_lookup.split("__"):
            found = getattr(found, step)
        return found if isinstance(found, Account) else None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        account = current_account(request)
        if account is not None:
            return self.in_scope(rows, account)
        return rows if request.user.is_superuser else rows.none()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return administers_something(request)

    # Choices

    def account_for_form(self, request: HttpRequest) -> Account | None:
        """The account whose rows a form may choose from: that of the row it changes, else the current one."""
        changed: Account | None = getattr(request, "form_account", None)
        return changed or current_account(request)

    def scoped_choices(self, request: HttpRequest, db_field: Any) -> QuerySet[Any] | None:
        """The rows a foreign key may be set or filtered to; None leaves a key to something else as it is."""
        return choices_in(self.account_for_form(request), db_field.remote_field.model)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        rows = self.scoped_choices(request, db_field)
        if rows is not None:
            kwargs.setdefault("queryset", rows)
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Found(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            request.form_account = self.account_of(obj)  # type: ignore[attr-defined]
        return super().get_form(request, obj, change=change, **kwargs)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only the list's own filters, and never across a foreign key to what lies behind it."""
        name, *rest = lookup.split("__")
        return name in _filtered(self.get_list_filter(request)) and set(rest) <= _COMPARISONS

    # Adding

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if current_account(request) is None and self.has_add_permission(request):
            messages.info(request, CHOOSE_FIRST)
            there = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('admin:choose_account')}?{there}")
        return super().add_view(request, form_url, extra_context)


_COMPARISONS = {"exact", "isnull", "id", "pk", "in", "gte", "gt", "lte", "lt"}


def _filtered(filters: Any) -> set[str]:
    return {one if isinstance(one, str) else one[0] for one in filters if isinstance(one, str | tuple | list)}


def choices_in(account: Account | None, model: type[models.Model]) -> QuerySet[Any] | None:
    """The rows of an account, of the platform without one; people are the account's members."""
    if model is User:
        people = User.objects.order_by("name", "email")
        return people if account is None else people.filter(account_memberships__account=account)
    if model is Account:
        accounts = Account.objects.order_by("name")
        return accounts if account is None else accounts.filter(pk=account.pk)
    if model is Worklist:
        worklists = Worklist.objects.filter(owner=None).order_by("name")
        return worklists if account is None else worklists.filter(account=account)
    if model is Role:
        roles = Role.objects.exclude(account=None).order_by("name")
        return roles if account is None else roles.filter(account=account)
    try:
        model._meta.get_field("account")
    except FieldDoesNotExist:
        return None
    rows = model._default_manager.all()
    return rows if account is None else rows.filter(account=account)


class ScopedFilter(admin.RelatedFieldListFilter):
    """A filter by a foreign key whose choices are the current account's."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        rows = model_admin.scoped_choices(request, field)
        return [(row.pk, str(row)) for row in (rows if rows is not None else [])[:200]]


def Scoped(field: str) -> Filter:
    """For `list_filter`: `list_filter = (Scoped("role"), "active")`."""
    return (field, ScopedFilter)
