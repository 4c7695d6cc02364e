"""Markup as a browser takes it apart, and texts that would like to be markup."""

from html.parser import HTMLParser
from typing import Any

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src="x" onerror="alert(1)">',
    "' onfocus='alert(1)' x='",
    "R&D &amp; &lt;b&gt; {{ text }} {0} %s",
    "</span></bdi><!--",
]


class Structure(HTMLParser):
    """The tags and attributes of some markup, the text in it, and the values of the attributes."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[Any] = []
        self.texts: list[str] = []
        self.values: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, [name for name, _ in attrs]))
        self.values += [value or "" for _, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.tags.append("comment")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
