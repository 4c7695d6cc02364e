"""The texts of a template that a person will see, and whether a translation mark is round them."""

import re
from collections.abc import Iterator

from cimar.checks.shown_python import GAP, WORD, ShownText

COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment\b.*?endcomment\s*%\}|<!--.*?-->", re.DOTALL)
CODE = re.compile(
    r"<(script|style)\b[^>]*>.*?</\1>|\{%\s*block\s+\w*class\w*\s*%\}.*?\{%\s*endblock", re.DOTALL
)
# The same as a heading of the page, in a block that cannot share a variable with it.
TITLE = re.compile(r"\{%\s*block\s+(?:head_)?title\s*%\}.*?\{%\s*endblock", re.DOTALL)
BLOCK = re.compile(
    r"\{%\s*blocktrans(?:late)?\b(?P<given>[^%]*)%\}(?P<text>.*?)\{%\s*endblocktrans(?:late)?\s*%\}",
    re.DOTALL,
)
TAG = re.compile(r"\{%\s*(?P<name>\w+)(?P<rest>.*?)%\}|\{\{(?P<value>.*?)\}\}", re.DOTALL)
LITERAL = re.compile(
    r"""(?P<before>_\(|[\w-]+=|[|]\w+:|)(?P<quote>["'])(?P<text>(?:(?!(?P=quote)).)*)(?P=quote)"""
)
HTML = re.compile(r"<[^<>]*>", re.DOTALL)
ATTRIBUTE = re.compile(
    r"""\s(placeholder|title|aria-label|aria-description|alt|data-label)=(["'])(?P<text>.*?)\2""", re.DOTALL
)
ENTITY = re.compile(r"&#?\w+;")

TRANSLATE = {"translate", "trans"}
# The literals of these are names, paths and what is compared.
NOT_SHOWN = {
    "block",
    "csrf_token",
    "cycle",
    "elif",
    "extends",
    "for",
    "get_providers",
    "if",
    "load",
    "now",
    "querystring",
    "selection_count",
    "setvar",
    "slot",
    "static",
    "url",
}
NOT_SHOWN_BY = re.compile(
    r"(hx_\w+|data_(?!label)\w+|\w*class|css|id|name|tone|icon|size|tags|type|rel|method|every|autocomplete|form)=$"
    r"|\|(counted|date|time|join|cut|slice):$"
)
READS_LIKE_TEXT = re.compile(r"\s*[“‘(]*[A-Z]|.*\w.* |.* .*\w", re.DOTALL)
# The product's name alone has no translation.
NAME = re.compile(r"\bCIMAR\b")
TAGGED, VALUE = "\0", "\1"


Text = tuple[int, str, bool]


def shown(source: str) -> Iterator[ShownText]:
    """Each text with `{}` where a value goes in. What is replaced on the way keeps its length."""
    titles = [match.span() for match in TITLE.finditer(source)]
    for at, text, marked in _texts(CODE.sub(_blank, COMMENT.sub(_blank, source))):
        is_title = any(start <= at < end for start, end in titles)
        yield ShownText(source.count("\n", 0, at) + 1, text, marked, is_title)


def _texts(source: str) -> Iterator[Text]:
    """Of blocks to translate, of other template tags, of attributes, and what is left; each with where it begins."""
    for match in BLOCK.finditer(source):
        for part in re.split(r"\{%\s*plural\s*%\}", match["text"]):
            yield match.start(), TAG.sub(GAP, part), True
    source = BLOCK.sub(lambda match: _blank(match, TAGGED), source)
    for match in TAG.finditer(source):
        yield from _literals(match)
    source = TAG.sub(lambda match: _blank(match, VALUE if match["name"] is None else TAGGED), source)
    for match in HTML.finditer(source):
        for attribute in ATTRIBUTE.finditer(match.group()):
            yield from _bare(match.start() + attribute.start("text"), attribute["text"])
    source = HTML.sub(lambda match: _blank(match, TAGGED), source)
    for match in re.finditer(f"[^{TAGGED}]+", source):
        yield from _bare(match.start(), match.group())


def _literals(match: re.Match[str]) -> Iterator[Text]:
    name = match["name"]
    if name in NOT_SHOWN:
        return
    part = "rest" if name else "value"
    for number, literal in enumerate(LITERAL.finditer(match[part])):
        text, before, at = literal["text"], literal["before"], match.start(part) + literal.start()
        if before == "_(" or (name in TRANSLATE and number == 0):
            yield at, text, True
        elif not (name == "include" and number == 0) and _is_text(text, before):
            yield at, text, False


def _is_text(text: str, before: str) -> bool:
    reads_like_text = WORD.search(NAME.sub("", text)) and READS_LIKE_TEXT.match(text)
    return bool(reads_like_text) and not NOT_SHOWN_BY.search(before)


def _bare(at: int, text: str) -> Iterator[Text]:
    """Text between tags, or of an attribute: unmarked, if it has a word."""
    text = ENTITY.sub(_blank, text).replace(TAGGED, " ")
    if word := WORD.search(NAME.sub(_blank, text.replace(VALUE, " "))):
        yield at + word.start(), re.sub(f"{VALUE}[{VALUE}\n]*", GAP, text), False


def _blank(match: re.Match[str], by: str = " ") -> str:
    return re.sub(r"[^\n]", by, match.group())
