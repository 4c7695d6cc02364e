"""Inviting people to send studies to a worklist's upload address: a part of the page of the address."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.services.invitations import SENT_AGAIN, WITHDRAWN_MEANWHILE
from administration.worklist_tabs import url_of
from audit.clock import now
from audit.requests import actor_of
from sharing.services import withdraw_upload_invitation
from worklists import services
from worklists.models import Worklist
from worklists.selectors.upload_invitations import invited_to_upload

INVITE, SEND_AGAIN, WITHDRAW = "invite", "send_again", "withdraw"


class UploadInvitationForm(forms.Form):
    email = forms.CharField(
        label=gettext_lazy("Email"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "off"}),
        help_text=gettext_lazy("The person can send studies. They see none of the studies on the worklist."),
        error_messages={"required": gettext_lazy("Enter the person’s email address.")},
    )


def invite(request: HttpRequest, worklist: Worklist, form: UploadInvitationForm) -> HttpResponse | None:
    """The answer to a sent invitation; None where the form, now with its errors, is to be shown again."""
    if not form.is_valid():
        return None
    try:
        invited = services.invite_to_upload(
            worklist=worklist, email=form.cleaned_data["email"], by=actor_of(request)
        )
    except ValidationError as refusal:
        form.add_error("email", refusal.messages[0])
        return None
    sentence = _("An email with the invitation is on its way to %(email)s.") % {
        "email": invited.invitation.email
    }
    messages.success(request, sentence)
    return HttpResponseRedirect(url_of("address", worklist.pk))


def change(request: HttpRequest, worklist: Worklist, step: str) -> HttpResponse:
    """Mail an invitation again, or withdraw it."""
    try:
        invited = UUID(request.POST.get("invited", ""))
    except ValueError:
        messages.error(request, _(WITHDRAWN_MEANWHILE))
        return HttpResponseRedirect(url_of("address", worklist.pk))
    try:
        messages.success(request, _changed(worklist, invited, step, actor_of(request)))
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    return HttpResponseRedirect(url_of("address", worklist.pk))


def shown(worklist: Worklist) -> list[dict[str, Any]]:
    """The invitations that wait, as the page shows them. They do not tell whether a person is registered."""
    at = now()
    return [
        {
            "uuid": row.uuid,
            "email": row.invitation.email,
            "by": row.offered_by.name,
            "mailed": row.invitation.mailed_at,
            "opened": row.invitation.opened_at,
            "until": row.invitation.expires_at,
            "expired": row.invitation.expires_at <= at,
        }
        for row in invited_to_upload(worklist)
    ]


def _changed(worklist: Worklist, invited: UUID, step: str, by: Any) -> str:
    if step == SEND_AGAIN:
        row = services.resend_upload_invitation(invited=invited, worklist=worklist, by=by)
        return str(_(SENT_AGAIN).format(row.invitation.email))
    invitation = withdraw_upload_invitation(invited=invited, worklist=worklist, by=by)
    return _("The invitation of %(email)s to send studies was withdrawn.") % {"email": invitation.email}
