"""A study of four files that is sent to a destination of this machine, as fixtures, and the steps of its tests."""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from studies.models import Sending, Study
from studies.sending import stow
from studies.services import (
    begin_sendings,
    correct_study,
    present_values,
    send_waiting,
    values_mark,
)
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting
from tests.dicomweb.asking import take_in
from tests.factories import placement_of
from worklists.models import Destination

__all__ = ["dicom_storage"]


UID = "2.25.177"


@pytest.fixture
def files() -> list[bytes]:
    return [
        sound(StudyInstanceUID=UID, SeriesInstanceUID=f"2.25.178{number % 2}", InstanceNumber=number)
        for number in range(4)
    ]


@pytest.fixture
def study(cast: Cast, dicom_storage: Any, files: list[bytes]) -> Study:
    take_in(cast.ct, files)
    return Study.objects.get(study_instance_uid=UID)


@pytest.fixture(autouse=True)
def this_machine(settings: Any) -> None:
    settings.CIMAR_DESTINATION_NETWORKS = ["127.0.0.0/8"]


def ask(cast: Cast, study: Study, destination: Destination, by: Any = None) -> Sending:
    placement = placement_of(study, cast.ct)
    begin_sendings(placements=[placement.uuid], destination=destination.uuid, by=acting(by or cast.adam))
    return Sending.objects.latest("pk")


def after(sending: Sending) -> tuple[str, int, int, str]:
    sending.refresh_from_db()
    return sending.state, sending.n_sent, sending.n_refused, sending.why


def again(sending: Sending) -> None:
    """The pause is over."""
    Sending.objects.filter(pk=sending.pk).update(due_at="2000-01-01T00:00Z")
    send_waiting()


def sentences(*actions: Action) -> list[str]:
    return [sentence(e) for e in AuditEvent.objects.filter(action__in=actions).order_by("pk")]


def after_a_file(monkeypatch: Any, change: Any, number: int = 2) -> None:
    """The change is made once so many files were taken, in the middle of a sending."""
    sent, send = [0], stow.Stow.send

    def sends(service: stow.Stow, path: Path) -> None:
        send(service, path)
        sent[0] += 1
        if sent[0] == number:
            change()

    monkeypatch.setattr(stow.Stow, "send", sends)


def corrected(cast: Cast, study: Study) -> None:
    study.refresh_from_db()
    correct_study(
        placement=placement_of(study, cast.ct).uuid,
        by=acting(cast.adam),
        values={**present_values(study), "patient_sex": "O"},
        mark=values_mark(study),
        why="As in the record",
    )


def failed_answer(number: int, file: bytes) -> Any:
    failed = {"00081198": {"vr": "SQ", "Value": [{"00081197": {"vr": "US", "Value": [0x0122]}}]}}
    return (409, json.dumps(failed).encode(), {}) if number % 2 else (200, b"{}", {})
