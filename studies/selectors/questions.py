"""What a list can be asked for: an order, a place in it, and a search."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

from django.db.models import Exists

from common.patient_names import SHORTEST_PART, search_terms


class Sort(StrEnum):
    """The columns a list can be sorted by; each has an index of its own."""

    ARRIVED = "arrived"
    STUDY_DATE = "date"
    NAME = "name"

    @property
    def columns(self) -> tuple[str, ...]:
        return {
            Sort.ARRIVED: ("arrived_at",),
            Sort.STUDY_DATE: ("study_date", "study_time"),
            Sort.NAME: ("name_key",),
        }[self]


@dataclass(frozen=True)
class Order:
    sort: Sort = Sort.ARRIVED
    descending: bool = True

    def __str__(self) -> str:
        return f"{self.sort} {'descending' if self.descending else 'ascending'}"


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: beyond some rows of the page before it, or, among the hits of a search, at a page's number.

    Rows and not their keys, since a key may be a patient's name; several, since a row may be deleted meanwhile.
    """

    way: Literal["after", "before", "page"]
    at: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A search. `text` is parts of a name, or the beginning of an MRN or accession number.

    `urgent` is a condition on placements: of urgent shares `studies` knows nothing.
    """

    text: str = ""
    modality: str = ""
    study_from: date | None = None
    study_to: date | None = None
    arrived_within: timedelta | None = None
    urgent: Exists | None = None

    def __bool__(self) -> bool:
        return bool(self.fields)

    @property
    def fields(self) -> list[str]:
        """Which fields are in use, never what is in them: that is patient data."""
        return [name for name in self.__dataclass_fields__ if getattr(self, name)]

    @property
    def is_short(self) -> bool:
        """Whether its letters are so few that they are searched as whole words."""
        terms = search_terms(self.text)
        return bool(terms) and all(len(term) < SHORTEST_PART for term in terms)
