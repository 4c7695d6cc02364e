"""What the members of a worklist are notified of until they choose for themselves."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from administration.change import Refusal
from administration.worklist_tabs import render, url_of
from audit.requests import actor_of
from worklists import selectors, services
from worklists.forms import NoticesForm
from worklists.models import Worklist


@require_http_methods(["GET", "HEAD", "POST"])
def notices_page(request: HttpRequest, page: Any, worklist: Worklist) -> HttpResponse:
    """GET shows the presets, POST changes them."""
    form = NoticesForm(request.POST or None, initial=selectors.presets_of(worklist))
    if request.method == "POST" and form.is_valid():
        try:
            services.set_notice_presets(worklist=worklist, times=form.cleaned_data, by=actor_of(request))
        except (ValidationError, PermissionDenied) as cause:
            refusal = Refusal(cause)
            refusal.add_to(form)
            return refusal.answer(_page(request, page, worklist, form))
        messages.success(
            request, _("The notifications of %(worklist)s were saved.") % {"worklist": worklist.name}
        )
        return HttpResponseRedirect(url_of("notices", worklist.pk))
    return _page(request, page, worklist, form)


def _page(request: HttpRequest, page: Any, worklist: Worklist, form: NoticesForm) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    return render(
        request, page, worklist, "notices", status=status,
        title=worklist.name, kicker=_("Worklist"), current="notices", form=form,
    )  # fmt: skip
