"""Whole objects in Explicit VR Little Endian: with the values of pydicom, for those who accept nothing else."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from studies.ingest.sources import from_path
from studies.models import Study
from studies.services import rendering, take_in_all
from tests.bad_files import as_bytes, dicom, dicom_storage, source
from tests.cast import IMPORTER, Cast
from tests.dicomweb.asking import body_of, client_of, parts_of, root_of, take_in, url_of
from tests.dicomweb.real_files import real_files
from tests.studies.test_correcting import correct

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

LITTLE = "1.2.840.10008.1.2.1"
WRITTEN = f"application/dicom; transfer-syntax={LITTLE}"
MANY = f'multipart/related; type="application/dicom"; transfer-syntax={LITTLE}'
RLE = next(name for name in real_files() if name.endswith("/MR_small_RLE.dcm"))


@pytest.fixture(autouse=True, scope="module")
def ended() -> Iterator[None]:
    """The child that these tests started ends with them."""
    yield
    rendering._renderer._stop()


@pytest.fixture
def url(cast: Cast, dicom_storage: Any) -> str:
    return instance_url(cast, Path(RLE).read_bytes())


@pytest.fixture
def ana(cast: Cast) -> Client:
    return client_of(cast.ana)


def instance_url(cast: Cast, data: bytes) -> str:
    take_in(cast.ct, [data])
    return url_in(cast, dcmread(io.BytesIO(data)))


def url_in(cast: Cast, ds: Dataset) -> str:
    return (
        f"{root_of(cast.ct)}/studies/{ds.StudyInstanceUID}/series/{ds.SeriesInstanceUID}"
        f"/instances/{ds.SOPInstanceUID}"
    )


@pytest.mark.parametrize(
    "accept",
    [
        WRITTEN,
        f'application/dicom;transfer-syntax="{LITTLE}"',
        f"{WRITTEN}; q=0.3, image/png",
        f"application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50, {WRITTEN}; q=0.1",
    ],
)
@pytest.mark.parametrize("in_query", [False, True])
def test_who_accepts_nothing_else_gets_the_values_that_pydicom_decodes(
    url: str, ana: Client, accept: str, in_query: bool
) -> None:
    said: Any = {"query_params": {"accept": accept}} if in_query else {"headers": {"Accept": accept}}

    answer = ana.get(url, **said)
    data = body_of(answer)

    assert answer["Content-Type"] == WRITTEN
    assert int(answer["Content-Length"]) == len(data)
    written = dcmread(io.BytesIO(data))
    assert written.file_meta.TransferSyntaxUID == LITTLE
    assert np.array_equal(written.pixel_array, dcmread(RLE).pixel_array)


@pytest.mark.parametrize(
    "accept",
    ["", "*/*", "application/dicom", "application/dicom; transfer-syntax=*", f"{WRITTEN}, application/dicom; q=0.1",
     f"{WRITTEN}, application/dicom; transfer-syntax=*; q=0.1", f"{MANY}, application/dicom; transfer-syntax=*; q=0.1"],
)  # fmt: skip
def test_what_can_be_had_as_it_was_received_is_never_written_anew(url: str, ana: Client, accept: str) -> None:
    answer = ana.get(url, headers={"Accept": accept} if accept else {})

    out = body_of(answer) if "multipart" not in answer["Content-Type"] else parts_of(answer)[0][1]

    assert out == Path(RLE).read_bytes()


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90", "1.2.3"]
)
def test_no_other_transfer_syntax_is_made(url: str, ana: Client, syntax: str) -> None:
    for form in (
        "application/dicom; transfer-syntax=",
        'multipart/related; type="application/dicom"; transfer-syntax=',
    ):
        assert ana.get(url, headers={"Accept": f"{form}{syntax}"}).status_code == 406


def test_of_a_study_each_part_says_what_it_is_in(cast: Cast, dicom_storage: Any, ana: Client) -> None:
    plain = as_bytes(dicom(StudyInstanceUID="2.25.77", SeriesInstanceUID="2.25.78"))
    packed = as_bytes(
        dicom(StudyInstanceUID="2.25.77", SeriesInstanceUID="2.25.78", InstanceNumber=2),
        syntax=DeflatedExplicitVRLittleEndian,
    )
    take_in(cast.ct, [plain, packed])

    answer = ana.get(f"{root_of(cast.ct)}/studies/2.25.77", headers={"Accept": MANY})
    head = ana.head(f"{root_of(cast.ct)}/studies/2.25.77", headers={"Accept": MANY})

    parts = parts_of(answer)
    assert [headers["content-type"] for headers, _data in parts] == [WRITTEN] * 2
    assert parts[0][1] == plain
    assert dcmread(io.BytesIO(parts[1][1])).to_json() == dcmread(io.BytesIO(packed)).to_json()
    assert (head.status_code, body_of(head), "Content-Length" in head) == (200, b"", False)


def test_the_two_forms_have_tags_of_their_own(url: str, ana: Client) -> None:
    stored = ana.get(url, headers={"Accept": "application/dicom"})["ETag"]
    written = ana.get(url, headers={"Accept": WRITTEN})["ETag"]

    assert stored != written
    assert ana.get(url, headers={"Accept": WRITTEN, "If-None-Match": written}).status_code == 304
    assert ana.get(url, headers={"Accept": WRITTEN, "If-None-Match": stored}).status_code == 200


def test_a_correction_is_in_it(cast: Cast, url: str, ana: Client) -> None:
    study = Study.objects.get(study_instance_uid=dcmread(RLE).StudyInstanceUID)
    correct(study, cast.adam, patient_name="Müller^Änne")

    whole = dcmread(io.BytesIO(body_of(ana.get(url, headers={"Accept": WRITTEN}))))

    assert str(whole.PatientName) == "Müller^Änne"
    [kept] = whole.OriginalAttributesSequence
    assert str(kept.ModifiedAttributesSequence[0].PatientName) == str(dcmread(RLE).PatientName)
    assert np.array_equal(whole.pixel_array, dcmread(RLE).pixel_array)
    [(_headers, part)] = parts_of(ana.get(url_of(cast.ct, study), headers={"Accept": MANY}))
    assert part == body_of(ana.get(url, headers={"Accept": WRITTEN}))


def test_what_cannot_be_decoded_is_406_with_a_sentence(cast: Cast, dicom_storage: Any, ana: Client) -> None:
    for ending in ("MR_small_bigendian.dcm", "JPGExtended.dcm"):
        data = Path(next(name for name in real_files() if name.endswith(f"/{ending}"))).read_bytes()
        answer = ana.get(instance_url(cast, data), headers={"Accept": WRITTEN})
        assert answer.status_code == 406
        assert answer.content.decode().strip()


def test_every_real_file_has_the_same_values_and_attributes_or_is_refused(
    cast: Cast, dicom_storage: Any, ana: Client
) -> None:
    taken = take_in_all(
        worklist=cast.ct, by=IMPORTER, sources=[from_path(Path(name)) for name in real_files()]
    )
    different, n = [], 0
    for result in (each for each in taken.files if not each.sentence):
        received = dcmread(result.name, force=True)
        answer = ana.get(url_in(cast, received), headers={"Accept": WRITTEN})
        if answer.status_code == 406:
            continue
        n += 1
        if not is_same(received, dcmread(io.BytesIO(body_of(answer)))):
            different.append(result.name)

    assert different == []
    assert n > 80


# Of bits and colours they say what is true of the decoded values; of encapsulated frames where they begin.
OF_PIXELS = {0x00280004, 0x00280006, 0x00280008, 0x7FE00001, 0x7FE00002, 0x7FE00010}


def is_same(received: Dataset, written: Dataset) -> bool:
    for ds in (received, written):
        for tag in [tag for tag in ds.keys() if tag.element == 0]:  # noqa: SIM118  the raw elements
            del ds[tag]
    try:
        pixels = received.pixel_array
    except Exception:  # pydicom shows nothing of it: then nothing is compared
        pixels = None
    same = pixels is None or np.array_equal(pixels, written.pixel_array)
    kept = [{tag for tag in ds.keys() if tag not in OF_PIXELS} for ds in (received, written)]  # noqa: SIM118
    return (
        same
        and kept[0] == kept[1]
        and all(value_of(received, tag) == value_of(written, tag) for tag in kept[0])
    )


def value_of(ds: Dataset, tag: Any) -> Any:
    element = ds[tag]
    if element.VR == "SQ":
        return [[value_of(item, each) for each in item.keys()] for item in element.value]  # noqa: SIM118
    return element.value.rstrip(b"\0") if isinstance(element.value, bytes) else element.value


texts = st.text("abcdefÄß ^=", max_size=12).map(str.strip)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]),
    st.fixed_dictionaries({}, optional={
        "PatientComments": texts, "ImageComments": texts, "StudyID": texts.map(lambda text: text[:8]),
        "RescaleSlope": st.sampled_from(["1", "1.0", " 2.50 ", "1e3"]), "PatientAge": st.sampled_from(["037Y", ""]),
        "SmallestImagePixelValue": st.integers(0, 99), "ImageOrientationPatient": st.just([1, 0, 0, 0, 1, 0]),
    }),
    st.binary(min_size=0, max_size=40),
)  # fmt: skip
def test_every_attribute_of_another_encoding_is_kept(
    cast: Cast, dicom_storage: Any, syntax: str, values: dict[str, Any], private: bytes
) -> None:
    ds = dicom(SpecificCharacterSet="ISO_IR 192", **values)
    ds.private_block(0x0019, "SOMEONE", create=True).add_new(1, "OB", private)
    as_bytes(ds)  # gives it the file meta group
    ds.file_meta.TransferSyntaxUID = syntax
    out = io.BytesIO()
    ds.save_as(
        out, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True, enforce_file_format=True
    )
    data = out.getvalue()
    result = take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(data)])
    assert not result.left_out

    answer = client_of(cast.ana).get(url_in(cast, ds), headers={"Accept": WRITTEN})

    assert answer.status_code == 200
    assert is_same(dcmread(io.BytesIO(data)), dcmread(io.BytesIO(body_of(answer))))
