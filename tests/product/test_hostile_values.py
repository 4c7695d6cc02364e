"""Hostile values in every field of every form, every question, path and header: no error of ours, nothing half done.

The fields are found in the pages' own HTML. Every row of the access matrices is asked by a person who may.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.administration.test_matrix import ROWS as ADMINISTRATION
from tests.administration.test_people_matrix import ROWS as PEOPLE_OF_ACCOUNTS
from tests.administration.test_people_matrix import invited
from tests.fingerprint import AUDIT, fingerprint
from tests.hostile import ALONE, ASKED, VALUES, encoded, fields_in
from tests.matrix import OK, Row, none, signed_in, undone, world
from tests.product.test_access_matrix import GROUPED_ROWS
from tests.product.test_access_matrix import ROWS as PAGES

__all__ = ["invited", "world"]

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
VISITOR, INVITED = "as a visitor", "with the link of an invitation"
SIGN_IN = [
    Row(name, method, lambda world, args=args: args, {OK: "ana"}, note=note)
    for name, args, _, _ in GROUPED_ROWS
    for method in ("get", "post")
    for note in ("", VISITOR)
] + [
    Row(f"sharing:{name}", method, none, {}, note=INVITED)
    for name in ("register", "register_code", "resend_code")
    for method in ("get", "post")
]
ROWS = [*PAGES, *ADMINISTRATION, *PEOPLE_OF_ACCOUNTS, *SIGN_IN]
# What a refused request may leave: that it was refused, that it was counted, that someone was there.
LEFT = {AUDIT, "audit_refusalburst", "accounts_tally", "studies_lastvisit", "studies_imagesserved", "django_session",
        "django_cache", "usersessions_usersession", "cimar_cache", "studies_opening"}  # fmt: skip
HEADERS = ("HX-Current-URL", "HX-Target", "HX-Request", "Referer", "Accept-Language", "User-Agent", "X-Request-ID",
           "Range", "If-None-Match", "If-Modified-Since", "X-Forwarded-For")  # fmt: skip
BODIES = {
    "JSON": ("application/json", b'{"placement": ["a", 1, null]}'),
    "half a JSON": ("application/json", b'{"placement'),
    "no boundary": ("multipart/form-data", b"--a\r\n"),
    "half a part": ("multipart/form-data; boundary=a", b'--a\r\nContent-Disposition: form-data; name="note"'),
    "an odd character set": (f"{FORM}; charset=klingon", b"note=a"),
    "UTF-16": (f"{FORM}; charset=utf-16", "note=a".encode("utf-16")),
    "bytes": ("application/octet-stream", b"\x00\xff"),
    "many fields": (FORM, b"&".join(b"placement=%d" % number for number in range(3000))),
    "the same key": (FORM, b"note=a&note=b&back=a&back=b&until=a&until=b&share=a&share=b&post=a&post=b"),
    "a large body": (FORM, b"note=" + b"a" * 1_000_000),
    "an odd name": (FORM, b"%00=a&=b&%ff=c&__proto__=d"),
}

# Values that fill a body nearly up to the limit, in which much could be slow that is quick in a word; and 1 MB.
ROOM = 500_000
LARGEST = {
    "as large as may be": "A" * ROOM,
    "as many emails as may be": "a%40b.example%2C+" * (ROOM // 17),
    "as many lines as may be": "%C3%A9%0A" * (ROOM // 9),
    "1 MB": "A" * 1024**2,
}
# The case that is sent to fields with such a word in their names.
LISTS = {
    "as large as may be": (),
    "as many emails as may be": ("email", "people", "address"),
    "as many lines as may be": ("note", "why", "code"),
    "1 MB": ("note", "name", "why"),
}
_found: dict[str, set[str]] = {}


def readers(row: Row) -> list[str]:
    return sorted(name for name, got in row.expected().items() if got in (OK, 302) and name != "anonymous")


def reader_of(row: Row) -> str:
    if row.note in (VISITOR, INVITED):
        return "anonymous"
    return next(iter(readers(row)), "ana")


def careful(world: SimpleNamespace, name: str) -> Client:
    client = signed_in(world, name)
    client.raise_request_exception = False
    if name == "anonymous":
        # Whoever holds the link of an invitation, and has typed a name and a password.
        client.get(reverse("sharing:open_invitation", args=[world.token]))
        client.post(reverse("sharing:register"), {"name": "Dora", "password": "calm reading room"})
    return client


def fields(world: SimpleNamespace) -> dict[str, set[str]]:
    """For each page the fields that some page sends it: every page is asked once."""
    if not _found:
        for row in ROWS:
            if row.method == "get":
                with undone():
                    client = careful(world, reader_of(row))
                    url = reverse(row.name, args=row.args(world))
                    for headers in ({}, {"HX-Request": "true"}):
                        answer = getattr(client, row.method)(url, row.data(world), headers=headers)
                        if not answer.streaming:
                            html = answer.content.decode("utf-8", "replace")
                            for page, names in fields_in(url, html):
                                _found.setdefault(page, set()).update(names)
    return _found


def given(row: Row, world: SimpleNamespace) -> list[tuple[str, bytes]]:
    """What the matrix sends, as it would be typed; without files."""
    sent = []
    for name, value in row.data(world).items():
        for one in value if isinstance(value, list) else [value]:
            if not hasattr(one, "read"):
                sent.append((name, str(one).encode()))
    return sent


def names_of(row: Row, world: SimpleNamespace) -> list[str]:
    known = fields(world).get(row.name, set()) | {name for name, _ in given(row, world)}
    known |= {"back", "next"} | (ASKED if row.method == "get" else set())
    return sorted(known - {"csrfmiddlewaretoken"})


@dataclass
class Asker:
    """Sends hostile requests: what is refused stays as it left things, and everything else is undone."""

    client: Client
    errors: list[tuple[Any, ...]] = field(default_factory=list)

    def ask(self, case: tuple[str, ...], method: str, url: str, body: str | bytes = "", **more: Any) -> None:
        savepoint = transaction.savepoint()
        answer = self.client.generic(method, url, body, **more)
        if answer.status_code >= 500:
            self.errors.append((*case, answer.status_code, answer.exc_info and repr(answer.exc_info[1])))
        if 400 <= answer.status_code < 500:
            transaction.savepoint_commit(savepoint)
        else:
            transaction.savepoint_rollback(savepoint)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_no_hostile_value_is_an_error_of_ours_and_nothing_is_half_done(
    world: SimpleNamespace, row: Row
) -> None:
    names = names_of(row, world)
    asker, before = Asker(careful(world, reader_of(row))), fingerprint(but=LEFT)

    send_fields(asker, row, world, names)
    send_paths_and_headers(asker, row, world)
    send_largest(asker, row, world, names)
    if row.method == "post":
        for name, (content_type, body) in BODIES.items():
            asker.ask(
                ("body", name),
                "POST",
                reverse(row.name, args=row.args(world)),
                body,
                content_type=content_type,
            )

    assert asker.errors == []
    # Only refused requests were left undisturbed: none of them changed anything.
    assert fingerprint(but=LEFT) == before


def send_fields(asker: Asker, row: Row, world: SimpleNamespace, names: list[str]) -> None:
    """Each value in all fields, and some in each field alone, beside what the matrix sends."""
    url, usual = reverse(row.name, args=row.args(world)), given(row, world)
    cases = [((value,), [(name, VALUES[value]) for name in names]) for value in VALUES]
    cases += [
        ((value, name), [*(pair for pair in usual if pair[0] != name), (name, VALUES[value])])
        for name in (names if row.method == "post" else sorted(dict(usual)))
        for value in ALONE
    ]
    for case, fields_sent in cases:
        body = encoded(fields_sent)
        if row.method == "get":
            asker.ask(case, "GET", f"{url}?{body}")
        else:
            asker.ask(case, "POST", url, body, content_type=FORM)


def send_largest(asker: Asker, row: Row, world: SimpleNamespace, names: list[str]) -> None:
    """In each field alone as much as a body may have, and 1 MB."""
    if row.method != "post":
        return
    url, usual = reverse(row.name, args=row.args(world)), given(row, world)
    for name in names:
        others = encoded([pair for pair in usual if pair[0] != name])
        for case, value in LARGEST.items():
            # Lists are read in few fields; every field is sent one long word.
            if case == "as large as may be" or any(word in name for word in LISTS[case]):
                asker.ask((case, name), "POST", url, f"{others}&{name}={value}", content_type=FORM)


def send_paths_and_headers(asker: Asker, row: Row, world: SimpleNamespace) -> None:
    args, method = row.args(world), row.method.upper()
    url = reverse(row.name, args=args)
    for name, value in VALUES.items():
        for arg in map(str, args):
            before, _, after = url.rpartition(quote(arg))
            asker.ask(("path", name), method, f"{before}{quote(value[:3000], safe='')}{after}")
    for name in (*ALONE, "control characters", "a bracket", "another page"):
        text = VALUES[name].decode("latin-1")
        asker.ask(
            ("headers", name), method, url, headers=dict.fromkeys(HEADERS, text) | {"HX-Request": "true"}
        )


def test_the_fields_of_the_forms_are_found(world: SimpleNamespace) -> None:
    found = fields(world)

    assert {"note", "until", "new_code", "new_email", "find", "location"} <= found["sharing:share_studies"]
    assert "back" in found["sharing:end"]
    assert "why" in found["sharing:delete_study"]
    assert {"login", "password"} <= found["account_login"]
    assert "name" in found["admin:accounts_role_change"]
    assert len(found) > 60
