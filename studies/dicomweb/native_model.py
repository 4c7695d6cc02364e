"""Models in XML, as the Native DICOM Model has them (PS3.19 section A.1); JSON unless XML is preferred.

Made from the JSON model, which follows it closely. Private elements name their creator in place of their block. What
is no character of XML is replaced: it has no way to write control characters.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pydicom.datadict import keyword_for_tag

from studies.dicomweb.accept import Accepted, NotAcceptable

JSON, XML = "application/dicom+json", "application/dicom+xml"
PLAIN_JSON = "application/json"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<NativeDicomModel xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM" xml:space="preserve">'
)
_NAME_PARTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Element = Mapping[str, Any]
Model = Mapping[str, Element]


def model_type(choices: list[Accepted]) -> str:
    """JSON in a single part, or XML in many (PS3.18 section 10.4.4), whichever is preferred."""
    for each in choices:
        for media_type in (JSON, PLAIN_JSON):
            if each.many is not True and each.fits(media_type):
                return media_type
        if each.many is True and each.fits(XML):
            return XML
    raise NotAcceptable


def native_model(model: Model) -> bytes:
    return f"{_HEAD}{''.join(_elements(model))}</NativeDicomModel>".encode()


def _elements(model: Model) -> Iterator[str]:
    for tag, element in sorted(model.items()):
        if _is_creator(tag) and element.get("Value"):
            continue  # each element of its block names it
        named, creator = tag, _creator_of(tag, model)
        if creator:
            named = f"{tag[:4]}00{tag[6:]}"
        attributes = {
            "tag": named,
            "vr": element["vr"],
            "keyword": keyword_for_tag(int(tag, 16)),
            "privateCreator": creator,
        }
        yield _written("DicomAttribute", attributes, _values(element))


def _is_private(tag: str) -> bool:
    return int(tag[3], 16) % 2 == 1


def _is_creator(tag: str) -> bool:
    return _is_private(tag) and tag[4:6] == "00" and int(tag[6:], 16) >= 0x10


def _creator_of(tag: str, model: Model) -> str:
    if not _is_private(tag) or tag[4:6] == "00":
        return ""
    values = model.get(f"{tag[:4]}00{tag[4:6]}", {}).get("Value") or [""]
    return str(values[0] or "")


def _values(element: Element) -> Iterator[str]:
    if "BulkDataURI" in element:
        yield _written("BulkData", {"uri": element["BulkDataURI"]}, ())
    if "InlineBinary" in element:
        yield _written("InlineBinary", {}, [element["InlineBinary"]])
    for number, value in enumerate(element.get("Value", []), start=1):
        if element["vr"] == "SQ":
            yield _written("Item", {"number": number}, _elements(value or {}))
        elif element["vr"] == "PN":
            yield _written("PersonName", {"number": number}, _groups(value or {}))
        else:
            yield _written("Value", {"number": number}, [] if value is None else [_text(value)])


def _groups(name: Mapping[str, str]) -> Iterator[str]:
    for group in ("Alphabetic", "Ideographic", "Phonetic"):
        if group in name:
            parts = zip(_NAME_PARTS, name[group].split("^", 4), strict=False)
            yield _written(group, {}, [_written(word, {}, [_text(part)]) for word, part in parts if part])


def _written(name: str, attributes: Mapping[str, Any], inside: Iterable[str]) -> str:
    """Attributes without a value are left out."""
    head = "".join(f" {word}={quoteattr(_sound(value))}" for word, value in attributes.items() if value != "")
    return f"<{name}{head}>{''.join(inside)}</{name}>"


def _text(value: Any) -> str:
    """A bare carriage return would be read as the end of a line."""
    return escape(_sound(value), {"\r": "&#13;"})


def _sound(value: Any) -> str:
    return _NO_CHARACTER.sub("\ufffd", str(value))
