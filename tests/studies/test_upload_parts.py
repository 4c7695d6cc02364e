"""An upload that arrives in parts: taken in meanwhile, continued after a break, and nothing of it twice."""

import hashlib
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from audit.actions import Action
from audit.models import AuditEvent
from common.exceptions import NothingThere, Refused
from studies import services
from studies.models import Instance, Placement, Upload, UploadedFile
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting
from tests.factories import make_uid

__all__ = ["dicom_storage"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dicom_storage")]

STUDY = make_uid()
CONTENTS = [sound(StudyInstanceUID=STUDY) for _ in range(6)]


def mark(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def begun(cast: Cast, n_files: int = 6) -> Upload:
    return services.begin_upload(worklist=cast.ct, by=acting(cast.ana), n_files=n_files)


def send(cast: Cast, upload: UUID, contents: list[bytes]) -> int:
    files = [SimpleUploadedFile(f"{mark(content)[:8]}.dcm", content) for content in contents]
    marks = [mark(content) for content in contents]
    return services.receive_part(upload=upload, by=acting(cast.ana), files=files, marks=marks)


def test_what_has_arrived_is_taken_in_before_the_rest_is_sent(cast: Cast) -> None:
    upload = begun(cast)
    send(cast, upload.uuid, CONTENTS[:2])

    services.ingest_waiting()
    meanwhile = services.read_upload(upload=upload.uuid, by=acting(cast.ana))
    send(cast, upload.uuid, CONTENTS[2:])
    services.ingest_waiting()
    before_the_end = Upload.objects.get(pk=upload.pk).state
    services.end_upload(upload=upload.uuid, by=acting(cast.ana))
    services.ingest_waiting()

    assert [(placement.n_new, meanwhile.is_done) for placement in meanwhile.studies] == [(2, False)]
    assert before_the_end == Upload.State.WAITING
    done = Upload.objects.get(pk=upload.pk)
    assert (done.state, done.n_files, done.n_done, done.n_new, done.n_missing) == ("done", 6, 6, 6, 0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(range(6)), unique=True, min_size=1), min_size=1, max_size=6))
def test_whatever_is_sent_again_arrives_once(cast: Cast, parts: list[list[int]]) -> None:
    assert parts
    upload = begun(cast)
    wanted: set[int] = set()

    for part in parts:
        assert send(cast, upload.uuid, [CONTENTS[number] for number in part]) == len(set(part) - wanted)
        wanted |= set(part)
    services.end_upload(upload=upload.uuid, by=acting(cast.ana))
    services.ingest_waiting()

    done = Upload.objects.get(pk=upload.pk)
    assert (done.n_files, done.n_done, done.n_missing) == (len(wanted), len(wanted), 6 - len(wanted))
    assert wanted
    assert sorted(done.files.values_list("mark", flat=True)) == sorted(
        mark(CONTENTS[number]) for number in wanted
    )


def test_an_upload_that_nobody_continues_is_done_with_what_arrived(client: Client, cast: Cast) -> None:
    upload = begun(cast)
    send(cast, upload.uuid, CONTENTS[:2])
    Upload.objects.filter(pk=upload.pk).update(open_until=Now() - timedelta(seconds=1))
    client.force_login(cast.ana)

    services.ingest_waiting()

    with pytest.raises(ValidationError, match="has ended"):
        send(cast, upload.uuid, CONTENTS[2:])
    page = client.get(reverse("studies:upload_progress", args=[upload.uuid])).content.decode()
    assert "Not everything was sent" in page
    assert "4 files were not sent, of 6 chosen files" in " ".join(page.split())


def test_a_right_lost_meanwhile_ends_the_receiving(cast: Cast) -> None:
    upload = begun(cast)
    send(cast, upload.uuid, CONTENTS[:1])
    User.objects.filter(pk=cast.ana.pk).update(is_active=False)
    cast.ana = User.objects.get(pk=cast.ana.pk)

    with pytest.raises(Refused):
        send(cast, upload.uuid, CONTENTS[1:])

    assert UploadedFile.objects.filter(upload=upload).count() == 1


def test_nobody_else_sends_to_an_upload(cast: Cast) -> None:
    upload = begun(cast)

    with pytest.raises(NothingThere):
        services.receive_part(upload=upload.uuid, by=acting(cast.adam), files=[], marks=[])
    with pytest.raises(NothingThere):
        services.end_upload(upload=upload.uuid, by=acting(cast.adam))

    assert not UploadedFile.objects.filter(upload=upload).exists()


@pytest.mark.parametrize("marks", [[], ["x"], ["a" * 64, "b" * 64], ["A" * 64]])
def test_files_and_their_marks_belong_together(cast: Cast, marks: list[str]) -> None:
    upload = begun(cast)
    file = SimpleUploadedFile("one.dcm", CONTENTS[0])

    with pytest.raises(ValidationError):
        services.receive_part(upload=upload.uuid, by=acting(cast.ana), files=[file], marks=marks)

    assert not UploadedFile.objects.filter(upload=upload).exists()


def test_the_limits_hold_for_all_parts_together(cast: Cast, settings: object) -> None:
    settings.CIMAR_INGEST_LIMITS = {"upload_files": 3}  # type: ignore[attr-defined]
    upload = begun(cast, 3)
    send(cast, upload.uuid, CONTENTS[:2])

    with pytest.raises(ValidationError, match="at most 3"):
        send(cast, upload.uuid, CONTENTS[2:4])
    with pytest.raises(ValidationError, match="at most 3"):
        begun(cast, 4)

    assert UploadedFile.objects.filter(upload=upload).count() == 2


def test_a_page_that_asks_again_records_each_further_study_once(cast: Cast) -> None:
    upload = begun(cast)
    send(cast, upload.uuid, CONTENTS[:2])
    services.ingest_waiting()

    for _ in range(3):
        services.read_upload(upload=upload.uuid, by=acting(cast.ana))

    assert AuditEvent.objects.filter(action=Action.UPLOAD_READ).count() == 1


def test_the_interrupted_upload_is_offered_on_the_page_and_tells_what_has_arrived(
    client: Client, cast: Cast
) -> None:
    upload = begun(cast)
    send(cast, upload.uuid, CONTENTS[:2])
    client.force_login(cast.ana)

    page = client.get(reverse("studies:upload", args=[cast.ct.uuid])).content.decode()
    arrived = client.get(reverse("studies:upload_arrived", args=[upload.uuid])).json()

    assert "2 files of 6 chosen files arrived" in " ".join(page.split())
    assert arrived == {"marks": sorted(map(mark, CONTENTS[:2])), "begun": {}}
    assert Placement.objects.filter(worklist=cast.ct).exclude(pk=cast.placement.pk).count() == 0
    assert Instance.objects.filter(study__study_instance_uid=STUDY).count() == 0
