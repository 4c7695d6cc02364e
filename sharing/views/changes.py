"""Changing a share's end date, note and urgency."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.requests import actor_of
from common.responses import gone
from sharing import services
from sharing.forms import ShareForm
from sharing.forms.urgent import AT
from sharing.selectors.lives import lives_in_words
from sharing.selectors.shared_by_me import SentShare, share_made_by
from sharing.services import reads
from sharing.services.changes import HAS_ENDED
from sharing.urgency import Deadline
from sharing.views.common import NothingThere, back, dialog_answer, leave, page


@page
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, share: UUID) -> HttpResponse:
    """GET shows what the share has now; POST changes it, and an empty field takes away what it had."""
    sent = share_made_by(actor_of(request), share)
    if sent is None:
        raise NothingThere
    if not sent.may_change:
        return gone(request, _(HAS_ENDED))
    to = back(request, reverse("sharing:shared_by_me"))
    form = ShareForm(request.POST or None, initial=_initial(sent))
    if request.method == "POST" and form.is_valid():
        try:
            changed = services.change_share(
                share=share,
                by=actor_of(request),
                expires_at=form.cleaned_data["until"],
                note=form.cleaned_data["note"],
                deadline=Deadline(form.cleaned_data["deadline"]),
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(
                request, _("The share was changed.") if changed else _("The share is as it was.")
            )
            return leave(request, to)
    return _shown(request, share, form)


def _initial(sent: SentShare) -> dict[str, Any]:
    open_by = sent.share.open_by
    urgent = AT if open_by is not None else ""
    return {"note": sent.share.note, "until": sent.last_day, "urgent": urgent, "open_by": open_by}


def _shown(request: HttpRequest, share: UUID, form: ShareForm) -> HttpResponse:
    sent = reads.read_share(share=share, by=actor_of(request))
    context = {
        "sent": sent,
        "lives": lives_in_words(sent.share.from_worklist, [sent.share.method], changing=True),
        "form": form,
        "back": back(request, reverse("sharing:shared_by_me")),
        "page_title": _("Change a share"),
    }
    return dialog_answer(request, "sharing/_change.html", context, status=422 if form.errors else 200)
