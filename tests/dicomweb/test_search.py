"""QIDO-RS: the matching of the standard, required attributes, limits and warnings, and what is listed to whom."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sharing.services
from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Method
from sharing.targets import Target
from studies.models import Placement
from studies.selectors.dicom_questions import KEYS, LEVELS, Level
from tests.bad_files import dicom_storage, sound
from tests.cast import Cast, acting
from tests.dicomweb.asking import body_of, client_of, root_of, take_in
from tests.factories import make_study, placement_of
from tests.studies.test_token_doors import make

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

REQUIRED = {
    "studies": "00080005 00080020 00080030 00080050 00080056 00080061 00080090 00080201 00081190 00100010 00100020 "
    "00100030 00100040 0020000D 00200010 00201206 00201208",
    "series": "00080005 00080056 00080060 00080201 0008103E 00081190 0020000E 00200011 00201209",
    "instances": "00080005 00080016 00080018 00080056 00080201 00081190 00200013 00280010 00280011 00280008 00280100",
}
PEOPLE = [
    # UID, name, MRN, date, time, accession, modality
    ("2.25.1", "Quill^Hazel", "MRN1", "20240101", "080000", "A1", "CT"),
    ("2.25.2", "Quill^Rowan^J", "MRN2", "20240615", "1230", "A2", "MR"),
    ("2.25.3", "Yamada^Tarou=山田^太郎=やまだ^たろう", "mrn3", "20250101", "235959.5", "B1", "US"),
    ("2.25.4", "O'Neil^Ann", "X%1", "", "", "", "CT"),
]


@pytest.fixture
def ana(cast: Cast, dicom_storage: Any) -> Client:
    take_in(
        cast.ct,
        [
            sound(
                SpecificCharacterSet="ISO_IR 192", StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.1",
                SOPInstanceUID=f"{uid}.1.1", PatientName=name, PatientID=mrn, StudyDate=day, StudyTime=time,
                AccessionNumber=accession, Modality=modality, NumberOfFrames=1, PatientAge="042Y", StudyID="7",
                ReferringPhysicianName="Ward^Rita", StudyDescription="Chest",
            )
            for uid, name, mrn, day, time, accession, modality in PEOPLE
        ],
    )  # fmt: skip
    return client_of(cast.ana)


def uids(client: Client, cast: Cast, what: str = "studies", tag: str = "0020000D", **query: Any) -> list[str]:
    answer = client.get(f"{root_of(cast.ct)}/{what}?{urlencode(query, doseq=True)}")
    assert answer.status_code == 200, answer.content
    found = [each[tag]["Value"][0] for each in answer.json()]
    return [uid for uid in found if uid.startswith("2.25.") and len(uid) < 16]


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ({}, "1234"),
        ({"PatientName": "Quill^Hazel"}, "1"),
        ({"PatientName": "QUILL^hazel"}, "1"),
        ({"00100010": "Quill*"}, "12"),
        ({"PatientName": "Quill"}, ""),
        ({"PatientName": "Qu?ll^R*"}, "2"),
        ({"PatientName": "*zel"}, "1"),
        ({"PatientName": "山田*"}, "3"),
        ({"PatientName": "やまだ^たろう"}, "3"),
        ({"PatientName": "haz quill", "fuzzymatching": "true"}, "1"),
        ({"PatientName": "quill", "fuzzymatching": "false"}, ""),
        ({"PatientName": "*"}, "1234"),
        ({"PatientName": ""}, "1234"),
        ({"PatientID": "MRN1"}, "1"),
        ({"PatientID": "MRN?"}, "12"),
        ({"PatientID": "mrn*"}, "3"),
        ({"PatientID": "X%1"}, "4"),
        ({"PatientID": "X_1"}, ""),
        ({"AccessionNumber": "A*"}, "12"),
        ({"StudyDate": "20240101"}, "1"),
        ({"StudyDate": "20240101-20240630"}, "12"),
        ({"StudyDate": "20240102-"}, "23"),
        ({"StudyDate": "-20240630"}, "12"),
        ({"StudyDate": "nonsense"}, ""),
        ({"StudyTime": "0700-1300"}, "12"),
        ({"StudyTime": "1230"}, "2"),
        ({"StudyTime": "2359-"}, "3"),
        ({"StudyInstanceUID": "2.25.1,2.25.3"}, "13"),
        ({"StudyInstanceUID": ["2.25.1", "2.25.2"]}, "12"),
        ({"StudyInstanceUID": "2.25.1\\2.25.4"}, "14"),
        ({"ModalitiesInStudy": "MR"}, "2"),
        ({"ModalitiesInStudy": "MR\\US"}, "23"),
        ({"ModalitiesInStudy": "?R"}, "2"),
        ({"ReferringPhysicianName": "ward^r*", "StudyDate": "2024*"}, ""),
        ({"ReferringPhysicianName": "ward^r*", "StudyDate": "20240101"}, "1"),
        ({"StudyDescription": "Ch*", "PatientSex": ""}, "1234"),
        ({"PatientName": "Quill*", "ModalitiesInStudy": "CT"}, "1"),
    ],
)
def test_keys_are_matched_as_the_standard_says(
    cast: Cast, ana: Client, query: dict[str, Any], matches: str
) -> None:
    assert sorted(uids(ana, cast, **query)) == [f"2.25.{number}" for number in matches]


@pytest.mark.parametrize(
    ("what", "tag", "query", "matches"),
    [
        ("series", "0020000E", {"Modality": "CT"}, "2.25.1.1 2.25.4.1"),
        ("series", "0020000E", {"PatientName": "Quill*"}, "2.25.1.1 2.25.2.1"),
        ("series", "0020000E", {"SeriesInstanceUID": "2.25.3.1"}, "2.25.3.1"),
        ("studies/2.25.1/series", "0020000E", {}, "2.25.1.1"),
        ("studies/2.25.1/series", "0020000E", {"Modality": "MR"}, ""),
        ("studies/2.25.9/series", "0020000E", {}, ""),
        ("studies/2.25.1/instances", "00080018", {}, "2.25.1.1.1"),
        ("studies/2.25.1/series/2.25.1.1/instances", "00080018", {}, "2.25.1.1.1"),
        ("studies/2.25.1/series/2.25.2.1/instances", "00080018", {}, ""),
        ("instances", "00080018", {"SOPInstanceUID": "2.25.2.1.1"}, "2.25.2.1.1"),
        ("instances", "00080018", {"InstanceNumber": "1", "PatientID": "MRN1"}, "2.25.1.1.1"),
        ("instances", "00080018", {"InstanceNumber": "x"}, ""),
    ],
)
def test_series_and_instances_are_searched_alone_and_within_a_study(
    cast: Cast, ana: Client, what: str, tag: str, query: dict[str, Any], matches: str
) -> None:
    assert sorted(uids(ana, cast, what, tag, **query)) == matches.split()


@pytest.mark.parametrize("what", REQUIRED)
def test_a_match_has_every_required_attribute_and_what_was_asked_for(
    cast: Cast, ana: Client, what: str
) -> None:
    query = urlencode({"StudyInstanceUID": "2.25.3", "includefield": "PatientAge,00081080"})
    [match] = ana.get(f"{root_of(cast.ct)}/{what}?{query}").json()

    assert set(REQUIRED[what].split()) <= set(match)
    assert match["00101010"]["Value"] == ["042Y"]
    assert match["00100010"]["Value"] == [
        {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
    ]
    assert match["00200010"]["Value"] == ["7"]
    assert match["00081190"]["Value"][0].startswith(f"http://testserver{root_of(cast.ct)}/studies/2.25.3")


def test_every_attribute_can_be_had_but_no_bulk(cast: Cast, ana: Client) -> None:
    [match] = ana.get(f"{root_of(cast.ct)}/studies/2.25.1/instances?includefield=all").json()

    assert "7FE00010" not in match
    assert match["00280101"]["Value"] == [12]


def test_pages_follow_each_other_and_say_when_there_are_more(cast: Cast, ana: Client) -> None:
    def page(offset: int) -> Any:
        return ana.get(f"{root_of(cast.ct)}/studies?limit=2&offset={offset}&PatientID=*")

    seen = [each["0020000D"]["Value"][0] for offset in (0, 2, 4, 6) for each in page(offset).json()]

    assert len(seen) == len(set(seen)) >= 4
    assert page(0)["Warning"].startswith("299 ")
    assert "Warning" not in page(100)
    assert page(100).json() == []


@pytest.mark.parametrize(
    ("query", "is_cut"),
    [
        ("series?PatientName=Quill*", True),
        ("series?PatientName=quill&fuzzymatching=true", True),
        ("instances?PatientID=MRN*", True),
        ("series?ModalitiesInStudy=CT", True),
        ("studies?PatientName=Quill*&offset=1", True),
        ("series?PatientID=MRN1", False),
        ("studies?ModalitiesInStudy=CT", False),
        ("studies/2.25.1/series?PatientName=Quill*", False),
        ("series", False),
    ],
)
def test_a_search_that_does_not_look_through_all_that_fits_says_so(
    cast: Cast, ana: Client, monkeypatch: pytest.MonkeyPatch, query: str, is_cut: bool
) -> None:
    monkeypatch.setattr("studies.selectors.dicom_search.MOST_FITTING", 1)

    answer = ana.get(f"{root_of(cast.ct)}/{query}")

    assert ("may be missing" in answer.get("Warning", "")) is is_cut


def test_what_is_not_supported_is_named_and_the_search_goes_on(cast: Cast, ana: Client) -> None:
    answer = ana.get(f"{root_of(cast.ct)}/studies?PatientID=MRN1&Modality=CT&Manufacturer=Acme&%0d%0aX=1")

    assert [each["0020000D"]["Value"] for each in answer.json()] == [["2.25.1"]]
    assert "Manufacturer" in answer["Warning"]
    assert "Modality" in answer["Warning"]


@pytest.mark.parametrize("query", ["limit=x", "offset=-1", "limit=1.5"])
def test_a_count_that_is_none_is_a_bad_request(cast: Cast, ana: Client, query: str) -> None:
    assert ana.get(f"{root_of(cast.ct)}/studies?{query}").status_code == 400


def test_no_match_is_an_empty_list(cast: Cast, ana: Client) -> None:
    nothing = ana.get(f"{root_of(cast.ct)}/studies?PatientID=none")

    assert (nothing.status_code, nothing.json(), nothing["Content-Type"]) == (
        200,
        [],
        "application/dicom+json",
    )


def test_an_answer_that_has_not_changed_is_not_sent_again(cast: Cast, ana: Client) -> None:
    url = f"{root_of(cast.ct)}/studies?limit=5&Modality=CT"
    first = ana.get(url)

    same = ana.get(url, headers={"If-None-Match": first["ETag"]})
    make_study(cast.ct, study_instance_uid="2.25.67")
    other = ana.get(url, headers={"If-None-Match": first["ETag"]})
    elsewhere = client_of(cast.ben).get(url, headers={"If-None-Match": first["ETag"]})

    assert (same.status_code, same.content, same["Warning"]) == (304, b"", first["Warning"])
    assert (other.status_code, other["ETag"] != first["ETag"]) == (200, True)
    assert elsewhere.status_code == 404
    assert (
        AuditEvent.objects.filter(action=Action.LIST_SEARCH).count()
        + AuditEvent.objects.filter(action=Action.LIST_READ).count()
        == 3
    )


@pytest.mark.parametrize("what", REQUIRED)
def test_lists_are_filtered_to_the_worklist_and_to_who_may_list(cast: Cast, ana: Client, what: str) -> None:
    make_study(cast.emergency, study_instance_uid="2.25.66")

    assert "2.25.66" not in str(ana.get(f"{root_of(cast.ct)}/{what}").json())
    assert client_of(cast.ben).get(f"{root_of(cast.ct)}/{what}").status_code == 404
    assert client_of(cast.vera).get(f"{root_of(cast.ct)}/{what}").status_code == 200


def test_a_search_is_recorded_by_its_keys_and_never_by_what_was_typed(cast: Cast, ana: Client) -> None:
    ana.get(f"{root_of(cast.ct)}/studies?PatientName=Quill*")
    ana.get(f"{root_of(cast.ct)}/studies")

    searched, listed = AuditEvent.objects.filter(action__in=[Action.LIST_SEARCH, Action.LIST_READ]).order_by(
        "pk"
    )

    assert (searched.action, searched.detail["fields"]) == (Action.LIST_SEARCH, ["PatientName"])
    assert listed.action == Action.LIST_READ
    assert "Quill" not in str(searched.detail)


@pytest.mark.parametrize(
    ("what", "queries"),
    [
        # of the studies a single statement, which is prepared, with the event
        ("studies", 4),
        # and whether all studies that fit were looked through
        ("series", 8),
        ("instances", 8),
        ("studies/2.25.1/series", 7),
        ("studies/2.25.1/series/2.25.1.1/instances", 7),
    ],
)
def test_a_search_costs_a_fixed_number_of_queries(
    cast: Cast, ana: Client, django_assert_num_queries: Any, what: str, queries: int
) -> None:
    url = f"{root_of(cast.ct)}/{what}?PatientName=Quill*"
    ana.get(url)
    # session and person; worklist, rows, and the event with its transaction
    with django_assert_num_queries(queries):
        ana.get(url)


def test_a_search_of_studies_by_token_is_two_statements(
    cast: Cast, ana: Client, django_assert_num_queries: Any
) -> None:
    program = Client(headers={"Authorization": f"Bearer {make(cast.ana, cast.ct).secret}"})
    url = f"{root_of(cast.ct)}/studies?PatientName=Quill*"
    program.get(url)

    # the token with its owner and the worklist; the rows with the event
    with django_assert_num_queries(2):
        answer = program.get(url)
    assert answer.json() == ana.get(url).json() != []


def test_of_two_studies_of_a_uid_homes_own_is_listed_and_served(cast: Cast, ana: Client) -> None:
    other = make_study(
        cast.emergency, study_instance_uid="2.25.1", patient_name="Quill^Hazel", patient_id="OTHER"
    )
    sharing.services.share_studies(
        placements=[placement_of(other, cast.emergency).uuid],
        targets=[Target(Method.LOCATION, str(cast.ct.uuid))],
        by=acting(cast.adam),
    )
    assert Placement.objects.filter(worklist=cast.ct, study__study_instance_uid="2.25.1").count() == 2

    listed = ana.get(f"{root_of(cast.ct)}/studies?StudyInstanceUID=2.25.1").json()
    [served] = json.loads(body_of(ana.get(f"{root_of(cast.ct)}/studies/2.25.1/metadata")))

    assert [each["00100020"]["Value"] for each in listed] == [["MRN1"]]
    assert served["00100020"]["Value"] == ["MRN1"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.sampled_from([*KEYS, "includefield", "00100010", "00400275.00400009"]),
    level=st.sampled_from(LEVELS),
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    fuzzy=st.booleans(),
)
def test_whatever_is_typed_is_answered(
    cast: Cast, ana: Client, key: str, level: Level, text: str, fuzzy: bool
) -> None:
    answer = ana.get(
        f"{root_of(cast.ct)}/{level.value}?{urlencode({key: text, 'fuzzymatching': str(fuzzy).lower()})}"
    )

    assert answer.status_code == 200
    assert isinstance(answer.json(), list)


@pytest.mark.parametrize("fuzzy", ["true", "false"])
@pytest.mark.parametrize(
    ("level", "key"),
    [(level, key) for key in KEYS for level in LEVELS if LEVELS.index(KEYS[key]) <= LEVELS.index(level)],
)
def test_a_zero_byte_is_padding_or_no_part_of_a_value(
    cast: Cast, ana: Client, level: Level, key: str, fuzzy: str
) -> None:
    asked = f"{root_of(cast.ct)}/{level.value}?fuzzymatching={fuzzy}&{key}="

    assert [ana.get(f"{asked}{text}").status_code for text in ("1.2%003", "*%00*")] == [400] * 2
    assert [ana.get(f"{asked}{text}").status_code for text in ("1.2%00", "%00", "%5C%00")] == [200] * 3


def test_a_uid_padded_as_in_a_file_finds_its_study(cast: Cast, ana: Client) -> None:
    uid = cast.study.study_instance_uid

    padded = ana.get(f"{root_of(cast.ct)}/studies?StudyInstanceUID={uid}%00").json()

    assert [each["0020000D"]["Value"] for each in padded] == [[uid]]
