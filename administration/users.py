"""All people of the platform, for superusers: deactivating them, and helping them when a second factor is lost."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_POST

from accounts.models import AccountMembership, User
from accounts.selectors.security import factors_of
from administration.choices import yes_or_no
from administration.columns import column, ticked
from administration.effect_on_studies import lines_of
from administration.page import BY_NAME_OR_EMAIL, AdminPage
from audit.models import AuditEvent
from audit.requests import actor_of
from common.formats import moment
from sharing.selectors.leaving_beside import beside_deactivation
from sharing.selectors.what_if import if_deactivated
from worklists.selectors import accounts_administered_alone
from worklists.services import remove_second_factor, set_active

ACTIVE, DEACTIVATED = gettext_noop("Active"), gettext_noop("Deactivated")


def deactivate_page(request: HttpRequest, page: Any, person: User) -> HttpResponse:
    """GET shows what ends, POST deactivates."""
    if request.method == "POST":
        return _set(request, page, person, False, _("%(name)s is deactivated and can no longer sign in."))
    goes: list[Any] = [
        _("They are signed out and cannot sign in anywhere on the platform."),
        _("Their access tokens end."),
        *lines_of(if_deactivated(person), None, with_links=False),
        *beside_deactivation(person).lines(),
        _("They have no access, and no one can share with them."),
        _("Their studies and the shares they made are kept. You can reactivate them."),
        *(
            _("%(account)s will have no administrator. Invite another administrator first.")
            % {"account": account}
            for account in accounts_administered_alone(person)
        ),
    ]
    return _render(
        request, page, "deactivate", person, goes=goes,
        title=_("Deactivate %(name)s?") % {"name": page.label_of(person)},
    )  # fmt: skip


@require_POST
def reactivate(request: HttpRequest, page: Any, person: User) -> HttpResponse:
    return _set(request, page, person, True, _("%(name)s can sign in again, with the same access as before."))


def second_factor_page(request: HttpRequest, page: Any, person: User) -> HttpResponse:
    """For a person who has lost all their second factors; the reason is recorded in the audit trail."""
    why, wrong = request.POST.get("why", "")[:1000], ""
    if request.method == "POST":
        try:
            remove_second_factor(user=person, by=actor_of(request), why=why)
        except ValidationError as refusal:
            wrong = refusal.messages[0]
        else:
            sentence = _("%(name)s signs in with the password alone until they set up a new second factor.")
            messages.success(request, sentence % {"name": person})
            return HttpResponseRedirect(page.page_url("change", person.pk))
    title = _("Remove the second factor of %(name)s?") % {"name": page.label_of(person)}
    context = {"title": title, "why": why, "wrong": wrong, "factors": factors_of(person).listed}
    return _render(request, page, "second_factor", person, status=422 if wrong else 200, **context)


def _set(request: HttpRequest, page: Any, person: User, active: bool, sentence: str) -> HttpResponse:
    if person.pk == request.user.pk and not active:
        messages.error(request, _("You cannot deactivate yourself. Ask another superuser."))
    else:
        set_active(user=person, active=active, by=actor_of(request))
        messages.success(request, sentence % {"name": person})
    return HttpResponseRedirect(page.page_url("change", person.pk))


def _render(
    request: HttpRequest, page: Any, template: str, person: User, status: int = 200, **context: Any
) -> HttpResponse:
    about = {"label": page.label_of(person), "object": person, "person": person}
    answer: HttpResponse = page.render(request, template, status, **about, **context)
    return answer


@admin.register(User)
class UserAdmin(AdminPage):
    row_pages = {
        "deactivate": deactivate_page,
        "reactivate": reactivate,
        "second-factor": second_factor_page,
    }
    noun, nouns = gettext_noop("user"), gettext_noop("users")
    superusers_only = gettext_lazy("Only superusers of the platform can see users.")
    lead = gettext_lazy("Everyone on the platform. People manage their own name, email address and password.")
    list_display = (
        column("name"),
        column("email"),
        "state",
        ticked("is_superuser", gettext_lazy("Superuser")),
        "last_sign_in",
    )
    list_filter = (
        yes_or_no("is_active", gettext_lazy("state"), yes=ACTIVE, no=DEACTIVATED),
        yes_or_no("is_superuser", gettext_lazy("superuser")),
    )
    search_fields = ("name", "email")
    search_help_text = BY_NAME_OR_EMAIL
    ordering = ("name", "pk")

    @admin.display(description=gettext_lazy("State"), ordering="is_active")
    def state(self, user: User) -> str:
        return _(ACTIVE) if user.is_active else _(DEACTIVATED)

    @admin.display(description=gettext_lazy("Last sign-in"), ordering="last_login")
    def last_sign_in(self, user: User) -> str:
        return moment(user.last_login) if user.last_login else _("never")

    def label_of(self, row: User) -> str:
        return row.name or row.email

    def history_events(self, row: User) -> QuerySet[AuditEvent]:
        """What they did with their own sign-in and details."""
        return AuditEvent.objects.filter(
            by_id=row.pk, account_id=None, study_id=None, action__startswith="account:"
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        person = self.row_or_404(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        memberships = AccountMembership.objects.filter(user=person).select_related("account", "role")
        context = {
            "memberships": memberships.order_by("account__name"),
            "factors": factors_of(person).listed,
        }
        return _render(
            request, self, "user", person, title=self.label_of(person), kicker=_("User"), **context
        )
