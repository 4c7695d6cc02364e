"""Bulk data: every URL that the metadata name is answered with the bytes that pydicom reads, at any depth."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from audit.actions import Action
from audit.models import AuditEvent
from studies.ingest.limits import Limits
from studies.ingest.sources import from_path
from studies.ingest.values import value_at
from studies.models import InstanceMetadata
from studies.services import take_in_all
from tests.bad_files import as_bytes, dicom, dicom_storage
from tests.cast import IMPORTER, Cast
from tests.dicomweb.asking import body_of, client_of, parts_of, root_of, take_in
from tests.dicomweb.real_files import real_files

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

REST = "/studies/2.25.77/series/2.25.78/instances/2.25.79"
DOCUMENT = bytes(range(256)) * 40


def with_document(**values: Any) -> Dataset:
    inside, item = Dataset(), Dataset()
    inside.EncapsulatedDocument = DOCUMENT
    item.ReferencedImageSequence = [Dataset(), inside]
    uids = {"StudyInstanceUID": "2.25.77", "SeriesInstanceUID": "2.25.78", "SOPInstanceUID": "2.25.79"}
    return dicom(**{**uids, "ReferencedStudySequence": [item], **values})


PATH = "00081110/0/00081140/1/00420011"


@pytest.fixture
def url(cast: Cast, dicom_storage: Any) -> str:
    take_in(cast.ct, [as_bytes(with_document())])
    return f"{root_of(cast.ct)}{REST}/bulkdata/"


def test_a_value_inside_of_items_is_a_part_or_the_whole_answer(cast: Cast, url: str) -> None:
    ana = client_of(cast.ana)

    [(headers, data)] = parts_of(ana.get(url + PATH))
    whole = ana.get(url + PATH, headers={"Accept": "application/octet-stream"})

    assert data == body_of(whole) == DOCUMENT
    assert headers["content-location"] == f"http://testserver{url}{PATH}"
    assert (whole["Content-Type"], whole["Content-Length"]) == (
        "application/octet-stream",
        str(len(DOCUMENT)),
    )


def test_a_range_of_a_value(cast: Cast, url: str) -> None:
    octets = {"Accept": "application/octet-stream"}
    ana = client_of(cast.ana)

    some = ana.get(url + PATH, headers={**octets, "Range": "bytes=300-399"})
    none = ana.get(url + PATH, headers={**octets, "Range": "bytes=99999-"})
    again = ana.get(url + PATH, headers={**octets, "If-None-Match": some["ETag"]})

    assert (some.status_code, body_of(some)) == (206, DOCUMENT[300:400])
    assert some["Content-Range"] == f"bytes 300-399/{len(DOCUMENT)}"
    assert (none.status_code, again.status_code) == (416, 304)


@pytest.mark.parametrize(
    "path", ["00081110", "00081110/1/00081140/1/00420011", "00420011", "x", "00081110/0", "../../1", "0" * 9]
)
def test_what_is_not_there(cast: Cast, url: str, path: str) -> None:
    assert client_of(cast.ana).get(url + path).status_code == 404


def test_what_is_not_accepted_is_not_to_be_had(cast: Cast, url: str) -> None:
    assert client_of(cast.ana).get(url + PATH, headers={"Accept": "image/png"}).status_code == 406


def test_the_rights_and_the_event_are_those_of_frames(cast: Cast, url: str) -> None:
    assert client_of(cast.vera).get(url + PATH).status_code == 200
    assert client_of(cast.ben).get(url + PATH).status_code == 404
    assert client_of(None).get(url + PATH).status_code == 401

    served = AuditEvent.objects.filter(action=Action.IMAGES_SERVED)
    assert [event.by_id for event in served] == [cast.vera.pk]


def named(model: Any) -> Iterator[str]:
    """Every URL that a model names."""
    for element in model.values():
        if "BulkDataURI" in element:
            yield element["BulkDataURI"]
        if element["vr"] == "SQ":
            for item in element.get("Value", []):
                yield from named(item)


def read_by_pydicom(dataset: Dataset, path: str) -> Any:
    *steps, last = path.split("/")
    for tag, number in zip(steps[::2], steps[1::2], strict=True):
        dataset = dataset[int(tag, 16)].value[int(number)]
    return dataset[int(last, 16)]


def test_every_url_in_the_metadata_of_the_real_files_is_answered(cast: Cast, dicom_storage: Any) -> None:
    ana, sources = client_of(cast.ana), [from_path(Path(name)) for name in real_files()]
    taken = take_in_all(worklist=cast.ct, by=IMPORTER, sources=sources)
    by_uid = {each.uids.instance: each.name for each in taken.files if each.uids and not each.sentence}
    rows = InstanceMetadata.objects.select_related("instance__series", "instance__study")
    urls = [(row.instance, path) for row in rows for path in named(json.loads(row.json))]
    different, n = [], 0
    assert urls

    for instance, path in urls:
        dataset = dcmread(by_uid[instance.sop_instance_uid], force=True)
        rest = (
            f"/studies/{instance.study.study_instance_uid}/series/{instance.series.series_instance_uid}"
            f"/instances/{instance.sop_instance_uid}/bulkdata/"
        )
        answer = ana.get(
            root_of(cast.ct) + rest + path,
            headers={"Accept": 'multipart/related; type="*/*"; transfer-syntax=*'},
        )
        element = read_by_pydicom(dataset, path)
        if answer.status_code == 406:
            # Big endian words, or frames that are not where they should be.
            assert element.is_undefined_length or not dataset.original_encoding[1], path
            continue
        n += 1
        parts = [data for _headers, data in parts_of(answer)]
        if element.is_undefined_length:
            assert len(parts) == instance.frames
        elif isinstance(element.value, bytes) and parts != [element.value]:
            different.append((by_uid[instance.sop_instance_uid], path))

    assert different == []
    assert n > 90


@st.composite
def trees(draw: st.DrawFn, depth: int = 2) -> Dataset:
    """Data sets with values of bytes and of text, and sequences of such."""
    dataset = Dataset()
    if draw(st.booleans()):
        dataset.EncapsulatedDocument = draw(st.binary(min_size=1, max_size=40))
    if draw(st.booleans()):
        dataset.PatientComments = draw(st.text("abc", min_size=1, max_size=20))
    if depth:
        for word in ("ReferencedStudySequence", "ReferencedImageSequence", "SourceImageSequence"):
            if draw(st.booleans()):
                items = draw(st.lists(trees(depth - 1), max_size=3))
                setattr(dataset, word, items)
                dataset[word].is_undefined_length = draw(st.booleans())
    return dataset


def paths_of(dataset: Dataset, before: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    for element in dataset:
        path = (*before, int(element.tag))
        if element.VR == "SQ":
            for number, item in enumerate(element.value):
                yield from paths_of(item, (*path, number))
        elif element.VR in ("OB", "LT"):
            yield path, element.value


@given(trees(), st.sampled_from(["explicit", "implicit", "big", "deflated"]))
@settings(deadline=None, max_examples=80)
def test_every_value_is_where_it_is_looked_for(tree: Dataset, how: str) -> None:
    dataset = dicom()
    dataset.update(tree)
    syntax = {
        "explicit": "1.2.840.10008.1.2.1",
        "implicit": ImplicitVRLittleEndian,
        "big": ExplicitVRBigEndian,
        "deflated": DeflatedExplicitVRLittleEndian,
    }[how]
    as_bytes(dataset)  # gives it the file meta group
    dataset.file_meta.TransferSyntaxUID = syntax
    out = io.BytesIO()
    dataset.save_as(out, implicit_vr=how == "implicit", little_endian=how != "big", enforce_file_format=True)

    values = dict(paths_of(dataset))
    assert {path: found_at(out, path) for path in values} == {
        path: (value if isinstance(value, bytes) else value.encode()).rstrip(b" \0")
        for path, value in values.items()
    }


def found_at(out: io.BytesIO, path: tuple[int, ...]) -> bytes:
    with value_at(out, path, size=len(out.getvalue()), limits=Limits()) as met:
        assert met is not None
        met.file.seek(met.start)
        return met.file.read(met.size or 0).rstrip(b" \0")
