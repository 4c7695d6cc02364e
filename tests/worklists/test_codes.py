"""Share codes: typed any way, stored one way."""

import pytest

from common.text import identity_of_code
from worklists import codes


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("NGCT2026", "NGCT2026"),
        (" ngct 2026 ", "NGCT2026"),
        ("ng-ct.20/26", "NGCT2026"),
        ("ｎｇｃｔ２０２６", "NGCT2026"),
        ("", ""),
        ("☢", ""),
        ("straße", "STRASSE"),
    ],
)
def test_case_spaces_and_signs_do_not_count(typed: str, stored: str) -> None:
    assert identity_of_code(typed) == stored


def test_a_tidied_code_stays_as_it_is() -> None:
    assert identity_of_code(identity_of_code("x" * 1_000_000)) == identity_of_code("x" * 1_000_000)


def test_new_codes_are_well_formed_and_differ() -> None:
    made = {codes.new_code() for _ in range(100)}
    assert len(made) == 100
    assert all(codes.well_formed(code) and identity_of_code(code) == code for code in made)
