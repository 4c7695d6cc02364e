"""Storage commitment says what is stored, and nothing that is not."""

import queue
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, UltrasoundImageStorage
from pynetdicom import evt
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from studies.models import Instance
from tests.bad_files import as_bytes, dicom, dicom_storage
from tests.cast import Cast
from tests.dimse.calling import called, enter, port, push
from tests.factories import make_uid

__all__ = ["dicom_storage", "port"]

pytestmark = pytest.mark.django_db(transaction=True)
SECONDARY = (str(SecondaryCaptureImageStorage), str(ExplicitVRLittleEndian))


def asked(references: list[tuple[str, str]], *, transaction: str = "1.2.3") -> Dataset:
    request = Dataset()
    request.TransactionUID = transaction
    request.ReferencedSOPSequence = []
    for sop_class, instance in references:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
        request.ReferencedSOPSequence.append(item)
    return request


def act(association: Any, request: Dataset, *, action: int = 1) -> int:
    status, _reply = association.send_n_action(
        request, action, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
    )
    return int(status.Status)


def test_what_is_stored_is_committed_and_the_rest_is_named(
    cast: Cast, port: int, dicom_storage: Path
) -> None:
    enter(cast)
    whole, lost, never = dicom(), dicom(), make_uid()
    reports: queue.Queue[tuple[int, Dataset]] = queue.Queue()

    def heard(event: Any) -> tuple[int, None]:
        reports.put((event.event_type, event.event_information))
        return 0x0000, None

    with called(port, SECONDARY, handlers=[(evt.EVT_N_EVENT_REPORT, heard)]) as association:
        for ds in (whole, lost):
            assert push(association, as_bytes(ds)).Status == 0
        storages["dicom"].delete(Instance.objects.get(sop_instance_uid=lost.SOPInstanceUID).blob.key)
        stored = (str(SecondaryCaptureImageStorage), whole.SOPInstanceUID)
        assert act(association, asked([stored])) == 0
        kind, report = reports.get(timeout=10)
        assert (kind, report.TransactionUID, len(report.ReferencedSOPSequence)) == (1, "1.2.3", 1)
        assert "FailedSOPSequence" not in report

        others = [
            (SecondaryCaptureImageStorage, lost.SOPInstanceUID), (SecondaryCaptureImageStorage, never),
            (UltrasoundImageStorage, whole.SOPInstanceUID),
        ]  # fmt: skip
        assert act(association, asked([stored, *others])) == 0
        kind, report = reports.get(timeout=10)

    assert (kind, len(report.ReferencedSOPSequence)) == (2, 1)
    failed = {
        (item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID): item.FailureReason
        for item in report.FailedSOPSequence
    }
    assert failed == dict(zip(others, (0x0112, 0x0112, 0x0119), strict=True))


def test_a_request_that_cannot_be_understood_is_refused(cast: Cast, port: int) -> None:
    enter(cast)
    with called(port) as association:
        assert act(association, asked([("1.2.3", "not a uid")])) == 0x0115
        assert act(association, asked([])) == 0x0115
        assert act(association, asked([("1.2.3", "1.2.4")]), action=7) == 0x0123
