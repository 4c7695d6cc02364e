"""Locations and groups."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Account
from accounts.services import limits
from administration import share_codes, worklist_members, worklist_pages
from administration.current_account import current_account
from administration.service_admin import Scoped, ScopedAdmin, ServiceForm
from audit.models import AuditEvent
from common.formats import code_groups, counted
from common.text import identity_of_code
from sharing.selectors.worklists import why_it_stays
from sharing.services import delete_worklist
from worklists import codes, services
from worklists.models import Worklist, WorklistMembership
from worklists.selectors.administration import count_members

KINDS = [(Worklist.Kind.LOCATION.value, "Location"), (Worklist.Kind.GROUP.value, "Group")]
HELP = {
    "name": "As people pick it when they share, such as “CT Reporting”.",
    "description": "A line for whoever wonders what this worklist is for.",
    "default_role": "What its members may do here, unless they have a role of their own here.",
    "share_code": "4 to 32 letters and digits. Leave it empty to make one later.",
    "is_front_door": "Its share code is the hospital’s own. An account has one front door: this moves it here.",
    "takes_shares": "Unticked, nobody can share with this worklist by any way. What is here stays.",
    "needs_approval": "Studies shared with it wait until somebody with “Studies: Approve” here decides.",
}


class WorklistForm(ServiceForm):
    kind = forms.ChoiceField(
        choices=KINDS,
        initial=Worklist.Kind.LOCATION.value,
        widget=forms.RadioSelect,
        help_text="It cannot be changed later.",
    )

    class Meta:
        model = Worklist
        fields = (
            "kind", "name", "description", "default_role", "share_code", "is_front_door", "takes_shares",
            "needs_approval",
        )  # fmt: skip
        labels = {
            "is_front_door": "Front door",
            "takes_shares": "Takes shares",
            "needs_approval": "Shares need approval",
        }
        help_texts = HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["default_role"].empty_label = "None: the role each has in the account"
        # A worklist has its kind for good, and its code has a page of its own that warns.
        if self.instance.pk is not None:
            for name in ("kind", "share_code"):
                self.fields.pop(name, None)

    def clean_share_code(self) -> str | None:
        return identity_of_code(self.cleaned_data["share_code"] or "") or None


@admin.register(Worklist)
class WorklistAdmin(ScopedAdmin):
    form = WorklistForm
    noun, nouns = "worklist", "worklists"
    lead = "The places where studies are found: locations, and groups of people."
    list_filter = ("kind", "takes_shares", "needs_approval", Scoped("default_role"))
    search_fields = ("name", "description", "share_code")
    search_help_text = "By name, description or share code"
    ordering = ("account__name", "-kind", "name")

    def label_of(self, obj: Worklist) -> str:
        return obj.name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worklist]:
        """Personal worklists are their owners'. The members are counted in the list's own statement."""
        own = WorklistMembership.objects.filter(worklist=OuterRef("pk")).order_by().values("worklist")
        count = Subquery(own.values(count=Count("pk")), output_field=IntegerField())
        rows = super().get_queryset(request).filter(owner=None).select_related("account", "default_role")
        return rows.annotate(n_members=Coalesce(count, 0))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        whose = ("account",) if current_account(request) is None else ()
        return (
            "name", *whose, "kind", "code", "front_door", "shares", "approval", "default_role", "member_count"
        )  # fmt: skip

    @admin.display(description="Share code", ordering="share_code")
    def code(self, worklist: Worklist) -> str:
        return " ".join(code_groups(worklist.share_code)) or "–"

    @admin.display(description="Front door", ordering="is_front_door")
    def front_door(self, worklist: Worklist) -> str:
        return "Front door" if worklist.is_front_door else "–"

    @admin.display(description="Takes shares", ordering="takes_shares")
    def shares(self, worklist: Worklist) -> str:
        return "Yes" if worklist.takes_shares else "No"

    @admin.display(description="Approval", ordering="needs_approval")
    def approval(self, worklist: Worklist) -> str:
        return "Needed" if worklist.needs_approval else "–"

    @admin.display(description="Members", ordering="n_members")
    def member_count(self, worklist: Any) -> SafeString:
        there = worklist_pages.address("members", worklist.pk)
        said = counted(worklist.n_members, "member,members")
        return format_html(
            '<a href="{}">{} <span class="visually-hidden">of {}</span></a>', there, said, worklist.name
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        first, code = (("kind",), ("share_code",)) if obj is None else ((), ())
        return [
            (None, {"fields": (*first, "name", "description", "default_role")}),
            ("Shares", {"fields": (*code, "is_front_door", "takes_shares", "needs_approval")}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        door = self._front_door(request, obj)
        if door is not None:
            said = f"The front door is now {door.name}; ticking this moves it here. "
            said += "The front door’s share code is the hospital’s own."
            form.base_fields["is_front_door"].help_text = said
        return form

    def _front_door(self, request: HttpRequest, obj: Worklist | None) -> Worklist | None:
        account: Account | None = obj.account if obj is not None else current_account(request)
        doors = Worklist.objects.filter(account=account, is_front_door=True)
        return doors.exclude(pk=obj.pk if obj is not None else None).first() if account is not None else None

    # The further pages

    def get_urls(self) -> list[URLPattern]:
        further = {
            "members": worklist_members.members_page,
            "members/add": worklist_members.add_page,
            "code": share_codes.code_page,
            "card": share_codes.card_page,
        }
        own = [
            path(
                f"<int:object_id>/{where}/",
                self.admin_site.admin_view(worklist_pages.of_row(page, self)),
                name=f"worklists_worklist_{where.replace('/', '_')}",
            )
            for where, page in further.items()
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A code is counted before the page's transaction begins, which takes all it wrote back with a refusal."""
        account = current_account(request)
        typed = codes.well_formed(identity_of_code(request.POST.get("share_code", "")))
        if account is not None and typed and not limits.may_look_up(by=request.user, account=account.pk):
            self.refuse(request, ValidationError({"share_code": limits.TOO_MANY_CODES_TYPED}))
        return super().add_view(request, form_url, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        worklist = self.get_object(request, object_id)
        about = {}
        if worklist is not None:
            counts = count_members(worklist)
            about = {"tabs": worklist_pages.tabs(worklist), "counts": counts}
        return super().change_view(request, object_id, form_url, {**about, **(extra_context or {})})

    def response_add(
        self, request: HttpRequest, obj: Worklist, post_url_continue: Any = None
    ) -> HttpResponse:
        """A new worklist wants members."""
        super().response_add(request, obj, post_url_continue)
        return HttpResponseRedirect(worklist_pages.address("members", obj.pk))

    # What is done is done by services

    def add(self, request: HttpRequest, filled: dict[str, Any]) -> Worklist:
        return services.add_worklist(account=current_account(request), **filled, by=request.user)

    def change(self, request: HttpRequest, obj: Worklist, filled: dict[str, Any]) -> None:
        services.change_worklist(worklist=obj, **filled, by=request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def why_it_stays(self, request: HttpRequest, obj: Worklist) -> list[str]:
        why = why_it_stays(obj)
        return [why] if why else []

    def what_ends(self, request: HttpRequest, obj: Worklist) -> list[str]:
        number = count_members(obj).members
        people = (
            counted(number, "person is taken off it,people are taken off it")
            if number
            else "It has no members"
        )
        code = f"Its share code {obj.share_code} finds nobody any more." if obj.share_code else ""
        rest = "Whoever has every worklist of the account loses it as well. The audit trail stays."
        return [f"{people}.", *([code] if code else []), rest]

    def remove(self, request: HttpRequest, obj: Worklist) -> None:
        delete_worklist(worklist=obj, by=request.user)

    def history_events(self, request: HttpRequest, obj: Worklist) -> QuerySet[AuditEvent]:
        return AuditEvent.objects.filter(
            worklist_id=obj.pk, study_id=None, action__in=worklist_pages.ABOUT_WORKLISTS
        )
