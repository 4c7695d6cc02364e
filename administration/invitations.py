"""Invitations to work for the account: who was invited to what, until when, and what can be done about it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from accounts.models import Account, Invitation
from accounts.services import limits
from accounts.services.invitations import SENT_AGAIN, SENT_WITH_NEW_LINK
from administration.current_account import current_account
from administration.invitation_batch import several_page
from administration.invitation_forms import InviteForm
from administration.service_admin import CHOOSE_FIRST, ScopedAdmin
from audit import clock
from audit.models import AuditEvent
from common.formats import moment
from sharing.selectors import promises_of
from sharing.services import withdraw_staff_invitation
from worklists import services
from worklists.models import InvitedMembership
from worklists.services import Outcome

SAID = {
    Outcome.INVITED: "{} has been invited by email.",
    Outcome.CHANGED: "{} had already been invited. Their invitation now offers what you chose.",
    Outcome.ALREADY: "{} has already been invited to exactly this. No second email was sent.",
}
TONES = {"accepted": "good", "lapsed": "warn"}


class State(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("waiting", "Waiting"),
            ("expired", "Expired"),
            ("accepted", "Accepted"),
            ("withdrawn", "Withdrawn"),
            ("lapsed", "Lapsed"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> QuerySet[Invitation]:
        waiting, opened = Invitation.objects.waiting(), Invitation.objects.open()
        match self.value():
            case "waiting":
                return queryset.filter(membership__ended_at=None, pk__in=opened)
            case "expired":
                return queryset.filter(membership__ended_at=None, pk__in=waiting).exclude(pk__in=opened)
            case "accepted" | "withdrawn" | "lapsed" as outcome:
                return queryset.filter(membership__outcome=outcome)
        return queryset


def state_of(invitation: Invitation, now: Any) -> tuple[str, str]:
    """A word and its tone; select `membership` with it."""
    outcome = invitation.membership.outcome
    if outcome:
        return str(InvitedMembership.Outcome(outcome).label), TONES.get(outcome, "neutral")
    return ("Waiting", "waiting") if invitation.expires_at > now else ("Expired", "warn")


@admin.register(Invitation)
class InvitationAdmin(ScopedAdmin):
    noun, nouns = "invitation", "invitations"
    lead = (
        "People invited to work for your organisation. Invitations that clinicians send when they share a study "
        "are not listed here."
    )
    list_filter = (State,)
    search_fields = ("address",)
    search_help_text = "By email address"
    ordering = ("-created_at", "-pk")
    list_select_related = ("account", "membership__role", "membership__offered_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        """Those to work for an account. What clinicians promised is theirs, and not seen here."""
        rows = super().get_queryset(request).filter(membership__isnull=False)
        rows = rows.annotate(n_worklists=Count("membership__worklists"))
        return rows.select_related(*self.list_select_related)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        whose = ("account",) if current_account(request) is None else ()
        return ("address", *whose, "role", "worklists", _state_column(), "until", "offered_by")

    @admin.display(description="Account role", ordering="membership__role__name")
    def role(self, invitation: Invitation) -> str:
        row = invitation.membership
        return row.role.name if row.role is not None else row.role_name

    @admin.display(description="Worklists")
    def worklists(self, invitation: Any) -> str:
        if invitation.membership.every_worklist:
            return "every worklist"
        return str(invitation.n_worklists or "–")

    @admin.display(description="Works until", ordering="expires_at")
    def until(self, invitation: Invitation) -> str:
        return moment(invitation.expires_at)

    @admin.display(description="Invited by", ordering="membership__offered_by__name")
    def offered_by(self, invitation: Invitation) -> str:
        by = invitation.membership.offered_by
        return by.name if by is not None else "CIMAR"

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == State.parameter_name or super().lookup_allowed(lookup, value, request)

    def label_of(self, obj: Invitation) -> str:
        return obj.address

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def history_events(self, request: HttpRequest, obj: Invitation) -> QuerySet[AuditEvent]:
        own = Q(invitation_uuid=obj.uuid, study_id=None) | Q(
            action__startswith="account:member:", detail__address=obj.address
        )
        return AuditEvent.objects.filter(own, account_id=obj.account_id)

    # The pages

    def get_urls(self) -> list[URLPattern]:
        deeds = {"resend": self.resend_view, "new-link": self.relink_view, "withdraw": self.withdraw_view}
        own = [
            path(
                "several/", self.admin_site.admin_view(self.several_view), name="accounts_invitation_several"
            ),
            *(
                path(
                    f"<int:object_id>/{where}/",
                    self.admin_site.admin_view(view),
                    name=f"accounts_invitation_{where.replace('-', '_')}",
                )
                for where, view in deeds.items()
            ),
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Invite one person."""
        account = current_account(request)
        if account is None:
            return _choose_first(request)
        form = InviteForm(request.POST if request.method == "POST" else None, account=account)
        status = 200
        if request.method == "POST" and "more" not in request.POST:
            if form.is_valid() and (said := self._invited(request, account, form)):
                messages.success(request, said)
                return HttpResponseRedirect(self.address("changelist"))
            status = 422
        context = {**self.words(title="Invite a person"), "form": form, "asking": "more" in request.POST}
        return self._page(request, "invite", context, status)

    def _invited(self, request: HttpRequest, account: Account, form: InviteForm) -> str:
        """What came of it, to be said on the next page; nothing where the form says why not."""
        if not limits.may_invite(by=request.user, addresses=1):
            form.add_error(None, limits.TOO_MANY_INVITED)
            return ""
        [answer] = services.invite_members(account=account, offers=[form.offer()], by=request.user)
        if answer.outcome == Outcome.ADDED:
            return f"{answer.user} is already registered and is now a member. We have emailed them."
        if answer.outcome != Outcome.REFUSED:
            return SAID[answer.outcome].format(answer.offer.address)
        # What a right refuses the service has recorded itself: this is the form again, and no 403 beside it.
        form.add_error(None if answer.denied else "email", answer.sentence)
        return ""

    def several_view(self, request: HttpRequest) -> HttpResponse:
        return several_page(request, self) if current_account(request) is not None else _choose_first(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One invitation: what it carries, and the three deeds."""
        invitation = self._found(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        now = clock.now()
        row = invitation.membership
        context = {
            **self.words(title=invitation.address, kicker="Invitation"),
            "invitation": invitation,
            "offered": row,
            "state": state_of(invitation, now),
            "waits": row.ended_at is None
            and invitation.withdrawn_at is None
            and invitation.accepted_at is None,
            "places": list(row.worklists.select_related("worklist", "role").order_by("worklist__name")),
        }
        return self._page(request, "invitation", context)

    def resend_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._send(request, object_id, services.resend_staff_invitation, SENT_AGAIN)

    def relink_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._send(request, object_id, services.relink_staff_invitation, SENT_WITH_NEW_LINK)

    def _send(
        self, request: HttpRequest, object_id: int, deed: Callable[..., Invitation], said: str
    ) -> HttpResponse:
        invitation = self._found(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            limits.count_mail(invitation=invitation, by=request.user)
            sent = deed(membership=invitation.membership, by=request.user)
        except ValidationError as refusal:
            messages.error(request, refusal.messages[0])
        else:
            messages.success(request, said.format(sent.address))
        return HttpResponseRedirect(self.address("change", invitation.pk))

    def withdraw_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """GET says what ends, POST withdraws."""
        invitation = self._found(request, object_id)
        if request.method == "POST":
            try:
                ended = withdraw_staff_invitation(membership=invitation.membership, by=request.user)
            except ValidationError as refusal:
                messages.error(request, refusal.messages[0])
            else:
                link = (
                    "Its link no longer works."
                    if ended
                    else "Its link still works for the studies that clinicians shared with this address."
                )
                messages.success(request, f"The invitation of {invitation.address} was withdrawn. {link}")
            return HttpResponseRedirect(self.address("change", invitation.pk))
        others = promises_of(invitation).exists()
        goes = [
            f"{invitation.address} can no longer use it to join {invitation.account}.",
            "The link keeps working, because a clinician has shared a study with this address."
            if others
            else "The link in the email stops working.",
        ]
        context = {**self.words(title="Withdraw the invitation?"), "invitation": invitation, "goes": goes}
        return self._page(request, "withdraw", context)

    def _found(self, request: HttpRequest, object_id: Any) -> Invitation:
        invitation: Invitation | None = self.get_object(request, str(object_id))
        if invitation is None:
            raise Http404
        if not self.has_view_permission(request, invitation):
            raise PermissionDenied
        return invitation

    def _page(self, request: HttpRequest, template: str, context: Any, status: int = 200) -> HttpResponse:
        about = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, f"admin/accounts/invitation/{template}.html", about, status=status)


def _state_column() -> Callable[[Invitation], str]:
    """With the clock read once for the whole list."""
    now = clock.now()

    @admin.display(description="State")
    def state(invitation: Invitation) -> str:
        return state_of(invitation, now)[0]

    return state


def _choose_first(request: HttpRequest) -> HttpResponse:
    messages.info(request, CHOOSE_FIRST)
    there = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('admin:choose_account')}?{there}")
