"""What the receiver tells others: that it runs, what it counts, and one event for what a machine adds to a study."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client

from audit.actions import Action
from audit.models import AuditEvent
from cimar import health
from cimar.metrics.facts import Facts
from studies.models import ReceivedBurst, ReceiverSeen
from studies.services import record_received
from tests.bad_files import as_bytes, dicom, dicom_storage, sound
from tests.cast import Cast
from tests.dimse.calling import called, context_of, enter, push, pushed, running
from tests.factories import make_uid

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db(transaction=True)


def silence() -> float:
    return next(
        metric.samples[0].value
        for metric in Facts().collect()
        if metric.name == "cimar_receiver_silent_seconds"
    )


def test_health_says_that_a_receiver_runs_where_there_is_one(
    cast: Cast, dicom_storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As long as a busy machine may need.
    monkeypatch.setattr(health, "PATIENCE", 60.0)
    assert "receiver" not in Client().get("/health/ready").json()
    assert silence() == 0

    with running():
        pass
    here = Client().get("/health/ready").json()
    ReceiverSeen.objects.update(at="2020-01-01T00:00:00Z")
    given_up = Client().get("/health/ready").json()

    assert (here["status"], here["receiver"]) == ("ready", "ok")
    assert "receiver" not in given_up


def test_a_receiver_that_is_silent_is_away(cast: Cast, dicom_storage: Path) -> None:
    with running():
        pass
    ReceiverSeen.objects.update(at=Now() - timedelta(minutes=3))

    answer = Client().get("/health/ready")

    assert (answer.status_code, answer.json()["status"], answer.json()["receiver"]) == (
        200,
        "degraded",
        "away",
    )
    assert 175 < silence() < 240


def test_objects_and_associations_are_counted_by_their_outcome(cast: Cast, dicom_storage: Path) -> None:
    enter(cast)
    counted: list[tuple[str, str]] = []
    ds = dicom()
    data = as_bytes(ds)
    other = sound(SOPInstanceUID=ds.SOPInstanceUID, StudyInstanceUID=ds.StudyInstanceUID, Modality="CT")

    with running(counted=counted) as port:
        with called(port, context_of(data)) as association:
            for each in (data, data, other):
                push(association, each)
        with called(port, calling="STRANGER") as stranger:
            assert stranger.is_rejected

    assert counted == [
        ("association", "accepted"), ("object", "new"), ("object", "known"), ("object", "refused"),
        ("association", "refused"),
    ]  # fmt: skip


def test_what_a_machine_adds_to_a_study_is_one_event(cast: Cast, dicom_storage: Path, clock: Any) -> None:
    enter(cast)
    uid = make_uid()
    files = [sound(StudyInstanceUID=uid) for _number in range(6)]

    with running() as port:
        with called(port, context_of(files[0])) as association:
            together = [push(association, data).Status for data in files[:4]]
        # Some machines ask for an association for each object.
        assert [*together, *(pushed(port, data).Status for data in files[4:])] == [0] * 6
        assert pushed(port, sound(StudyInstanceUID=uid, PatientID="MRN999")).Status == 0xC011

    of_the_study = AuditEvent.objects.exclude(study_id=None).order_by("id")
    assert [event.action for event in of_the_study] == [Action.STUDY_ARRIVE]
    assert record_received() == 0
    clock.move(minutes=2)
    assert record_received() == 2

    arrived, *later = of_the_study.all()
    added, refused = sorted(later, key=lambda event: event.action != Action.STUDY_ADD_IMAGES)
    assert (added.action, added.detail["instances"]) == (Action.STUDY_ADD_IMAGES, 5)
    assert (refused.action, refused.detail["instances"], refused.outcome) == (
        Action.OTHER_PATIENT_REFUSED, 1, "refused",
    )  # fmt: skip
    assert (added.by_label, added.ip_address, added.worklist_id) == (
        arrived.by_label, arrived.ip_address, arrived.worklist_id,
    )  # fmt: skip
    assert not ReceivedBurst.objects.exists()
    assert record_received() == 0


def test_what_was_counted_is_recorded_whatever_became_of_the_receiver(
    cast: Cast, dicom_storage: Path, clock: Any
) -> None:
    """Nothing of a burst is in the memory of a process: a machine that never stops is told of every ten minutes."""
    enter(cast)
    uid = make_uid()
    with running() as port:
        for _number in range(3):
            pushed(port, sound(StudyInstanceUID=uid))
    ReceivedBurst.objects.update(began_at="2020-01-01T00:00:00Z")

    assert record_received() == 1
    assert AuditEvent.objects.get(action=Action.STUDY_ADD_IMAGES).detail["instances"] == 2
