"""The site of the administration: who may open it, which account is shown, and its front page."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.decorators import FOR_ADMINISTRATORS, to_sign_in
from accounts.models import User
from administration.choices import number_in
from administration.current_account import (
    administered_accounts,
    administers_something,
    choose_account,
    current_account,
    may_switch_account,
)
from administration.page import AdminPage
from audit.requests import actor_of
from common.exceptions import NothingThere
from common.responses import is_path
from worklists.services.reads import read_administration

# The number of accounts shown to choose from; where there are more, a name narrows the list.
ACCOUNTS = 50
# Signing in and out and passwords have pages of their own; and no row here has a page elsewhere.
LEFT_OUT = {"login", "logout", "password_change", "password_change_done", "view_on_site"}


@dataclass(frozen=True)
class Section:
    """A section of the administration, as its front page lists it."""

    name: str
    icon: str
    page: str
    sentence: str
    # Shown for the whole platform alone, for an account alone, or (None) for both.
    whole_platform: bool | None = None

    @property
    def href(self) -> str:
        return reverse(f"admin:{self.page}")


SECTIONS = (
    Section(
        gettext_noop("Accounts"),
        "building",
        "accounts_account_changelist",
        gettext_noop("The organisations on this platform. Add an organisation."),
        True,
    ),
    Section(
        gettext_noop("People"),
        "people",
        "accounts_accountmembership_changelist",
        gettext_noop("Who belongs to the account, their role and worklists, and what each person can do."),
    ),
    Section(
        gettext_noop("Roles"),
        "lock",
        "accounts_role_changelist",
        gettext_noop(
            "What each role lets people do. Before you save a change, you see who gains or loses what."
        ),
    ),
    Section(
        gettext_noop("Worklists"),
        "list",
        "worklists_worklist_changelist",
        gettext_noop(
            "Locations and groups: their members, default roles, share codes, and whether they accept shares."
        ),
    ),
    Section(
        gettext_noop("Sharing rules"),
        "share",
        "sharing_sharerule_changelist",
        gettext_noop(
            "Who may share with whom, and in which way. Before you save a rule, you see what it means."
        ),
    ),
    Section(
        gettext_noop("Invitations"),
        "mail",
        "accounts_invitation_changelist",
        gettext_noop(
            "People who were invited to the account and have not registered yet. "
            "Invite one person, or many from a list."
        ),
    ),
    Section(
        gettext_noop("Access tokens"),
        "lock",
        "worklists_accesstoken_changelist",
        gettext_noop("Whose programs read or store studies on worklists, and until when. Revoke a token."),
    ),
    Section(
        gettext_noop("Senders"),
        "upload",
        "worklists_sender_changelist",
        gettext_noop("Machines, such as a PACS, that store studies on a worklist. Add a sender, or end it."),
    ),
    Section(
        gettext_noop("Destinations"),
        "share",
        "worklists_destination_changelist",
        gettext_noop(
            "Systems, such as a PACS, that studies can be sent to. Add a destination, change or remove it."
        ),
    ),
    Section(
        gettext_noop("Users"),
        "person",
        "accounts_user_changelist",
        gettext_noop("Everyone who has registered on the platform, in an account or in none."),
        True,
    ),
    Section(
        gettext_noop("Audit trail"),
        "clock",
        "audit_auditevent_changelist",
        gettext_noop(
            "Who did what, when and from where. You can read and export the trail; no one can change it."
        ),
    ),
)


class ScopedAutocomplete(AutocompleteJsonView):
    """Searches only the rows that the form may choose from."""

    def process_request(self, request: HttpRequest) -> Any:
        """Only keys that a form has are searched; PostgreSQL has no text with a zero byte."""
        term, rows, field, to_field = super().process_request(request)
        if field.auto_created:
            raise PermissionDenied
        return term.replace("\x00", ""), rows, field, to_field

    def has_perm(self, request: HttpRequest, obj: Any = None) -> bool:
        if self._choices() is not None:
            return True
        return super().has_perm(request, obj=obj)  # allowed: asks our own page of that model

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        if (choices := self._choices()) is not None:
            rows = rows.filter(pk__in=choices.values("pk"))
        return rows

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        """The email tells people of the same name apart."""
        result = super().serialize_result(obj, to_field_name)
        if isinstance(obj, User) and obj.name:
            result["text"] = f"{obj.name} ({obj.email})"
        return result

    def _choices(self) -> QuerySet[Any] | None:
        """The rows that the form may choose from, where its page limits them."""
        assert self.admin_site is not None
        source = self.admin_site._registry.get(self.source_field.model)
        if not isinstance(source, AdminPage) or not source.has_view_permission(self.request):
            return None
        return source.choices(current_account(self.request), self.source_field)


class AdministrationSite(AdminSite):
    site_header = site_title = index_title = gettext_lazy("Administration")
    site_url = "/"
    enable_nav_sidebar = False
    index_template = "admin/index.html"

    def has_permission(self, request: HttpRequest) -> bool:
        return administers_something(request)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        checked = super().admin_view(view, cacheable)

        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return to_sign_in(request)
            if not self.has_permission(request):
                raise PermissionDenied(_(FOR_ADMINISTRATORS))
            if request.method not in ("GET", "HEAD", "POST"):
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            try:
                answer: HttpResponse = checked(request, *args, **kwargs)
            except NothingThere:
                # Another administrator removed the row while this page was open.
                raise Http404 from None
            _record_read(request, answer)
            return answer

        return inner

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only our own pages, which call our services. Models of other packages stay out: groups carry rights
        that `worklists/access/` alone writes; emails, second factors and sessions belong to their owners.
        """
        if isinstance(admin_class, type) and issubclass(admin_class, AdminPage):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self) -> list[Any]:
        own = [path("account/", self.admin_view(self.account_view), name="choose_account")]
        return own + [url for url in super().get_urls() if getattr(url, "name", None) not in LEFT_OUT]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {
            **super().each_context(request),
            "available_apps": [],
            "administered_account": current_account(request),
            "may_switch_account": may_switch_account(request),
            "is_platform": current_account(request) is None,
        }

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Our front page lists the sections itself."""
        return []

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        context = {**self.each_context(request), "title": self.index_title, "places": self.places(request)}
        request.current_app = self.name
        return TemplateResponse(request, self.index_template, context)

    def places(self, request: HttpRequest) -> list[dict[str, str]]:
        account = current_account(request)
        shown = [
            {
                "name": _(section.name),
                "icon": section.icon,
                "sentence": _(section.sentence),
                "href": section.href,
            }
            for section in SECTIONS
            if section.whole_platform in (None, account is None)
        ]
        if account is not None:
            href = reverse("admin:accounts_account_change", args=[account.pk])
            sentence = _(
                "The account’s name and time zone, and how long invitations, guest links and sign-ins last."
            )
            shown.insert(-1, {"name": _("Settings"), "icon": "building", "sentence": sentence, "href": href})
        return shown

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> Any:
        return HttpResponseRedirect(reverse("admin:index"))

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return ScopedAutocomplete.as_view(admin_site=self)(request)

    def account_view(self, request: HttpRequest) -> HttpResponse:
        return _account_view(self, request)


# These name no person; the others are audited by the service that reads them.
NAMELESS = {"index", "app_list", "jsi18n", "choose_account", "accounts_role_replace_progress"}
# With these a page is shown; every other status is a redirect or a page that names no one.
SHOWN = {200, 400, 409, 410, 422}
AUDITED = ("audit_auditevent_", "_history", "_csv")


def _record_read(request: HttpRequest, answer: HttpResponse) -> None:
    """A page that is shown, of a form that is refused as well, is one event; it is written before the page is sent."""
    name = request.resolver_match.url_name if request.resolver_match else None
    if name is None or answer.status_code not in SHOWN or name in NAMELESS:
        return
    if name.startswith(AUDITED[0]) or name.endswith(AUDITED[1:]):
        return
    read_administration(
        account=current_account(request),
        page="_".join(name.split("_")[:2]),
        row=str(request.resolver_match.kwargs.get("object_id", ""))[:20],
        by=actor_of(request),
    )


def _account_view(site: AdministrationSite, request: HttpRequest) -> HttpResponse:
    accounts = administered_accounts(request.user)
    if request.method == "POST":
        return _switch(request)
    find = request.GET.get("find", "").replace("\x00", "").strip()[:100]
    matching = list(accounts.filter(name__icontains=find)[: ACCOUNTS + 1])
    context = {
        **site.each_context(request),
        "title": _("Choose an account"),
        "accounts": matching[:ACCOUNTS],
        "more": len(matching) > ACCOUNTS,
        "find": find,
        "next": _safe(request.GET.get("next", "")),
    }
    return TemplateResponse(request, "admin/choose_account.html", context)


def _switch(request: HttpRequest) -> HttpResponse:
    chosen = request.POST.get("account", "")
    account = administered_accounts(request.user).filter(pk=number_in(chosen) or 0).first()
    if account is None and (chosen or not request.user.is_superuser):
        messages.error(request, _("You do not administer this account, or it does not exist."))
        return HttpResponseRedirect(reverse("admin:choose_account"))
    choose_account(request, account)
    return HttpResponseRedirect(_safe(request.POST.get("next", "")) or reverse("admin:index"))


def _safe(wanted: str) -> str:
    return wanted if is_path(wanted) else ""
