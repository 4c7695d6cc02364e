"""Senders: the machines of the account that store studies into its worklists. The secret of a token is shown once."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.cache import never_cache

from accounts.models import Account
from administration.change import Refusal
from administration.choices import choices_in
from administration.columns import AE_TITLE, column
from administration.current_account import choose_first, current_account
from administration.page import AdminPage
from audit import clock
from audit.models import AuditEvent
from audit.requests import actor_of
from common.formats import moment
from worklists import selectors, services
from worklists.forms import last_day_field
from worklists.models import Sender, Worklist

LAST_DAY = gettext_lazy("The token stops working after this day, a year from today at the latest.")


class SenderForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy(
            "What the machine is, such as “PACS of the main site”. The audit trail names it."
        ),
    )
    worklist = forms.ModelChoiceField(
        Worklist.objects.none(),
        label=gettext_lazy("Worklist"),
        help_text=gettext_lazy("It stores studies here, and can do nothing else."),
    )
    with_token = forms.BooleanField(
        label=gettext_lazy("It sends by DICOMweb, with a token"), required=False, initial=True
    )
    last_day = last_day_field(LAST_DAY, required=False)
    ae_title = forms.CharField(
        label=AE_TITLE,
        required=False,
        max_length=100,
        help_text=gettext_lazy("For a machine that sends by DIMSE: the title it calls itself by."),
    )
    ip_address = forms.GenericIPAddressField(
        label=gettext_lazy("IP address"),
        required=False,
        help_text=gettext_lazy("Where it calls from. An AE title is believed from there alone."),
    )

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["worklist"].queryset = choices_in(account, Worklist)
        self.fields["last_day"].initial = selectors.last_day_in(account.timezone, clock.now())

    def clean(self) -> dict[str, Any]:
        filled = super().clean() or {}
        if filled.pop("with_token", False):
            if not filled.get("last_day") and "last_day" not in self.errors:
                self.add_error("last_day", _("Enter the last day of the token."))
        else:
            filled["last_day"] = None
        return filled


class NewTokenForm(forms.Form):
    last_day = last_day_field(LAST_DAY)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"].initial = selectors.last_day_in(account.timezone, clock.now())


@never_cache
def token_page(request: HttpRequest, page: Any, sender: Sender) -> HttpResponse:
    """The secret is shown only in the answer to the post."""
    form = NewTokenForm(request.POST if request.method == "POST" else None, account=sender.account)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                renewed = services.renew_sender_token(
                    sender=sender.uuid, account=sender.account, by=actor_of(request), **form.cleaned_data
                )
                return _shown_once(request, page, renewed)
            except ValidationError as refusal:
                form.add_error(None, refusal)
    goes = [_("The token it has now is refused from the next request on.")] if sender.digest else []
    return page.render(request, "token", status, title=_("New token"), form=form, sender=sender, goes=goes)


def end_page(request: HttpRequest, page: Any, sender: Sender) -> HttpResponse:
    """GET says what ends, POST ends it."""
    if request.method == "POST":
        services.end_sender(sender=sender.uuid, account=sender.account, by=actor_of(request))
        messages.success(request, _("The sender “%(name)s” was ended.") % {"name": sender.name})
        return HttpResponseRedirect(page.page_url("changelist"))
    goes = [
        _("%(name)s can store nothing more on %(worklist)s, from its next request on.")
        % {"name": sender.name, "worklist": sender.worklist.name},
        _("Studies that it stored stay. A sender cannot be brought back: add a new sender instead."),
    ]
    return page.render(request, "end", title=_("End the sender?"), sender=sender, goes=goes)


def _shown_once(request: HttpRequest, page: Any, made: services.NewSender) -> HttpResponse:
    answer: HttpResponse = page.render(
        request, "secret", title=made.sender.name, sender=made.sender, secret=made.secret
    )
    return answer


@admin.register(Sender)
class SenderAdmin(AdminPage):
    row_pages = {"token": token_page, "end": end_page}
    noun, nouns = gettext_noop("sender"), gettext_noop("senders")
    add_label = gettext_lazy("Add a sender")
    lead = gettext_lazy(
        "Machines that store studies by themselves, such as a PACS. They belong to your organisation, not to a person."
    )
    search_fields = ("name", "ae_title", "worklist__name")
    search_help_text = gettext_lazy("By name, AE title or worklist")
    ordering = ("account__name", "name", "pk")

    def rows(self, request: HttpRequest) -> QuerySet[Sender]:
        """Those that were not ended."""
        return super().rows(request).filter(ended_at=None).select_related("account", "worklist__account")

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        return (column("name"), *self.account_column(request), column("worklist"), "ways", "used", "until")

    @admin.display(description=gettext_lazy("Sends by"))
    def ways(self, sender: Sender) -> str:
        dimse = f"{sender.ae_title} ({sender.ip_address})" if sender.ae_title else ""
        return ", ".join(filter(None, [_("token") if sender.digest else "", dimse]))

    @admin.display(description=gettext_lazy("Last used"), ordering="last_used_at")
    def used(self, sender: Sender) -> str:
        return moment(sender.last_used_at) if sender.last_used_at else _("not yet")

    @admin.display(description=gettext_lazy("Token valid until"), ordering="token_expires_at")
    def until(self, sender: Sender) -> str:
        return moment(sender.token_valid_until) if sender.token_expires_at else "–"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def history_events(self, row: Sender) -> QuerySet[AuditEvent]:
        about = AuditEvent.objects.filter(account_id=row.account_id, worklist_id=row.worklist_id)
        return about.filter(action__startswith="account:sender:", detail__sender=str(row.uuid))

    # The pages

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        account = current_account(request)
        if account is None:
            return choose_first(request)
        form = SenderForm(request.POST if request.method == "POST" else None, account=account)
        page = {"title": self.add_label, "form": form}
        if request.method != "POST":
            return self.render(request, "add", **page)
        if form.is_valid():
            try:
                added = services.add_sender(account=account, by=actor_of(request), **form.cleaned_data)
                return self._added(request, added)
            except (ValidationError, PermissionDenied) as cause:
                refusal = Refusal(cause)
                refusal.add_to(form)
                return refusal.answer(self.render(request, "add", 422, **page))
        return self.render(request, "add", 422, **page)

    def _added(self, request: HttpRequest, added: services.NewSender) -> HttpResponse:
        messages.success(request, _("The sender “%(name)s” was added.") % {"name": added.sender.name})
        if added.secret:
            return _shown_once(request, self, added)
        return HttpResponseRedirect(self.page_url("changelist"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        sender = self.row_or_404(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self.render(request, "sender", title=sender.name, kicker=_("Sender"), sender=sender)
