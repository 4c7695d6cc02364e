"""Whole objects and metadata: what came in comes out, in every spelling of what is accepted."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from studies.dicomweb.accept import Accepted, accepted
from studies.ingest.headers import read_header
from studies.ingest.limits import Limits
from studies.ingest.refusals import OTHER_BYTES
from studies.ingest.sources import from_path
from studies.models import Instance, InstanceMetadata, Study
from studies.services import take_in_all
from tests.bad_files import dicom_storage, sound
from tests.cast import IMPORTER, Cast
from tests.dicomweb.asking import body_of, client_of, parts_of, root_of, take_in, url_of
from tests.dicomweb.real_files import real_files
from tests.factories import make_location
from worklists.models import Worklist

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

SERIES = "2.25.78"
FILES = [
    sound(
        StudyInstanceUID="2.25.77",
        SeriesInstanceUID=SERIES,
        SOPInstanceUID=f"2.25.80{number}",
        InstanceNumber=number,
    )
    for number in (1, 2)
]


@pytest.fixture
def study(cast: Cast, dicom_storage: Any) -> Study:
    take_in(cast.ct, FILES)
    return Study.objects.get(study_instance_uid="2.25.77")


@pytest.fixture
def ana(cast: Cast) -> Client:
    return client_of(cast.ana)


ONE = f"/series/{SERIES}/instances/2.25.801"


@pytest.mark.parametrize("rest", ["", f"/series/{SERIES}"])
@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "multipart/related",
        "multipart/*",
        'multipart/related; type="application/dicom"',
        "multipart/related;type=application/dicom",
        "multipart/related; type=application/dicom; transfer-syntax=*",
        'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.1',
        'multipart/related; type="application/dicom+xml"; q=0.9, multipart/related; type="application/dicom"; q=0.1',
        "image/png, multipart/related; type=application/*",
    ],
)
def test_a_study_comes_out_as_it_came_in(
    cast: Cast, study: Study, ana: Client, rest: str, accept: str
) -> None:
    answer = ana.get(url_of(cast.ct, study, rest), headers={"Accept": accept} if accept else {})

    parts = parts_of(answer)

    assert [data for _headers, data in parts] == FILES
    assert parts[0][0]["content-type"] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"


@pytest.mark.parametrize(
    "accept", ["application/dicom", "application/dicom; transfer-syntax=*", "application/*"]
)
def test_an_instance_is_a_single_part_when_it_is_asked_for_so(
    cast: Cast, study: Study, ana: Client, accept: str
) -> None:
    answer = ana.get(url_of(cast.ct, study, ONE), headers={"Accept": accept})

    assert body_of(answer) == FILES[0]
    assert answer["Content-Type"].startswith("application/dicom;")
    assert ana.get(url_of(cast.ct, study), headers={"Accept": accept}).status_code == 406


def test_what_is_accepted_may_stand_in_the_query(cast: Cast, study: Study, ana: Client) -> None:
    headers = {"Accept": "text/html"}

    answer = ana.get(url_of(cast.ct, study, f"{ONE}?accept=application/dicom"), headers=headers)
    metadata = ana.get(
        url_of(cast.ct, study, f"{ONE}/metadata?accept=application/dicom+json"), headers=headers
    )

    assert body_of(answer) == FILES[0]
    assert metadata["Content-Type"] == "application/dicom+json"


@pytest.mark.parametrize(
    ("rest", "accept"),
    [
        ("", "image/png"),
        ("", 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.50'),
        ("", 'multipart/related; type="application/dicom"; q=0'),
        ("/metadata", "application/dicom+xml"),
        ("/metadata", "text/html"),
    ],
)
def test_what_cannot_be_had_is_not_replaced(
    cast: Cast, study: Study, ana: Client, rest: str, accept: str
) -> None:
    assert ana.get(url_of(cast.ct, study, rest), headers={"Accept": accept}).status_code == 406


@pytest.mark.parametrize(
    ("asked", "status", "wanted"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=999999-", 416, None),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
    ],
)
def test_a_single_part_is_sent_from_where_it_broke_off(
    cast: Cast, study: Study, ana: Client, asked: str, status: int, wanted: slice | None
) -> None:
    answer = ana.get(url_of(cast.ct, study, ONE), headers={"Accept": "application/dicom", "Range": asked})

    assert answer.status_code == status
    if wanted is not None:
        assert body_of(answer) == FILES[0][wanted]


@pytest.mark.parametrize(("rest", "n"), [("", 2), (f"/series/{SERIES}", 2), (ONE, 1)])
@pytest.mark.parametrize("is_stored", [True, False])
def test_metadata_are_the_stored_rows_with_whole_urls(
    cast: Cast, study: Study, ana: Client, rest: str, n: int, is_stored: bool
) -> None:
    if not is_stored:
        InstanceMetadata.objects.all().delete()

    models = json.loads(body_of(ana.get(url_of(cast.ct, study, f"{rest}/metadata"))))

    assert [model["00080018"]["Value"] for model in models] == [["2.25.801"], ["2.25.802"]][:n]
    bulk = f"http://testserver{url_of(cast.ct, study, ONE)}/bulkdata/7FE00010"
    assert models[0]["7FE00010"]["BulkDataURI"] == bulk


def test_metadata_of_many_instances_cost_a_fixed_number_of_queries(
    cast: Cast, study: Study, ana: Client, django_assert_num_queries: Any
) -> None:
    url = url_of(cast.ct, study, "/metadata")
    body_of(ana.get(url))
    # session and person; study, instances, sizes, rows
    with django_assert_num_queries(6) as few:
        body_of(ana.get(url))
    take_in(cast.ct, [sound(StudyInstanceUID="2.25.77", SeriesInstanceUID=SERIES) for _ in range(30)])

    with django_assert_num_queries(len(few.captured_queries)):
        assert len(json.loads(body_of(ana.get(url)))) == 32


def test_a_file_that_is_away_is_nothing(cast: Cast, study: Study, ana: Client, dicom_storage: Any) -> None:
    (dicom_storage / Instance.objects.get(sop_instance_uid="2.25.801").blob.key).unlink()

    answer = ana.get(url_of(cast.ct, study, ONE), headers={"Accept": "application/dicom"})

    assert answer.status_code == 404


TYPES = st.sampled_from(["application/dicom", "application/dicom+json", "image/jpeg", "*/*", "application/*"])
SYNTAXES = st.sampled_from(["", "*", "1.2.840.10008.1.2.1"])
QUOTES = st.sampled_from(['"{}"', "{}"])
SPACES = st.sampled_from(["", " "])


@settings(max_examples=100, deadline=None)
@given(TYPES, SYNTAXES, QUOTES, SPACES, st.booleans(), st.sampled_from(["", "0.5", "1.0"]), st.booleans())
def test_every_spelling_of_what_is_accepted_is_read_alike(
    media_type: str, syntax: str, quotes: str, space: str, many: bool, quality: str, in_query: bool
) -> None:
    words = [f"multipart/related;{space}type={quotes.format(media_type)}" if many else media_type]
    words += [f"transfer-syntax={quotes.format(syntax)}"] if syntax else []
    words += [f"q={quality}"] if quality else []
    text = f";{space}".join(words)
    factory = RequestFactory()
    request = factory.get("/", {"accept": text}) if in_query else factory.get("/", headers={"Accept": text})

    wanted = Accepted(
        media_type, True if many else None if media_type == "*/*" else False, syntax, float(quality or 1)
    )
    assert accepted(request) == [wanted]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_spelling_is_an_error(text: str) -> None:
    assert isinstance(accepted(RequestFactory().get("/", {"accept": text})), list)


REAL = real_files()


def test_every_real_file_comes_out_bit_for_bit_or_is_refused_by_name(cast: Cast, dicom_storage: Any) -> None:
    """Many of them are one SOP instance with other bytes: what is refused for that goes to another worklist."""
    adam = client_of(cast.adam)
    waiting, different, n = REAL, [], 0

    while waiting:
        home = make_location(cast.northgate)
        sources = [from_path(Path(name)) for name in waiting]
        taken = take_in_all(worklist=home, by=IMPORTER, sources=sources)
        for result in taken.files:
            if not result.sentence:
                n += 1
                different += [] if _comes_out(adam, home, Path(result.name).read_bytes()) else [result.name]
        waiting = [result.name for result in taken.files if result.sentence == OTHER_BYTES]

    assert different == []
    assert n > 150


def _comes_out(client: Client, home: Worklist, data: bytes) -> bool:
    header = read_header(io.BytesIO(data), size=len(data), limits=Limits())
    url = (
        f"{root_of(home)}/studies/{header.study_instance_uid}/series/{header.series_instance_uid}"
        f"/instances/{header.sop_instance_uid}"
    )
    [(_headers, out)] = parts_of(client.get(url))
    [model] = json.loads(body_of(client.get(f"{url}/metadata")))
    return out == data and model["00080018"]["Value"] == [header.sop_instance_uid]
