"""The people of an account: who they are here, what they may do where and why, and how they leave."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.models import AccountMembership
from accounts.selectors.security import factors_of
from administration.current_account import administered_accounts, current_account
from administration.invitation_forms import EVERY_WORKLIST_HELP, ROLE_HELP
from administration.service_admin import Scoped, ScopedAdmin, ServiceForm, number_in, ticked
from audit.actions import Action
from audit.models import AuditEvent
from common.formats import counted, moment
from sharing.selectors import Leaving, what_ends_by_leaving
from sharing.services import leave_account
from worklists import services
from worklists.models import WorklistMembership
from worklists.permissions import labels
from worklists.selectors import standing_of

ABOUT_PEOPLE = (
    Action.MEMBER_ADD,
    Action.MEMBER_CHANGE,
    Action.MEMBER_LEAVE,
    Action.WORKLIST_MEMBER_ADD,
    Action.WORKLIST_MEMBER_CHANGE,
    Action.WORKLIST_MEMBER_REMOVE,
)
NAMED = 12


class MembershipForm(ServiceForm):
    class Meta:
        model = AccountMembership
        fields = ("role", "every_worklist")
        labels = {"role": "Account role", "every_worklist": "Every worklist"}
        help_texts = {"role": ROLE_HELP, "every_worklist": EVERY_WORKLIST_HELP}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.fields["role"].empty_label = None


@admin.register(AccountMembership)
class AccountMembershipAdmin(ScopedAdmin):
    form = MembershipForm
    noun, nouns = "person", "people"
    lead = (
        "People who work for your organisation. They manage their own name, email address, password and second factor. "
        "You decide their role and worklists."
    )
    fields = ("role", "every_worklist")
    list_filter = (Scoped("role"), "active", "every_worklist")
    list_select_related = ("user", "account", "role")
    search_fields = ("user__name", "user__email")
    search_help_text = "By name or email address"
    ordering = ("user__name", "pk")
    change_list_template = "admin/accounts/accountmembership/change_list.html"

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccountMembership]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        whose = ("account",) if current_account(request) is None else ()
        every = ticked("every_worklist", "Every worklist")
        return ("person", "email", *whose, "role", "state", every, "last_sign_in")

    @admin.display(description="Person", ordering="user__name")
    def person(self, membership: AccountMembership) -> str:
        return membership.user.name or membership.user.email

    @admin.display(description="Email", ordering="user__email")
    def email(self, membership: AccountMembership) -> str:
        return membership.user.email

    @admin.display(description="State", ordering="active")
    def state(self, membership: AccountMembership) -> str:
        if not membership.user.is_active:
            return "Deactivated on the platform"
        return "Active" if membership.active else "Inactive"

    @admin.display(description="Last sign-in", ordering="user__last_login")
    def last_sign_in(self, membership: AccountMembership) -> str:
        return moment(membership.user.last_login) if membership.user.last_login else "never"

    # One person

    def label_of(self, obj: AccountMembership) -> str:
        return obj.user.name or obj.user.email

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People are invited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        about = self._about(request, object_id)
        return super().change_view(request, object_id, form_url, {**about, **(extra_context or {})})

    def _about(self, request: HttpRequest, object_id: str) -> dict[str, Any]:
        membership = self.get_object(request, object_id)
        if membership is None:
            return {}
        page = max(number_in(request.GET.get("page", "")) or 1, 1)
        rows, more = standing_of(membership, page=page)
        kept = 0
        if not membership.active:
            kept = WorklistMembership.objects.filter(
                user=membership.user_id, account=membership.account_id
            ).count()
        return {
            "membership": membership,
            "has_factor": bool(factors_of(membership.user).listed),
            "standing": [(row, labels(row.rights)) for row in rows],
            "page": page,
            "more": more,
            "kept": kept,
        }

    def after_saving(self, request: HttpRequest, obj: AccountMembership) -> HttpResponse:
        return HttpResponseRedirect(self.address("change", obj.pk))

    def change(self, request: HttpRequest, obj: AccountMembership, filled: dict[str, Any]) -> None:
        services.change_account_member(
            membership=obj, role=filled["role"], every_worklist=filled["every_worklist"], by=request.user
        )

    def history_events(self, request: HttpRequest, obj: AccountMembership) -> QuerySet[AuditEvent]:
        about_them = AuditEvent.objects.filter(account_id=obj.account_id, action__in=ABOUT_PEOPLE)
        return about_them.filter(detail__person_id=obj.user_id)

    # Leaving and coming back

    def get_urls(self) -> list[URLPattern]:
        pages = {"deactivate": self.deactivate_view, "reactivate": self.reactivate_view}
        own = [
            path(
                f"<int:object_id>/{where}/",
                self.admin_site.admin_view(view),
                name=f"accounts_accountmembership_{where}",
            )
            for where, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def _found(self, request: HttpRequest, object_id: int) -> AccountMembership:
        membership: AccountMembership | None = self.get_object(request, str(object_id))
        if membership is None:
            raise Http404
        return membership

    def deactivate_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        membership = self._found(request, object_id)
        refusal = ""
        if request.method == "POST":
            try:
                leave_account(membership=membership.pk, by=request.user)
            except ValidationError as error:
                refusal = error.messages[0]
            else:
                messages.success(request, f"{membership.user} is now inactive and no longer has access.")
                return self._after_leaving(request, membership)
        context = {
            **self.admin_site.each_context(request),
            **self.words(title=f"Deactivate {membership.user}?", label=self.label_of(membership)),
            "object": membership,
            "refusal": refusal,
            "what_ends": leaving_lines(membership, for_good=False),
            "back": self.address("change", membership.pk),
        }
        page = "admin/accounts/accountmembership/deactivate.html"
        return TemplateResponse(request, page, context, status=422 if refusal else 200)

    def reactivate_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        membership = self._found(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        services.reactivate_member(membership=membership, by=request.user)
        messages.success(
            request, f"{membership.user} is active again, with the same role and worklists as before."
        )
        return HttpResponseRedirect(self.address("change", membership.pk))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        membership = self.get_object(request, object_id)
        words = {}
        if membership is not None:
            words = {
                "title": f"Remove {membership.user} from {membership.account}?",
                "delete_crumb": "Remove",
                "delete_label": "Remove",
                "keep_label": "Keep them",
            }
        return super().delete_view(request, object_id, {**words, **(extra_context or {})})

    def what_ends(self, request: HttpRequest, obj: AccountMembership) -> list[Any]:
        return leaving_lines(obj, for_good=True)

    def remove(self, request: HttpRequest, obj: AccountMembership) -> None:
        leave_account(membership=obj.pk, by=request.user, remove=True)
        request.left = obj

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        gone: AccountMembership = request.left
        messages.success(request, f"{gone.user} is no longer a member of {gone.account}.")
        return self._after_leaving(request, gone)

    def _after_leaving(self, request: HttpRequest, membership: AccountMembership) -> HttpResponse:
        """Whoever took themselves out may have closed the door behind them."""
        own = membership.user_id == request.user.pk
        if own and not administered_accounts(request.user).exists():
            return HttpResponseRedirect(reverse("home"))
        return HttpResponseRedirect(self.address("changelist"))


def leaving_lines(membership: AccountMembership, *, for_good: bool) -> list[tuple[int | None, str]]:
    """What ends when the person leaves, a sentence each, before it is done."""
    ends = what_ends_by_leaving(membership)
    lines: list[tuple[int | None, str]] = [_physician_shares(membership, ends)]
    if ends.onward:
        end = "onward share ends too" if ends.onward == 1 else "onward shares end too"
        lines.append((ends.onward, end))
    if ends.kept:
        lines.append((ends.kept, "of these studies stay visible to them through other shares"))
    if ends.worklists:
        places = "worklist" if len(ends.worklists) == 1 else "worklists"
        lines.append((len(ends.worklists), f"{places} they can no longer see: {_named(ends)}"))
    else:
        lines.append((None, "They are not on any worklist."))
    lines.append((None, "Shares they made from the account’s worklists stay."))
    if for_good:
        lines.append(
            (
                None,
                "Their membership and all their roles are removed. To come back, they must be invited again.",
            )
        )
    else:
        lines.append((None, "Their role and worklists are kept in case you reactivate them."))
    return lines


def _physician_shares(membership: AccountMembership, ends: Leaving) -> tuple[int | None, str]:
    if not ends.shares:
        return (
            None,
            f"No shares end: no one at {membership.account} has shared a study with them as a physician.",
        )
    studies = counted(ends.studies, "study,studies")
    verb = "ends" if ends.shares == 1 else "end"
    noun = "share" if ends.shares == 1 else "shares"
    return (ends.shares, f"{noun} of {membership.account} with them as a physician {verb} ({studies})")


def _named(ends: Leaving) -> str:
    names = ", ".join(worklist.name for worklist in ends.worklists[:NAMED])
    left = len(ends.worklists) - NAMED
    return f"{names} and {left} more" if left > 0 else names
