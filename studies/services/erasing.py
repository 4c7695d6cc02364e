"""Erasing what a study's row holds of its patient. The row stays: who deleted it, when and why."""

from datetime import datetime

from django.db import transaction

from audit.actor import Actor
from studies.models import Correction, Instance, OtherPatient, Series, Study
from studies.models.study import ERASED
from studies.services.leftovers import leave_bytes

# The columns that are not in `ERASED`, and why. A test fails when a column is in neither.
KEPT = {
    "id": "shares and audit events name the row",
    "uuid": "a random number of ours",
    "home": "whose study it was: the account answers for the deletion",
    "study_instance_uid": "a number; the audit trail names the study by it",
    "modalities": 'the kind of machine, as "CT"',
    "n_corrections": "how often it was corrected, not what",
    "sent_by": "which of our users sent it to an upload address",
    "arrived_at": "when our system received it",
    "deleted_at": "the deletion itself",
    "deleted_by": "the deletion itself",
    "deleted_because": "the deletion itself; the form asks to write nothing that tells who the patient is",
}
# These go row by row, whatever their columns hold.
ROWS_THAT_GO = (Instance, Series, OtherPatient, Correction)


@transaction.atomic
def erase_study(*, study: Study, by: Actor, why: str, at: datetime) -> None:
    """A part of `sharing.services.delete_study`, which checks, locks, audits and ends the shares: call that.

    The bytes go later, when no other study uses them.
    """
    leave_bytes(study=study)
    for model in ROWS_THAT_GO:
        model._default_manager.filter(study=study).delete()
    Study.objects.filter(pk=study.pk).update(
        deleted_at=at, deleted_by=by.person, deleted_because=why, **ERASED
    )
