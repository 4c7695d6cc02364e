"""Locations and groups."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from administration import (
    notice_presets,
    share_codes,
    upload_addresses,
    urgent_contacts,
    worklist_members,
    worklist_tabs,
)
from administration.change import Change, Done
from administration.choices import ChoiceFilter, filter_by, yes_or_no
from administration.columns import AE_TITLE, NO, YES, column
from administration.effect_on_studies import lines_of
from administration.forms import ServiceForm
from administration.page import EditablePage
from audit.models import AuditEvent
from common.formats import code_groups
from common.markup import format_html
from common.nouns import counted
from common.text import identity_of_code
from sharing.selectors.leaving_beside import offers_of, rules_naming, tokens_of
from sharing.selectors.what_if import if_default_role
from sharing.selectors.worklists import why_it_stays
from sharing.services import delete_worklist
from worklists import services
from worklists.codes import LONGEST, SHORTEST
from worklists.models import Worklist, WorklistMembership
from worklists.selectors.administration import count_members

KINDS = [
    (Worklist.Kind.LOCATION.value, gettext_lazy("Location")),
    (Worklist.Kind.GROUP.value, gettext_lazy("Group")),
]
NEEDED, NOT_NEEDED = gettext_noop("Needed"), gettext_noop("Not needed")
FRONT_DOOR = gettext_lazy("The front door is the worklist whose share code stands for the whole hospital.")
HELP = {
    "name": gettext_lazy("The name people see when they share, such as “CT Reporting”."),
    "description": gettext_lazy("One line that says what this worklist is for."),
    "default_role": gettext_lazy(
        "What members can do here, unless they have their own role on this worklist."
    ),
    "share_code": format_lazy(
        gettext_lazy("{shortest} to {longest} letters and digits. Leave empty to add a code later."),
        shortest=SHORTEST,
        longest=LONGEST,
    ),
    "is_front_door": format_lazy("{} {}", FRONT_DOOR, gettext_lazy("An account has one.")),
    "takes_shares": gettext_lazy(
        "If unticked, no one can share with this worklist. Studies already here stay."
    ),
    "needs_approval": gettext_lazy(
        "Studies shared with it stay hidden until someone with “Studies: Approve” accepts them."
    ),
    "ae_title": gettext_lazy(
        "What a PACS calls this worklist by, when it sends by DIMSE. Add the PACS as a sender too."
    ),
}


class WorklistForm(ServiceForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=KINDS,
        initial=Worklist.Kind.LOCATION.value,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("You cannot change this later."),
    )

    class Meta:
        model = Worklist
        fields = (
            "kind", "name", "description", "default_role", "share_code", "is_front_door", "takes_shares",
            "needs_approval", "ae_title",
        )  # fmt: skip
        labels = {
            "name": gettext_lazy("Name"),
            "description": gettext_lazy("Description"),
            "default_role": gettext_lazy("Default role"),
            "share_code": gettext_lazy("Share code"),
            "is_front_door": gettext_lazy("Front door"),
            "takes_shares": gettext_lazy("Accepts shares"),
            "needs_approval": gettext_lazy("Shares need approval"),
            "ae_title": AE_TITLE,
        }
        help_texts = HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["default_role"].empty_label = _("None (each member’s account role applies)")
        # The kind of a worklist cannot change, and its code has a page of its own with a warning.
        if self.row is not None:
            del self.fields["kind"], self.fields["share_code"]
        doors = Worklist.objects.filter(account=self.account, is_front_door=True)
        door = doors.exclude(pk=self.row.pk if self.row is not None else None).first()
        if door is not None:
            now = _("It is now %(worklist)s. Tick this to move it here.") % {"worklist": door.name}
            self.fields["is_front_door"].help_text = f"{FRONT_DOOR} {now}"

    def clean_share_code(self) -> str | None:
        return identity_of_code(self.cleaned_data["share_code"] or "") or None


@admin.register(Worklist)
class WorklistAdmin(EditablePage):
    row_form = WorklistForm
    can_be_removed = True
    row_pages = {
        "members": worklist_members.members_page,
        "members/add": worklist_members.add_page,
        "code": share_codes.code_page,
        "card": share_codes.card_page,
        "address": upload_addresses.address_page,
        "notices": notice_presets.notices_page,
        "urgent": urgent_contacts.urgent_page,
    }
    noun, nouns = gettext_noop("worklist"), gettext_noop("worklists")
    add_label = gettext_lazy("Add a worklist")
    lead = gettext_lazy(
        "Lists of studies: locations, such as a department or a site, and groups, such as a meeting or a team."
    )
    list_filter = (
        ("kind", ChoiceFilter),
        yes_or_no("takes_shares", gettext_lazy("accepts shares")),
        yes_or_no("needs_approval", gettext_lazy("approval"), yes=NEEDED, no=NOT_NEEDED),
        filter_by("default_role"),
    )
    search_fields = ("name", "description", "share_code")
    search_help_text = gettext_lazy("By name, description or share code")
    ordering = ("account__name", "-kind", "name")

    def label_of(self, row: Worklist) -> str:
        return row.name

    def rows(self, request: HttpRequest) -> QuerySet[Worklist]:
        """Personal worklists are their owners'."""
        return super().rows(request).filter(owner=None).select_related("account", "default_role")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worklist]:
        """The members are counted in the list's own statement."""
        own = WorklistMembership.objects.filter(worklist=OuterRef("pk")).order_by().values("worklist")
        count = Subquery(own.values(count=Count("pk")), output_field=IntegerField())
        return super().get_queryset(request).annotate(n_members=Coalesce(count, 0))

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        return (
            column("name"), *self.account_column(request), column("kind"), "code", "front_door", "shares", "approval",
            column("default_role"), "member_count",
        )  # fmt: skip

    @admin.display(description=gettext_lazy("Share code"), ordering="share_code")
    def code(self, worklist: Worklist) -> str:
        return " ".join(code_groups(worklist.share_code)) or "–"

    @admin.display(description=gettext_lazy("Front door"), ordering="is_front_door")
    def front_door(self, worklist: Worklist) -> str:
        return _("Front door") if worklist.is_front_door else "–"

    @admin.display(description=gettext_lazy("Accepts shares"), ordering="takes_shares")
    def shares(self, worklist: Worklist) -> str:
        return _(YES) if worklist.takes_shares else _(NO)

    @admin.display(description=gettext_lazy("Approval"), ordering="needs_approval")
    def approval(self, worklist: Worklist) -> str:
        return _(NEEDED) if worklist.needs_approval else "–"

    @admin.display(description=gettext_lazy("Members"), ordering="n_members")
    def member_count(self, worklist: Any) -> SafeString:
        there = worklist_tabs.url_of("members", worklist.pk)
        members, of = (
            counted(worklist.n_members, "member"),
            _("of %(worklist)s") % {"worklist": worklist.name},
        )
        return format_html('<a href="{}">{} <span class="visually-hidden">{}</span></a>', there, members, of)

    # One worklist

    def sections(self, row: Worklist | None, form: WorklistForm) -> list[tuple[str | None, tuple[str, ...]]]:
        first, code = (("kind",), ("share_code",)) if row is None else ((), ())
        return [
            (None, (*first, "name", "description", "default_role")),
            (_("Shares"), (*code, "is_front_door", "takes_shares", "needs_approval")),
            (_("Machines"), ("ae_title",)),
        ]

    def about(self, request: HttpRequest, row: Worklist | None, form: WorklistForm) -> dict[str, Any]:
        if row is None:
            return {}
        return {"tabs": worklist_tabs.tabs(row), "counts": count_members(row)}

    shows_effect = True

    def what_if(self, change: Change) -> list[str]:
        """The default role alone gives and takes studies. A new worklist has no members yet."""
        if change.row is None:
            return []
        return lines_of(if_default_role(change.row, change.filled["default_role"]), change.row.account)

    def add(self, change: Change) -> Done:
        assert change.account is not None  # chosen first
        worklist = services.add_worklist(account=change.account, **change.filled, by=change.by)
        # The next step with a new worklist is to add members.
        return Done(self.added(worklist).sentence, worklist_tabs.url_of("members", worklist.pk))

    def change(self, change: Change) -> Done:
        return self.saved(services.change_worklist(worklist=change.row, **change.filled, by=change.by))

    def why_it_stays(self, row: Worklist) -> list[str]:
        why = why_it_stays(row)
        return [why] if why else []

    def what_ends(self, row: Worklist) -> list[str]:
        number = count_members(row).members
        people = counted(number, "person is removed from it") if number else _("It has no members")
        code = (
            _("Its share code %(share_code)s stops working.") % {"share_code": row.share_code}
            if row.share_code
            else ""
        )
        senders = counted(row.senders.live().count(), "sender")
        stores = (
            _("%(senders)s can no longer store studies.") % {"senders": senders} if row.senders.live() else ""
        )
        beside = [
            (offers_of(row), gettext_noop("Offered memberships that no longer include it: %(number)s.")),
            (tokens_of(row), gettext_noop("Access tokens that no longer reach it: %(number)s.")),
            (rules_naming(row), gettext_noop("Sharing rules that name it and are removed: %(number)s.")),
        ]
        others = [_(sentence) % {"number": number} for number, sentence in beside if number]
        rest = _("People with “Every worklist” lose it too. The audit trail is kept.")
        return [f"{people}.", *filter(None, [code, stores]), *others, rest]

    def remove(self, change: Change) -> Done:
        delete_worklist(worklist=change.row, by=change.by)
        return self.removed(change.row)

    def history_events(self, row: Worklist) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.filter(
            worklist_id=row.pk, study_id=None, action__in=worklist_tabs.ABOUT_WORKLISTS
        )
