"""People as the platform knows them, for superusers: looked up, deactivated, helped when a second factor is lost."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from accounts.models import AccountMembership, User
from accounts.selectors.security import factors_of
from accounts.services.people import set_active
from accounts.services.second_factor import remove_second_factor
from administration.service_admin import ReadOnlyAdmin, ticked
from audit.models import AuditEvent
from common.formats import moment
from worklists.selectors import accounts_administered_alone


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    noun, nouns = "user", "users"
    lead = "Everybody on the platform. Names, addresses and passwords are people’s own."
    list_display = ("name", "email", "state", ticked("is_superuser", "Superuser"), "last_sign_in")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("name", "email")
    search_help_text = "By name or address"
    ordering = ("name", "pk")

    @admin.display(description="State", ordering="is_active")
    def state(self, user: User) -> str:
        return "Active" if user.is_active else "Deactivated"

    @admin.display(description="Last sign-in", ordering="last_login")
    def last_sign_in(self, user: User) -> str:
        return moment(user.last_login) if user.last_login else "never"

    def label_of(self, obj: User) -> str:
        return obj.name or obj.email

    def history_events(self, request: HttpRequest, obj: User) -> QuerySet[AuditEvent]:
        """What they did with their own sign-in and details."""
        return AuditEvent.objects.filter(
            by_id=obj.pk, account_id=None, study_id=None, action__startswith="account:"
        )

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "deactivate": self.deactivate_view,
            "reactivate": self.reactivate_view,
            "second-factor": self.second_factor_view,
        }
        own = [
            path(
                f"<int:object_id>/{where}/",
                self.admin_site.admin_view(view),
                name=f"accounts_user_{where.replace('-', '_')}",
            )
            for where, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        person = self._found(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        memberships = AccountMembership.objects.filter(user=person).select_related("account", "role")
        context = {
            "person": person,
            "memberships": memberships.order_by("account__name"),
            "factors": factors_of(person).listed,
        }
        return self._page(request, "user", person, title=self.label_of(person), kicker="User", **context)

    def deactivate_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """GET says what it means, POST does it."""
        person = self._found(request, object_id)
        if request.method == "POST":
            return self._set(request, person, False, "{} is deactivated and cannot sign in any more.")
        goes = [
            "They are signed out and cannot sign in anywhere on the platform.",
            "They hold no right, and nobody can share with them.",
            "What they have and what they shared stays. They can be reactivated.",
            *(
                f"Nobody is left who administers {account}: invite another administrator."
                for account in accounts_administered_alone(person)
            ),
        ]
        return self._page(
            request, "deactivate", person, title=f"Deactivate {self.label_of(person)}?", goes=goes
        )

    def reactivate_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        person = self._found(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return self._set(request, person, True, "{} can sign in again, and has every right of before.")

    def second_factor_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """For somebody who has lost all of it; the reason goes into the audit trail."""
        person = self._found(request, object_id)
        why, wrong = request.POST.get("why", "")[:1000], ""
        if request.method == "POST":
            try:
                remove_second_factor(user=person, by=request.user, why=why)
            except ValidationError as refusal:
                wrong = refusal.messages[0]
            else:
                messages.success(
                    request, f"{person} signs in with the password alone until they set up a new one."
                )
                return HttpResponseRedirect(self.address("change", person.pk))
        title = f"Take away the second factor of {self.label_of(person)}?"
        context = {"title": title, "why": why, "wrong": wrong, "factors": factors_of(person).listed}
        return self._page(request, "second_factor", person, status=422 if wrong else 200, **context)

    def _set(self, request: HttpRequest, person: User, active: bool, said: str) -> HttpResponse:
        if person.pk == request.user.pk and not active:
            messages.error(request, "You cannot deactivate yourself. Ask another superuser.")
        else:
            set_active(user=person, active=active, by=request.user)
            messages.success(request, said.format(person))
        return HttpResponseRedirect(self.address("change", person.pk))

    def _found(self, request: HttpRequest, object_id: Any) -> User:
        if not self.has_view_permission(request):
            raise PermissionDenied("Users are the platform’s: only its superusers see them.")
        person: User | None = self.get_object(request, str(object_id))
        if person is None:
            raise Http404
        return person

    def _page(
        self, request: HttpRequest, template: str, person: User, /, status: int = 200, **context: Any
    ) -> HttpResponse:
        about = {
            **self.admin_site.each_context(request),
            **self.words(label=self.label_of(person)),
            "object": person,
            **context,
        }
        return TemplateResponse(request, f"admin/accounts/user/{template}.html", about, status=status)
