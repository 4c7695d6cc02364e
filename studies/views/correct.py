"""Correcting a study at home: the values, what would change, and the saving."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of
from common import formats
from common.exceptions import NothingThere
from studies import services
from studies.forms.correct import LABELS, CorrectForm
from studies.models import Placement
from studies.views.study_header import placement_or_404, study_frame

SHOWN = {
    "patient_name": formats.patient_name,
    "patient_birth_date_raw": formats.day,
    "patient_sex": formats.sex_word,
}


@signed_in
@require_safe
@never_cache
def correct(request: HttpRequest, placement: UUID) -> HttpResponse:
    seen = _begun(request, placement)
    initial = {**services.present_values(seen.study), "mark": services.values_mark(seen.study)}
    return _form(request, seen, CorrectForm(initial=initial, study=seen.study))


@signed_in
@require_POST
@never_cache
def check(request: HttpRequest, placement: UUID) -> HttpResponse:
    """What would change, before and after; nothing is done."""
    seen = _begun(request, placement)
    form = CorrectForm(request.POST, study=seen.study)
    if form.is_valid() and "again" not in request.POST:
        try:
            changes = services.check_correction(
                placement=placement, by=actor_of(request), values=form.typed, mark=form.cleaned_data["mark"]
            )
        except ValidationError as refusal:
            form = _refused(form, refusal, seen)
        else:
            return _shown(request, seen, "studies/correct_check.html", form=form, changes=_rows(changes))
    return _form(request, seen, form)


@signed_in
@require_POST
@never_cache
def save(request: HttpRequest, placement: UUID) -> HttpResponse:
    seen = placement_or_404(request, placement)
    form = CorrectForm(request.POST, study=seen.study)
    if form.is_valid():
        try:
            services.correct_study(
                placement=placement,
                by=actor_of(request),
                values=form.typed,
                mark=form.cleaned_data["mark"],
                why=form.cleaned_data["why"],
            )
        except ValidationError as refusal:
            form = _refused(form, refusal, seen)
        else:
            messages.success(request, _("The study was corrected. Every recipient sees the new values."))
            return redirect("studies:details", placement)
    return _form(request, _begun(request, placement), form)


def _begun(request: HttpRequest, placement: UUID) -> Placement:
    try:
        return services.begin_correction(placement=placement, by=actor_of(request))
    except NothingThere:
        raise Http404 from None


def _refused(form: CorrectForm, refusal: ValidationError, seen: Placement) -> CorrectForm:
    """The form as it was typed with the sentences; behind a stale page with the mark of what is there now."""
    if getattr(refusal, "code", "") == "stale":
        data = {**form.data.dict(), "mark": services.values_mark(seen.study)}
        form = CorrectForm(data, study=seen.study)
        form.is_valid()
    form.add_error(None, refusal)
    return form


def _form(request: HttpRequest, seen: Placement, form: CorrectForm) -> HttpResponse:
    return _shown(request, seen, "studies/correct.html", form=form, status=422 if form.errors else 200)


def _shown(
    request: HttpRequest, seen: Placement, template: str, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {**study_frame(actor_of(request), seen, "correct"), **more}
    return render(request, template, context, status=status)


def _rows(changes: Mapping[str, tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Label, before and after, as pages show them."""
    return [
        (str(LABELS[column]), *(SHOWN.get(column, str)(value) if value else "" for value in values))
        for column, values in changes.items()
    ]
