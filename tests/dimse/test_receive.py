"""What a machine pushes is stored as it is, by whom an administrator entered, and by nobody else."""

import socket
import struct
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from audit.actions import Action
from audit.models import AuditEvent
from studies.models import Instance, Study
from studies.services import receiving as receiving_service
from tests.bad_files import as_bytes, dicom, dicom_storage, sound
from tests.cast import Cast, acting
from tests.dimse.calling import (
    CALLED,
    CALLING,
    LOCALHOST,
    called,
    context_of,
    data_set_of,
    enter,
    port,
    push,
    pushed,
    running,
    stored_bytes,
)
from worklists import services

__all__ = ["dicom_storage", "port"]

pytestmark = pytest.mark.django_db(transaction=True)
SECONDARY = (str(SecondaryCaptureImageStorage), str(ExplicitVRLittleEndian))


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receiver's temporary files have a folder of their own: other tests keep theirs in the usual folder."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


def left_in_scratch() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob("*.dcm"))


def test_a_sender_echoes_and_stores(cast: Cast, port: int, dicom_storage: Path) -> None:
    sender = enter(cast)
    ds = dicom()
    data = as_bytes(ds)

    with called(port, SECONDARY) as association:
        echo = association.send_c_echo()
        first, again = push(association, data), push(association, data)

    assert (echo.Status, first.Status, again.Status) == (0, 0, 0)
    study = Study.objects.get(study_instance_uid=ds.StudyInstanceUID)
    assert (study.home, study.n_instances) == (cast.ct, 1)
    stored = stored_bytes(dicom_storage, ds.SOPInstanceUID)
    assert stored[:128] == bytes(128)
    assert data_set_of(stored) == data_set_of(data)
    (event,) = AuditEvent.objects.filter(study_id=study.pk)
    assert (event.action, event.by_label, event.ip_address) == (
        Action.STUDY_ARRIVE, "Sender PACS of the main site", LOCALHOST,
    )  # fmt: skip
    assert event.detail["sender"] == str(sender.uuid)
    sender.refresh_from_db()
    assert sender.last_used_at is not None
    assert not left_in_scratch()


@pytest.mark.parametrize(
    ("entered", "calling", "title", "reason"),
    [
        ({}, CALLING, "ELSEWHERE", 0x07),
        ({}, "STRANGER", CALLED, 0x03),
        ({"ip_address": "192.0.2.77"}, CALLING, CALLED, 0x03),
    ],
    ids=["no such worklist", "not a sender's title", "not a sender's address"],
)
def test_who_is_not_entered_is_refused_and_recorded_once(
    cast: Cast, port: int, entered: Any, calling: str, title: str, reason: int
) -> None:
    enter(cast, **entered)

    for _try in range(3):
        with called(port, calling=calling, title=title) as association:
            assert association.is_rejected
            rejected = association.acceptor.primitive
            assert (rejected.result, rejected.result_source, rejected.diagnostic) == (1, 1, reason)

    (event,) = AuditEvent.objects.filter(action=Action.DENIED)
    assert (event.outcome, event.detail["what"]) == ("refused", "DIMSE")
    assert event.worklist_id == (cast.ct.pk if title == CALLED else None)


def test_an_ended_sender_is_refused_also_within_its_association(cast: Cast, port: int) -> None:
    sender = enter(cast)

    with called(port, SECONDARY) as association:
        services.end_sender(sender=sender.uuid, account=cast.northgate, by=acting(cast.adam))
        answer = push(association, sound())
    with called(port) as later:
        assert later.is_rejected

    assert answer.Status == 0x0124
    assert not Instance.objects.exists()


def test_a_title_that_is_taken_away_is_refused(cast: Cast, port: int) -> None:
    enter(cast)
    services.change_worklist(worklist=cast.ct, ae_title="", by=acting(cast.adam))

    with called(port) as association:
        assert association.is_rejected


def test_each_refusal_has_its_status(cast: Cast, port: int) -> None:
    enter(cast)
    ds = dicom()
    other = dicom(SOPInstanceUID=ds.SOPInstanceUID, StudyInstanceUID=ds.StudyInstanceUID, Modality="CT")
    stranger = dicom(StudyInstanceUID=ds.StudyInstanceUID, PatientID="MRN999")
    pixels = dicom()
    pixels.Rows = 4000

    answers = {}
    for name, data in {
        "first": as_bytes(ds), "other bytes": as_bytes(other), "other patient": as_bytes(stranger),
        "fewer pixels": as_bytes(pixels), "no uid": as_bytes(dicom(StudyInstanceUID=None)),
    }.items():  # fmt: skip
        answers[name] = pushed(port, data)

    assert {name: answer.Status for name, answer in answers.items()} == {
        "first": 0x0000, "other bytes": 0xC010, "other patient": 0xC011, "fewer pixels": 0xC001, "no uid": 0xC000,
    }  # fmt: skip
    assert all("Quill" not in str(answer) for answer in answers.values())
    assert Instance.objects.count() == 1


def test_another_instance_than_was_announced_is_refused(cast: Cast, port: int) -> None:
    enter(cast)

    ds = dicom()
    # The first of the two is the file meta group's, which the command repeats.
    data = as_bytes(ds).replace(ds.SOPInstanceUID.encode(), b"1" * len(ds.SOPInstanceUID), 1)

    answer = pushed(port, data)

    assert answer.Status == 0xA900
    assert not Instance.objects.exists()


def test_what_the_site_cannot_do_now_is_out_of_resources(
    cast: Cast, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(cast)

    with called(port, SECONDARY) as association:
        for error in (OSError(28, "full"), OperationalError("gone")):
            monkeypatch.setattr(receiving_service, "take_in_all", _raiser(error))
            assert push(association, sound()).Status == 0xA700
        monkeypatch.setattr(receiving_service, "take_in_all", _raiser(ValueError("Quill^Hazel")))
        assert push(association, sound()).Status == 0x0110


def _raiser(error: Exception) -> Any:
    def raises(**_given: Any) -> None:
        raise error

    return raises


def test_the_disk_is_never_filled(cast: Cast, dicom_storage: Path) -> None:
    enter(cast)

    with running(spare_bytes=2**60) as port:
        assert pushed(port, sound()).Status == 0xA700
    assert not left_in_scratch()


def test_one_instance_stored_by_many_at_once_is_one(cast: Cast, port: int) -> None:
    enter(cast)
    data = sound()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _n: pushed(port, data).Status, range(8)))

    assert answers == [0] * 8
    assert Instance.objects.count() == 1


def test_a_connection_that_breaks_in_the_middle_leaves_nothing(cast: Cast, dicom_storage: Path) -> None:
    enter(cast)
    ds = dicom()
    ds.Rows = ds.Columns = 1024
    ds.PixelData = bytes(2 * 1024 * 1024)
    data = as_bytes(ds)

    with running() as port:
        with called(port, SECONDARY) as association:
            connection = association.dul.socket.socket
            send, sent = association.dul.socket.send, [0]

            def cut(piece: bytes) -> None:
                sent[0] += len(piece)
                if sent[0] > 1024 * 1024:
                    connection.shutdown(socket.SHUT_RDWR)
                else:
                    send(piece)

            association.dul.socket.send = cut
            answer = push(association, data)
        assert not getattr(answer, "Status", None)
        for _wait in range(100):
            if not left_in_scratch():
                break
            time.sleep(0.05)
        assert not left_in_scratch()
        assert not Instance.objects.exists()

        assert pushed(port, data).Status == 0


def test_no_more_associations_than_there_is_room_for(cast: Cast, dicom_storage: Path) -> None:
    enter(cast)

    with running(associations=1) as port, called(port) as first:
        assert first.is_established
        with called(port) as second:
            assert second.is_rejected
            assert second.acceptor.primitive.diagnostic == 0x02


def test_strangers_who_say_nothing_are_put_off_and_leave_room(cast: Cast, dicom_storage: Path) -> None:
    enter(cast)

    with running(associations=2, first_word=1) as port:
        silent = [socket.create_connection((LOCALHOST, port)) for _n in range(3)]
        with called(port) as association:
            assert association.is_established
        for connection in silent:
            connection.settimeout(10)
            assert connection.recv(100) == b"" or connection.recv(100) == b""
            connection.close()


def test_a_pdu_that_says_it_is_huge_is_not_waited_for(cast: Cast, dicom_storage: Path) -> None:
    with running(first_word=5) as port, socket.create_connection((LOCALHOST, port)) as connection:
        connection.settimeout(10)
        connection.sendall(struct.pack(">BBL", 1, 0, 2**32 - 1) + bytes(1000))
        began = time.monotonic()
        with suppress(ConnectionResetError):
            while connection.recv(100):
                pass

    assert time.monotonic() - began < 5


def test_an_object_larger_than_the_limit_ends_the_association(
    cast: Cast, settings: Any, dicom_storage: Path
) -> None:
    enter(cast)
    settings.CIMAR_INGEST_LIMITS = {"file_bytes": 1024 * 1024}
    ds = dicom()
    ds.Rows = ds.Columns = 2048
    ds.PixelData = bytes(8 * 1024 * 1024)

    with running() as port, called(port, SECONDARY) as association:
        answer = push(association, as_bytes(ds))

    assert getattr(answer, "Status", None) in (None, 0xC000)
    assert not Instance.objects.exists()


def test_stopping_lets_a_store_end(cast: Cast, dicom_storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(cast)
    take_in, begun = receiving_service.take_in_all, threading.Event()

    def slowly(**given: Any) -> Any:
        begun.set()
        time.sleep(1)
        return take_in(**given)

    monkeypatch.setattr(receiving_service, "take_in_all", slowly)
    with ThreadPoolExecutor(1) as pool:
        with running() as port:
            pushing = pool.submit(pushed, port, sound())
            assert begun.wait(10)
        pushing.result(timeout=20)

    assert Instance.objects.count() == 1


def test_private_classes_and_odd_syntaxes_are_taken_as_they_are(
    cast: Cast, port: int, dicom_storage: Path
) -> None:
    enter(cast)
    ds = dicom(SOPClassUID="1.2.826.0.1.3680043.10.999.1")
    data = as_bytes(ds)

    with called(port, context_of(data)) as association:
        assert push(association, data).Status == 0
    assert data_set_of(stored_bytes(dicom_storage, ds.SOPInstanceUID)) == data_set_of(data)
