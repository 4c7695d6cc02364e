"""An invitation after it was sent: sent again, sent with a new link, withdrawn."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Invitation
from accounts.services.invitations import SENT_AGAIN, SENT_WITH_NEW_LINK
from audit.requests import actor_of
from common.nouns import counted
from sharing import services
from sharing.services import previews
from sharing.views.common import back, dialog_answer, leave, page
from sharing.views.consequences import waiting_shares_of_person


@page
@require_POST
def resend(request: HttpRequest, invitation: UUID) -> HttpResponse:
    return _send(
        request,
        invitation,
        services.resend_invitation,
        SENT_AGAIN,
    )


@page
@require_POST
def relink(request: HttpRequest, invitation: UUID) -> HttpResponse:
    return _send(
        request,
        invitation,
        services.relink_invitation,
        SENT_WITH_NEW_LINK,
    )


def _send(
    request: HttpRequest, invitation: UUID, send: Callable[..., Invitation], sentence: str
) -> HttpResponse:
    to = back(request, reverse("sharing:invitations"))
    try:
        sent = send(invitation=invitation, by=actor_of(request))
    except ValidationError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _(sentence).format(sent.email))
    return leave(request, to)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, invitation: UUID) -> HttpResponse:
    """GET says what ends, POST withdraws."""
    to = back(request, reverse("sharing:invitations"))
    if request.method != "POST":
        chosen, promises, others = previews.preview_withdrawal(invitation=invitation, by=actor_of(request))
        link = (
            _("The link keeps working, because someone else has invited this person too.")
            if others
            else _("The link stops working.")
        )
        context = {
            "invitation": chosen,
            "consequences": [(promises, waiting_shares_of_person(promises)), (None, link)],
            "back": to,
            "page_title": _("Withdraw the invitation"),
        }
        return dialog_answer(request, "sharing/_withdraw.html", context)
    try:
        ended = services.withdraw_invitation(invitation=invitation, by=actor_of(request))
    except ValidationError as refusal:
        messages.error(request, refusal.message)
    else:
        withdrawn = _("The invitation was withdrawn. %(shares)s ended.")
        messages.success(request, withdrawn % {"shares": counted(ended, "waiting share")})
    return leave(request, to)
