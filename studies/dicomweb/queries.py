"""The parameters of a QIDO-RS request as a question."""

import re

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydicom.datadict import keyword_for_tag, tag_for_keyword

from studies.dicomweb.accept import BadRequest
from studies.selectors.dicom_questions import KEYS, LEVELS, DicomQuestion, Level
from studies.selectors.dicom_search import MOST

# Parameters that are no keys.
OTHERS = frozenset({"accept", "charset", "fuzzymatching", "includefield", "limit", "offset"})
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_KEYWORD = re.compile(r"[A-Za-z0-9.]{1,64}")
LONGEST = 1000


def question_of(request: HttpRequest, level: Level, *, study: str = "", series: str = "") -> DicomQuestion:
    """What cannot be done is named in it; what is no question raises BadRequest."""
    keys: dict[str, str] = {}
    unsupported: list[str] = []
    for name, values in request.GET.lists():
        word = _keyword(name)
        if name in OTHERS:
            continue
        if word in KEYS and LEVELS.index(KEYS[word]) <= LEVELS.index(level):
            keys[word] = _value(word, "\\".join(values) if word.endswith("UID") else values[-1])
        elif any(value.strip("* ") for value in values):
            unsupported.append(word)
    wanted = {field for value in request.GET.getlist("includefield") for field in value.split(",") if field}
    return DicomQuestion(
        level=level,
        study=study,
        series=series,
        keys={word: text for word, text in keys.items() if text.strip("* ")},
        fuzzy=request.GET.get("fuzzymatching", "").lower() == "true",
        fields=frozenset(tag for field in {*wanted, *keys} if (tag := _tag(field))),
        every_field="all" in wanted,
        limit=min(_count(request, "limit", MOST[level]), MOST[level]),
        offset=_count(request, "offset", 0),
        unsupported=_named([*unsupported, *(each for each in wanted if each != "all" and not _tag(each))]),
    )


def _value(word: str, text: str) -> str:
    """The values of a key, without what pads them in a file."""
    values = "\\".join(value.strip("\0 ") for value in text[:LONGEST].split("\\"))
    if "\0" in values:
        raise BadRequest(_("%(name)s has a character that is in no value (U+0000).") % {"name": word})
    return values


def _named(words: list[str]) -> tuple[str, ...]:
    """Of what can be no name of an attribute nothing is repeated: it may hold anything."""
    return tuple(sorted({word if _KEYWORD.fullmatch(word) else "?" for word in words}))[:20]


def _count(request: HttpRequest, name: str, preset: int) -> int:
    text = request.GET.get(name, "")
    if not text:
        return preset
    if not (text.isdecimal() and text.isascii() and len(text) < 10):
        raise BadRequest(_("%(name)s has to be a whole number.") % {"name": name})
    return int(text)


def _keyword(name: str) -> str:
    if _TAG.fullmatch(name):
        return keyword_for_tag(int(name, 16)) or name.upper()
    return name


def _tag(field: str) -> str:
    """The tag as the JSON model writes it; empty for what names no attribute."""
    if _TAG.fullmatch(field):
        return field.upper()
    tag = tag_for_keyword(field)
    return f"{tag:08X}" if tag is not None else ""
