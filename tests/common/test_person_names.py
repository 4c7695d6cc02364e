"""What people may call themselves, and that no name makes a link in a mail."""

import re
from typing import Any

import pytest
from django.conf import settings as project
from django.core.exceptions import ValidationError
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from accounts.mail import render_mail
from common import person_names
from common.lookalikes import mixed_word, skeleton
from common.person_names import checked_name, is_reserved, unlinked
from tests.spellings import spellings

# What mail programs make links of: a scheme, a host that begins with www, a name with a top-level domain, an email.
LINK = re.compile(
    r"\w[\w+.-]*:(?!\d)[\w/?#]|www[.。．｡]\w|\S@\S|//\S|\\\\\S|[\w-][.。．｡﹒][^\W\d_]|\b\d+[.。．｡]\d+[.。．｡]\d+[.。．｡]\d+\b",
    re.IGNORECASE,
)
PIECES = st.sampled_from(
    [
        "http", "https", "mailto", "tel", "javascript", ":", "/", "//", "\\\\", "www", ".", "。", "．", "｡", "@", "＠",
        "evil", "com", "example", "co.uk", "münchen", "例え", "8", "127.0.0.1", " ", "\n", "\u2028", "\u200b", "\u00ad",
        "-", ">", "(", ")", "<", "[", "]", "Ana", "Dr", "1.5T", "?q=", "#", "&", "'", '"',
    ]
)  # fmt: skip
NAME = st.one_of(st.lists(PIECES, max_size=8).map("".join), st.text(max_size=20))
SITE, EMAIL = "https://site.invalid", {"email": "ana@site.invalid"}
# What each mail has beside names: its links, emails, codes and numbers.
MAILS: dict[str, dict[str, Any]] = {
    "sharing/mail/study_shared": {
        "studies": 1, "link": f"{SITE}/received/1", "viewer": f"{SITE}/viewer/", "shared_until": "20 Dec 2026",
    },
    "sharing/mail/invitation": {
        "studies": 2, "link": f"{SITE}/invitations/1", "until": None, "shared_until": "20 Dec 2026",
    },
    # The sentence has names in it: tests/sharing/test_notices.py.
    "sharing/mail/notice": {"notice": "New from Ana: 1 study.", "link": f"{SITE}/placements/1/"},
    "sharing/mail/daily_notices": {
        "lines": ["New from Ana: 1 study."], "notices": 1, "more": 0,
        "link": f"{SITE}/notifications/",
    },
    "sharing/mail/guest_link": {
        "link": f"{SITE}/guest/1/", "until": "8 Nov 2026", "has_password": True, "openings": 3,
    },
    "sharing/mail/guest_link_asked": {
        "link": f"{SITE}/worklists/1/studies/", "made": "1 Nov 2026", "until": "8 Nov 2026",
    },
    "worklists/mail/staff_invitation": {"worklists": 2, "link": f"{SITE}/invitations/1", "until": None},
    "worklists/mail/upload_invitation": {"link": f"{SITE}/invitations/1", "until": None},
    "worklists/mail/token_made": {"worklists": 2, "link": f"{SITE}/profile/tokens/", "until": None, **EMAIL},
    "worklists/mail/account_name_waits": {"link": f"{SITE}/admin/accounts/account/1/identity/"},
    "accounts/mail/second_factor_added": EMAIL,
    "accounts/mail/second_factor_removed": EMAIL,
    "accounts/mail/second_factor_taken": EMAIL,
    "accounts/mail/recovery_codes_renewed": EMAIL,
    "accounts/mail/password_changed": EMAIL,
    "accounts/mail/password_reset": EMAIL,
    "accounts/mail/password_reset_key": {"password_reset_url": f"{SITE}/reset/1", **EMAIL},
    "accounts/mail/email_changed": {"from_email": "ana@site.invalid", "to_email": "ana@other.invalid"},
    "accounts/mail/email_confirmation": {"code": "123456", **EMAIL},
    "accounts/mail/email_confirmation_signup": {"code": "123456", **EMAIL},
    "accounts/mail/registration_code": {"code": "123456", "minutes": 15, **EMAIL},
}  # fmt: skip
# Of these names and of words in them nothing may become a link.
NAMES = {"name": "N", "account": "A", "role": "R", "by": "B", "worklist": "W", "factor": "F", "asked": "Q"}
# In no mail, or not written by people.
NO_NAMES = {
    "base_url",
    "studies",
    "worklists",
    "minutes",
    "to_studies",
    "to_worklists",
    "sharer",
    "notices",
    "line",
    "more",
}
TEMPLATES = project.BASE_DIR / "templates"
FOLDERS = {str(path.parent.relative_to(TEMPLATES)) for path in TEMPLATES.glob("*/mail/*/subject.txt")}


@given(name=NAME)
def test_a_name_in_a_mail_is_one_line_without_a_link(name: str) -> None:
    shown = unlinked(name)
    assert not LINK.search(shown)
    assert len(shown.splitlines()) <= 1
    assert unlinked(shown) == shown
    assert re.sub(r"\s", "", shown) in re.sub(r"\s", "", person_names.one_line(name))


@settings(deadline=None)
@given(name=NAME, account=NAME, role=NAME)
@example(name="Ana http://evil.com", account="www.evil.com", role="call tel:+1234 or a@evil.com")
# A dot before a closing quotation mark begins no host.
@example(name="Ana", account="Northgate", role="www.")
def test_no_mail_has_a_link_that_a_name_made(name: str, account: str, role: str) -> None:
    texts = {
        "name": name, "account": account, "role": role, "by": name, "worklist": role, "factor": account,
        "asked": role,
    }  # fmt: skip
    assert texts.keys() == NAMES.keys()
    for folder, meant in MAILS.items():
        mail, bare = render_mail(folder, {**meant, **texts}), render_mail(folder, {**meant, **NAMES})
        for written, usual in (
            (mail.text, bare.text), (_read(mail.html), _read(bare.html)), (mail.subject, bare.subject),
        ):  # fmt: skip
            assert len(LINK.findall(written)) <= len(LINK.findall(usual)), written
        assert mail.html.count("<a ") == bare.html.count("<a ")
        assert len(mail.text.splitlines()) == len(bare.text.splitlines())


def test_every_mail_is_in_the_list() -> None:
    """A mail that is added here without a row would be tried with no name at all."""
    assert set(MAILS) == FOLDERS
    kinds = {folder.rpartition("/")[2] for folder in FOLDERS}
    assert set(project.CIMAR_MAIL_KINDS) <= kinds


@pytest.mark.parametrize("folder", sorted(FOLDERS))
def test_every_value_in_a_mail_is_a_name_that_is_tried_or_is_meant(folder: str) -> None:
    sources = [(TEMPLATES / folder / part).read_text() for part in ("subject.txt", "body.txt", "body.html")]
    written = set(re.findall(r"{{ *([a-z_]+)", " ".join(sources)))
    given = set(re.findall(r"{% *url [^%]* as ([a-z_]+)|with ([a-z_]+)=", " ".join(sources)))
    local = {name for pair in given for name in pair if name}

    assert written <= set(NAMES) | set(MAILS[folder]) | local | NO_NAMES


def _read(html: str) -> str:
    """As a reader sees it: without tags, and characters for entities."""
    from html import unescape

    return unescape(re.sub(r"<[^>]*>", " ", html))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("http://evil.com/x", "http: / /evil. com/x"),
        ("www.evil.com", "www. evil. com"),
        ("Dr. Ana O’Brien-Reed", "Dr. Ana O’Brien-Reed"),
        ("MRI 1.5T at 12:30", "MRI 1.5T at 12:30"),
        ("-- \nSent by CIMAR", "Sent by CIMAR"),
        ("ana@evil.com", "ana @ evil. com"),
    ],
)
def test_a_link_is_taken_apart_and_other_names_stay(name: str, shown: str) -> None:
    assert unlinked(name) == shown


@given(name=NAME)
@example(name="\u00ad0")
@example(name="\u2122")
def test_a_name_that_is_accepted_reads_the_same_in_a_mail(name: str) -> None:
    try:
        kept = checked_name(name)
    except ValidationError:
        return
    assert not LINK.search(re.sub(r"(?<=\w)\.(?=\w\b)", "", kept))
    assert re.sub(r"\s", "", unlinked(kept)) == re.sub(r"\s", "", kept)


@pytest.mark.parametrize(
    "name",
    [
        "Anna-Lena Müller", "O'Brien", "‘Akau‘ola", "'t Hooft", "J.R. Ewing", "Dr. Wei-Ling Tan", "李小明", "山田^太郎",
        "Γιώργος Παπαδόπουλος", "Мария Иванова", "محمد الأحمد", "Jean-Luc (Radiology)", "R2 Unit", "Cimarosa",
        "Systermans", "María José Nobodyson", "J.R.R. Tolkien", "A B C Ltd", "山田 Tarō", "김 Ji-Woo",
    ],
)  # fmt: skip
def test_names_of_people_are_accepted(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "Visit evil.com", "http://evil", "a@b", "evil。com", "www.x.y", "Ana\nFrom: CIMAR", "From: Ana",
        "> Ana", "- Ana", "* Ana", "# Ana", "=1+1", "+1", "//evil", "Ana: your code",
    ],
)  # fmt: skip
def test_a_link_or_the_beginning_of_a_line_is_no_name(name: str) -> None:
    with pytest.raises(ValidationError):
        checked_name(name)


@given(
    data=st.data(),
    reserved=st.sampled_from(person_names.RESERVED),
    more=st.sampled_from(["", " team", " (IT)"]),
)
def test_no_spelling_of_the_sites_own_names_is_a_persons(
    data: st.DataObject, reserved: str, more: str
) -> None:
    assert is_reserved(data.draw(spellings(reserved)) + more)
    with pytest.raises(ValidationError):
        checked_name(data.draw(spellings(reserved)) + more)


@pytest.mark.parametrize(
    "name",
    ["СIMAR", "Sуstem", "SYSТEM", "C1MAR", "Support of CIMAR", "Ѕomebody else", "ＣＩＭＡＲ", "C.I.M.A.R", "C I M A R",
     "С-I-M-A-R team", "Team C. I. M. A. R.", "The system", "The Platform", "Ｔｈｅ СIMAR"],
)  # fmt: skip
def test_lookalikes_of_the_sites_own_names_are_no_persons(name: str) -> None:
    assert is_reserved(name)


@pytest.mark.parametrize("name", ["Аna Moreau", "Ana Мoreau", "Αna", "Ana Mοreau", "Βen Osei"])
def test_a_colleagues_name_with_a_letter_of_another_script_is_no_persons(name: str) -> None:
    with pytest.raises(ValidationError, match="mixes letters of several alphabets"):
        checked_name(name)


CYRILLIC = dict(zip("aceopxyBHKMT", "асеорхуВНКМТ", strict=True))
GREEK = dict(zip("ovABEHIKMNOPTXYZ", "ονΑΒΕΗΙΚΜΝΟΡΤΧΥΖ", strict=True))


@given(
    data=st.data(),
    name=st.sampled_from(["Northgate Hospital", "Riverside Clinic", "MAYO CENTRE", "Box Hill"]),
)
def test_a_name_with_letters_of_other_scripts_has_the_same_skeleton(data: st.DataObject, name: str) -> None:
    table = data.draw(st.sampled_from([CYRILLIC, GREEK, {"l": "I", "I": "l", "o": "0", "O": "0", "m": "rn"}]))
    places = [number for number, sign in enumerate(name) if sign in table]
    assume(places)
    chosen = data.draw(st.sets(st.sampled_from(places), min_size=1))
    other = "".join(table[sign] if number in chosen else sign for number, sign in enumerate(name))

    assert other != name and skeleton(other) == skeleton(name)
    assert skeleton(data.draw(spellings(name))) == skeleton(name)
    if table in (CYRILLIC, GREEK):
        words = zip(name.split(), other.split(), strict=True)
        mixed = [new for old, new in words if new != old and any(sign.isascii() for sign in new)]
        assert bool(mixed_word(other)) == bool(mixed)


@pytest.mark.parametrize(
    "name", ["Клиника MRI", "東京Hospital", "서울 Clinic", "Ελλάς 7", "Świętokrzyskie", "الرياض"]
)
def test_scripts_that_are_written_together_are_not_mixed(name: str) -> None:
    assert mixed_word(name) == ""


def test_other_names_have_other_skeletons() -> None:
    names = [
        "Northgate Hospital",
        "Southgate Hospital",
        "Northgate Clinic",
        "Hospital 1",
        "Hospital 2",
        "St Mary",
        "St Marie",
    ]
    assert len({skeleton(name) for name in names}) == len(names)
