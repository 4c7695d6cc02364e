"""Who is on which worklist, under which role, and why."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Account, AccountMembership, Role, User
from administration.adding import A_PAGE, Adding, AddingForm, Row, Words
from administration.change import Change, Done
from administration.choices import SearchedChoice, filter_by
from administration.columns import column
from administration.effect_on_studies import lines_of
from administration.forms import ServiceForm
from administration.page import BY_NAME_OR_EMAIL, EditablePage
from administration.removal import no_longer_member, removal_title
from administration.worklist_tabs import ABOUT_WORKLISTS, ADDED, listed, render, url_of
from audit.actor import Actor
from audit.models import AuditEvent
from common.markup import format_html
from common.nouns import counted
from sharing.selectors.leaving_beside import beside_worklist_removal
from sharing.selectors.what_if import WhatIf, if_worklist_member
from worklists import services
from worklists.models import Worklist, WorklistMembership
from worklists.selectors import administration as staff
from worklists.services.worklist_members import NO_ONE_CHOSEN

EVERYWHERE = "every"


# A worklist's own pages


@require_safe
def members_page(request: HttpRequest, page: Any, worklist: Worklist) -> HttpResponse:
    """Its members, or (`?through=every`) the people with access only through every worklist of the account."""
    find, through = request.GET.get("q", "").strip()[:200], request.GET.get("through", "")
    rows = (staff.everywhere_people if through == EVERYWHERE else staff.members_of)(worklist, find)
    shown = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return render(
        request, page, worklist, "members",
        title=worklist.name, kicker=_("Worklist"), current="members", page=shown,
        members=staff.members(worklist, shown.object_list),
        find=find, find_help=BY_NAME_OR_EMAIL, through=through, everywhere=through == EVERYWHERE,
    )  # fmt: skip


class PeopleForm(AddingForm):
    ticked = "person"
    person = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=gettext_lazy("Person"),
        to_field_name="uuid",
        error_messages={"required": gettext_lazy(NO_ONE_CHOSEN)},
    )
    role = forms.ModelChoiceField(Role.objects.none(), required=False, label=gettext_lazy("Role here"))


class AddingPeople(Adding):
    """Ticked people are added to a worklist."""

    words = Words(
        find=gettext_lazy("Find people of the account"),
        find_help=BY_NAME_OR_EMAIL,
        caption=gettext_lazy("People who are not on this worklist"),
        headings=(gettext_lazy("Person"), gettext_lazy("Email"), gettext_lazy("Account role")),
        through_every=gettext_lazy("here through “Every worklist”"),
        not_member=gettext_lazy("not here"),
        button=gettext_lazy("Add selected people"),
        none_found=(gettext_lazy("No one found"), gettext_lazy("No active member of the account matches.")),
        all_added=(
            gettext_lazy("Everyone is already on this worklist"),
            gettext_lazy("To add others, invite them to the account first."),
        ),
        all_added_icon="people",
    )

    def __init__(self, request: HttpRequest, page: Any, worklist: Worklist) -> None:
        super().__init__(request, page, worklist.account)
        self.worklist = worklist

    def form(self, *data: Any) -> AddingForm:
        form = PeopleForm(*data)
        people = staff.people_to_add(self.worklist).order_by().values("user")
        form.set_choices(User.objects.filter(pk__in=people), self.account)
        form.fields["role"].empty_label = _default(self.worklist)
        return form

    def rows(self, find: str) -> QuerySet[AccountMembership]:
        return staff.people_to_add(self.worklist, find)

    def row(self, choice: AccountMembership) -> Row:
        label = format_html(_('<span class="visually-hidden">Add </span><bdi>{}</bdi>'), choice.user.name)
        return Row(str(choice.user.uuid), label, (choice.user.email, choice.role.name), choice.every_worklist)

    def what_if(self, ticked: QuerySet[User], role: Role | None) -> WhatIf:
        return if_worklist_member(self.worklist, list(ticked.values_list("pk", flat=True)), role=role)

    def add(self, ticked: QuerySet[User], role: Role | None, by: Actor) -> Done:
        made = services.add_worklist_members(worklist=self.worklist, users=list(ticked), role=role, by=by)
        named = {"people_were": counted(len(made), "person was"), "worklist": self.worklist.name}
        sentence = _("%(people_were)s added to %(worklist)s.") % named
        return Done(sentence, url_of("members", self.worklist.pk))

    def render(self, status: int, **context: Any) -> HttpResponse:
        return render(
            self.request, self.page, self.worklist, "members_add", status=status,
            title=_("Add members to %(worklist)s") % {"worklist": self.worklist.name}, current="members",
            back=url_of("members", self.worklist.pk), **context,
        )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def add_page(request: HttpRequest, page: Any, worklist: Worklist) -> HttpResponse:
    """Find people of the account, tick them, give them a role here."""
    return AddingPeople(request, page, worklist).answer()


def _default(worklist: Worklist) -> str:
    """The label of the choice that leaves a member without an own role."""
    role = worklist.default_role
    return (
        _("No role of their own: %(role)s applies, the default role of this worklist") % {"role": role.name}
        if role
        else _("No role of their own: the account role applies")
    )


# One membership


def people_of(account: Account) -> QuerySet[User]:
    """The people who can work on a worklist of the account at once: its active members."""
    members = account.memberships.active().values("user")
    return User.objects.filter(pk__in=members).order_by("name", "email")


class WorklistMembershipForm(ServiceForm):
    class Meta:
        model = WorklistMembership
        fields = ("worklist", "user", "role")
        labels = {
            "worklist": gettext_lazy("Worklist"),
            "user": gettext_lazy("Person"),
            "role": gettext_lazy("Role here"),
        }
        widgets = {"user": SearchedChoice(WorklistMembership._meta.get_field("user"), admin.site)}
        help_texts = {
            "role": gettext_lazy(
                "Leave empty to use the worklist’s default role or, without one, the account role."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.row is not None:
            del self.fields["worklist"], self.fields["user"]
            self.fields["role"].empty_label = _default(self.row.worklist)
        elif self.account is not None:
            self.fields["user"].queryset = people_of(self.account)


@admin.register(WorklistMembership)
class WorklistMembershipAdmin(EditablePage):
    row_form = WorklistMembershipForm
    can_be_removed = True
    noun, nouns = gettext_noop("worklist member"), gettext_noop("worklist members")
    add_label = gettext_lazy("Add a person to a worklist")
    lead = gettext_lazy("Who is a member of which worklist, and their own role there, if they have one.")
    list_filter = (filter_by("worklist"), filter_by("role"))
    search_fields = ("user__name", "user__email", "worklist__name")
    search_help_text = gettext_lazy("By name, email address or worklist")
    ordering = ("user__name", "worklist__name", "pk")

    def rows(self, request: HttpRequest) -> QuerySet[WorklistMembership]:
        rows = super().rows(request)
        return rows.select_related("user", "account", "worklist__account", "worklist__default_role", "role")

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        return (column("user"), "email", *self.account_column(request), column("worklist"), column("role"))

    @admin.display(description=gettext_lazy("Email"), ordering="user__email")
    def email(self, membership: WorklistMembership) -> str:
        return membership.user.email

    def label_of(self, row: WorklistMembership) -> str:
        return _("%(name)s on %(worklist)s") % {"name": row.user.name, "worklist": row.worklist.name}

    def choices(self, account: Account | None, field: Any) -> QuerySet[Any] | None:
        if field.name == "user" and account is not None:
            return people_of(account)
        return super().choices(account, field)

    def about(
        self, request: HttpRequest, row: WorklistMembership | None, form: WorklistMembershipForm
    ) -> dict[str, Any]:
        return _member(row) if row is not None else {}

    def about_removal(self, row: WorklistMembership) -> dict[str, Any]:
        title = removal_title(row.user.name, row.worklist.name)
        return {**_member(row), "title": title, "delete_label": _("Remove from the worklist")}

    def what_ends(self, row: WorklistMembership) -> list[Any]:
        shift = staff.shift_by_removal(row)
        named = {"name": row.user.name, "worklist": row.worklist.name}
        sentences: list[Any] = []
        if shift.loses:
            lost = {"number": counted(len(shift.loses), "permission"), "permissions": listed(shift.loses)}
            sentences.append(
                _("%(name)s loses %(number)s on %(worklist)s: %(permissions)s.") % {**named, **lost}
            )
        else:
            sentences.append(_("%(name)s loses no permissions on %(worklist)s.") % named)
        if shift.role is not None:
            kept = counted(len(shift.keeps | shift.gains), "permission")
            sentences.append(
                _("Because they have “Every worklist”, they stay there as %(role)s, with %(kept)s.")
                % {"role": shift.role.name, "kept": kept}
            )
        if shift.gains:
            sentences.append(_("They gain: %(permissions)s.") % {"permissions": listed(shift.gains)})
        what = if_worklist_member(row.worklist, [row.user_id], role=None, removed=True)
        sentences += lines_of(what, row.worklist.account, with_links=False)
        sentences += beside_worklist_removal(row, shift.loses).lines()
        sentences.append(_("Shares they made from it stay."))
        return sentences

    shows_effect = True

    def what_if(self, change: Change) -> list[str]:
        filled, row = change.filled, change.row
        worklist, user = (filled["worklist"], filled["user"]) if row is None else (row.worklist, row.user)
        return lines_of(if_worklist_member(worklist, [user.pk], role=filled["role"]), worklist.account)

    # Changes: each leads back to the members of the worklist

    def add(self, change: Change) -> Done:
        made = services.add_worklist_member(**change.filled, by=change.by)
        named = {"name": made.user.name, "worklist": made.worklist.name}
        return Done(_(ADDED) % named, url_of("members", made.worklist_id))

    def change(self, change: Change) -> Done:
        services.change_worklist_member(membership=change.row, role=change.filled["role"], by=change.by)
        sentence = _("The role of %(name)s on %(worklist)s was saved.")
        named = {"name": change.row.user.name, "worklist": change.row.worklist.name}
        return Done(sentence % named, url_of("members", change.row.worklist_id))

    def remove(self, change: Change) -> Done:
        services.remove_worklist_member(membership=change.row, by=change.by)
        sentence = no_longer_member(change.row.user.name, change.row.worklist.name)
        return Done(sentence, url_of("members", change.row.worklist_id))

    def history_events(self, row: WorklistMembership) -> QuerySet[AuditEvent]:
        on_worklist = AuditEvent.objects.filter(
            worklist_id=row.worklist_id, study_id=None, action__in=ABOUT_WORKLISTS
        )
        return on_worklist.filter(detail__person_id=row.user_id)


def _member(membership: WorklistMembership) -> dict[str, Any]:
    """The person, the worklist and the role: a membership has no name of its own."""
    worklist = membership.worklist
    [row] = staff.members_of(worklist).filter(user=membership.user_id)
    [member] = staff.members(worklist, [row])
    return {"back": url_of("members", worklist.pk), "member": member, "worklist": worklist}
