"""A person's page on which they are added to worklists of the account."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import AccountMembership, Role
from administration.adding import Adding, AddingForm, Row, Words
from administration.change import Done
from administration.worklist_tabs import ADDED
from audit.actor import Actor
from common.markup import format_html
from common.nouns import counted
from sharing.selectors.what_if import WhatIf, if_worklist_member
from worklists import services
from worklists.models import Worklist
from worklists.selectors import worklists_to_add
from worklists.selectors.tokens import NO_WORKLIST


class WorklistsForm(AddingForm):
    ticked = "worklist"
    worklist = forms.ModelMultipleChoiceField(
        Worklist.objects.none(),
        label=gettext_lazy("Worklist"),
        to_field_name="uuid",
        error_messages={"required": gettext_lazy(NO_WORKLIST)},
    )
    role = forms.ModelChoiceField(
        Role.objects.none(),
        required=False,
        label=gettext_lazy("Role there"),
        empty_label=gettext_lazy("No role of their own"),
        help_text=gettext_lazy(
            "Without one, the default role of the worklist applies or, where it has none, the account role."
        ),
    )


class AddingToWorklists(Adding):
    """A person is added to ticked worklists."""

    words = Words(
        find=gettext_lazy("Find worklists of the account"),
        find_help=gettext_lazy("By name"),
        caption=gettext_lazy("Worklists that the person is not a member of"),
        headings=(gettext_lazy("Worklist"), gettext_lazy("Kind"), gettext_lazy("Default role")),
        through_every=gettext_lazy("there through “Every worklist”"),
        not_member=gettext_lazy("not there"),
        button=gettext_lazy("Add to selected worklists"),
        none_found=(
            gettext_lazy("No worklist found"),
            gettext_lazy("No worklist that they are not on has this name."),
        ),
        all_added=(
            gettext_lazy("Already on every worklist"),
            gettext_lazy("They are a member of all worklists of the account."),
        ),
        all_added_icon="list",
    )

    def __init__(self, request: HttpRequest, page: Any, membership: AccountMembership) -> None:
        super().__init__(request, page, membership.account)
        self.membership = membership

    def form(self, *data: Any) -> AddingForm:
        form = WorklistsForm(*data)
        form.set_choices(worklists_to_add(self.membership), self.account)
        return form

    def rows(self, find: str) -> QuerySet[Worklist]:
        return worklists_to_add(self.membership, find)

    def row(self, choice: Worklist) -> Row:
        label = format_html(_('<span class="visually-hidden">Add to </span><bdi>{}</bdi>'), choice.name)
        role = choice.default_role.name if choice.default_role else "–"
        kind = choice.get_kind_display().lower()
        return Row(str(choice.uuid), label, (kind, role), self.membership.every_worklist)

    def what_if(self, ticked: Any, role: Role | None) -> WhatIf:
        first, *also = ticked.with_names()
        return if_worklist_member(first, [self.membership.user_id], role=role, also=also)

    def add(self, ticked: QuerySet[Worklist], role: Role | None, by: Actor) -> Done:
        made = services.add_to_worklists(membership=self.membership, worklists=list(ticked), role=role, by=by)
        named = {"name": self.page.label_of(self.membership), "worklist": counted(len(made), "worklist")}
        return Done(_(ADDED) % named, self.page.page_url("change", self.membership.pk))

    def render(self, status: int, **context: Any) -> HttpResponse:
        label = self.page.label_of(self.membership)
        answer: HttpResponse = self.page.render(
            self.request, "worklists", status=status,
            title=_("Add %(name)s to worklists") % {"name": label}, label=label, object=self.membership,
            back=self.page.page_url("change", self.membership.pk), **context,
        )  # fmt: skip
        return answer


@require_http_methods(["GET", "HEAD", "POST"])
def add_to_worklists_page(request: HttpRequest, page: Any, membership: AccountMembership) -> HttpResponse:
    """Find worklists of the account, tick them, give the person a role there."""
    return AddingToWorklists(request, page, membership).answer()
