"""Reading the DICOM JSON model: values by keyword, whatever is missing or of another kind left out."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydicom.datadict import tag_for_keyword


@lru_cache(maxsize=1000)
def _key(keyword: str) -> str:
    return f"{tag_for_keyword(keyword):08X}"


class Attributes:
    """Of a data set, or of an item of a sequence."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        self._model = model

    def has(self, keyword: str) -> bool:
        return bool(self._values(keyword))

    def items(self, keyword: str) -> list["Attributes"]:
        return [Attributes(item) for item in self._values(keyword) if isinstance(item, dict)]

    def item(self, keyword: str) -> "Attributes":
        """The first item of a sequence; one that says nothing where there is none."""
        return next(iter(self.items(keyword)), NOTHING)

    def texts(self, keyword: str) -> list[str]:
        return [each.strip() for each in self._values(keyword) if isinstance(each, str)]

    def text(self, keyword: str) -> str:
        return next(iter(self.texts(keyword)), "")

    def number(self, keyword: str) -> float | None:
        return next(iter(self.numbers(keyword)), None)

    def numbers(self, keyword: str, *, of: int | None = None) -> list[float]:
        """All numbers of the attribute; an empty list if a value is not a number, or if there are not `of` values."""
        values = self._values(keyword)
        read = [_number(each) for each in values]
        if any(each is None for each in read) or (of is not None and len(read) != of):
            return []
        return [each for each in read if each is not None]

    def each_number(self, keyword: str) -> list[float | None]:
        return [_number(each) for each in self._values(keyword)]

    def _values(self, keyword: str) -> Sequence[Any]:
        element = self._model.get(_key(keyword))
        values = element.get("Value") if isinstance(element, dict) else None
        return values if isinstance(values, list) else ()


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except ValueError:
        return None
    return read if math.isfinite(read) else None


NOTHING = Attributes({})
