"""The manifest and the packs by their URLs: rights, audit, ranges, tags, and how little there is of it."""

import gzip
import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Method
from sharing.services import end_shares, share_studies
from sharing.targets import Target
from studies.manifest import Frame, Packed, frames_of, part_of
from studies.models import Blob, ViewCopy
from tests.cast import acting
from tests.factories import make_instance, make_series, placement_of
from tests.studies.pages import body, lister, prepared, statements

__all__ = ["lister"]
pytestmark = pytest.mark.django_db

DATA = bytes(range(256)) * 4
HEADS = 100


def make_copy(series: Any, frames: int = 1, **fields: Any) -> ViewCopy:
    """A finished copy whose pack holds numbers."""
    values: dict[str, Any] = {
        "uuid": uuid4(), "state": ViewCopy.State.READY, "size": len(DATA), "head_size": HEADS, "n_frames": frames,
        "part": part_of([Packed(uuid4(), 1, [Frame("{}")] * frames)]),
    }  # fmt: skip
    copy = ViewCopy.objects.create(series=series, **{**values, **fields})
    if copy.key:
        storages["dicom"].save(copy.key, ContentFile(DATA))
    return copy


@pytest.fixture
def copy(cast):
    series = make_series(cast.study)
    instance = prepared(series)
    return make_copy(series, cover=instance.uuid)


def manifest_of(placement):
    return reverse("studies:viewer_manifest", args=[placement.uuid])


def pixels_of(placement, copy):
    return reverse("studies:pixels", args=[placement.uuid, copy.uuid])


def read(client, placement):
    response = client.get(manifest_of(placement))
    assert response.status_code == 200
    return json.loads(response.content)


# The manifest


def test_a_packed_series_is_told_with_its_pack(client, cast, copy):
    client.force_login(cast.vera)

    told = read(client, cast.placement)

    assert (told["version"], told["placement"]) == (2, str(cast.placement.uuid))
    [series] = told["series"]
    assert (series["kind"], series["state"], series["frames"]) == ("pixels", "ready", 1)
    assert series["pack"] == {"url": pixels_of(cast.placement, copy), "head_bytes": HEADS, "bytes": len(DATA)}
    assert client.get(series["thumbnail"]).status_code == 200
    assert series["modality"] == "CT"


def test_a_series_that_waits_is_told_by_its_pictures_and_made_now(client, cast):
    instance = prepared(make_series(cast.study), frames=3)
    client.force_login(cast.vera)

    [series] = read(client, cast.placement)["series"]

    assert (series["kind"], series["state"], series["frames"]) == ("pictures", "preparing", 3)
    assert (series["instance"], series["instance_frames"]) == ([str(instance.uuid)], [[3, 1]])
    assert (series["groups"], series["group"]) == ([{"rows": 512, "columns": 512}], [[0, 3]])
    copy = ViewCopy.objects.get()
    assert (copy.state, copy.due_at is not None) == (ViewCopy.State.WAITING, True)


def test_where_no_copies_are_made_it_says_so(client, cast, settings):
    settings.CIMAR_VIEW_COPIES = "never"
    prepared(make_series(cast.study))
    client.force_login(cast.vera)

    [series] = read(client, cast.placement)["series"]

    assert (series["kind"], series["state"]) == ("pictures", "ready")
    assert "pictures" in series["notes"][0]
    assert not ViewCopy.objects.exists()


def test_a_series_without_images_has_its_objects(client, cast):
    report = make_instance(make_series(cast.study), frames=0, sop_class_uid="1.2.840.10008.5.1.4.1.1.88.11")
    client.force_login(cast.vera)

    [series] = read(client, cast.placement)["series"]

    assert (series["kind"], series["frames"]) == ("none", 0)
    assert series["objects"] == [[str(report.uuid), "Structured report"]]


def test_a_series_of_pictures_alone_says_why(client, cast):
    series = make_series(cast.study)
    prepared(series)
    make_copy(
        series, uuid=None, state=ViewCopy.State.FAILED, size=0, head_size=0,
        note="The image is too large to show here.", failed=[[0, "It holds no image data."]],
    )  # fmt: skip
    client.force_login(cast.vera)

    [told] = read(client, cast.placement)["series"]

    assert (told["kind"], told["state"], told["pack"]) == ("pictures", "ready", None)
    assert told["notes"] == ["The image is too large to show here."]
    assert told["failed"] == [[0, "It holds no image data."]]


def test_a_picture_that_could_not_be_made_is_named(client, cast):
    prepared(make_series(cast.study), state=Blob.Preview.FAILED)
    Blob.objects.update(preview_note="It holds no image data.")
    client.force_login(cast.vera)

    [told] = read(client, cast.placement)["series"]

    assert told["failed"] == [[0, "It holds no image data."]]
    assert told["thumbnail"] == ""


def test_it_is_packed_for_who_takes_that_and_the_same_in_both_forms(client, cast, copy):
    client.force_login(cast.vera)
    plain = client.get(manifest_of(cast.placement))
    packed = client.get(manifest_of(cast.placement), headers={"Accept-Encoding": "gzip, br"})

    assert gzip.decompress(packed.content) == plain.content
    assert (packed["Content-Encoding"], "Accept-Encoding" in packed["Vary"]) == ("gzip", True)
    assert plain["Cache-Control"] == "private, no-cache"
    again = client.get(manifest_of(cast.placement), headers={"If-None-Match": plain["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_reading_is_recorded_once_a_visit(client, cast, copy):
    client.force_login(cast.vera)

    for _again in range(2):
        read(client, cast.placement)
        body(client.get(pixels_of(cast.placement, copy)))

    assert AuditEvent.objects.filter(action=Action.IMAGES_SERVED).count() == 1


def test_who_sees_the_study_and_may_not_open_it_is_refused_and_that_is_recorded(client, cast, copy, lister):
    client.force_login(lister)

    for url in (manifest_of(cast.placement), pixels_of(cast.placement, copy)):
        assert client.get(url).status_code == 403
    assert not AuditEvent.objects.filter(action=Action.IMAGES_SERVED).exists()
    assert AuditEvent.objects.filter(outcome="refused").exists()


def test_who_does_not_see_the_study_finds_nothing(client, cast, copy):
    client.force_login(cast.caro)

    assert client.get(manifest_of(cast.placement)).status_code == 404
    assert client.get(pixels_of(cast.placement, copy)).status_code == 404


def test_a_pack_of_another_study_is_not_on_this_placement(client, cast, copy):
    client.force_login(cast.ana)
    other = reverse("studies:pixels", args=[cast.placement.uuid, uuid4()])

    assert client.get(other).status_code == 404


def test_after_the_share_ends_nothing_is_sent_not_even_that_it_is_unchanged(client, cast, copy):
    report = share_studies(
        placements=[cast.placement.uuid], targets=[Target(Method.CODE, "RIVERSIDE")], by=acting(cast.ana)
    )
    client.force_login(cast.caro)
    there = placement_of(cast.study, cast.imaging)
    urls = [manifest_of(there), pixels_of(there, copy)]
    etags = [client.get(url)["ETag"] for url in urls]

    end_shares(shares=[report.rows[0].share.uuid], by=acting(cast.ana))

    assert len(set(etags)) == 2
    for url, etag in zip(urls, etags, strict=True):
        assert client.get(url, headers={"If-None-Match": etag}).status_code == 404


def test_statements_do_not_grow_with_series(client, cast, django_assert_num_queries, copy):
    client.force_login(cast.vera)
    read(client, cast.placement)
    for number in range(2, 6):
        make_copy(make_series(cast.study, number=number))

    # Session, person, the right, the series and what has no copy.
    with django_assert_num_queries(5) as caught:
        read(client, cast.placement)
    assert len(statements(caught)) == 5


def test_five_hundred_slices_take_less_than_a_hundred_bytes_each():
    def slice_at(n):
        model = {
            "00200037": {"vr": "DS", "Value": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]},
            "00200032": {"vr": "DS", "Value": [-158.135803, -179.035797, -75.699997 + 0.625 * n]},
            "00280030": {"vr": "DS", "Value": [0.661468, 0.661468]},
            "00281050": {"vr": "DS", "Value": [40 + n % 7]},
            "00281051": {"vr": "DS", "Value": [400]},
        }
        pixels = {"rows": 512, "columns": 512, "bits": 16, "range": [-1024, 3071]}
        return Packed(uuid4(), n + 1, frames_of(model, 1), pixels, [(4_037 + n, 12_742 + n, 178_157 + n)])

    part = part_of([slice_at(n) for n in range(500)])

    assert len(part) < 100 * 500
    told = json.loads(f"{{{part}}}")
    assert len(told["groups"]) == 1
    assert told["position"][2] == 500


# A pack


def test_a_pack_is_sent_whole(client, cast, copy):
    client.force_login(cast.vera)

    response = client.get(pixels_of(cast.placement, copy))

    assert (response.status_code, body(response)) == (200, DATA)
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Length"] == str(len(DATA))
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, 1023),
        ("bytes=-24", 1000, 1023),
        ("bytes=1000-9999", 1000, 1023),
    ],
)
def test_a_range_of_it_is_sent(client, cast, copy, wanted, first, last):
    client.force_login(cast.vera)
    url = pixels_of(cast.placement, copy)

    response = client.get(url, headers={"Range": wanted})

    assert (response.status_code, body(response)) == (206, DATA[first : last + 1])
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(DATA)}"
    assert response["Content-Length"] == str(last - first + 1)
    same = client.get(url, headers={"Range": wanted, "If-Range": response["ETag"]})
    assert same.status_code == 206
    changed = client.get(url, headers={"Range": wanted, "If-Range": '"another"'})
    assert (changed.status_code, body(changed)) == (200, DATA)


def test_a_range_behind_the_end_has_nothing(client, cast, copy):
    client.force_login(cast.vera)

    response = client.get(pixels_of(cast.placement, copy), headers={"Range": "bytes=1024-2000"})

    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(DATA)}")


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "bytes=9-3", "lines=0-9", "bytes=-"])
def test_a_range_that_is_none_is_answered_with_the_whole(client, cast, copy, wanted):
    client.force_login(cast.vera)

    assert client.get(pixels_of(cast.placement, copy), headers={"Range": wanted}).status_code == 200


def test_the_head_of_an_answer_is_as_that_of_the_answer(client, cast, copy):
    client.force_login(cast.vera)

    response = client.head(pixels_of(cast.placement, copy))

    assert (response.status_code, response["Content-Length"]) == (200, str(len(DATA)))


def test_the_proxy_sends_a_pack_and_reads_the_range_itself(client, cast, copy, settings):
    settings.CIMAR_PROXY_SENDS_FILES = True
    client.force_login(cast.vera)
    url = pixels_of(cast.placement, copy)

    response = client.get(url, headers={"Range": "bytes=0-99"})
    assert (response.status_code, response["X-Accel-Redirect"]) == (200, f"/-/stored/{copy.key}")
    conditional = client.get(url, headers={"Range": "bytes=0-99", "If-Range": response["ETag"]})
    assert (conditional.status_code, body(conditional)) == (206, DATA[:100])
    assert client.get(url, headers={"Range": "bytes=5000-"}).status_code == 416


def test_a_pack_that_the_storage_lost_is_not_there(client, cast, copy):
    storages["dicom"].delete(copy.key)
    client.force_login(cast.vera)

    assert client.get(pixels_of(cast.placement, copy)).status_code == 404
    assert client.get(pixels_of(cast.placement, copy), headers={"Range": "bytes=0-9"}).status_code == 404


def test_a_pack_costs_three_statements(client, cast, copy, django_assert_num_queries):
    client.force_login(cast.vera)
    body(client.get(pixels_of(cast.placement, copy)))

    with django_assert_num_queries(3):
        client.get(pixels_of(cast.placement, copy), headers={"Range": "bytes=0-9"})
