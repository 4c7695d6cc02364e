"""Correcting what a study says of its patient and of itself, at its home alone.

The files stay as received. The study's row takes the new values, so that lists, searches and pages have them on every
worklist at once; metadata and files carry them when they are sent (`studies.corrected`).
"""

import hashlib
import json
from collections.abc import Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere, Refused
from common.text import reason_of
from studies import selectors
from studies.corrected import TAGS
from studies.events import on_placement
from studies.ingest.patients import READ_AS
from studies.ingest.text import lenient_date
from studies.ingest.typed_values import corrected_values
from studies.models import Correction, Placement, Study
from studies.services.shield import mark_again

MAY_NOT_CORRECT = gettext_noop("Your role on this worklist does not let you correct studies.")
ONLY_AT_HOME = gettext_noop("Only the original can be corrected, on the worklist that holds it.")
MOST_CORRECTIONS = 1000
STALE = gettext_noop(
    "The study has changed since you opened this page. Nothing was saved. Check the values and try again."
)
NOTHING_CHANGED = gettext_noop("Nothing differs from what the study already says.")


def may_correct(placement: Placement, rights: frozenset[str]) -> bool:
    """Whether somebody with these rights on the placement's worklist may correct the study there."""
    return placement.is_home and "edit_study" in rights


def present_values(study: Study) -> dict[str, str]:
    return {column: getattr(study, column) for column in TAGS}


def values_mark(study: Study) -> str:
    """What a form carries of the values it began with; it tells whether they are still the study's."""
    values = json.dumps([study.n_corrections, present_values(study)], sort_keys=True)
    return hashlib.sha256(values.encode()).hexdigest()[:32]


@transaction.atomic
def begin_correction(*, placement: UUID, by: Actor) -> Placement:
    """The study whose values the form shows. Raises NothingThere and Refused."""
    seen = _seen(placement, by)
    record(
        Action.DIALOG_READ,
        by=by,
        on=on_placement(seen, at=selectors.seen_at(seen), detail={"dialog": "correct"}),
    )
    return seen


def check_correction(
    *, placement: UUID, by: Actor, values: Mapping[str, str], mark: str
) -> dict[str, tuple[str, str]]:
    """What would change, `(before, after)` by column; nothing is written. Raises as `correct_study` does.

    The page that shows it began with `begin_correction`, which is recorded.
    """
    seen = _seen(placement, by)
    return _changes(seen.study, values, mark)


@transaction.atomic
def correct_study(
    *, placement: UUID, by: Actor, values: Mapping[str, str], mark: str, why: str
) -> Correction:
    """Take these values for the study's. `mark` is `values_mark` of the study when the form began.

    Raises NothingThere, Refused, and ValidationError by column, or of the whole where nothing is to be saved.
    """
    seen = _seen(placement, by)
    study = Study.objects.select_for_update(no_key=True).filter(pk=seen.study_id, deleted_at=None).first()
    if study is None:
        raise NothingThere
    if study.home_id != seen.worklist_id:
        raise Refused(_(ONLY_AT_HOME), on=on_placement(seen, at=selectors.seen_at(seen)))
    changes = _changes(study, values, mark)
    why = reason_of(why)
    now = clock.now()
    correction = Correction.objects.create(study=study, by=by.person, changes=changes, why=why)
    _write(study, {name: after for name, (_before, after) in changes.items()})
    mark_again(study=study, mrns=(study.patient_id, changes.get("patient_id", ("", ""))[1]))
    on = on_placement(seen, at=now, detail={"changes": changes, "why": why})
    record(Action.STUDY_EDIT, by=by, on=on)
    return correction


def _seen(placement: UUID, by: Actor) -> Placement:
    seen = selectors.placement_for(by, placement)
    if seen is None:
        raise NothingThere
    rights = by.rights(seen.worklist)
    if not may_correct(seen, rights):
        sentence = MAY_NOT_CORRECT if "edit_study" not in rights else ONLY_AT_HOME
        raise Refused(_(sentence), on=on_placement(seen, at=selectors.seen_at(seen)))
    return seen


def _changes(study: Study, values: Mapping[str, str], mark: str) -> dict[str, tuple[str, str]]:
    if mark != values_mark(study) or study.n_corrections >= MOST_CORRECTIONS:
        raise ValidationError(_(STALE), code="stale")
    present = present_values(study)
    changed = corrected_values(values, present=present, today=clock.now().date())
    if not changed:
        raise ValidationError(_(NOTHING_CHANGED), code="nothing")
    return {column: (present[column], value) for column, value in changed.items()}


def _write(study: Study, values: Mapping[str, str]) -> None:
    columns: dict[str, object] = dict(values)
    for raw, read in READ_AS.items():
        if raw in values:
            columns[read] = lenient_date(values[raw])
    Study.objects.filter(pk=study.pk).update(n_corrections=study.n_corrections + 1, **columns)
