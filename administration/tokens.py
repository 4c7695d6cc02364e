"""Access tokens that reach worklists of the account: read by its administrators, and ended as far as they reach it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.models import Account
from administration.columns import column
from administration.current_account import choose_first, current_account
from administration.page import BY_NAME_OR_EMAIL, AdminPage
from audit.requests import actor_of
from common.formats import moment
from worklists import selectors, services
from worklists.models import AccessToken


def end_page(request: HttpRequest, page: Any, token: AccessToken) -> HttpResponse:
    """GET says what ends, POST ends it."""
    account = current_account(request)
    if account is None:
        return choose_first(request)
    if request.method == "POST":
        services.end_token_in_account(token=token.uuid, account=account, by=actor_of(request))
        sentence = _("The access token “%(name)s” of %(owner)s no longer reaches %(account)s.")
        words = {"name": token.name, "owner": token.owner.name, "account": account.name}
        messages.success(request, sentence % words)
        return HttpResponseRedirect(page.page_url("changelist"))
    names = ", ".join(worklist.name for worklist in selectors.worklists_shown(token))
    goes = [
        _("Programs that use it are refused on %(worklists)s from their next request on.")
        % {"worklists": names},
        _("%(owner)s keeps their own rights and can make another token.") % {"owner": token.owner.name},
    ]
    return page.render(request, "end", title=_("Revoke the access token?"), token=token, goes=goes)


@admin.register(AccessToken)
class AccessTokenAdmin(AdminPage):
    row_pages = {"end": end_page}
    noun, nouns = gettext_noop("access token"), gettext_noop("access tokens")
    lead = gettext_lazy(
        "With an access token, a person’s program reads or stores studies by DICOMweb with the person’s own rights. "
        "Only the worklists of your organisation are shown."
    )
    search_fields = ("name", "owner__name", "owner__email")
    search_help_text = BY_NAME_OR_EMAIL
    ordering = ("-created_at", "-pk")

    def in_account(self, rows: QuerySet[AccessToken], account: Account) -> QuerySet[AccessToken]:
        return rows.filter(pk__in=selectors.tokens_reaching(account).values("pk"))

    def rows(self, request: HttpRequest) -> QuerySet[AccessToken]:
        """The tokens that work, each with the worklists of the account in `shown`."""
        return selectors.with_worklists(super().rows(request), account=current_account(request))

    def account_of(self, row: AccessToken) -> Account | None:
        """A token is a person's; it may reach worklists of several accounts."""
        return None

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        return (column("name"), "owner_and_email", "reaches", "scope", "used", "until")

    @admin.display(description=gettext_lazy("Owner"), ordering="owner__name")
    def owner_and_email(self, token: AccessToken) -> str:
        return f"{token.owner.name} ({token.owner.email})"

    @admin.display(description=gettext_lazy("Worklists"))
    def reaches(self, token: AccessToken) -> str:
        return ", ".join(worklist.label for worklist in selectors.worklists_shown(token))

    @admin.display(description=gettext_lazy("What it may do"), ordering="may_store")
    def scope(self, token: AccessToken) -> str:
        return _("Read and store") if token.may_store else _("Read")

    @admin.display(description=gettext_lazy("Last used"), ordering="last_used_at")
    def used(self, token: AccessToken) -> str:
        return moment(token.last_used_at) if token.last_used_at else _("not yet")

    @admin.display(description=gettext_lazy("Valid until"), ordering="expires_at")
    def until(self, token: AccessToken) -> str:
        return moment(token.valid_until)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        token = self.row_or_404(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return self.render(request, "token", title=token.name, kicker=_("Access token"), token=token)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The trail of the account has its events; a history of the token would tell of other accounts."""
        self.row_or_404(request, object_id)
        raise PermissionDenied
