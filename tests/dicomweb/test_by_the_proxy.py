"""Objects that the proxy sends on the site's word: those that lie in the storage as they are sent, after the right."""

from typing import Any

import pytest
from django.core.files.storage import storages
from django.test import Client

from studies.models import Instance, Study
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast
from tests.dicomweb.asking import body_of, client_of, parts_of, take_in, url_of
from tests.studies.test_correcting import correct

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

FILE = sound(StudyInstanceUID="2.25.77", SeriesInstanceUID="2.25.78", SOPInstanceUID="2.25.79")
SINGLE = {"Accept": "application/dicom"}


@pytest.fixture
def url(cast: Cast, dicom_storage: Any, settings: Any) -> str:
    settings.CIMAR_PROXY_SENDS_FILES = True
    take_in(cast.ct, [FILE])
    return url_of(
        cast.ct, Study.objects.get(study_instance_uid="2.25.77"), "/series/2.25.78/instances/2.25.79"
    )


@pytest.fixture
def ana(cast: Cast) -> Client:
    return client_of(cast.ana)


def test_both_ways_have_the_same_headers(url: str, ana: Client, settings: Any) -> None:
    proxy = dict(ana.get(url, headers=SINGLE).headers)
    settings.CIMAR_PROXY_SENDS_FILES = False
    site = dict(ana.get(url, headers=SINGLE).headers)

    key = Instance.objects.get(sop_instance_uid="2.25.79").blob.key
    assert proxy.pop("X-Accel-Redirect") == f"/-/stored/{key}"
    assert (site.pop("Content-Length"), proxy.pop("Content-Length", "0")) == (str(len(FILE)), "0")
    assert site.pop("X-Request-ID") != proxy.pop("X-Request-ID")
    assert proxy == site
    assert site["Content-Type"] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"


def test_what_is_not_a_whole_file_is_sent_by_the_site(cast: Cast, url: str, ana: Client) -> None:
    part = ana.get(url, headers={**SINGLE, "Range": "bytes=0-9"})
    many = ana.get(url)
    frame = ana.get(f"{url}/frames/1", headers={"Accept": "application/octet-stream"})
    correct(Study.objects.get(study_instance_uid="2.25.77"), cast.adam, patient_name="Other^Name")
    corrected = ana.get(url, headers=SINGLE)

    assert (part.status_code, body_of(part)) == (206, FILE[:10])
    assert parts_of(many)[0][1] == FILE
    assert len(body_of(frame)) == 128
    assert b"Other^Name" in body_of(corrected)
    assert not any("X-Accel-Redirect" in each for each in (part, many, frame, corrected))


def test_who_may_not_is_answered_by_the_site(cast: Cast, url: str, ana: Client) -> None:
    tag = ana.get(url, headers=SINGLE)["ETag"]
    answers = [
        client_of(cast.vera).get(url, headers=SINGLE),
        client_of(cast.ben).get(url, headers=SINGLE),
        Client().get(url, headers=SINGLE),
        ana.get(url, headers={**SINGLE, "If-None-Match": tag}),
    ]

    assert [answer.status_code for answer in answers] == [403, 404, 401, 304]
    assert not any("X-Accel-Redirect" in answer for answer in answers)


def test_a_file_that_the_storage_lost_is_not_there(url: str, ana: Client) -> None:
    storages["dicom"].delete(Instance.objects.get(sop_instance_uid="2.25.79").blob.key)

    answer = ana.get(url, headers=SINGLE)

    assert (answer.status_code, "X-Accel-Redirect" in answer) == (404, False)
