"""Hostile values, and the fields of every form and question that the pages have: what the test of all URLs sends."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qsl, quote_from_bytes, urlsplit

from django.urls import Resolver404, resolve

# As bytes: what is sent need not be text. A value is no word of the page it is sent to.
VALUES: dict[str, bytes] = {
    "nothing": b"",
    "zero byte": b"\x00",
    "zero byte in an email": b"dora\x00@example.net",
    "zero byte in a word": b"Quill\x00Hazel",
    "control characters": bytes(range(1, 32)) + b"\x7f\xc2\x85\xe2\x80\xa8",
    "half of a surrogate pair": b"\xed\xa0\x80",
    "not UTF-8": b"\xff\xfe\xc3\x28",
    "turned around": "\u202edora@example.net\u2066".encode(),
    "marks upon marks": ("a" + "\u0301" * 500).encode(),
    "a word": b"abc",
    "a negative number": b"-1",
    "a large number": b"9" * 30,
    "past the integers": b"9223372036854775808",
    "not a number": b"NaN",
    "digits of another script": "٣٤".encode(),
    "superscript digit": "²".encode(),
    "a list": b'["a", 1]',
    "an object": b'{"a": null}',
    "no such day": b"2026-02-30",
    "the last day": b"9999-12-31",
    "a uuid of no one": b"00000000-0000-0000-0000-000000000000",
    "another page": b"//example.net/\r\nSet-Cookie: a=b",
    "a bracket": b"http://[",
    "a format": b"%s %(name)s {0} {name!r} {{ 7|add:1 }}",
    "SQL": b"'; DROP TABLE accounts_user; --",
    "HTML": b"\"'><script>alert(1)</script>",
    "long": b"A" * 10_000,
    "long in many bytes": "é".encode() * 2_000,
}
# Each field alone is sent these; all fields together are sent each value.
ALONE = ("zero byte in an email", "not UTF-8", "a word", "a large number")
# Questions that no link or form of a page asks, and that the code reads.
ASKED = {
    "page", "q", "find", "before", "after", "cursor", "sort", "search", "image", "series", "names", "path", "back",
    "next", "account", "worklist", "current", "o", "p", "e", "all", "_popup", "_to_field", "_changelist_filters",
    "term", "app_label", "model_name", "field_name", "broken", "size", "everything", "since", "until", "person",
    "action", "share", "placement", "through", "role__exact", "account__id__exact", "id__in", "active__exact",
}  # fmt: skip


def encoded(fields: Iterable[tuple[str, bytes]]) -> str:
    return "&".join(f"{name}={quote_from_bytes(value, safe='')}" for name, value in fields)


class _Page(HTMLParser):
    """The fields of a page's forms, for each URL that the form, or anything in it, is sent to."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.inside: list[tuple[set[str], set[str]]] = []
        self.forms: list[tuple[set[str], set[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside.append(({given.get("action") or self.url}, set()))
            self.forms.append(self.inside[-1])
        urls = {given[name] for name in ("hx-get", "hx-post", "formaction", "href") if name in given}
        if self.inside:
            self.inside[-1][0].update(urls)
            if given.get("name"):
                self.inside[-1][1].add(given["name"])
        for url in urls:
            self.forms.append(({url}, {key for key, _ in parse_qsl(_split(url)[1], keep_blank_values=True)}))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.inside:
            self.inside.pop()


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.path, parts.query


def fields_in(url: str, html: str) -> Iterator[tuple[str, set[str]]]:
    """For each page that the answer of a URL leads to or asks: its name and the fields that are sent to it."""
    page = _Page(url)
    page.feed(html)
    found: dict[str, set[str]] = defaultdict(set)
    for urls, names in page.forms:
        for wanted in urls:
            try:
                found[resolve(_split(wanted)[0] or url).view_name] |= names
            except Resolver404:
                continue
    yield from found.items()
