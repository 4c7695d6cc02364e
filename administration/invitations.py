"""Invitations to work for the account: who was invited to what, until when, and what can be done with it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.http import require_POST

from accounts.models import Account, Invitation
from accounts.services.invitations import SENT_AGAIN, SENT_WITH_NEW_LINK
from administration.columns import column
from administration.current_account import choose_first, current_account
from administration.invitation_batch import batch_page
from administration.invitation_forms import InviteForm
from administration.page import AdminPage
from audit import clock
from audit.models import AuditEvent
from audit.requests import actor_of
from common.formats import moment
from sharing.selectors import promises_of
from sharing.services import withdraw_staff_invitation
from worklists import services
from worklists.models import InvitedMembership
from worklists.services import OfferOutcome

SENTENCES = {
    OfferOutcome.INVITED: gettext_noop("%(email)s has been invited by email."),
    OfferOutcome.CHANGED: gettext_noop(
        "%(email)s had already been invited. Their invitation now offers what you chose."
    ),
    OfferOutcome.ALREADY: gettext_noop(
        "%(email)s has already been invited to exactly this. No second email was sent."
    ),
    OfferOutcome.ADDED: gettext_noop("%(email)s is a member already, and was added to the worklists."),
}
WAITING, EXPIRED = gettext_noop("Waiting"), gettext_noop("Expired")
TONES = {"accepted": "good", "declined": "warn", "lapsed": "warn"}


class InvitationStateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("waiting", _(WAITING)),
            ("expired", _(EXPIRED)),
            ("accepted", _("Accepted")),
            ("withdrawn", _("Withdrawn")),
            ("declined", _("Declined")),
            ("lapsed", _("Lapsed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> QuerySet[Invitation]:
        waiting, opened = Invitation.objects.waiting(), Invitation.objects.open()
        match self.value():
            case "waiting":
                return queryset.filter(membership__ended_at=None, pk__in=opened)
            case "expired":
                return queryset.filter(membership__ended_at=None, pk__in=waiting).exclude(pk__in=opened)
            case "accepted" | "withdrawn" | "declined" | "lapsed" as outcome:
                return queryset.filter(membership__outcome=outcome)
        return queryset


def state_of(invitation: Invitation, now: Any) -> tuple[str, str]:
    """A word and its tone; reads the invitation's `membership`."""
    outcome = invitation.membership.outcome
    if outcome:
        return str(InvitedMembership.Outcome(outcome).label), TONES.get(outcome, "neutral")
    return (_(WAITING), "waiting") if invitation.expires_at > now else (_(EXPIRED), "warn")


def resend(request: HttpRequest, page: Any, invitation: Invitation) -> HttpResponse:
    return _send(request, page, invitation, services.resend_staff_invitation, SENT_AGAIN)


def relink(request: HttpRequest, page: Any, invitation: Invitation) -> HttpResponse:
    return _send(request, page, invitation, services.relink_staff_invitation, SENT_WITH_NEW_LINK)


@require_POST
def _send(
    request: HttpRequest, page: Any, invitation: Invitation, send: Callable[..., Invitation], sentence: str
) -> HttpResponse:
    try:
        sent = send(membership=invitation.membership, by=actor_of(request))
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    else:
        messages.success(request, _(sentence).format(sent.email))
    return HttpResponseRedirect(page.page_url("change", invitation.pk))


def withdraw_page(request: HttpRequest, page: Any, invitation: Invitation) -> HttpResponse:
    """GET says what ends, POST withdraws."""
    if request.method == "POST":
        try:
            ended = withdraw_staff_invitation(membership=invitation.membership, by=actor_of(request))
        except ValidationError as refusal:
            messages.error(request, refusal.messages[0])
        else:
            sentence = (
                _("The invitation of %(email)s was withdrawn. Its link no longer works.")
                if ended
                else _(
                    "The invitation of %(email)s was withdrawn. "
                    "Its link still works for the studies that clinicians shared with this address."
                )
            )
            messages.success(request, sentence % {"email": invitation.email})
        return HttpResponseRedirect(page.page_url("change", invitation.pk))
    others = promises_of(invitation).exists()
    goes = [
        _("%(email)s can no longer use the invitation to join %(account)s.")
        % {"email": invitation.email, "account": invitation.account},
        _("The link keeps working, because a clinician has shared a study with this address.")
        if others
        else _("The link in the email stops working."),
    ]
    context = {"title": _("Withdraw the invitation?"), "invitation": invitation, "goes": goes}
    return page.render(request, "withdraw", **context)


@admin.register(Invitation)
class InvitationAdmin(AdminPage):
    row_pages = {"resend": resend, "new-link": relink, "withdraw": withdraw_page}
    noun, nouns = gettext_noop("invitation"), gettext_noop("invitations")
    lead = gettext_lazy(
        "People invited to work for your organisation. Invitations that clinicians send when they share a study "
        "are not listed here."
    )
    list_filter = (InvitationStateFilter,)
    search_fields = ("email",)
    search_help_text = gettext_lazy("By email address")
    ordering = ("-created_at", "-pk")

    def rows(self, request: HttpRequest) -> QuerySet[Invitation]:
        """Invitations to work for an account; those of clinicians who share a study are not shown here."""
        rows = super().rows(request).filter(membership__isnull=False)
        return rows.select_related("account", "membership__role", "membership__offered_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return super().get_queryset(request).annotate(n_worklists=Count("membership__worklists"))

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        whose = self.account_column(request)
        return (column("email"), *whose, "role", "worklists", _state_column(), "until", "offered_by")

    @admin.display(description=gettext_lazy("Account role"), ordering="membership__role__name")
    def role(self, invitation: Invitation) -> str:
        row = invitation.membership
        return row.role.name if row.role is not None else row.role_name

    @admin.display(description=gettext_lazy("Worklists"))
    def worklists(self, invitation: Any) -> str:
        if invitation.membership.every_worklist:
            return _("every worklist")
        return str(invitation.n_worklists or "–")

    @admin.display(description=gettext_lazy("Valid until"), ordering="expires_at")
    def until(self, invitation: Invitation) -> str:
        return moment(invitation.expires_at)

    @admin.display(description=gettext_lazy("Invited by"), ordering="membership__offered_by__name")
    def offered_by(self, invitation: Invitation) -> str:
        by = invitation.membership.offered_by
        return by.name if by is not None else "CIMAR"

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == InvitationStateFilter.parameter_name or super().lookup_allowed(
            lookup, value, request
        )

    def label_of(self, row: Invitation) -> str:
        return row.email

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def history_events(self, row: Invitation) -> QuerySet[AuditEvent]:
        own = Q(invitation_uuid=row.uuid, study_id=None) | Q(
            action__startswith="account:member:", detail__address=row.email
        )
        return AuditEvent.objects.filter(own, account_id=row.account_id)

    # The pages

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.batch_view)
        return [path("batch/", view, name="accounts_invitation_batch"), *super().get_urls()]

    def batch_view(self, request: HttpRequest) -> HttpResponse:
        """Invite several people by a list."""
        account = current_account(request)
        return choose_first(request) if account is None else batch_page(request, self, account)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Invite one person."""
        account = current_account(request)
        if account is None:
            return choose_first(request)
        form = InviteForm(request.POST if request.method == "POST" else None, account=account)
        status = 200
        if request.method == "POST" and "more" not in request.POST:
            if form.is_valid() and (sentence := _invited(request, account, form)):
                messages.success(request, sentence)
                return HttpResponseRedirect(self.page_url("changelist"))
            status = 422
        context = {"title": _("Invite a person"), "form": form, "asking": "more" in request.POST}
        return self.render(request, "invite", status, **context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One invitation: what it offers, and what can be done with it."""
        invitation = self.row_or_404(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        row = invitation.membership
        ended = (row.ended_at, invitation.withdrawn_at, invitation.accepted_at)
        context = {
            "title": invitation.email,
            "kicker": _("Invitation"),
            "invitation": invitation,
            "offered": row,
            "state": state_of(invitation, clock.now()),
            "waits": ended == (None, None, None),
            "places": list(row.worklists.select_related("worklist", "role").order_by("worklist__name")),
        }
        return self.render(request, "invitation", **context)


def _invited(request: HttpRequest, account: Account, form: InviteForm) -> str:
    """The sentence for the next page; empty where the form shows why no one was invited."""
    try:
        [answer] = services.invite_members(account=account, offers=[form.offer()], by=actor_of(request))
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return ""
    if answer.outcome in SENTENCES:
        return _(SENTENCES[answer.outcome]) % {"email": answer.offer.email}
    # The service has recorded a missing right itself: the form is shown again, without a 403.
    form.add_error(None if answer.denied else "email", answer.sentence)
    return ""


def _state_column() -> Callable[[Invitation], str]:
    """With the clock read once for the whole list."""
    now = clock.now()

    @admin.display(description=_("State"))
    def state(invitation: Invitation) -> str:
        return state_of(invitation, now)[0]

    return state
