"""Texts of the metadata are those of the pages, whatever the file says of its character set."""

import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studies.ingest.headers import read_header
from studies.ingest.json_model import describe
from studies.ingest.limits import Limits
from studies.ingest.text import clean
from studies.models import InstanceMetadata
from studies.services import store_missing_metadata, take_in_all
from tests.bad_files import dicom_storage, element, head, sound, source
from tests.cast import IMPORTER, Cast
from tests.studies.test_character_sets import MISSPELT, SETS, alphabet

__all__ = ["dicom_storage"]
MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def even(value: bytes) -> bytes:
    return value + b" " * (len(value) % 2)


def model_of(*elements: bytes, fallback: str = "ISO_IR 100") -> dict[str, Any]:
    return json.loads(describe(io.BytesIO(head() + b"".join(elements)), {}, fallback=fallback).json)


def declared(term: str | None) -> list[bytes]:
    return [] if term is None else [element(8, 5, b"CS", even(term.encode()))]


NAME = "Müller^Jörg"


@pytest.mark.parametrize(
    "term", [None, "", "ISO IR 192", "utf8", "UTF-8", "NONSENSE", "ISO_IR 100\\NONSENSE"]
)
def test_undeclared_and_misspelt_utf_8_is_read_as_what_it_is(term: str | None) -> None:
    model = model_of(*declared(term), element(0x10, 0x10, b"PN", even(NAME.encode())))

    assert model["00100010"]["Value"] == [{"Alphabetic": NAME}]


@pytest.mark.parametrize(
    ("fallback", "name"), [("ISO_IR 100", NAME), ("ISO_IR 101", "Łukasz"), ("ISO_IR 144", "Иванов^Иван")]
)
def test_what_is_not_declared_is_in_the_character_set_of_the_account(fallback: str, name: str) -> None:
    encoding = {"ISO_IR 100": "latin-1", "ISO_IR 101": "iso8859_2", "ISO_IR 144": "iso8859_5"}[fallback]
    model = model_of(element(0x10, 0x10, b"PN", even(name.encode(encoding))), fallback=fallback)

    assert model["00100010"]["Value"] == [{"Alphabetic": name}]


@pytest.mark.parametrize(
    ("tag", "vr", "text", "values"),
    [
        (0x00104000, b"LT", "one\\two\r\nÄrger ", ["one\\two\r\nÄrger"]),
        (0x00081030, b"LO", "Schädel\\\\Übersicht", ["Schädel", None, "Übersicht"]),
        (0x00080050, b"SH", "Ä1 ", ["Ä1"]),
        (0x00180015, b"CS", "SCHÄDEL", ["SCHÄDEL"]),
    ],
)
def test_every_kind_of_text_is_read_alike(tag: int, vr: bytes, text: str, values: list[Any]) -> None:
    value = element(tag >> 16, tag & 0xFFFF, vr, even(text.encode()))

    assert model_of(value)[f"{tag:08X}"] == {"vr": vr.decode(), "Value": values}


def test_an_item_has_the_character_set_of_its_own_or_of_what_it_is_in() -> None:
    inside = element(0x8, 0x104, b"LO", even("Ärger".encode("latin-1")))
    items = [inside, element(8, 5, b"CS", b"ISO_IR 100") + inside]
    written = b"".join(b"\xfe\xff\x00\xe0" + len(each).to_bytes(4, "little") + each for each in items)
    sequence = element(0x8, 0x1140, b"SQ", written)

    utf_8 = model_of(element(8, 5, b"CS", b"ISO_IR 192"), sequence)["00081140"]["Value"]
    cyrillic = model_of(element(8, 5, b"CS", b"ISO_IR 144"), sequence)["00081140"]["Value"]

    assert [each["00080104"]["Value"] for each in utf_8] == [["Ärger"], ["Ärger"]]
    assert [each["00080104"]["Value"] for each in cyrillic] == [["Фrger"], ["Ärger"]]


@MANY
@given(
    st.one_of(st.none(), SETS, MISSPELT),
    st.sampled_from(["latin-1", "utf-8", "iso8859_5", "shift_jis", "gb18030", "euc_kr"]),
    st.data(),
)
def test_the_metadata_name_the_patient_as_the_pages_do(term: str | None, encoding: str, data: Any) -> None:
    letters = alphabet(encoding)
    places = data.draw(st.lists(st.integers(0, len(letters) - 1), min_size=1, max_size=12))
    value = even("".join(letters[place] for place in places).encode(encoding))
    file = sound(PatientName="REPLACED", StudyDescription="REPLACED")
    lo, pn = (element(*tag, vr, b"REPLACED") for tag, vr in (((8, 0x1030), b"LO"), ((0x10, 0x10), b"PN")))
    assert lo in file
    assert pn in file
    file = file.replace(lo, element(8, 0x1030, b"LO", value)).replace(pn, element(0x10, 0x10, b"PN", value))
    file = _declaring(file, term)

    header = read_header(io.BytesIO(file), size=len(file), limits=Limits())
    model = json.loads(describe(io.BytesIO(file), {}).json)

    [name] = model["00100010"].get("Value", [{}])
    words = ("Alphabetic", "Ideographic", "Phonetic")
    # The columns are without what is no letter.
    said = "=".join(name.get(word, "") for word in words).rstrip("=")
    assert clean(said, 400) == header.study["patient_name"].rstrip("=")
    assert (
        clean("\\".join(each or "" for each in model["00081030"]["Value"]), 400)
        == header.study["description"]
    )


def _declaring(file: bytes, term: str | None) -> bytes:
    """Before the first element of the data set, which is no earlier than group 8."""
    if term is None:
        return file
    at = file.index(b"\x08\x00\x16\x00UI")
    return file[:at] + declared(term)[0] + file[at:]


@pytest.mark.django_db
def test_the_account_says_it_when_metadata_are_stored_and_when_they_are_stored_later(
    cast: Cast, dicom_storage: Any
) -> None:
    cast.northgate.__class__.objects.filter(pk=cast.northgate.pk).update(character_set="ISO_IR 144")
    cast.ct.refresh_from_db()
    file = sound(PatientName="Ivanov").replace(b"Ivanov", "Иванов".encode("iso8859_5"))

    take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(file)])
    first = json.loads(InstanceMetadata.objects.get().json)
    InstanceMetadata.objects.all().delete()
    store_missing_metadata()
    later = json.loads(InstanceMetadata.objects.get().json)

    assert first == later
    assert first["00100010"]["Value"] == [{"Alphabetic": "Иванов"}]
