"""Bytes go when nothing needs them, never sooner, and never while a backup runs."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, connections, transaction

import sharing.services
from audit.actions import Action
from audit.models import AuditEvent
from studies import services
from studies.ingest import store, stored_files
from studies.models import Blob, Instance, Leftover, Study
from studies.services import leftovers
from tests.bad_files import Homes, as_bytes, dicom, dicom_storage, homes, sound, source
from tests.cast import IMPORTER, Cast, acting, make_cast
from tests.factories import placement_of
from tests.plumbing import database

__all__ = ["dicom_storage", "homes"]
pytestmark = pytest.mark.usefixtures("dicom_storage")


def files() -> list[str]:
    return [key for key, _ in stored_files.walk()]


def take_in(worklist: Any, *data: bytes) -> Study:
    result = services.take_in_all(worklist=worklist, by=IMPORTER, sources=[source(one) for one in data])
    services.render_previews(blob_ids=result.blob_ids)
    return Study.objects.get(uuid=next(iter(result.studies)))


def delete(cast: Cast, study: Study) -> None:
    sharing.services.delete_study(
        placement=placement_of(study, study.home).uuid, by=acting(cast.adam), why="Wrong patient"
    )


@contextmanager
def backup() -> Iterator[None]:
    """A backup that runs, as far as others can see."""
    with database.owner(connection.settings_dict["NAME"]) as running, running.transaction():
        running.execute("SELECT pg_advisory_xact_lock(%s)", [store.BACKUP_LOCK])
        yield


def test_the_bytes_and_pictures_of_a_deleted_study_go_and_one_line_says_so(cast: Cast) -> None:
    study = take_in(cast.ct, sound(), as_bytes(dicom(StudyInstanceUID="1.2.9", SOPInstanceUID="1.2.9.1")))
    other = Study.objects.exclude(pk=study.pk).get(home=cast.ct, n_instances=1)
    before = files()
    delete(cast, study)

    swept = services.sweep_leftovers()

    assert swept.of_deleted_studies == 1
    assert len(before) == 6 and len(files()) == 3
    assert set(Blob.objects.values_list("pk", flat=True)) == set(
        other.instances.values_list("blob", flat=True)
    )
    event = AuditEvent.objects.get(action=Action.STUDY_BYTES_REMOVE)
    assert (event.study_id, event.study_uid) == (study.pk, study.study_instance_uid)
    assert (event.worklist_label, event.account_label) == ("CT Reporting", "Northgate Hospital")
    assert event.detail == {"files": 1}
    assert not Leftover.objects.exists()


def test_bytes_that_another_study_uses_stay_until_that_one_goes_too(cast: Cast) -> None:
    data = sound()
    first, second = take_in(cast.ct, data), take_in(cast.imaging, data)
    delete(cast, first)
    services.sweep_leftovers()
    there = files()

    sharing.services.delete_study(
        placement=placement_of(second, second.home).uuid, by=acting(cast.rita), why="Wrong patient"
    )
    services.sweep_leftovers()

    assert len(there) == 3
    assert files() == []
    assert AuditEvent.objects.filter(action=Action.STUDY_BYTES_REMOVE).count() == 2


def test_a_sweep_that_was_cut_off_is_finished_by_the_next(cast: Cast, monkeypatch: Any) -> None:
    study = take_in(
        cast.ct, *(as_bytes(dicom(StudyInstanceUID="1.2.3", SOPInstanceUID=f"1.2.3.{n}")) for n in range(3))
    )
    delete(cast, study)
    monkeypatch.setattr(leftovers, "BATCH", 1)
    first = services.sweep_leftovers(seconds=0)
    number = AuditEvent.objects.filter(action=Action.STUDY_BYTES_REMOVE).count()

    services.sweep_leftovers()

    assert (first.of_deleted_studies, number) == (1, 0)
    assert AuditEvent.objects.get(action=Action.STUDY_BYTES_REMOVE).detail == {"files": 3}
    assert files() == []


@pytest.mark.django_db(transaction=True)
def test_while_a_backup_runs_nothing_goes_and_afterwards_everything_does(dicom_storage: Path) -> None:
    cast = make_cast()
    study = take_in(cast.ct, sound())
    there = files()
    with backup():
        delete(cast, study)
        during = services.sweep_leftovers(everywhere=True)
        still = files()

    services.sweep_leftovers(everywhere=True)

    assert during.backup_runs
    assert still == there
    assert files() == []


@pytest.mark.django_db(transaction=True)
def test_a_backup_that_begins_in_the_middle_of_a_sweep_leaves_the_rest_to_the_next(monkeypatch: Any) -> None:
    cast = make_cast()
    study = take_in(cast.ct, sound())
    delete(cast, study)
    # The sweep looked, saw no backup, and one began.
    monkeypatch.setattr(leftovers, "_may_begin", lambda: True)
    with backup():
        services.sweep_leftovers(everywhere=True)

    assert len(files()) == 3
    assert Blob.objects.count() == 1
    assert Leftover.objects.get().removed is None
    assert not AuditEvent.objects.filter(action=Action.STUDY_BYTES_REMOVE).exists()


@pytest.mark.django_db(transaction=True)
def test_taken_in_uploads_are_left_lying_while_a_backup_runs(dicom_storage: Path) -> None:
    cast = make_cast()
    services.receive_upload(
        worklist=cast.ct, by=acting(cast.ana), files=[SimpleUploadedFile("a.dcm", sound())]
    )
    with backup():
        services.ingest_waiting()
        lying = [key for key, _ in stored_files.walk(stored_files.INCOMING)]
    _make_old(dicom_storage / lying[0])

    swept = services.sweep_leftovers()

    assert len(lying) == 1
    assert swept.of_uploads == 1
    assert not list(stored_files.walk(stored_files.INCOMING))


def test_an_aborted_upload_goes_after_a_day_and_a_waiting_one_stays(cast: Cast, dicom_storage: Path) -> None:
    store.put("incoming/aborted", ContentFile(b"x"))
    store.put("incoming/fresh", ContentFile(b"x"))
    _make_old(dicom_storage / "incoming" / "aborted")
    upload = services.receive_upload(
        worklist=cast.ct, by=acting(cast.ana), files=[SimpleUploadedFile("a.dcm", sound())]
    )
    waiting = upload.files.get().key
    _make_old(dicom_storage / waiting)

    services.sweep_leftovers()

    assert {key for key, _ in stored_files.walk(stored_files.INCOMING)} == {"incoming/fresh", waiting}


def test_what_a_crash_left_goes_when_its_part_of_the_storage_has_its_turn(homes: Homes, clock: Any) -> None:
    study = take_in(homes.ct, sound())
    kept = files()
    stray, orphan = "ab" * 32, "cd" * 32
    for sha256 in (stray, orphan):
        for key in (Blob(sha256=sha256).key, Blob(sha256=sha256).preview_key(1)):
            store.put(key, ContentFile(b"x"))
    Blob.objects.create(sha256=orphan, size=1)

    at_once = services.sweep_leftovers()
    there = files()
    for _ in range(25):
        clock.move(hours=1)
        services.sweep_leftovers()

    assert at_once.without_instance == 0
    assert len(there) > len(kept)
    assert files() == kept
    assert Blob.objects.get() == study.instances.get().blob


def test_the_picture_of_a_blob_that_is_gone_goes_and_a_stranger_stays(homes: Homes) -> None:
    store.put(Blob(sha256="ab" * 32).preview_key(3, thumbnail=True), ContentFile(b"x"))
    store.put("ab/ab/notes.txt", ContentFile(b"x"))

    services.sweep_leftovers(everywhere=True)

    assert files() == ["ab/ab/notes.txt"]


@pytest.mark.django_db(transaction=True)
def test_an_import_of_the_same_bytes_while_they_are_removed_finds_them_again(dicom_storage: Path) -> None:
    """Many rounds of deletion and import at once: whoever comes first, an instance never lacks its bytes."""
    cast = make_cast()
    data = sound()
    for _ in range(8):
        study = Study.objects.filter(home=cast.ct, n_instances=1, deleted_at=None).first() or take_in(
            cast.ct, data
        )
        delete(cast, study)
        start = threading.Barrier(2)
        failures: list[BaseException] = []
        works = (
            lambda: services.sweep_leftovers(everywhere=True),
            lambda: services.take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(data)]),
        )
        threads = [threading.Thread(target=_run, args=[start, work, failures]) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failures == []
        blob = Instance.objects.get().blob
        assert (dicom_storage / blob.key).read_bytes() == data


def _run(start: threading.Barrier, work: Any, failures: list[BaseException]) -> None:
    try:
        start.wait()
        work()
    except BaseException as error:
        failures.append(error)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_a_sweep_waits_for_an_import_that_holds_the_bytes(dicom_storage: Path) -> None:
    cast = make_cast()
    data = sound()
    study = take_in(cast.ct, data)
    delete(cast, study)
    done: list[Any] = []
    with transaction.atomic():
        result = services.take_in_all(worklist=cast.imaging, by=IMPORTER, sources=[source(data)])
        sweep = threading.Thread(
            target=lambda: (done.append(services.sweep_leftovers()), connections.close_all())
        )
        sweep.start()
        _until_somebody_waits()
        during = list(done)
    sweep.join()

    assert during == []
    assert result.n_new == 1
    assert (dicom_storage / Blob.objects.get().key).read_bytes() == data


def _until_somebody_waits() -> None:
    with database.owner(connection.settings_dict["NAME"]) as look:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        end = time.monotonic() + 10
        while not look.execute(waiting).fetchone()[0]:
            assert time.monotonic() < end, "nobody waits"


def test_check_bytes_is_content_with_what_is_there(homes: Homes) -> None:
    take_in(homes.ct, sound())

    assert "No differences: all 1 files that the database names exist, with the right size." in check()
    assert "with the right size and hash" in check("--hash")


@pytest.mark.parametrize(
    ("harm", "options", "sentence"),
    [
        (lambda path, blob: path.unlink(), [], "is missing"),
        (lambda path, blob: path.write_bytes(b"x"), [], "should have"),
        (lambda path, blob: path.write_bytes(b"x" * blob.size), ["--hash"], "is damaged"),
        (
            lambda path, blob: (path.parent / f"{blob.sha256}.1.full.png").unlink(),
            [],
            "The pictures of",
        ),
    ],
)
def test_check_bytes_names_what_is_wrong(
    homes: Homes, dicom_storage: Path, harm: Any, options: list[str], sentence: str
) -> None:
    take_in(homes.ct, sound())
    blob = Blob.objects.get()
    harm(dicom_storage / blob.key, blob)

    output = check(*options, status=1)

    assert sentence in output
    assert blob.sha256 in output


def test_check_bytes_counts_what_no_row_names_and_sweeps_it_when_asked(homes: Homes) -> None:
    Blob.objects.create(sha256="cd" * 32, size=1)
    store.put(Blob(sha256="cd" * 32).key, ContentFile(b"x"))
    store.put(Blob(sha256="ab" * 32).key, ContentFile(b"x"))

    before, after = check(), check("--sweep")

    assert "1 files that the database does not name." in before
    assert "1 files in the database that no instance uses." in before
    assert "all 0 files" in after and "does not name" not in after
    assert files() == []


def check(*options: str, status: int = 0) -> str:
    output = StringIO()
    try:
        call_command("check_bytes", *options, stdout=output, stderr=output)
        code = 0
    except SystemExit as left:
        code = int(str(left.code))
    assert code == status, output.getvalue()
    return output.getvalue()


def _make_old(path: Path) -> None:
    two_days_ago = time.time() - 2 * 86400
    os.utime(path, (two_days_ago, two_days_ago))
