"""Text: one set of deceitful characters, and folds that agree with the database's."""

import sys
import unicodedata

import pytest
from django.core.exceptions import ValidationError

from common import text
from common.person_names import tidy_name

# As Python's Unicode knows them; NUL and halves of surrogate pairs are no text to the database.
CHARACTERS = [
    chr(code)
    for code in range(1, sys.maxunicode + 1)
    if unicodedata.category(chr(code)) not in ("Cn", "Co", "Cs")
]


@pytest.mark.parametrize("sign", sorted(text.DECEITFUL), ids=lambda sign: f"U+{ord(sign):04X}")
def test_no_deceitful_character_passes_anywhere(sign: str) -> None:
    typed = f"Ana{sign} Obi"

    assert text.without_deceitful(typed) == "Ana Obi"
    assert text.one_line(typed) == "Ana Obi"
    assert tidy_name(typed) == "Ana Obi"
    with pytest.raises(ValidationError, match="invisible control characters"):
        text.tidy_text(typed, what="A name", longest=200)


def test_every_character_that_turns_the_writing_is_deceitful() -> None:
    turning = {
        sign
        for sign in CHARACTERS
        if unicodedata.bidirectional(sign) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    }
    assert len(turning) == 9
    assert turning <= text.DECEITFUL


@pytest.mark.parametrize("value", [None, 4.5, ["Ana"], {"name": "Ana"}])
def test_one_line_of_what_is_no_text_is_empty(value: object) -> None:
    assert text.one_line(value) == ""


def test_one_line_has_no_line_break() -> None:
    assert text.one_line("one\r\ntwo\u2028three\x00four") == "one two three four"
