"""Acknowledging the receipt of a study, from its page."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from audit.requests import actor_of
from sharing import services
from sharing.views.common import back, leave, page


@page
@require_POST
def acknowledge(request: HttpRequest, placement: UUID) -> HttpResponse:
    to = back(request, reverse("studies:study", args=[placement]))
    if services.acknowledge(placement=placement, by=actor_of(request)):
        messages.success(request, _("Receipt acknowledged."))
    else:
        messages.info(request, _("The receipt of this study had already been acknowledged."))
    return leave(request, to)
