"""The fold by which patients are found: the same here and in the database, and blind to what a reader does not see."""

import re
import sys
import unicodedata

import pytest
from django.db import connection
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from common import formats
from common.patient_names import KEY_SQL, WORDS_SQL, in_ascii, patterns, search_key, search_words

# As Python's Unicode has them; NUL and halves of surrogate pairs are no text to the database.
CHARACTERS = [
    chr(code)
    for code in range(1, sys.maxunicode + 1)
    if unicodedata.category(chr(code)) not in ("Cn", "Co", "Cs")
]
NAMED = "^^== ,-'’.AaßÅéøŁŋĞğıİΣςЁёй山田太郎やまだヤマダﾔﾏﾞ゛゙홍길동한アー́"
TYPED = st.text(st.one_of(st.sampled_from(NAMED), st.sampled_from(CHARACTERS)), max_size=30)
LETTERS = st.text(
    st.one_of(
        st.sampled_from(NAMED.replace("^", "").replace("=", "")), st.characters(categories=["Lu", "Ll", "Lo"])
    ),
    max_size=8,
)
# Five components in each of three groups, as many as are there.
GROUP = st.lists(LETTERS, min_size=1, max_size=5).map("^".join)
NAMES = st.lists(GROUP, min_size=1, max_size=3).map("=".join)
NO_RESET = settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def test_the_folds_agree_with_the_database_character_by_character(db: None) -> None:
    names = [f"a{sign}b^{sign}" for sign in CHARACTERS]

    assert [(search_key(name), search_words(name)) for name in names] == in_sql(names)


@given(st.lists(st.one_of(TYPED, NAMES), min_size=1, max_size=20))
@NO_RESET
def test_the_folds_agree_with_the_database_on_any_text(db: None, names: list[str]) -> None:
    assert [(search_key(name), search_words(name)) for name in names] == in_sql(names)


def in_sql(names: list[str]) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {KEY_SQL}(name), {WORDS_SQL}(name) FROM unnest(%s::text[]) WITH ORDINALITY AS n (name, at) "
            "ORDER BY at",
            [names],
        )
        return cursor.fetchall()


def is_found(name: str, typed: str) -> bool:
    words = search_words(name)
    return bool(patterns(typed)) and all(pattern in words for pattern in patterns(typed))


@given(NAMES)
def test_a_name_finds_itself_as_it_is_displayed_and_as_it_is_stored(name: str) -> None:
    for shown in (formats.person_name(name), name):
        assume(any(sign.isalnum() for sign in unicodedata.normalize("NFKD", shown)) and patterns(shown))
        assert is_found(name, shown)


@given(st.text(st.sampled_from(CHARACTERS), max_size=12), st.text(st.sampled_from(CHARACTERS), max_size=3))
def test_a_part_in_letters_of_ascii_is_in_what_has_the_part_and_in_nothing_else(text: str, part: str) -> None:
    text, part = search_key(text), search_key(part)

    assert (in_ascii(part) in in_ascii(text)) == (part in text)
    assert in_ascii(part) in in_ascii(text + part)
    assert in_ascii(text).isascii()


def test_each_character_has_its_own_letters() -> None:
    written = [in_ascii(sign) for sign in CHARACTERS if ord(sign) < 14 * 12**4]

    assert len(set(written)) == len(written) > 100_000


@given(NAMES)
def test_each_group_of_a_name_finds_it(name: str) -> None:
    groups = name.split("=")
    assert groups
    for group in groups:
        shown = formats.person_name(group)
        assert is_found(name, shown) or not patterns(shown)


APOSTROPHES = "'’‘‛`´ʼʻʹ＇′"
HYPHENS = ["-", "‐", "‑", "–", "－", "−", " ", " ", "　", ""]


@given(
    NAMES, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]), st.sampled_from([str.upper, str.lower, str.title])
)
def test_form_and_case_do_not_count(name: str, form: str, case: object) -> None:
    plain = re.sub("[^A-Za-zÀ-ɏ^=]", "", name)
    typed = unicodedata.normalize(form, case(plain))

    assert is_found(plain, typed) or not patterns(typed)


@given(
    st.text(st.characters(max_codepoint=0x17F, categories=["Lu", "Ll"]), min_size=3, max_size=8),
    st.text(st.characters(max_codepoint=0x17F, categories=["Lu", "Ll"]), min_size=3, max_size=8),
    st.sampled_from([*HYPHENS, *APOSTROPHES]),
    st.sampled_from([*HYPHENS, *APOSTROPHES]),
)
def test_apostrophes_hyphens_and_spaces_within_a_name_are_all_the_same(
    first: str, second: str, stored: str, typed: str
) -> None:
    are_apart = stored not in APOSTROPHES and stored != "" and typed not in APOSTROPHES
    assume(
        (stored in APOSTROPHES) == (typed in APOSTROPHES) or are_apart or stored == "" or typed in ("", " ")
    )

    assert is_found(f"{first}{stored}{second}^Ada", f"{first}{typed}{second}")


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "山田太郎"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "太郎"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "ヤマダ タロウ"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "ﾔﾏﾀﾞ"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "yamada tarou"),
        ("山田太郎", "太郎"),
        ("山田　太郎", "山田 太郎"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "홍길동"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "길동"),
        ("Hong^Gildong=洪^吉洞=홍^길동", "洪"),
        ("Hong^Gil-dong", "gildong hong"),
        ("Hong^Gil Dong", "gil-dong"),
        ("Zhang^XiaoDong=张^小东", "小东"),
        ("Smith-Jones^Anna", "smith jones"),
        ("Smith Jones^Anna", "smithjones"),
        ("Van Der Berg^Jan", "vanderberg"),
        ("Đặng^Thị", "dang thi"),
        ("Łukasz^Æsa", "lukasz aesa"),
        ("ΠΑΠΑΔΟΠΟΥΛΟΣ^ΝΙΚΟΣ", "Παπαδόπουλος"),
        ("O'Dowd^Niamh", "o dowd"),
        ("O´Dowd^Niamh", "odowd"),
        ("Straße^Groß", "STRASSE GROSS"),
        ("X^Y", "X, Y"),
    ],
)
def test_a_name_is_found_by(name: str, typed: str) -> None:
    assert is_found(name, typed)


@pytest.mark.parametrize(
    ("name", "typed"),
    [("Nguyen^Lan", "Ng"), ("Li^Wu", "Li Xu"), ("山田^太郎", "田山"), ("Quill^Hazel", "&"), ("", "a")],
)
def test_a_name_is_not_found_by(name: str, typed: str) -> None:
    assert not is_found(name, typed)


def test_the_key_fits_into_an_index() -> None:
    assert len(search_key("ﷺ" * 400)) <= 400
