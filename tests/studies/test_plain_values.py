"""Values that are read without pydicom's objects are those that pydicom reads."""

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import config
from pydicom.dataelem import RawDataElement, convert_raw_data_element
from pydicom.tag import Tag

from studies.ingest import headers, json_model
from studies.ingest.plain_values import LUT_DESCRIPTORS, NUMBERS, TEXTS, plain_values
from tests.dicomweb.real_files import real_files

# Private, so that pydicom knows no type but the one that is said.
TAG = Tag(0x00091010)
VALUES = st.one_of(
    st.binary(max_size=64), st.text("0123456789. \\\0\tABC-", max_size=64).map(lambda text: text.encode())
)


def raw_of(vr: str | None, value: bytes, *, little: bool = True, tag: int = TAG) -> RawDataElement:
    return RawDataElement(Tag(tag), vr, len(value), value, 0, vr is None, little)


def read_by_pydicom(raw: RawDataElement) -> list[Any]:
    config.settings.reading_validation_mode = config.IGNORE
    return list(convert_raw_data_element(raw).to_json_dict(None, 0).get("Value", []))


@pytest.mark.parametrize("vr", sorted({*NUMBERS, *TEXTS}))
@settings(max_examples=300, deadline=None)
@given(value=VALUES, little=st.booleans())
def test_they_are_as_pydicom_reads_them(vr: str, value: bytes, little: bool) -> None:
    raw = raw_of(vr, value, little=little)

    plain = plain_values(raw, vr)

    expected = read_by_pydicom(raw) if plain is not None else None
    # A value that is empty altogether is none.
    assert repr([] if plain == [""] else plain) == repr(expected)


@pytest.mark.parametrize(
    ("vr", "raw"),
    [
        ("US", raw_of("US", b"\1")),
        ("US", raw_of("US", b"")),
        ("US", raw_of("US", b"\1\0\2\0\3\0", tag=min(LUT_DESCRIPTORS))),
        ("UI", raw_of("UI", b"1.2\xe4")),
        ("CS", raw_of("LO", b"CT")),
        ("CS", raw_of("UN", b"CT")),
        ("SH", raw_of("SH", b"CT")),
        ("OW", raw_of("OW", b"CT")),
    ],
)
def test_what_leaves_a_choice_is_left_to_pydicom(vr: str, raw: RawDataElement) -> None:
    assert plain_values(raw, vr) is None


def test_headers_and_metadata_of_the_real_files_are_the_same_with_and_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [Path(name).read_bytes() for name in real_files()]
    before = [_read(data) for data in files]
    for module in (headers, json_model):
        monkeypatch.setattr(module, "plain_values", lambda raw, vr: None)

    after = [_read(data) for data in files]

    assert len(files) > 50
    assert before == after


def _read(data: bytes) -> Any:
    limits = headers.Limits()
    try:
        header = headers.read_header(io.BytesIO(data), size=len(data), limits=limits)
    except headers.FileRefused as refused:
        return refused.sentence
    return header, json_model.described(header, io.BytesIO(data), fallback="ISO_IR 100")
