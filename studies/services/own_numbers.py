"""The number that a worklist's office has for the patient of a study: noted beside the MRN, never over it.

It belongs to the placement: other worklists, files and downloads have nothing of it, and it goes with the placement.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Upper
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere, Refused
from common.text import tidy_text
from studies import selectors
from studies.events import on_placement
from studies.models import Placement, Study
from studies.services.shield import lock_patients, mark_numbered

# As long as an MRN in DICOM.
LONGEST = 64
# Who decides what comes in notes the number with the decision; who corrects studies may note it as well.
ANY_OF = frozenset({"approve_study", "edit_study"})
MAY_NOT_NOTE = gettext_noop("Your role on this worklist does not let you note an own MRN.")


def may_note_own_mrn(rights: frozenset[str]) -> bool:
    """Whether someone with these rights on a worklist may note its own MRN there."""
    return not ANY_OF.isdisjoint(rights)


def tidy_own_mrn(number: str) -> str:
    """As it is kept; raises ValidationError where it cannot be."""
    return tidy_text(number, what=_("The own MRN"), longest=LONGEST, may_be_empty=True)


@transaction.atomic
def begin_own_mrn(*, placement: UUID, by: Actor) -> Placement:
    """The study whose number the form shows. Raises NothingThere and Refused."""
    seen = _seen(placement, by)
    on = on_placement(seen, at=selectors.seen_at(seen), detail={"dialog": "own_mrn"})
    record(Action.DIALOG_READ, by=by, on=on)
    return seen


@transaction.atomic
def note_own_mrn(*, placement: UUID, by: Actor, number: str) -> None:
    """Note, change or (empty) remove the number. Raises NothingThere, Refused and ValidationError."""
    number = tidy_own_mrn(number)
    seen = _seen(placement, by)
    Study.objects.select_for_update(no_key=True).filter(pk=seen.study_id).first()
    lock_patients([seen.study.patient_id, seen.own_mrn, number])
    standing = Placement.objects.visible().with_names().filter(pk=seen.pk).first()
    if standing is None:
        raise NothingThere
    write_own_mrn(placement=standing, by=by, number=number)


def write_own_mrn(*, placement: Placement, by: Actor, number: str) -> None:
    """In the transaction of who checked the right, locked the study and, by `lock_patients`, its numbers.

    The event has who and when; the number itself goes with the placement.
    """
    before = placement.own_mrn
    if number == before:
        return
    key = Upper(Value(number))
    Placement.objects.filter(pk=placement.pk).update(own_mrn=number, own_mrn_key=key)
    mark_numbered(placement=placement, mrns=(before, number))
    change = "removed" if not number else "changed" if before else "added"
    record(
        Action.OWN_MRN_CHANGE, by=by, on=on_placement(placement, at=clock.now(), detail={"number": change})
    )


def _seen(placement: UUID, by: Actor) -> Placement:
    seen = selectors.placement_for(by, placement)
    if seen is None:
        raise NothingThere
    if not may_note_own_mrn(by.rights(seen.worklist)):
        raise Refused(_(MAY_NOT_NOTE), on=on_placement(seen, at=selectors.seen_at(seen)))
    return seen
