"""A large file that arrives in pieces: continued in its middle, taken in whole, and nothing of it twice."""

import hashlib
import io
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.actions import Action
from audit.models import AuditEvent
from common.exceptions import NothingThere
from studies import services
from studies.ingest import stored_files
from studies.ingest.joined import joined
from studies.models import Blob, Instance, Upload, UploadedFile, UploadedPiece
from tests.bad_files import as_bytes, dicom, dicom_storage, sound, zipped
from tests.cast import Cast, acting

__all__ = ["dicom_storage"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dicom_storage")]


def large() -> bytes:
    ds = dicom()
    ds.Rows = ds.Columns = 64
    ds.PixelData = bytes(range(256)) * 32
    return as_bytes(ds)


def begun(cast: Cast) -> Upload:
    return services.begin_upload(worklist=cast.ct, by=acting(cast.ana), n_files=1)


def send(cast: Cast, upload: Upload, data: bytes, start: int, end: int, *, whole: int = 0) -> int:
    return services.receive_piece(
        upload=upload.uuid,
        by=acting(cast.ana),
        file=SimpleUploadedFile("large.dcm", data[start:end]),
        piece=services.Piece(mark=hashlib.sha256(data).hexdigest(), start=start, whole=whole or len(data)),
        name="disc/large.dcm",
    )


def waiting_files() -> list[str]:
    return [key for key, _size in stored_files.walk(stored_files.INCOMING)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 8000), max_size=5), again=st.lists(st.booleans(), min_size=6, max_size=6))
def test_however_it_is_cut_and_whatever_is_sent_again_it_arrives_once(
    cast: Cast, cuts: list[int], again: list[bool]
) -> None:
    data, upload = large(), begun(cast)
    ends = sorted({*(cut for cut in cuts if cut < len(data)), len(data)})

    start = 0
    assert ends
    for end, twice in zip(ends, again, strict=False):
        assert send(cast, upload, data, start, end) == end
        if twice:
            # What was sent again is not kept, and the answer says where to continue.
            assert send(cast, upload, data, start, end) == end
        start = end
    services.end_upload(upload=upload.uuid, by=acting(cast.ana))
    services.ingest_waiting()

    done = Upload.objects.get(pk=upload.pk)
    assert (done.state, done.n_files, done.n_bytes, done.n_new) == ("done", 1, len(data), 1)
    assert Blob.objects.filter(sha256=hashlib.sha256(data).hexdigest()).exists()
    assert done.files.get().name == "disc/large.dcm"
    assert not UploadedPiece.objects.exists()
    assert not waiting_files()


def test_a_page_opened_anew_is_told_where_to_continue(client: Any, cast: Cast) -> None:
    data, upload = large(), begun(cast)
    client.force_login(cast.ana)
    send(cast, upload, data, 0, 3000)

    there = client.get(f"/uploads/{upload.uuid}/arrived/").json()
    ahead = send(cast, upload, data, 5000, len(data))

    assert there == {"marks": [], "begun": {hashlib.sha256(data).hexdigest(): 3000}}
    assert ahead == 3000
    assert UploadedPiece.objects.count() == len(waiting_files()) == 1


def test_the_file_is_an_event_once_it_is_whole(cast: Cast) -> None:
    data, upload = large(), begun(cast)
    send(cast, upload, data, 0, 3000)
    assert not AuditEvent.objects.filter(action=Action.UPLOAD_FILES).exists()
    services.ingest_waiting()
    assert not Instance.objects.exists()

    send(cast, upload, data, 3000, len(data))

    assert AuditEvent.objects.get(action=Action.UPLOAD_FILES).detail["files"] == 1


def test_a_zip_in_pieces_is_unpacked(cast: Cast) -> None:
    data, upload = zipped([(f"IM{number}", sound()) for number in range(4)]), begun(cast)
    send(cast, upload, data, 0, 1000)
    send(cast, upload, data, 1000, len(data))

    services.ingest_waiting()

    assert Instance.objects.count() == 4


def test_of_a_file_that_never_wholly_arrived_nothing_stays(cast: Cast) -> None:
    data, upload = large(), begun(cast)
    send(cast, upload, data, 0, 3000)

    services.end_upload(upload=upload.uuid, by=acting(cast.ana))
    services.ingest_waiting()
    services.sweep_leftovers(everywhere=True)

    done = Upload.objects.get(pk=upload.pk)
    assert (done.state, done.n_files, done.n_missing) == ("done", 0, 1)
    assert not UploadedPiece.objects.exists()
    assert not UploadedFile.objects.exists()


def test_the_pieces_of_an_open_upload_are_not_swept(cast: Cast) -> None:
    data, upload = large(), begun(cast)
    send(cast, upload, data, 0, 3000)

    services.sweep_leftovers(everywhere=True)

    assert len(waiting_files()) == 1


@pytest.mark.parametrize(
    ("start", "end", "whole"), [(0, 100, 50), (0, 0, 100), (200, 300, 250), (0, 100, 10**13)]
)
def test_a_piece_unlike_its_file_is_refused(cast: Cast, start: int, end: int, whole: int) -> None:
    data, upload = large(), begun(cast)

    with pytest.raises(ValidationError):
        send(cast, upload, data, start, end, whole=whole)

    assert not waiting_files()


def test_another_person_has_no_such_upload(cast: Cast) -> None:
    data, upload = large(), begun(cast)
    cast.ana = cast.adam

    with pytest.raises(NothingThere):
        send(cast, upload, data, 0, 100)


@given(data=st.binary(max_size=400), cuts=st.lists(st.integers(0, 400), max_size=6), moves=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_joined_pieces_read_as_the_file(
    dicom_storage: Any, data: bytes, cuts: list[int], moves: st.DataObject
) -> None:
    ends = sorted({*(cut for cut in cuts if 0 < cut < len(data)), len(data)} - {0})
    pieces, start = [], 0
    for end in ends:
        key = storages["dicom"].save("incoming/piece", io.BytesIO(data[start:end]))
        pieces.append((key, end - start))
        start = end
    ours, theirs = joined(pieces), io.BytesIO(data)

    with ours:
        for _move in range(6):
            offset, size = moves.draw(st.integers(0, 450)), moves.draw(st.integers(-1, 450))
            assert ours.seek(offset) == theirs.seek(offset)
            assert ours.read(size) == theirs.read(size)
            assert ours.tell() == theirs.tell()
        assert ours.seek(0, 2) == len(data)
