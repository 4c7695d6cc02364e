"""Emails as people paste them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.email_lists import emails_in
from common.text import identity

JANE, RICHARD = "jane.doe@clinic.example", "r.roe@clinic.example"


@pytest.mark.parametrize(
    ("typed", "emails"),
    [
        ("", []),
        (" , ;\n", []),
        (JANE, [JANE]),
        (f"{JANE} {RICHARD}", [JANE, RICHARD]),
        (f"{JANE}, {RICHARD};\n{JANE}", [JANE, RICHARD]),
        (f"Doe, Jane <{JANE}>; Roe, Richard <{RICHARD}>", [JANE, RICHARD]),
        (f'"Doe, Jane" <{JANE}>, {RICHARD}', [JANE, RICHARD]),
        (f"'{RICHARD}' <{JANE}>", [JANE]),
        (f'"{RICHARD}" <{JANE}>', [JANE]),
        (f"{RICHARD}, Doe, Jane <{JANE}>", [RICHARD, JANE]),
        (f"<mailto:{JANE}>", [JANE]),
        (f"MAILTO:{JANE}?subject=CT%20of%20today", [JANE]),
        (f"{JANE}.", [JANE]),
        (f"\u200b{JANE}\u00ad", [JANE]),
        ("ｊａｎｅ．ｄｏｅ＠ｃｌｉｎｉｃ．ｅｘａｍｐｌｅ", [JANE]),
        (f"Jane <{JANE}>\nRichard <{RICHARD}>", [JANE, RICHARD]),
    ],
)
def test_what_is_pasted_is_the_emails_it_holds(typed: str, emails: list[str]) -> None:
    assert emails_in(typed) == emails


@pytest.mark.parametrize(
    ("typed", "entries"),
    [
        ("john smith@practice.example", ["john smith@practice.example"]),
        (f"{JANE} and {RICHARD}", [f"{JANE} and {RICHARD}"]),
        (f"john, {JANE}", ["john", JANE]),
        ("jane.doe@clinic.example@elsewhere.example", ["jane.doe@clinic.example@elsewhere.example"]),
        (f"{JANE}\njohn smith@practice.example", [JANE, "john smith@practice.example"]),
    ],
)
def test_an_entry_that_is_not_wholly_emails_stays_one_entry(typed: str, entries: list[str]) -> None:
    assert emails_in(typed) == entries


local = st.from_regex(r"[a-z][a-z0-9.+-]{0,10}[a-z0-9]", fullmatch=True)
email = st.builds("{}@{}.example".format, local, st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True))
name = st.text("abcdefgh éü'-.", max_size=12)
forms = st.sampled_from(["{email}", "<{email}>", "{name} <{email}>", '"{name}" <{email}>', "mailto:{email}"])
between = st.sampled_from([", ", ";", "\n", ";\r\n", " ; "])
invisible = st.sampled_from(["", "\u200b", "\u2060", "\u00ad", "\ufeff", "\u200e"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(email, name, forms, between, invisible), min_size=1, max_size=6))
def test_every_pasted_email_is_read_and_nothing_else_is(pasted: list[tuple[str, str, str, str, str]]) -> None:
    text = "".join(
        form.format(email=hidden + address, name=name) + gap for address, name, form, gap, hidden in pasted
    )

    assert emails_in(text) == list(dict.fromkeys(row[0] for row in pasted))


words = st.lists(st.text("abcdefghäéß'.-", min_size=1, max_size=8), min_size=1, max_size=4)


@settings(max_examples=300, deadline=None)
@given(words, email)
def test_words_before_an_email_never_make_another_person_of_it(before: list[str], address: str) -> None:
    typed = " ".join([*before, address])

    assert emails_in(typed) == [typed]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    entries = emails_in(text)

    assert len(entries) == len(set(entries))
    assert all(entry == entry.strip() and entry for entry in entries)


@pytest.mark.parametrize(
    "spelt",
    [
        "jane@bücher.example",
        "Jane@BÜCHER.example",
        "jane@xn--bcher-kva.example",
        " jane@bücher.example. ",
        "jane@bu\u0308cher.example",
        "ja\u200bne@bücher.example",
        "ｊａｎｅ@bücher。example",
    ],
)
def test_one_email_has_one_identity_however_it_is_spelt(spelt: str) -> None:
    assert identity(spelt) == "jane@xn--bcher-kva.example"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
def test_an_identity_is_its_own_identity(text: str) -> None:
    assert identity(identity(text)) == identity(text)
