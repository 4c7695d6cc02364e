"""Models in XML: the same as the JSON says, read back by Python's own parser; metadata and matches of a search."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.datadict import keyword_for_tag

from studies.dicomweb.native_model import native_model
from studies.ingest.sources import from_path
from studies.models import InstanceMetadata
from studies.services import take_in_all
from tests.bad_files import dicom_storage, sound
from tests.cast import IMPORTER, Cast
from tests.dicomweb.asking import body_of, client_of, parts_of, root_of, take_in
from tests.dicomweb.real_files import real_files

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

SPACE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
XML = {"Accept": 'multipart/related; type="application/dicom+xml"'}
PARTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
NUMBERS = ("FL", "FD", "SL", "SS", "UL", "US", "SV", "UV")


def read(data: bytes) -> dict[str, Any]:
    """The JSON model that the XML says, by the tables of PS3.19 section A.1.5; values as texts."""
    root = ElementTree.fromstring(data)
    assert root.tag == f"{SPACE}NativeDicomModel"
    assert root.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"
    return model_of(root)


def model_of(parent: ElementTree.Element) -> dict[str, Any]:
    model = {}
    for element in parent:
        assert element.tag == f"{SPACE}DicomAttribute"
        tag, creator = element.attrib["tag"], element.get("privateCreator")
        assert element.get("keyword", "") == ("" if creator else keyword_for_tag(int(tag, 16)))
        key = (tag, creator) if creator else tag
        assert key not in model
        model[key] = attribute_of(element)
    return model


def attribute_of(element: ElementTree.Element) -> dict[str, Any]:
    attribute: dict[str, Any] = {"vr": element.attrib["vr"]}
    for number, value in enumerate(element, start=1):
        word = value.tag.removeprefix(SPACE)
        if word in ("BulkData", "InlineBinary"):
            attribute[{"BulkData": "BulkDataURI"}.get(word, word)] = value.get("uri", value.text)
            continue
        assert value.attrib["number"] == str(number)
        read_one = {"Item": model_of, "PersonName": name_of}.get(word, lambda each: each.text)
        attribute.setdefault("Value", []).append(read_one(value))
    return attribute


def name_of(element: ElementTree.Element) -> dict[str, str] | None:
    groups = {}
    for group in element:
        parts = {part.tag.removeprefix(SPACE): part.text or "" for part in group}
        groups[group.tag.removeprefix(SPACE)] = "^".join(parts.get(word, "") for word in PARTS).rstrip("^")
    return groups or None


def as_texts(model: dict[str, Any]) -> dict[Any, Any]:
    """The JSON model with texts for numbers, and with creators in place of blocks."""
    said: dict[Any, Any] = {}
    for tag, element in model.items():
        is_private = int(tag[3], 16) % 2 == 1
        creator = model.get(f"{tag[:4]}00{tag[4:6]}", {}).get("Value", [""])[0] if is_private else ""
        if is_private and tag[4:6] == "00" and element.get("Value"):
            continue
        values = [in_text(element["vr"], value) for value in element.get("Value", [])]
        said[(f"{tag[:4]}00{tag[6:]}", creator) if creator else tag] = {
            **element,
            **({"Value": values} if values else {}),
        }
    return said


def in_text(vr: str, value: Any) -> Any:
    if vr == "SQ":
        return as_texts(value)
    if vr == "PN":
        return {group: text.rstrip("^") for group, text in value.items()} if value else None
    return None if value is None else str(value)


TEXT = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc"], include_characters="\t\n\r", exclude_characters="\ufffe\uffff"
    ),
    min_size=1,
    max_size=12,
)
PART = st.text("abÄ山 <&>\"'", max_size=4).map(str.strip)
NAME = st.fixed_dictionaries(
    {"Alphabetic": st.lists(PART, min_size=1, max_size=5).map(lambda each: "^".join(["x", *each[1:]]))},
    optional={"Ideographic": st.just("山田^太郎"), "Phonetic": st.just("やまだ^たろう")},
)
ATTRIBUTES = st.one_of(
    st.builds(lambda vr, each: {"vr": vr, "Value": each}, st.sampled_from(["LO", "UT", "CS", "UI"]),
              st.lists(st.one_of(st.none(), TEXT), min_size=1, max_size=3)),
    st.builds(lambda vr, each: {"vr": vr, "Value": each}, st.sampled_from(["US", "DS", "FD"]),
              st.lists(st.one_of(st.integers(-9, 99), st.floats(allow_nan=False, allow_infinity=False)),
                       min_size=1, max_size=3)),
    st.builds(lambda each: {"vr": "PN", "Value": each}, st.lists(st.one_of(st.none(), NAME), min_size=1, max_size=2)),
    st.builds(lambda vr: {"vr": vr}, st.sampled_from(["LO", "SQ", "OB"])),
    st.just({"vr": "OB", "InlineBinary": "AAEC"}),
    st.just({"vr": "OW", "BulkDataURI": "http://here/bulkdata/7FE00010?a=1&b=\"2\""}),
)  # fmt: skip
PUBLIC = st.sampled_from(["00080005", "00081030", "00100010", "00280010", "7FE00010", "00EE00EE"])
PRIVATE = st.sampled_from(["00191001", "001910FF", "00191102", "00291001"])
CREATORS: dict[str, Any] = {
    "00190010": {"vr": "LO", "Value": ["ONE"]},
    "00190011": {"vr": "LO", "Value": ['T"W&O']},
}


def models(inside: Any) -> Any:
    items = st.builds(lambda each: {"vr": "SQ", "Value": each}, st.lists(inside, min_size=1, max_size=2))
    of_any = st.one_of(ATTRIBUTES, items)
    return st.builds(
        lambda public, private, creators: {**public, **private, **creators},
        st.dictionaries(PUBLIC, of_any, max_size=4),
        st.dictionaries(PRIVATE, of_any, max_size=2),
        st.sampled_from([CREATORS, {}]),
    )


@settings(deadline=None, max_examples=200)
@given(st.recursive(st.just({}), models, max_leaves=6))
def test_it_says_what_the_json_says(model: dict[str, Any]) -> None:
    assert read(native_model(model)) == as_texts(model)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=20))
def test_whatever_text_there_is_it_can_be_parsed(text: str) -> None:
    name = {"vr": "PN", "Value": [{"Alphabetic": text}]}
    model = {"00081030": {"vr": "LO", "Value": [text]}, "00100010": name, "00190010": {"vr": "LO", "Value": [text]},
             "00191001": {"vr": "LO", "Value": [text]}}  # fmt: skip

    assert len(ElementTree.fromstring(native_model(model))) >= 3


def test_metadata_are_a_document_for_each_instance(cast: Cast, dicom_storage: Any) -> None:
    take_in(cast.ct, [sound(StudyInstanceUID="2.25.77", InstanceNumber=number) for number in (1, 2)])
    url = f"{root_of(cast.ct)}/studies/2.25.77/metadata"
    ana: Client = client_of(cast.ana)

    answer = ana.get(url, headers=XML)
    in_json = json.loads(body_of(ana.get(url)))

    assert answer["Content-Type"].startswith('multipart/related; type="application/dicom+xml"')
    parts = parts_of(answer)
    assert [headers["content-type"] for headers, _data in parts] == ["application/dicom+xml"] * 2
    assert [read(data) for _headers, data in parts] == [as_texts(model) for model in in_json]
    assert parts[0][0]["content-location"].endswith("/metadata")
    assert answer["ETag"] != ana.get(url)["ETag"]
    assert ana.get(url, headers={**XML, "If-None-Match": answer["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("accept", "is_xml"),
    [
        ("", False), ("*/*", False), ("application/dicom+json", False), ("multipart/related", True),
        ('multipart/related; type="application/dicom+xml"; q=0.5, application/dicom+json', False),
        ("multipart/related; type=application/dicom+xml, application/dicom+json; q=0.9", True),
        ("multipart/*; type=application/*", True), ("text/html, multipart/related;type=application/dicom+xml", True),
    ],
)  # fmt: skip
def test_json_or_xml_is_what_is_preferred(cast: Cast, dicom_storage: Any, accept: str, is_xml: bool) -> None:
    take_in(cast.ct, [sound(StudyInstanceUID="2.25.77")])
    ana: Client = client_of(cast.ana)

    for rest in ("/studies/2.25.77/metadata", "/studies", "/instances"):
        answer = ana.get(f"{root_of(cast.ct)}{rest}", headers={"Accept": accept} if accept else {})
        assert ("xml" in answer["Content-Type"]) is is_xml
        assert answer.status_code == 200


def test_matches_of_a_search_are_documents_too(cast: Cast, dicom_storage: Any) -> None:
    take_in(cast.ct, [sound(StudyInstanceUID="2.25.77") for _ in range(3)])
    ana: Client = client_of(cast.ana)
    url = f"{root_of(cast.ct)}/instances?StudyInstanceUID=2.25.77"

    parts = parts_of(ana.get(url, headers=XML))
    nothing = ana.get(f"{root_of(cast.ct)}/studies?PatientID=none", headers=XML)

    assert [read(data) for _headers, data in parts] == [as_texts(model) for model in ana.get(url).json()]
    assert (nothing.status_code, nothing.content) == (204, b"")


def test_the_metadata_of_every_real_file_say_the_same(cast: Cast, dicom_storage: Any) -> None:
    take_in_all(worklist=cast.ct, by=IMPORTER, sources=[from_path(Path(name)) for name in real_files()])
    rows = InstanceMetadata.objects.values_list("instance__sop_instance_uid", "json")
    different = [
        uid for uid, text in rows if read(native_model(json.loads(text))) != as_texts(clean(json.loads(text)))
    ]

    assert different == []
    assert len(rows) > 80


def clean(value: Any) -> Any:
    """Without what XML has no way to write."""
    if isinstance(value, dict):
        return {key: clean(each) for key, each in value.items()}
    if isinstance(value, list):
        return [clean(each) for each in value]
    if isinstance(value, str):
        return "".join(each if each in "\t\n\r" or each >= " " else "\ufffd" for each in value)
    return value
