"""The two kinds of pages: `AdminPage` shows rows, and services change the rows of an `EditablePage`."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Account
from administration.change import Change, Done, Refusal
from administration.choices import choices_in
from administration.columns import column
from administration.current_account import (
    administers_something,
    choose_account,
    choose_first,
    current_account,
)
from administration.effect_on_studies import answer_with_effect
from administration.history import history_page
from administration.removal import removal_page
from audit.models import AuditEvent
from audit.requests import actor_of
from common.exceptions import still_there

BY_NAME_OR_EMAIL = gettext_lazy("By name or email address")
# The button that shows what a change means, and saves nothing.
EFFECT = "_effect"
COMPARISONS = {"exact", "isnull", "id", "pk", "in", "gte", "gt", "lte", "lt"}


class AdminPage(admin.ModelAdmin):
    """The list of a model, one row and its history: the current account's rows, for its administrators.

    List, search, filters, history, further pages and autocompletes all begin with `rows`: a row of another account is
    answered like a row that does not exist. A superuser may read the whole platform.
    """

    # The words for a row and for several, in English: marked with `gettext_noop`, translated where they are shown.
    noun: ClassVar[str]
    nouns: ClassVar[str]
    # A sentence or two under the heading of the list, and the button that adds a row.
    lead: ClassVar[Any] = ""
    add_label: ClassVar[Any] = ""
    # For rows of the platform, which only its superusers see: the sentence for everyone else.
    superusers_only: ClassVar[Any] = ""
    # Further pages of a row: how the URL ends, and the view, called with the request, this page and the row.
    row_pages: ClassVar[Mapping[str, Callable[[HttpRequest, Any, Any], HttpResponse]]] = {}

    actions = None
    view_on_site = False
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    empty_value_display = "–"
    # Django's lists bring scripts that ours do without.
    media = forms.Media()

    def label_of(self, row: Any) -> str:
        """The name of a row in headings and messages."""
        return str(row)

    # Whose rows

    def account_of(self, row: Any) -> Account | None:
        """The account of a row; None for a row of the platform."""
        account: Account | None = row.account if not self.superusers_only else None
        return account

    def in_account(self, rows: QuerySet[Any], account: Account) -> QuerySet[Any]:
        return rows.filter(account=account.pk)

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        """All rows that this person may see here now."""
        rows, account = self.model._default_manager.all(), current_account(request)
        # Rows of the platform are limited where they are chosen from, as the people of an account are.
        if self.superusers_only or (account is None and request.user.is_superuser):
            return rows
        return self.in_account(rows, account) if account is not None else rows.none()

    def account_column(self, request: HttpRequest) -> tuple[Any, ...]:
        """A list of the whole platform says whose each row is."""
        return (column("account"),) if current_account(request) is None else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the list, with what its columns need."""
        return self.rows(request).order_by(*self.get_ordering(request))

    def choices(self, account: Account | None, field: Any) -> QuerySet[Any] | None:
        """The rows a foreign key may be set or filtered to; None leaves the key as it is."""
        return choices_in(account, field.remote_field.model)

    def row_or_404(self, request: HttpRequest, object_id: Any) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied(self.superusers_only)
        try:
            return self.rows(request).get(pk=self.opts.pk.to_python(object_id))
        except (ObjectDoesNotExist, ValidationError):
            raise Http404 from None

    # Who may do what; each service asks again

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if self.superusers_only:
            return bool(request.user.is_active and request.user.is_superuser)
        return administers_something(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only the list's own filters, and never across a foreign key to fields of another table."""
        name, *rest = lookup.split("__")
        filters = [by for by in self.get_list_filter(request) if isinstance(by, str | tuple | list)]
        fields = {by if isinstance(by, str) else by[0] for by in filters}
        return name in fields and set(rest) <= COMPARISONS

    # The pages

    def page_url(self, page: str, *args: Any) -> str:
        """Of `changelist`, `add`, `change`, `history`, `delete`, or one of `row_pages`."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def get_urls(self) -> list[Any]:
        model = f"{self.opts.app_label}_{self.opts.model_name}"
        further = [
            path(
                f"<int:object_id>/{end}/",
                self.admin_site.admin_view(self._of_row(view)),
                name=f"{model}_{end.replace('/', '_').replace('-', '_')}",
            )
            for end, view in self.row_pages.items()
        ]
        return [*further, *super().get_urls()]

    def _of_row(self, view: Callable[[HttpRequest, Any, Any], HttpResponse]) -> Callable[..., HttpResponse]:
        def view_of_row(request: HttpRequest, object_id: int) -> HttpResponse:
            return view(request, self, self.row_or_404(request, object_id))

        return view_of_row

    def context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        """What the context of every template of this model holds."""
        words = {"noun": _(self.noun), "nouns": _(self.nouns), "opts": self.opts}
        return {**self.admin_site.each_context(request), **words, **more}

    def render(
        self, request: HttpRequest, template: str, /, status: int = 200, **context: Any
    ) -> HttpResponse:
        """A page of this model that Django does not have."""
        name = f"admin/{self.opts.app_label}/{self.opts.model_name}/{template}.html"
        return TemplateResponse(request, name, self.context(request, **context), status=status)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        # Django answers other values that no column can hold in the same way.
        if any("\x00" in value for _, values in request.GET.lists() for value in values):
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
        words = self.context(request, title=capfirst(_(self.nouns)), lead=self.lead, add_label=self.add_label)
        return super().changelist_view(request, {**words, **(extra_context or {})})

    # Closed unless a page opens them

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        raise PermissionDenied

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        self.row_or_404(request, object_id)
        raise PermissionDenied

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self.row_or_404(request, object_id)
        raise PermissionDenied

    # What was done to a row

    def history_events(self, row: Any) -> QuerySet[AuditEvent]:
        """The audit events that the history page of this row shows."""
        return AuditEvent.objects.none()

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """From the audit trail, which the services write; Django's own log is not used."""
        row = self.row_or_404(request, object_id)
        return history_page(request, self, row)


class EditablePage(AdminPage):
    """Rows are added, changed and removed by services: `add`, `change` and `remove` call one each."""

    # Called with the posted data, `account` and `row`.
    row_form: ClassVar[Any]
    # Whether who may see a row may also remove it; the service asks again.
    can_be_removed: ClassVar[bool] = False

    def add(self, change: Change) -> Done:
        raise NotImplementedError

    def change(self, change: Change) -> Done:
        raise NotImplementedError

    def remove(self, change: Change) -> Done:
        raise NotImplementedError

    def added(self, row: Any) -> Done:
        return self._done(_("The %(noun)s “%(name)s” was added."), row)

    def saved(self, row: Any) -> Done:
        return self._done(_("The %(noun)s “%(name)s” was saved."), row)

    def removed(self, row: Any) -> Done:
        return self._done(_("The %(noun)s “%(name)s” was deleted."), row)

    def _done(self, sentence: str, row: Any) -> Done:
        named = {"noun": _(self.noun), "name": self.label_of(row)}
        return Done(sentence % named, self.page_url("changelist"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_be_removed and self.has_view_permission(request)

    # What a change gives and takes

    shows_effect: ClassVar[bool] = False

    def what_if(self, change: Change) -> list[str]:
        """Who would gain and lose which studies, in sentences; asked where the page shows effects."""
        return []

    def _effect(self, request: HttpRequest, account: Account | None, row: Any, form: Any) -> HttpResponse:
        """The form again with the effect of saving it, to htmx the effect alone. Nothing is saved."""
        lines = self.what_if(Change(actor_of(request), account, row, form.cleaned_data))
        return answer_with_effect(
            request, lines, lambda effect: self.form_page(request, row, form, effect_on_studies=effect)
        )

    # The form

    def sections(self, row: Any, form: Any) -> list[tuple[str | None, tuple[str, ...]]]:
        """The headings of the form, each with the names of its fields."""
        return [(None, tuple(form.fields))]

    def about(self, request: HttpRequest, row: Any, form: Any) -> dict[str, Any]:
        """What else the template of the form shows; `row` is None where one is added."""
        return {}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        account = current_account(request)
        return choose_first(request) if account is None else self.form_view(request, account, None)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.row_or_404(request, object_id)
        return self.form_view(request, self.account_of(row), row)

    def form_view(self, request: HttpRequest, account: Account | None, row: Any) -> HttpResponse:
        """GET shows the form; POST calls the service, and shows the form again with its refusal."""
        form = self.row_form(request.POST if request.method == "POST" else None, account=account, row=row)
        if not form.is_valid():
            return self.form_page(request, row, form)
        if self.shows_effect and EFFECT in request.POST:
            return self._effect(request, account, row, form)
        change = Change(actor_of(request), account, row, form.cleaned_data)
        try:
            done = self.add(change) if row is None else self.change(change)
        except (ValidationError, PermissionDenied) as cause:
            refusal = Refusal(cause)
            if row is not None:
                still_there(self.rows(request), row.pk)  # a row that is gone has no form
            refusal.add_to(form)
            return refusal.answer(self.form_page(request, row, form), status=200)
        return self.lead_on(request, done)

    def form_page(self, request: HttpRequest, row: Any, form: Any, **more: Any) -> HttpResponse:
        fieldsets = [(heading, {"fields": names}) for heading, names in self.sections(row, form)]
        kicker = "" if row is None else capfirst(_(self.noun))
        context = self.context(
            request,
            title=self.add_label if row is None else self.label_of(row),
            kicker=kicker,
            adminform=AdminForm(form, fieldsets, {}),
            inline_admin_formsets=[],
            errors=form.errors,
            media=form.media,
            original=row,
            is_popup=False,
            shows_effect=self.shows_effect and (row is not None or more),
            **more,
        )
        context |= self.about(request, row, form)
        return self.render_change_form(request, context, add=row is None, change=row is not None, obj=row)

    def lead_on(self, request: HttpRequest, done: Done) -> HttpResponse:
        if done.account is not None:
            choose_account(request, done.account)
        messages.success(request, done.sentence)
        return HttpResponseRedirect(done.url)

    # Removing

    def what_ends(self, row: Any) -> list[Any]:
        """What ends with the row, as sentences or (number, sentence): the page shows them before it is done."""
        return []

    def why_it_stays(self, row: Any) -> list[str]:
        """What keeps the row from being deleted, a sentence each; the page then offers no button."""
        return []

    def about_removal(self, row: Any) -> dict[str, Any]:
        """Texts of its own for the page that asks before a row is removed."""
        return {}

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return removal_page(request, self, self.row_or_404(request, object_id))
