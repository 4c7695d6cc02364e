"""An upload: kept by the web process, taken in by a worker, carried on by another when that one dies."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.actions import Action
from audit.models import AuditEvent
from studies.ingest.refusals import EMPTY, NOT_DICOM
from studies.models import Blob, Instance, Study, Upload, UploadedFile
from studies.services import ingest_waiting, receive_upload, render_waiting
from studies.services import uploads as service
from tests.bad_files import dicom_storage, sound, zipped
from tests.cast import IP_ADDRESS, Cast, acting
from tests.factories import make_uid

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.usefixtures("dicom_storage")


def browser_files(*data: tuple[str, bytes]) -> Sequence[SimpleUploadedFile]:
    return [SimpleUploadedFile(name, content) for name, content in data]


@pytest.fixture
def poked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks a worker was asked to run; there is no broker here."""
    asked: list[str] = []
    monkeypatch.setattr("accounts.queue._send", lambda task, ids: asked.append(task))
    return asked


def upload(cast: Cast, *data: tuple[str, bytes]) -> Upload:
    return receive_upload(worklist=cast.ct, by=acting(cast.ana), files=browser_files(*data))


def test_files_wait_under_random_names_until_a_worker_takes_them_in(cast: Cast, dicom_storage: Path) -> None:
    made = upload(cast, ("../scan.dcm", sound()), ("hello\x00.txt", b"hello"))

    assert (made.state, made.n_files, made.n_done) == (Upload.State.WAITING, 2, 0)
    files = made.files.order_by("id")
    assert [file.name for file in files] == ["scan.dcm", "hello .txt"]
    assert {path.name for path in (dicom_storage / "incoming").iterdir()} == {
        Path(file.key).name for file in files
    }
    assert not any("scan" in path.name for path in dicom_storage.rglob("*"))
    assert not Instance.objects.exists()


def test_a_worker_takes_in_what_is_sound_and_names_the_rest(cast: Cast, dicom_storage: Path) -> None:
    study = make_uid()
    made = upload(cast, ("1.dcm", sound(StudyInstanceUID=study)), ("hello", b"hello"), ("empty.dcm", b""))

    assert ingest_waiting() == 1

    made.refresh_from_db()
    assert (made.state, made.n_done, made.n_new, made.n_known) == (Upload.State.DONE, 3, 1, 0)
    assert made.finished_at is not None
    refused = dict(made.files.exclude(refused_because="").values_list("name", "refused_because"))
    assert refused == {"hello": NOT_DICOM, "empty.dcm": EMPTY}
    assert Study.objects.get(study_instance_uid=study).home == cast.ct
    assert list((dicom_storage / "incoming").iterdir()) == []


def test_a_refused_member_of_a_zip_keeps_its_sentence(cast: Cast) -> None:
    made = upload(cast, ("cd.zip", zipped([("1.dcm", sound()), ("IM0001", b"[autorun]")])))

    ingest_waiting()

    made.refresh_from_db()
    assert (made.n_files, made.n_done, made.n_new) == (1, 1, 1)
    assert [(file.name, file.refused_because) for file in made.files.exclude(refused_because="")] == [
        ("cd.zip: IM0001", NOT_DICOM)
    ]


def test_an_upload_is_audited_when_it_begins_when_it_brings_a_study_and_when_files_are_refused(
    cast: Cast,
) -> None:
    upload(cast, ("1.dcm", sound(StudyInstanceUID="2.25.77")), ("hello", b"hello"))
    ingest_waiting()

    events = AuditEvent.objects.filter(by_id=cast.ana.pk, action__startswith="study:").order_by("id")
    assert [(event.action, event.outcome) for event in events] == [
        ("study:upload:add", "success"),
        ("study:study:add", "success"),
        ("study:upload:refuse", "refused"),
    ]
    assert "hello" not in str([event.detail for event in events])


def test_what_a_worker_records_says_from_where_the_upload_came_and_under_which_role(cast: Cast) -> None:
    upload(cast, ("1.dcm", sound()), ("2.dcm", b"no DICOM"))
    ingest_waiting()

    events = AuditEvent.objects.filter(by_id=cast.ana.pk)
    assert {event.action for event in events} == {
        Action.STUDY_UPLOAD, Action.STUDY_ARRIVE, Action.UPLOAD_REFUSED,
    }  # fmt: skip
    assert {(event.ip_address, event.role_label) for event in events} == {(IP_ADDRESS, "Radiologist")}


def test_the_worker_is_asked_for_the_upload_and_then_for_its_previews(
    cast: Cast, poked: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        upload(cast, ("1.dcm", sound()))
    with django_capture_on_commit_callbacks(execute=True):
        ingest_waiting()

    assert poked[0] == "studies.ingest_waiting"
    assert set(poked[1:]) == {"studies.render_previews"}


def test_who_may_not_upload_leaves_nothing_behind(cast: Cast, dicom_storage: Path) -> None:
    with pytest.raises(PermissionDenied):
        receive_upload(worklist=cast.ct, by=acting(cast.vera), files=browser_files(("1.dcm", sound())))

    assert not Upload.objects.exists()
    assert not dicom_storage.exists()


@pytest.mark.parametrize(
    ("bounds", "sentence"),
    [
        ({"upload_files": 1}, "one upload can have at most 1"),
        ({"upload_bytes": 100}, "larger than 100 bytes"),
    ],
)
def test_an_upload_that_is_too_large_is_refused_with_a_sentence(
    cast: Cast, settings: Any, bounds: dict[str, int], sentence: str, dicom_storage: Path
) -> None:
    settings.CIMAR_INGEST_LIMITS = bounds

    with pytest.raises(ValidationError, match=sentence):
        upload(cast, ("1.dcm", sound()), ("2.dcm", sound()))

    assert not Upload.objects.exists()
    assert not dicom_storage.exists()


def test_an_upload_of_nothing_is_refused_with_a_sentence(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="Choose at least one file"):
        upload(cast)


def test_when_the_rows_cannot_be_written_the_files_go_too(
    cast: Cast, dicom_storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the audit is away")

    monkeypatch.setattr(service, "record", fails)
    with pytest.raises(RuntimeError):
        upload(cast, ("1.dcm", sound()))

    assert not Upload.objects.exists()
    assert list((dicom_storage / "incoming").iterdir()) == []


def test_what_one_worker_has_claimed_no_other_takes(cast: Cast) -> None:
    upload(cast, ("1.dcm", sound()))
    assert service._claim() is not None

    assert ingest_waiting() == 0
    assert not Instance.objects.exists()


def test_an_upload_whose_worker_was_killed_is_carried_on_by_the_next(
    cast: Cast, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = make_uid()
    made = upload(cast, *((f"{n}.dcm", sound(StudyInstanceUID=study)) for n in range(5)))
    monkeypatch.setattr(service, "CHUNK", 2)

    def killed(*args: Any) -> None:
        raise SystemExit

    # The first worker dies after its first two files are in and before it could say so.
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(service, "_settle_chunk", killed)
        ingest_waiting()
    assert Instance.objects.filter(study__study_instance_uid=study).count() == 2
    assert ingest_waiting() == 0

    clock.move(hours=1)
    assert ingest_waiting() == 1

    made.refresh_from_db()
    assert (made.state, made.n_done, made.n_new + made.n_known) == (Upload.State.DONE, 5, 5)
    assert Study.objects.get(study_instance_uid=study).n_instances == 5


def test_a_worker_out_of_time_hands_the_rest_to_the_next_at_once(cast: Cast) -> None:
    study = make_uid()
    made = upload(cast, *((f"{n}.dcm", sound(StudyInstanceUID=study)) for n in range(3)))

    assert ingest_waiting(seconds=-1) == 0
    made.refresh_from_db()
    assert (made.state, made.claimed_until) == (Upload.State.WAITING, None)

    assert ingest_waiting() == 1
    assert Study.objects.get(study_instance_uid=study).n_instances == 3


def test_a_right_taken_after_the_upload_stops_it_no_more(cast: Cast) -> None:
    made = upload(cast, ("1.dcm", sound()))
    cast.ana.is_active = False
    cast.ana.save(update_fields=["is_active"])

    ingest_waiting()

    made.refresh_from_db()
    assert made.n_new == 1


def test_what_was_uploaded_is_rendered_next(cast: Cast) -> None:
    upload(cast, ("1.dcm", sound()))
    ingest_waiting()

    assert render_waiting() == 1
    assert Blob.objects.get().preview == Blob.Preview.READY


def test_files_of_an_upload_are_all_accounted_for(cast: Cast) -> None:
    same = sound()
    made = upload(cast, ("1.dcm", same), ("2.dcm", same), ("3.txt", b"x"))

    ingest_waiting()

    made.refresh_from_db()
    refused = UploadedFile.objects.filter(upload=made).exclude(refused_because="").count()
    assert (made.n_new, made.n_known, refused, made.n_done) == (1, 1, 1, 3)
