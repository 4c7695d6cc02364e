"""Emails as people paste them."""

import time

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from common.email_lists import check_email, emails_in
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
        # Outlook: an email that is its own name, plain text, a name that was wrapped, Exchange's own addresses.
        (f"'{JANE}'; '{RICHARD}'", [JANE, RICHARD]),
        (f"Jane Doe [mailto:{JANE}]", [JANE]),
        (f"Doe, Jane (Radiology)\r\n\t<{JANE}>", [JANE]),
        (f"Jane <SMTP:{JANE}>; smtp:{RICHARD}", [JANE, RICHARD]),
        # Apple Mail and others: an email in brackets or with a comment behind it, and the head of a mail.
        (f"Jane Doe ({JANE}), {RICHARD} (Richard Roe)", [JANE, RICHARD]),
        (f"To: Jane Doe <{JANE}>\nCc: {RICHARD}", [JANE, RICHARD]),
        # Lists of documents, and lists in other scripts.
        (f"• {JANE}\n• {RICHARD}", [JANE, RICHARD]),
        (f"- {JANE}\n2. {RICHARD}", [JANE, RICHARD]),
        (f"{JANE}、{RICHARD}", [JANE, RICHARD]),
        (f"{JANE}، {RICHARD}؛", [JANE, RICHARD]),
        (f"“{JANE}” | «{RICHARD}»", [JANE, RICHARD]),
        ("mailto:jane.doe%40clinic.example?subject=a%2Cb", [JANE]),
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
        # Without brackets of its own the first email is no part of the second one's name.
        (f"{RICHARD} Jane <{JANE}>", [f"{RICHARD} Jane", JANE]),
        (f"Jane {RICHARD} ({JANE})", [f"Jane {RICHARD}", JANE]),
        # Quoted, the email of the line above is no name of this one.
        (f"'{RICHARD}'\n<{JANE}>", [RICHARD, JANE]),
        (f"'{JANE}'\n<{JANE}>", [JANE]),
        (f"{RICHARD}; Doe, Jane\r\n\t<{JANE}>", [RICHARD, JANE]),
        ("john - smith@practice.example", ["john - smith@practice.example"]),
        ("john (smith@practice", ["john (smith@practice"]),
    ],
)
def test_an_entry_that_is_not_wholly_emails_stays_one_entry(typed: str, entries: list[str]) -> None:
    assert emails_in(typed) == entries


local = st.from_regex(r"[a-z][a-z0-9.+-]{0,10}[a-z0-9]", fullmatch=True)
email = st.builds("{}@{}.example".format, local, st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True))
name = st.text("abcdefgh éü'-.", max_size=12)
forms = st.sampled_from(
    ["{email}", "<{email}>", "{name} <{email}>", '"{name}" <{email}>', "mailto:{email}", "'{email}'", "“{email}”",
     "{name} [mailto:{email}]", "{name} ({email})", "{email} ({name})", "{name}\r\n <{email}>", "<smtp:{email}>",
     "'{email}' <{email}>", "• {email}", "- {email}"]
)  # fmt: skip
between = st.sampled_from([", ", ";", "\n", ";\r\n", " ; ", " | ", "،", "、", "\u2028"])
invisible = st.sampled_from(["", "\u200b", "\u2060", "\u00ad", "\ufeff", "\u200e"])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(email, name, forms, between, invisible), min_size=1, max_size=6))
def test_every_pasted_email_is_read_and_nothing_else_is(pasted: list[tuple[str, str, str, str, str]]) -> None:
    text = "".join(
        form.format(email=hidden + address, name=name) + gap for address, name, form, gap, hidden in pasted
    )

    assert emails_in(text) == list(dict.fromkeys(row[0] for row in pasted))


# A hyphen alone is the mark of a list.
words = st.lists(
    st.text("abcdefghäéß'.-", min_size=1, max_size=8).filter(lambda word: word != "-"), min_size=1, max_size=4
)


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


@pytest.mark.parametrize("sign", "'`*!?/|{}=~^&%$#")
def test_a_sign_that_was_pasted_beside_an_email_makes_no_other_person_of_it(sign: str) -> None:
    for email in (f"{sign}{JANE}", JANE.replace("@", f"{sign}@")):
        with pytest.raises(ValidationError, match="Enter an email address"):
            check_email(email)


@pytest.mark.parametrize(
    "email", [JANE, "o'neil+ct@clinic.example", "_x-1@clinic.example", "a&b@clinic.example"]
)
def test_signs_inside_an_email_are_part_of_it(email: str) -> None:
    check_email(email)


@pytest.mark.parametrize("much", ["[", "(", "<", "( ", "[a", "(a", " \n", "'a", "- ", "\n<", "To:", "“"])
def test_half_a_megabyte_of_anything_is_read_in_time_that_grows_with_it(much: str) -> None:
    began = time.process_time()

    emails_in(much * (500_000 // len(much)))

    assert time.process_time() - began < 20
