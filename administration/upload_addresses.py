"""A worklist's upload address: turned on by choosing where what is sent to it arrives, and turned off."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from administration import upload_invitations
from administration.change import Refusal
from administration.upload_invitations import INVITE, SEND_AGAIN, WITHDRAW, UploadInvitationForm
from administration.worklist_tabs import render, url_of
from audit.requests import actor_of
from worklists import services
from worklists.models import Worklist


class UploadAddressForm(forms.Form):
    inbox = forms.ModelChoiceField(
        label=gettext_lazy("Studies arrive in"),
        queryset=Worklist.objects.none(),
        required=False,
        help_text=gettext_lazy(
            "They belong to this location or group, and are shared from there. Its members see them before they are "
            "approved: choose one for a few people."
        ),
    )

    def __init__(self, *args: Any, worklist: Worklist, **kwargs: Any) -> None:
        super().__init__(*args, initial={"inbox": worklist.inbox_id}, **kwargs)
        others = Worklist.objects.filter(account=worklist.account_id, owner=None).exclude(pk=worklist.pk)
        self.fields["inbox"].queryset = others.order_by("-kind", "name")
        self.fields["inbox"].empty_label = _("None: this worklist has no upload address")


@require_http_methods(["GET", "HEAD", "POST"])
def address_page(request: HttpRequest, page: Any, worklist: Worklist) -> HttpResponse:
    step = request.POST.get("step", "")
    if step in (SEND_AGAIN, WITHDRAW):
        return upload_invitations.change(request, worklist, step)
    if step == INVITE:
        invitation = UploadInvitationForm(request.POST)
        answer = upload_invitations.invite(request, worklist, invitation)
        inbox = UploadAddressForm(worklist=worklist)
        return answer or _form_page(request, page, worklist, inbox, 422, invitation)
    form = UploadAddressForm(request.POST if request.method == "POST" else None, worklist=worklist)
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, page, worklist, form, 422 if request.method == "POST" else 200)
    try:
        services.set_inbox(worklist=worklist, inbox=form.cleaned_data["inbox"], by=actor_of(request))
    except (ValidationError, PermissionDenied) as cause:
        refusal = Refusal(cause)
        form.add_error("inbox", refusal.sentence)
        return refusal.answer(_form_page(request, page, worklist, form, 422))
    messages.success(request, _("The upload address of %(worklist)s is saved.") % {"worklist": worklist.name})
    return HttpResponseRedirect(url_of("address", worklist.pk))


def _form_page(
    request: HttpRequest,
    page: Any,
    worklist: Worklist,
    form: UploadAddressForm,
    status: int,
    invitation: UploadInvitationForm | None = None,
) -> HttpResponse:
    code = worklist.share_code
    url = f"{settings.CIMAR_BASE_URL}{reverse('studies:upload_address', args=[code])}" if code else ""
    return render(
        request, page, worklist, "upload_address", status=status,
        title=worklist.name, kicker=_("Worklist"), current="address", form=form, url=url,
        invitation=invitation or UploadInvitationForm(), invited=upload_invitations.shown(worklist),
    )  # fmt: skip
