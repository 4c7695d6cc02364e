"""Storage commitment, push model (PS3.4 annex J): which instances a machine may delete, since they are stored here."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pynetdicom.association import Association
from pynetdicom.sop_class import (  # type: ignore[attr-defined]  # made by the module at run time
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from studies.dimse.answers import uid_of
from studies.ingest.uids import is_uid
from studies.services import Committed, Reference

log = logging.getLogger(__name__)

MOST_REFERENCES = 50_000
ALL_STORED, SOME_FAILED = 1, 2
NOT_HERE, OTHER_CLASS = 0x0112, 0x0119


@dataclass(frozen=True)
class Request:
    transaction: str
    references: Sequence[Reference]


def asked_for(event: Any) -> Request:
    """What is to be committed; ValueError where the request does not say it."""
    try:
        asked = event.action_information
        transaction = uid_of(asked.get("TransactionUID"))
        items = asked.get("ReferencedSOPSequence") or ()
        references = [
            Reference(uid_of(item.get("ReferencedSOPClassUID")), uid_of(item.get("ReferencedSOPInstanceUID")))
            for item in items
        ]
    except Exception as error:  # pydicom raises many kinds of errors here
        raise ValueError from error
    named = all(is_uid(uid) for each in references for uid in (each.sop_class, each.instance))
    if not is_uid(transaction) or not references or not named or len(references) > MOST_REFERENCES:
        raise ValueError
    return Request(transaction, references)


def report(association: Association, request: Request, judged: Committed) -> None:
    """On the association that asked, if it is still there; whoever hears nothing asks again."""
    failed = [
        *((reference, NOT_HERE) for reference in judged.missing),
        *((reference, OTHER_CLASS) for reference in judged.of_other_class),
    ]
    outcome = Dataset()
    outcome.TransactionUID = request.transaction
    if judged.stored:
        outcome.ReferencedSOPSequence = Items(_item(reference) for reference in judged.stored)
    if failed:
        outcome.FailedSOPSequence = Items(_item(reference, why) for reference, why in failed)
    if not association.is_established:
        return
    try:
        association.send_n_event_report(
            outcome,
            SOME_FAILED if failed else ALL_STORED,
            StorageCommitmentPushModel,
            StorageCommitmentPushModelInstance,
        )
    except Exception as error:
        log.warning("a storage commitment was not reported: %s", type(error).__name__)


def _item(reference: Reference, why: int | None = None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = reference.sop_class
    item.ReferencedSOPInstanceUID = reference.instance
    if why is not None:
        item.FailureReason = why
    return item
