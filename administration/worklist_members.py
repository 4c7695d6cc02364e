"""Who is on which worklist, under which role, and why."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Role, User
from administration.current_account import current_account
from administration.service_admin import Scoped, ScopedAdmin, ServiceForm
from administration.worklist_pages import ABOUT_WORKLISTS, address, answer, listed, refused
from audit.models import AuditEvent
from common.formats import counted
from worklists import services
from worklists.models import Worklist, WorklistMembership
from worklists.selectors import administration as staff

A_PAGE = 50
EVERYWHERE = "every"


# A worklist's own pages


@require_safe
def members_page(request: HttpRequest, model_admin: Any, worklist: Worklist) -> HttpResponse:
    """Its members, or (`?through=every`) who is there only because they have every worklist of the account."""
    find, through = request.GET.get("q", "").strip()[:200], request.GET.get("through", "")
    rows = (staff.everywhere_people if through == EVERYWHERE else staff.members_of)(worklist, find)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return answer(
        request, model_admin, worklist, "members",
        title=worklist.name, kicker="Worklist", current="members", page=page,
        members=staff.members(worklist, page.object_list),
        find=find, through=through, everywhere=through == EVERYWHERE,
    )  # fmt: skip


class AddForm(forms.Form):
    """Ticked people, and the role all of them get. Only people who could be added are choices."""

    person = forms.ModelMultipleChoiceField(
        User.objects.none(), to_field_name="uuid", error_messages={"required": "Choose at least one person."}
    )
    role = forms.ModelChoiceField(Role.objects.none(), required=False, label="Role here")

    def __init__(self, *args: Any, worklist: Worklist, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = staff.people_to_add(worklist).order_by().values("user")
        self.fields["person"].queryset = User.objects.filter(pk__in=people)
        self.fields["role"].queryset = Role.objects.filter(account=worklist.account_id).order_by("name")
        self.fields["role"].empty_label = _default(worklist)


@require_http_methods(["GET", "HEAD", "POST"])
def add_page(request: HttpRequest, model_admin: Any, worklist: Worklist) -> HttpResponse:
    """Find people of the account, tick them, give them a role here."""
    if request.method != "POST":
        return _add_page(request, model_admin, worklist, AddForm(worklist=worklist))
    form = AddForm(request.POST, worklist=worklist)
    if not form.is_valid():
        return _add_page(request, model_admin, worklist, form, 422)
    people, role = form.cleaned_data["person"], form.cleaned_data["role"]
    try:
        made = services.add_worklist_members(
            worklist=worklist, users=list(people), role=role, by=request.user
        )
    except (ValidationError, PermissionDenied) as error:
        said, status = refused(request, error)
        form.add_error(None, said)
        return _add_page(request, model_admin, worklist, form, status)
    messages.success(request, f"{counted(len(made), 'person is,people are')} on {worklist.name} now.")
    return HttpResponseRedirect(address("members", worklist.pk))


def _add_page(
    request: HttpRequest, model_admin: Any, worklist: Worklist, form: AddForm, status: int = 200
) -> HttpResponse:
    find = request.GET.get("q", "").strip()[:200]
    page = Paginator(staff.people_to_add(worklist, find), A_PAGE).get_page(request.GET.get("page"))
    return answer(
        request, model_admin, worklist, "members_add", status=status,
        title=f"Add members to {worklist.name}", current="members", form=form, page=page, find=find,
        ticked=set(request.POST.getlist("person")),
    )  # fmt: skip


def _default(worklist: Worklist) -> str:
    """The choice of no role of one's own."""
    role = worklist.default_role
    return (
        f"No role of their own: {role.name}, this worklist’s default"
        if role
        else "No role of their own: account role"
    )


# One membership


class MembershipForm(ServiceForm):
    class Meta:
        model = WorklistMembership
        fields = ("worklist", "user", "role")
        labels = {"user": "Person", "role": "Role here"}
        help_texts = {
            "role": "Left empty, the worklist’s default role counts or, without one, the account role."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.fields["role"].empty_label = _default(self.instance.worklist)


@admin.register(WorklistMembership)
class WorklistMembershipAdmin(ScopedAdmin):
    form = MembershipForm
    noun, nouns = "membership", "memberships"
    lead = "Who is a member of which worklist, and with which role of their own there."
    list_filter = (Scoped("worklist"), Scoped("role"))
    search_fields = ("user__name", "user__email", "worklist__name")
    search_help_text = "By name, address or worklist"
    autocomplete_fields = ("user",)
    ordering = ("user__name", "worklist__name", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorklistMembership]:
        rows = super().get_queryset(request)
        return rows.select_related("user", "account", "worklist__account", "worklist__default_role", "role")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        whose = ("account",) if current_account(request) is None else ()
        return ("user", "email", *whose, "worklist", "role")

    @admin.display(description="Email", ordering="user__email")
    def email(self, membership: WorklistMembership) -> str:
        return membership.user.email

    def label_of(self, obj: WorklistMembership) -> str:
        return f"{obj.user.name} on {obj.worklist.name}"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("worklist", "user", "role") if obj is None else ("role",)

    def scoped_choices(self, request: HttpRequest, db_field: Any) -> QuerySet[Any] | None:
        """People: those who could work here at once, the account's active members."""
        rows = super().scoped_choices(request, db_field)
        account = self.account_for_form(request)
        if db_field.name != "user" or rows is None or account is None:
            return rows
        return User.objects.filter(pk__in=account.memberships.active().values("user")).order_by(
            "name", "email"
        )

    # Titles and ways back: a membership has no name of its own

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        about = self._about(request, object_id)
        return super().change_view(request, object_id, form_url, {**about, **(extra_context or {})})

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        about = self._about(request, object_id)
        if about:
            title = f"Take {about['member'].user.name} off {about['worklist'].name}?"
            about = {**about, "title": title, "delete_label": "Take them off the worklist"}
        return super().delete_view(request, object_id, {**about, **(extra_context or {})})

    def _about(self, request: HttpRequest, object_id: str) -> dict[str, Any]:
        membership = self.get_object(request, object_id)
        if membership is None:
            return {}
        worklist = membership.worklist
        [row] = staff.members_of(worklist).filter(user=membership.user_id)
        [member] = staff.members(worklist, [row])
        return {"back": address("members", worklist.pk), "member": member, "worklist": worklist}

    def response_change(self, request: HttpRequest, obj: WorklistMembership) -> HttpResponse:
        return self._back(request, obj, f"The role of {obj.user.name} here is saved.")

    def response_add(
        self, request: HttpRequest, obj: WorklistMembership, post_url_continue: Any = None
    ) -> HttpResponse:
        return self._back(request, obj, f"{obj.user.name} is on {obj.worklist.name} now.")

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        gone: WorklistMembership = request.taken_off
        return self._back(request, gone, f"{gone.user.name} is no longer a member of {gone.worklist.name}.")

    def _back(self, request: HttpRequest, obj: WorklistMembership, said: str) -> HttpResponse:
        messages.success(request, said)
        return HttpResponseRedirect(address("members", obj.worklist_id))

    # What is done is done by services

    def add(self, request: HttpRequest, filled: dict[str, Any]) -> WorklistMembership:
        return services.add_worklist_member(**filled, by=request.user)

    def change(self, request: HttpRequest, obj: WorklistMembership, filled: dict[str, Any]) -> None:
        services.change_worklist_member(membership=obj, role=filled["role"], by=request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def what_ends(self, request: HttpRequest, obj: WorklistMembership) -> list[str]:
        shift, name = staff.shift_by_removal(obj), obj.user.name
        said = []
        if shift.loses:
            lost = counted(len(shift.loses), "permission,permissions")
            said.append(f"{name} loses {lost} on {obj.worklist.name}: {listed(shift.loses)}.")
        else:
            said.append(f"{name} loses no permission on {obj.worklist.name}.")
        if shift.role is not None:
            kept = counted(len(shift.keeps | shift.gains), "permission,permissions")
            said.append(f"Having every worklist, they stay there as {shift.role.name}, with {kept}.")
        if shift.gains:
            said.append(f"By that they gain: {listed(shift.gains)}.")
        said.append("What they shared from it stays shared.")
        return said

    def remove(self, request: HttpRequest, obj: WorklistMembership) -> None:
        services.remove_worklist_member(membership=obj, by=request.user)
        request.taken_off = obj

    def history_events(self, request: HttpRequest, obj: WorklistMembership) -> QuerySet[AuditEvent]:
        on_it = AuditEvent.objects.filter(
            worklist_id=obj.worklist_id, study_id=None, action__in=ABOUT_WORKLISTS
        )
        return on_it.filter(detail__person_id=obj.user_id)
