"""An account and its settings."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.models import Account
from accounts.selectors.security import factors_of
from administration.account_identity import identity_page
from administration.change import Change, Done
from administration.columns import column
from administration.current_account import current_account
from administration.forms import ServiceForm
from administration.left_shares import left_shares_page
from administration.life_policies import life_page
from administration.page import EditablePage
from administration.sign_in_provider import provider_page
from audit import clock
from audit.actions import Action
from audit.models import AuditEvent
from common.formats import moment
from common.zone_field import TimeZoneField
from worklists import services
from worklists.selectors import without_second_factor
from worklists.selectors.code_owners import code_owner
from worklists.services.account_names import NAME_TAKEN
from worklists.services.account_settings import ACCEPTANCE, GRACE_RANGE, LONGEST_GRACE

ABOUT_ACCOUNT = (
    Action.ACCOUNT_ADD,
    Action.ACCOUNT_CHANGE,
    Action.ACCOUNT_NAME_ASK,
    Action.ACCOUNT_NAME_CONFIRM,
    Action.ACCOUNT_NAME_DECLINE,
    Action.PROVIDER_CHANGE,
    Action.PROVIDER_REMOVE,
    Action.ROLE_ADD,
    Action.ROLE_CHANGE,
    Action.ROLE_REMOVE,
    Action.ROLE_REPLACE,
)
GRACE = 14
WAITS = gettext_noop(
    "“%(asked)s” is shown as soon as the people who run CIMAR have confirmed it. Until then the name is “%(name)s”."
)
SHOWN = gettext_noop("Beside the name, people who check a share code read: %(known)s.")
NAME_HELP = gettext_lazy("The name shown on pages, in emails and with share codes.")
HELP = {
    "name": format_lazy("{} {}", NAME_HELP, gettext_lazy("Emails already sent keep the old name.")),
    "contact": gettext_lazy(
        "Whom your members ask: an email, a telephone number, a place. Shown to members on the page Contact."
    ),
    "timezone": gettext_lazy(
        "An end date lasts until midnight in this time zone. Type a city or a country, and choose from the list."
    ),
    "invitation_days": gettext_lazy("1 to 365. Applies to new invitations."),
    "character_set": gettext_lazy(
        "For files that do not say which character set their text is in, and whose text is not UTF-8. "
        "Applies to new uploads."
    ),
    "blanks_images": gettext_lazy(
        "When a share ends or a person loses the right to open images while they have them open."
    ),
    "types_emails_twice": gettext_lazy(
        "For email addresses that your organisation has not shared with before."
    ),
    "idle_minutes": gettext_lazy("5 to 480. Leave empty to use the platform’s setting."),
}


class SettingsForm(ServiceForm):
    timezone = TimeZoneField(help_text=HELP["timezone"])
    second_factor = forms.BooleanField(label=gettext_lazy("Require a second factor"), required=False)
    second_factor_in = forms.IntegerField(
        label=gettext_lazy("Days until it is required (time to set it up)"),
        required=False,
        min_value=1,
        max_value=LONGEST_GRACE,
        help_text=format_lazy(
            gettext_lazy(
                "1 to {longest}. Until then people are reminded every time they sign in. "
                "Leave empty to keep a date that is already set."
            ),
            longest=LONGEST_GRACE,
        ),
        error_messages={"min_value": GRACE_RANGE, "max_value": GRACE_RANGE},
    )
    primary_diagnosis = forms.BooleanField(
        label=gettext_lazy("Remove the mark “Not for primary diagnosis” from images"), required=False
    )

    class Meta:
        model = Account
        fields = (
            "name",
            "timezone",
            "invitation_days",
            "idle_minutes",
            "character_set",
            "contact",
            "blanks_images",
            "types_emails_twice",
        )
        labels = {
            "name": gettext_lazy("Name"),
            "invitation_days": gettext_lazy("Invitations are valid for (days)"),
            "character_set": gettext_lazy("Read as"),
            "contact": gettext_lazy("Contact for help"),
            "blanks_images": gettext_lazy("Blank open images when the right to them ends"),
            "types_emails_twice": gettext_lazy("Ask for a new email address twice when studies are shared"),
            "idle_minutes": gettext_lazy("Sign people out after (minutes without activity)"),
        }
        help_texts = HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        required_from = self.instance.second_factor_from
        # Saved unchanged, the name that waits goes on waiting.
        self.initial["name"] = self.instance.name_asked_for or self.instance.name
        # Left out, it stays as it is.
        self.fields["character_set"].required = False
        self.initial["second_factor"] = required_from is not None
        self.fields["second_factor"].help_text = _required_help(required_from)
        if required_from is None:
            self.initial["second_factor_in"] = GRACE
        self.initial["primary_diagnosis"] = self.instance.primary_diagnosis_at is not None
        self.fields["primary_diagnosis"].help_text = _acceptance_help(self.instance)


def _identity(account: Account) -> str:
    """What the platform has confirmed of the account, as people of other accounts read it."""
    known = code_owner(account)
    if account.name_asked_for:
        waits = _(WAITS) % {"asked": account.name_asked_for, "name": account.name}
        return f"{waits} {_(SHOWN) % {'known': known}}"
    return _(SHOWN) % {"known": known}


def _required_help(required_from: datetime | None) -> str:
    if required_from is None:
        return _("Every member must set up an authenticator app or a passkey, on their profile.")
    sentence = _("Required since %(when)s.") if required_from <= clock.now() else _("Required from %(when)s.")
    return sentence % {"when": moment(required_from)}


def _acceptance_help(account: Account) -> str:
    if account.primary_diagnosis_at is None:
        return _("By ticking this you accept: %(text)s Who accepted, when, and these words are recorded.") % {
            "text": _(ACCEPTANCE)
        }
    return _("Accepted on %(when)s: %(text)s") % {
        "when": moment(account.primary_diagnosis_at),
        "text": _(account.primary_diagnosis_text),
    }


class NewAccountForm(ServiceForm):
    timezone = TimeZoneField(help_text=HELP["timezone"])
    email = forms.EmailField(
        label=gettext_lazy("First administrator"),
        help_text=gettext_lazy(
            "Their email address. They will be invited as Administrator on every worklist."
        ),
    )

    class Meta:
        model = Account
        fields = ("name", "timezone")
        labels = {"name": gettext_lazy("Name")}
        help_texts = {"name": NAME_HELP}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # No preset: in the wrong zone every end date ends at the wrong hour.
        self.initial["timezone"] = ""
        self.fields["name"].required = True


@admin.register(Account)
class AccountAdmin(EditablePage):
    row_pages = {
        "identity": identity_page,
        "lives": life_page,
        "left-shares": left_shares_page,
        "provider": provider_page,
    }
    noun, nouns = gettext_noop("account"), gettext_noop("accounts")
    add_label = gettext_lazy("Add an account")
    search_fields = ("name",)
    search_help_text = gettext_lazy("By name")
    list_display = (column("name"), "time_zone", "created")
    ordering = ("name", "pk")

    @admin.display(description=gettext_lazy("Time zone"), ordering="timezone")
    def time_zone(self, account: Account) -> str:
        return account.timezone

    @admin.display(description=gettext_lazy("Created"), ordering="created_at")
    def created(self, account: Account) -> str:
        return moment(account.created_at)

    def in_account(self, rows: QuerySet[Account], account: Account) -> QuerySet[Account]:
        return rows.filter(pk=account.pk)

    def account_of(self, row: Account) -> Account:
        return row

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is no list of a single account: its settings are shown."""
        account = current_account(request)
        if account is not None and self.has_view_permission(request):
            return HttpResponseRedirect(self.page_url("change", account.pk))
        return super().changelist_view(request, extra_context)

    # Settings

    def row_form(self, *args: Any, row: Account | None, **kwargs: Any) -> ServiceForm:
        form = NewAccountForm if row is None else SettingsForm
        return form(*args, row=row, **kwargs)

    def sections(self, row: Account | None, form: ServiceForm) -> list[tuple[str | None, tuple[str, ...]]]:
        if row is None:
            return [(None, ("name", "timezone", "email"))]
        return [
            (None, ("name", "timezone", "contact")),
            (_("How long things last"), ("invitation_days",)),
            (_("Sharing"), ("types_emails_twice",)),
            (_("Text in uploaded files"), ("character_set",)),
            (_("Viewer"), ("primary_diagnosis", "blanks_images")),
            (_("Signing in"), ("idle_minutes", "second_factor", "second_factor_in")),
        ]

    def about(self, request: HttpRequest, row: Account | None, form: ServiceForm) -> dict[str, Any]:
        if row is None:
            return {}
        without, people = without_second_factor(row)
        reader: Any = request.user
        return {
            "has_factor": bool(factors_of(reader).listed),
            "without": without,
            "people": people,
            "identity": _identity(row),
            "may_confirm": reader.is_superuser,
        }

    def change(self, change: Change) -> Done:
        """A date of the second factor that is set and was not touched is left alone."""
        filled = dict(change.filled)
        required, days = filled.pop("second_factor"), filled.pop("second_factor_in")
        if filled["character_set"] in (None, ""):
            del filled["character_set"]
        if not required:
            filled["second_factor_in"] = None
        elif change.row.second_factor_from is None or days is not None:
            filled["second_factor_in"] = days or GRACE
        changed = services.change_account(account=change.row, by=change.by, **filled)
        sentence = _("The settings are saved.")
        if changed.name_asked_for:
            sentence = f"{sentence} {_(WAITS) % {'asked': changed.name_asked_for, 'name': changed.name}}"
        return Done(sentence, self.page_url("change", change.row.pk))

    def history_events(self, row: Account) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.filter(account_id=row.pk, action__in=ABOUT_ACCOUNT)

    # A new account: the platform's to make

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """No account is chosen first: the form makes the account."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self.form_view(request, None, None)

    def add(self, change: Change) -> Done:
        begun = services.begin_account(**change.filled, by=change.by)
        if not begun.is_new:
            raise ValidationError({"name": _(NAME_TAKEN) % {"name": begun.account.name}})
        sentence = _("%(account)s was created. We have emailed its first administrator.")
        return Done(sentence % {"account": begun.account.name}, reverse("admin:index"), account=begun.account)
