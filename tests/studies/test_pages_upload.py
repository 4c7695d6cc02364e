"""Uploading from the browser: who may, what is sent, and what became of it."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pydicom.data import get_testdata_file

from audit.models import AuditEvent
from studies import services
from studies.models import Placement, Upload
from tests.factories import join, make_role, make_user

pytestmark = pytest.mark.django_db


def page_of(worklist):
    return reverse("studies:upload", args=[worklist.uuid])


def files_of(worklist):
    return reverse("studies:upload_files", args=[worklist.uuid])


def sent(name, content):
    return SimpleUploadedFile(name, content)


def scan(name="CT_small.dcm"):
    return Path(get_testdata_file(name)).read_bytes()


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("adam", {200, 422}),
        ("ana", {200, 422}),
        ("lois", {403}),
        ("vera", {403}),
        ("nolan", {200, 422}),
        ("ina", {404}),
        ("ben", {404}),
        ("sue", {404}),
        ("caro", {404}),
        ("ed", {404}),
    ],
)
def test_who_may_upload_to_a_worklist(client, cast, person, status, method):
    client.force_login(getattr(cast, person))
    before = AuditEvent.objects.count()

    response = client.get(page_of(cast.ct)) if method == "get" else client.post(files_of(cast.ct))

    assert response.status_code in status
    assert AuditEvent.objects.count() - before == (response.status_code == 403)


def test_who_sees_the_list_but_may_not_upload_is_told_so(client, cast):
    client.force_login(cast.vera)

    assert "does not let you upload studies" in words(client.get(page_of(cast.ct)))
    assert (
        page_of(cast.ct) not in client.get(reverse("studies:worklist", args=[cast.ct.uuid])).content.decode()
    )


def test_nobody_uploads_to_their_own_studies(client, cast):
    client.force_login(cast.ana)

    response = client.get(page_of(cast.ana.personal_worklist))

    assert response.status_code == 403
    assert "A personal worklist receives no uploads." in words(response)


def test_a_hidden_worklist_and_one_that_does_not_exist_are_the_same_bytes(client, cast):
    client.force_login(cast.caro)

    hidden, nowhere = client.get(page_of(cast.ct)), client.get(reverse("studies:upload", args=[uuid4()]))

    assert (hidden.status_code, hidden.content) == (404, nowhere.content)


def test_nothing_chosen_comes_back_with_a_sentence(client, cast):
    client.force_login(cast.ana)

    response = client.post(files_of(cast.ct))

    assert response.status_code == 422
    assert "Choose at least one file, folder or ZIP." in words(response)
    assert not Upload.objects.exists()


def test_an_upload_is_taken_in_and_its_page_tells_what_arrived_and_what_was_refused(client, cast):
    client.force_login(cast.ana)
    files = [sent("one.dcm", scan()), sent("<b>notes\u202e", b"not an image")]

    begun = client.post(
        files_of(cast.ct), {"files": files, "folder": [sent("two.dcm", scan("MR_small.dcm"))]}
    )
    waiting = client.get(begun["Location"])
    polled = client.get(begun["Location"], headers={"HX-Request": "true"})
    services.ingest_waiting()
    done = client.get(begun["Location"])

    assert "Reading files" in words(waiting)
    assert f'hx-get="{begun["Location"]}"' in polled.content.decode()
    assert "<html" not in polled.content.decode()
    assert "2 files added" in words(done)
    assert "Files not added" in words(done)
    assert "<b>notes" not in done.content.decode()
    arrived = Placement.objects.filter(worklist=cast.ct).exclude(pk=cast.placement.pk)
    links = re.findall(r'href="/placements/([0-9a-f-]+)/"', done.content.decode())
    assert sorted(links) == sorted(str(placement.uuid) for placement in arrived)
    assert len(links) == 2


def test_files_that_were_here_already_are_no_new_studies(client, cast):
    client.force_login(cast.ana)
    addresses = []
    for _ in range(2):
        addresses.append(client.post(files_of(cast.ct), {"files": [sent("one.dcm", scan())]})["Location"])
        services.ingest_waiting()

    assert "Nothing new. All of these files were already here." in words(client.get(addresses[1]))


def test_an_upload_is_there_for_who_made_it_alone(client, cast):
    client.force_login(cast.ana)
    url = client.post(files_of(cast.ct), {"files": [sent("one.dcm", scan())]})["Location"]
    client.force_login(cast.adam)

    hidden, nowhere = client.get(url), client.get(reverse("studies:upload_progress", args=[uuid4()]))

    assert (hidden.status_code, hidden.content) == (404, nowhere.content)


def test_who_uploads_without_seeing_the_list_is_shown_no_patient(client, cast):
    role = make_role(cast.northgate, "Modality", ["upload_study"])
    machine = make_user("Machine")
    join(machine, cast.northgate, role, [cast.ct])
    client.force_login(machine)
    url = client.post(files_of(cast.ct), {"files": [sent("one.dcm", scan())]})["Location"]
    services.ingest_waiting()

    done = client.get(url)

    assert "1 file added" in words(done)
    assert "/placements/" not in done.content.decode()
    assert "CompressedSamples" not in done.content.decode()
