"""Deciding about a study that disagrees with others under its MRN."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import signed_in
from audit.requests import actor_of
from common.exceptions import NothingThere
from studies import services
from studies.forms.correct import ConfirmForm
from studies.views.study_header import study_frame


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def patient(request: HttpRequest, placement: UUID) -> HttpResponse:
    """The others under the MRN, and the decision; behind a decision the study's page."""
    by = actor_of(request)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    try:
        if form.is_valid():
            services.confirm_patient(placement=placement, by=by, why=form.cleaned_data["why"])
            messages.success(request, _("The decision is recorded."))
            return redirect("studies:study", placement)
        seen, others = services.read_disagreement(placement=placement, by=by)
    except NothingThere:
        raise Http404 from None
    context = {**study_frame(by, seen, "patient"), "form": form, "others": others}
    return render(request, "studies/patient.html", context, status=422 if form.errors else 200)
