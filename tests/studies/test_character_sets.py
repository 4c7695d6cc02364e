"""Text comes out of a file as it went in, in each defined term, and is guessed where none is declared."""

from functools import lru_cache
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydicom.charset import ENCODINGS_TO_CODES, convert_encodings, encode_string

from accounts.models import Account
from studies.ingest.charsets import ENCODINGS, CharacterSet
from studies.models import Instance, Placement, Study
from studies.services import take_in_all
from tests.bad_files import as_bytes, dicom, dicom_storage, source
from tests.cast import IMPORTER, Cast

__all__ = ["dicom_storage"]

SINGLE = [term for term in ENCODINGS if term.startswith(("ISO_IR", "GB"))]
EXTENSIONS = [term for term in ENCODINGS if term.startswith("ISO 2022 IR")]
CODES = {**ENCODINGS_TO_CODES, "iso8859_15": b"\x1b-b", "ascii": b"\x1b(B"}
# Of Shift JIS the single bytes alone are in the standard's JIS X 0201.
ONE_BYTE = {"shift_jis", "ascii"}
SHIFTED = ("iso2022_jp", "iso2022_jp_2")
MANY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
MISSPELT = st.sampled_from(["", "ISO IR 192", "utf8", "NONSENSE"])
SETS = st.sampled_from(["", "ISO_IR 192", "GB18030", "ISO 2022 IR 87", "ISO_IR 13", "X"])
WRITTEN_BY_PYDICOM = [("", "ISO 2022 IR 87"), ("ISO 2022 IR 13", "ISO 2022 IR 87"), ("", "ISO 2022 IR 149")]


@lru_cache
def alphabet(encoding: str) -> str:
    """The letters and digits that the encoding has."""
    signs = (chr(code) for code in range(0x20, 0xD800) if chr(code).isalnum())
    return "".join(sign for sign in signs if is_in(sign, encoding))


def is_in(sign: str, encoding: str) -> bool:
    """Whether it is in the character set of DICOM: a codec of Python can hold several."""
    try:
        written = sign.encode(encoding)
        is_itself = written.decode(encoding) == sign
    except UnicodeError:
        return False
    is_shifted = encoding not in SHIFTED or written.startswith(CODES[encoding])
    return is_itself and is_shifted and (encoding not in ONE_BYTE or len(written) == 1)


@lru_cache
def words(encoding: str) -> st.SearchStrategy[str]:
    letters = alphabet(encoding)
    return st.lists(st.integers(0, len(letters) - 1), min_size=1, max_size=8).map(
        lambda places: "".join(letters[place] for place in places)
    )


@given(st.data(), st.sampled_from(SINGLE))
@MANY
def test_text_in_a_single_character_set_comes_out_as_it_went_in(data: st.DataObject, term: str) -> None:
    text = data.draw(words(ENCODINGS[term]))
    read = CharacterSet([term])

    assert read.text(text.encode(ENCODINGS[term])) == text
    assert not read.guessed


@given(st.data(), st.sampled_from(["", *EXTENSIONS]), st.sampled_from(EXTENSIONS))
@MANY
def test_text_with_code_extensions_comes_out_as_it_went_in(
    data: st.DataObject, first: str, second: str
) -> None:
    """Written by hand as the standard has it: the escape sequence again in each component."""
    encoding, other = ENCODINGS[first or "ISO_IR 6"], ENCODINGS[second]
    own = data.draw(words(encoding))
    parts = data.draw(st.lists(words(other), min_size=1, max_size=3))
    written = b"^".join([own.encode(encoding), *(escaped(part, other) for part in parts)])
    read = CharacterSet([first, second])

    assert read.text(written, is_name=True) == "^".join([own, *parts])
    assert not read.guessed


def escaped(text: str, encoding: str) -> bytes:
    return text.encode(encoding) if encoding in SHIFTED else CODES[encoding] + text.encode(encoding)


@given(st.data(), st.sampled_from(WRITTEN_BY_PYDICOM))
@MANY
def test_what_pydicom_writes_is_read(data: st.DataObject, terms: tuple[str, str]) -> None:
    text = data.draw(words(ENCODINGS[terms[1]]))
    # Letters of Latin 1 are written as bytes that the default repertoire, ASCII, does not have: no reader knows them.
    assume(not any("\x80" <= sign <= "\xff" for sign in text))
    written = encode_string(text, convert_encodings([*terms]))

    assert CharacterSet(terms).text(written) == text


@given(ANY_TEXT, MISSPELT)
@MANY
def test_utf_8_that_is_not_declared_is_read_and_called_guessed(text: str, term: str) -> None:
    read = CharacterSet([term])

    assert read.text(text.encode()) == text
    assert read.guessed == (not text.isascii())


@given(st.binary(max_size=40), SETS, st.sampled_from(list(Account.CharacterSet)))
@MANY
def test_no_bytes_are_too_odd(value: bytes, term: str, fallback: str) -> None:
    assert len(CharacterSet([term, "ISO 2022 IR 58"], fallback).text(value)) <= len(value)


@pytest.mark.parametrize(
    ("declared", "written", "setting", "read"),
    [
        ("", "Müller^Jörg".encode("latin-1"), "ISO_IR 100", "Müller^Jörg"),
        ("", "Müller^Jörg".encode(), "ISO_IR 100", "Müller^Jörg"),
        ("ISO-IR-999", "Wałęsa^Łucja".encode("iso8859_2"), "ISO_IR 101", "Wałęsa^Łucja"),
        ("ISO IR 101", "Wałęsa^Łucja".encode("iso8859_2"), "ISO_IR 100", "Wałęsa^Łucja"),
        ("ISO_IR 192", "Müller".encode("latin-1"), "ISO_IR 100", "Müller"),
        ("", "Иванов^Иван".encode("iso8859_5"), "ISO_IR 144", "Иванов^Иван"),
    ],
)
@pytest.mark.django_db
def test_a_set_that_is_not_declared_is_guessed_by_the_account_and_the_details_say_so(
    client: Any, cast: Cast, dicom_storage: Any, declared: str, written: bytes, setting: str, read: str
) -> None:
    Account.objects.filter(pk=cast.northgate.pk).update(character_set=setting)
    assert cast.ct.account is not None
    cast.ct.account.refresh_from_db()
    data = as_bytes(dicom(PatientName="N" * 20, **({"SpecificCharacterSet": declared} if declared else {})))
    data = data.replace(b"N" * 20, written.ljust(20))
    take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(data)])
    client.force_login(cast.ana)

    study = Study.objects.latest("pk")
    page = client.get(reverse("studies:details", args=[Placement.objects.get(study=study).uuid]))

    assert study.patient_name == read
    assert Instance.objects.get(study=study).deviations == ["charset_guessed"]
    assert "character set guessed" in page.content.decode()
