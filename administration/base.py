"""Every page of the administration looks and speaks like this: what Django's own admin does otherwise stands here."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import Account
from audit.middleware import client_address
from audit.models import AuditEvent
from worklists.services.trail import read_history

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


class OursAdmin(admin.ModelAdmin):
    """No bulk deeds, no second log beside the audit trail, 404 for what is not there, and our own words."""

    # What one row and several are called on pages; else the model's own names.
    noun = nouns = ""
    # A sentence or two under the heading of the list.
    lead = ""
    actions = None
    view_on_site = False
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    empty_value_display = "–"

    @property
    def media(self) -> forms.Media:
        """What a field brings along, and no scripts of Django's besides."""
        return forms.Media()

    @property
    def noun_of(self) -> str:
        return self.noun or str(self.opts.verbose_name)

    @property
    def nouns_of(self) -> str:
        return self.nouns or str(self.opts.verbose_name_plural)

    def label_of(self, obj: Any) -> str:
        """What a row is called in headings and messages."""
        return str(obj)

    def account_of(self, obj: Any) -> Account | None:
        """The account a row belongs to; none for what is the platform's."""
        return None

    def address(self, page: str, *args: Any) -> str:
        """Of a page of this model: `changelist`, `add`, `change`, `history`, `delete`."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    # Django's pages in our words

    def words(self, **more: Any) -> dict[str, Any]:
        return {
            "noun": self.noun_of,
            "nouns": self.nouns_of,
            "add_label": f"Add a {self.noun_of}",
            "opts": self.opts,
            **more,
        }

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        # As Django answers whatever else no column can hold.
        if any("\x00" in value for _, values in request.GET.lists() for value in values):
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
        title = self.nouns_of[:1].upper() + self.nouns_of[1:]
        context = self.words(title=title, lead=self.lead, **(extra_context or {}))
        return super().changelist_view(request, context)

    def render_change_form(self, request: HttpRequest, context: Any, add: Any = False, change: Any = False,
                           form_url: Any = "", obj: Any = None) -> HttpResponse:  # fmt: skip
        kicker = self.noun_of[:1].upper() + self.noun_of[1:]
        words = (
            {"title": self.label_of(obj), "kicker": kicker} if change else {"title": f"Add a {self.noun_of}"}
        )
        context.update({**self.words(), **words, "subtitle": ""})
        return super().render_change_form(
            request, context, add=add, change=change, form_url=form_url, obj=obj
        )

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        messages.success(request, f"The {self.noun_of} “{self.label_of(obj)}” was added.")
        return self.after_saving(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        messages.success(request, f"The {self.noun_of} “{self.label_of(obj)}” was saved.")
        return self.after_saving(request, obj)

    def after_saving(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Where one is led after adding and changing."""
        return HttpResponseRedirect(self.address("changelist"))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        messages.success(request, f"The {self.noun_of} “{obj_display}” was deleted.")
        return HttpResponseRedirect(self.address("changelist"))

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> Any:
        raise Http404

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A choice of rows without Django's links to add, change or delete one in a window of its own."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
            field.widget.choices = field.choices  # type: ignore[attr-defined]
        return field

    # One log: the services keep the audit trail

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the service has recorded it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the service has recorded it."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing: the service has recorded it."""

    def history_events(self, request: HttpRequest, obj: Any) -> QuerySet[AuditEvent]:
        """The audit events that the history page of this row shows."""
        return AuditEvent.objects.none()

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        reader: Any = request.user
        page = read_history(
            account=self.account_of(obj),
            by=reader,
            events=self.history_events(request, obj),
            row=f"{self.noun_of} {obj.pk}",
            before=number_in(request.GET.get("before", "")),
            address=client_address(request),
        )
        context = {
            **self.admin_site.each_context(request),
            **self.words(title=f"History of {self.label_of(obj)}", label=self.label_of(obj)),
            "lines": page.lines,
            "older": page.older,
            "object": obj,
            **(extra_context or {}),
        }
        own = f"admin/{self.opts.app_label}/{self.opts.model_name}/object_history.html"
        return TemplateResponse(request, [own, "admin/object_history.html"], context)


class Found(AutocompleteSelect):
    """A choice searched for by typing. What is no key at all, in an address or posted by hand, is nobody chosen."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if number_in(str(one)) is not None], attr)


def number_in(text: str) -> int | None:
    """A key as an address or a form brings it; None for what cannot be one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def ticked(field: str, heading: str) -> Callable[[Any], str]:
    """For `list_display`: a yes-or-no field by its word, not by a picture."""

    @admin.display(description=heading, ordering=field)
    def column(obj: Any) -> str:
        return "Yes" if getattr(obj, field) else "–"

    return column
