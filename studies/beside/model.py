"""Reading the DICOM JSON model: an attribute that is not as it should be is as one that is not there."""

from collections.abc import Iterator
from typing import Any

Model = dict[str, Any]
LONGEST = 20_000


def values(model: Model, tag: str) -> list[Any]:
    element = model.get(tag)
    each = element.get("Value") if isinstance(element, dict) else None
    return each if isinstance(each, list) else []


def text(model: Model, tag: str) -> str:
    """The first value as it reads; a name by its alphabetic, else its other spellings."""
    return next((_as_text(value) for value in values(model, tag)), "")


def texts(model: Model, tag: str) -> list[str]:
    return [read for value in values(model, tag) if (read := _as_text(value))]


def number(model: Model, tag: str, otherwise: float | None = None) -> float | None:
    for value in values(model, tag)[:1]:
        try:
            read = float(value)
        except (TypeError, ValueError):
            break
        if abs(read) < 1e300:  # neither endless nor no number
            return read
    return otherwise


def whole(model: Model, tag: str) -> int:
    return int(number(model, tag) or 0)


def numbers(model: Model, tag: str) -> list[float]:
    return [float(value) for value in values(model, tag) if isinstance(value, int | float)]


def items(model: Model, tag: str) -> list[Model]:
    return [item for item in values(model, tag) if isinstance(item, dict)]


def item(model: Model, tag: str) -> Model:
    return next(iter(items(model, tag)), {})


def meaning(model: Model, tag: str) -> str:
    """What the code in a sequence means, in words; the code itself where it has none."""
    code = item(model, tag)
    value = text(code, "00080100") or text(code, "00080119") or text(code, "00080120")
    return text(code, "00080104") or value


def references(model: Model, tag: str = "00081199") -> Iterator[tuple[str, list[int]]]:
    """SOP instance UIDs and their frames; without frames the whole is meant."""
    for referenced in items(model, tag):
        uid = text(referenced, "00081155")
        if uid:
            yield uid, [int(frame) for frame in numbers(referenced, "00081160")]


def _as_text(value: Any) -> str:
    if isinstance(value, dict):
        groups = (value.get(group) for group in ("Alphabetic", "Ideographic", "Phonetic"))
        value = next((group for group in groups if group), "")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return str(value)[:LONGEST].strip() if isinstance(value, str | int | float) else ""
