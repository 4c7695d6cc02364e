"""The number that the worklist's office has for the patient: noted, changed or removed."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import signed_in
from audit.requests import actor_of
from common.exceptions import NothingThere
from studies import services
from studies.forms.own_mrn import OwnMrnForm
from studies.views.study_header import study_frame


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def own_mrn(request: HttpRequest, placement: UUID) -> HttpResponse:
    by = actor_of(request)
    form = OwnMrnForm(request.POST) if request.method == "POST" else None
    try:
        if form is not None and form.is_valid():
            try:
                services.note_own_mrn(placement=placement, by=by, number=form.cleaned_data["own_mrn"])
            except ValidationError as refusal:
                form.add_error("own_mrn", refusal)
            else:
                messages.success(request, _("The own MRN was saved."))
                return redirect("studies:study", placement)
        seen = services.begin_own_mrn(placement=placement, by=by)
    except NothingThere:
        raise Http404 from None
    form = form or OwnMrnForm(initial={"own_mrn": seen.own_mrn})
    context = {**study_frame(by, seen, "own_mrn"), "form": form}
    return render(request, "studies/own_mrn.html", context, status=422 if form.errors else 200)
