"""The people of an account: who they are here, what they may do where and why, and how they leave."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from django.views.decorators.http import require_POST

from accounts.models import AccountMembership
from accounts.selectors.security import factors_of
from administration.change import Change, Done
from administration.choices import filter_by, number_in, yes_or_no
from administration.columns import column, ticked
from administration.current_account import administered_accounts
from administration.effect_on_studies import lines_of
from administration.forms import ServiceForm
from administration.invitation_forms import EVERY_WORKLIST, EVERY_WORKLIST_HELP, ROLE_HELP
from administration.page import BY_NAME_OR_EMAIL, EditablePage
from administration.person_worklists import add_to_worklists_page
from administration.removal import no_longer_member, removal_title
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from audit.requests import actor_of
from common.formats import moment
from common.nouns import counted
from sharing.selectors import Leaving, what_ends_by_leaving
from sharing.selectors.leaving_beside import beside_leaving
from sharing.selectors.what_if import if_account_member, if_left
from sharing.services import leave_account
from worklists import services
from worklists.models import WorklistMembership
from worklists.permissions import labels
from worklists.selectors import standing_of, why_member_stays

ABOUT_PEOPLE = (
    Action.MEMBER_ADD,
    Action.MEMBER_CHANGE,
    Action.MEMBER_LEAVE,
    Action.WORKLIST_MEMBER_ADD,
    Action.WORKLIST_MEMBER_CHANGE,
    Action.WORKLIST_MEMBER_REMOVE,
)
NAMED = 12
ACTIVE, INACTIVE = gettext_noop("Active"), gettext_noop("Inactive")


class AccountMembershipForm(ServiceForm):
    class Meta:
        model = AccountMembership
        fields = ("role", "every_worklist")
        labels = {"role": gettext_lazy("Account role"), "every_worklist": gettext_lazy(EVERY_WORKLIST)}
        help_texts = {"role": ROLE_HELP, "every_worklist": EVERY_WORKLIST_HELP}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].empty_label = None


def deactivate_page(request: HttpRequest, page: Any, membership: AccountMembership) -> HttpResponse:
    """GET shows what ends, POST deactivates."""
    refusal = ""
    if request.method == "POST":
        try:
            leave_account(membership=membership.pk, by=actor_of(request))
        except ValidationError as error:
            refusal = error.messages[0]
        else:
            messages.success(
                request, _("%(name)s is now inactive and no longer has access.") % {"name": membership.user}
            )
            return HttpResponseRedirect(page.url_after_leaving(actor_of(request), membership))
    return page.render(
        request, "deactivate", status=422 if refusal else 200,
        title=_("Deactivate %(name)s?") % {"name": membership.user},
        label=page.label_of(membership), object=membership,
        refusal=refusal, what_ends=leaving_lines(membership, for_good=False),
        stays="" if refusal else why_member_stays(membership),
        back=page.page_url("change", membership.pk),
    )  # fmt: skip


@require_POST
def reactivate(request: HttpRequest, page: Any, membership: AccountMembership) -> HttpResponse:
    services.reactivate_member(membership=membership, by=actor_of(request))
    messages.success(
        request,
        _("%(name)s is active again, with the same role and worklists as before.")
        % {"name": membership.user},
    )
    return HttpResponseRedirect(page.page_url("change", membership.pk))


@admin.register(AccountMembership)
class AccountMembershipAdmin(EditablePage):
    row_form = AccountMembershipForm
    can_be_removed = True
    row_pages = {
        "deactivate": deactivate_page,
        "reactivate": reactivate,
        "worklists": add_to_worklists_page,
    }
    noun, nouns = gettext_noop("person"), gettext_noop("people")
    lead = gettext_lazy(
        "People who work for your organisation. They manage their own name, email address, password and second factor. "
        "You decide their role and worklists."
    )
    list_filter = (
        filter_by("role"),
        yes_or_no("active", gettext_lazy("state"), yes=ACTIVE, no=INACTIVE),
        yes_or_no("every_worklist", gettext_lazy("every worklist")),
    )
    search_fields = ("user__name", "user__email")
    search_help_text = BY_NAME_OR_EMAIL
    ordering = ("user__name", "pk")
    change_list_template = "admin/accounts/accountmembership/change_list.html"

    # The list

    def rows(self, request: HttpRequest) -> QuerySet[AccountMembership]:
        return super().rows(request).select_related("user", "account", "role")

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        every = ticked("every_worklist", _(EVERY_WORKLIST))
        return (
            "person",
            "email",
            *self.account_column(request),
            column("role"),
            "state",
            every,
            "last_sign_in",
        )

    @admin.display(description=gettext_lazy("Person"), ordering="user__name")
    def person(self, membership: AccountMembership) -> str:
        return membership.user.name or membership.user.email

    @admin.display(description=gettext_lazy("Email"), ordering="user__email")
    def email(self, membership: AccountMembership) -> str:
        return membership.user.email

    @admin.display(description=gettext_lazy("State"), ordering="active")
    def state(self, membership: AccountMembership) -> str:
        if not membership.user.is_active:
            return _("Deactivated on the platform")
        return _(ACTIVE) if membership.active else _(INACTIVE)

    @admin.display(description=gettext_lazy("Last sign-in"), ordering="user__last_login")
    def last_sign_in(self, membership: AccountMembership) -> str:
        return moment(membership.user.last_login) if membership.user.last_login else _("never")

    # One person

    def label_of(self, row: AccountMembership) -> str:
        return row.user.name or row.user.email

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People are invited."""
        return False

    def about(
        self, request: HttpRequest, row: AccountMembership, form: AccountMembershipForm
    ) -> dict[str, Any]:
        page = max(number_in(request.GET.get("page", "")) or 1, 1)
        rows, more = standing_of(row, page=page)
        kept = 0
        if not row.active:
            kept = WorklistMembership.objects.filter(user=row.user_id, account=row.account_id).count()
        return {
            "membership": row,
            "has_factor": bool(factors_of(row.user).listed),
            "standing": [(place, labels(place.rights)) for place in rows],
            "page": page,
            "more": more,
            "kept": kept,
        }

    def change(self, change: Change) -> Done:
        services.change_account_member(membership=change.row, **change.filled, by=change.by)
        return Done(self.saved(change.row).sentence, self.page_url("change", change.row.pk))

    def history_events(self, row: AccountMembership) -> QuerySet[AuditEvent]:
        about_them = AuditEvent.objects.filter(account_id=row.account_id, action__in=ABOUT_PEOPLE)
        return about_them.filter(detail__person_id=row.user_id)

    shows_effect = True

    def what_if(self, change: Change) -> list[str]:
        row, filled = change.row, change.filled
        what = if_account_member(row, role=filled["role"], every_worklist=filled["every_worklist"])
        return lines_of(what, row.account)

    # Leaving

    def about_removal(self, row: AccountMembership) -> dict[str, Any]:
        stays = why_member_stays(row)
        return {
            "stays_heading": removal_title(row.user, row.account),
            "why_it_stays": [stays] if stays else [],
            "title": removal_title(row.user, row.account),
            "delete_crumb": _("Remove"),
            "delete_label": _("Remove"),
        }

    def what_ends(self, row: AccountMembership) -> list[Any]:
        return leaving_lines(row, for_good=True)

    def remove(self, change: Change) -> Done:
        leave_account(membership=change.row.pk, by=change.by, remove=True)
        sentence = no_longer_member(change.row.user, change.row.account)
        return Done(sentence, self.url_after_leaving(change.by, change.row))

    def url_after_leaving(self, by: Actor, membership: AccountMembership) -> str:
        """An administrator who removed themselves may have no access to these pages any more."""
        if membership.user_id == by.user_id and not administered_accounts(by.person).exists():
            return reverse("home")
        return self.page_url("changelist")


def leaving_lines(membership: AccountMembership, *, for_good: bool) -> list[tuple[int | None, str]]:
    """What ends when the person leaves, a sentence each, before it is done."""
    ends = what_ends_by_leaving(membership)
    lines: list[tuple[int | None, str]] = [_physician_shares(membership, ends)]
    if ends.onward:
        lines.append((ends.onward, ngettext("onward share ends too", "onward shares end too", ends.onward)))
    if ends.kept:
        kept = ngettext(
            "of these studies stays visible to them through other shares",
            "of these studies stay visible to them through other shares",
            ends.kept,
        )
        lines.append((ends.kept, kept))
    if number := len(ends.worklists):
        sentence = ngettext(
            "worklist they can no longer see: %(names)s",
            "worklists they can no longer see: %(names)s",
            number,
        )
        lines.append((number, sentence % {"names": _named(ends)}))
    else:
        lines.append((None, _("They are not on any worklist.")))
    what = if_left(membership)
    lines += [(None, line) for line in lines_of(what, membership.account, with_links=False)]
    lines += beside_leaving(membership).lines()
    stay = _(
        "Shares they made from the account’s worklists stay. Another member can take them over: see Settings."
    )
    lines.append((None, stay))
    if for_good:
        lines.append(
            (
                None,
                _(
                    "Their membership and all their roles are removed. To come back, they must be invited again."
                ),
            )
        )
    else:
        lines.append((None, _("Their role and worklists are kept in case you reactivate them.")))
    return lines


def _physician_shares(membership: AccountMembership, ends: Leaving) -> tuple[int | None, str]:
    if not ends.shares:
        return (
            None,
            _("No shares end: no one at %(account)s has shared a study with them as a physician.")
            % {"account": membership.account},
        )
    sentence = ngettext(
        "share with them as a physician of %(account)s ends (%(studies)s)",
        "shares with them as a physician of %(account)s end (%(studies)s)",
        ends.shares,
    )
    return (
        ends.shares,
        sentence % {"account": membership.account, "studies": counted(ends.studies, "study")},
    )


def _named(ends: Leaving) -> str:
    names = ", ".join(worklist.name for worklist in ends.worklists[:NAMED])
    left = len(ends.worklists) - NAMED
    return _("%(names)s and %(number)s more") % {"names": names, "number": left} if left > 0 else names
