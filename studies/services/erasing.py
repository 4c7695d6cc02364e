"""Erasing what a study says of its patient. The row stays: who deleted it, when and why."""

from datetime import datetime
from typing import Any

from django.db import transaction

from audit.actor import Actor
from studies.models import Instance, Series, Study
from studies.services.leftovers import leave_bytes

# Every column of a study that could say something of the patient or of the examination, and what it holds afterwards.
# A test fails when a column is neither here nor in KEPT.
ERASED: dict[str, Any] = {
    "patient_name": "",
    "patient_id": "",
    "patient_birth_date_raw": "",
    "patient_birth_date": None,
    "patient_sex": "",
    "accession_number": "",
    "description": "",
    "referring_physician": "",
    "institution": "",
    "study_date_raw": "",
    "study_date": None,
    "study_time_raw": "",
    "n_series": 0,
    "n_instances": 0,
}
KEPT = {
    "id": "shares and audit events name the row",
    "uuid": "a random number of ours",
    "home": "whose study it was: the account answers for the deletion",
    "study_instance_uid": "a number; the audit trail names the study by it",
    "modalities": 'the kind of machine, as "CT"',
    "arrived_at": "when our system received it",
    "deleted_at": "the deletion itself",
    "deleted_by": "the deletion itself",
    "deleted_because": "the deletion itself; the form asks to write nothing that tells who the patient is",
}
# These go row by row, whatever their columns hold.
ROWS_THAT_GO = (Instance, Series)


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
