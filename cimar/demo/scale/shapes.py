"""The shapes of real imaging (cimar/demo/shapes.json, made by bench/shapes.py) as something to draw from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).resolve().parent.parent / "shapes.json"
STUDY_SERIES_AT_MOST = 40
# Done on other worklists, and never on the big one.
ELSEWHERE = "XA"
SERIES_INSTANCES_AT_MOST = 5000


@dataclass(frozen=True)
class Weighted:
    """Values and how likely each is."""

    values: list[Any]
    likely: np.ndarray

    @classmethod
    def of(cls, pairs: Sequence[Sequence[Any]], otherwise: Any = "") -> "Weighted":
        pairs = pairs or [[otherwise, 1]]
        weights = np.array([weight for _, weight in pairs], dtype=float)
        return cls([value for value, _ in pairs], weights / weights.sum())

    def draw(self, random: np.random.Generator, number: int) -> list[Any]:
        return [self.values[n] for n in random.choice(len(self.values), number, p=self.likely)]


@dataclass(frozen=True)
class Modality:
    sop_class: str
    descriptions: Weighted
    body_parts: Weighted
    instances: list[int]


@dataclass(frozen=True)
class StudyKind:
    """A set of modalities that one study has, and how its series and descriptions fall."""

    modalities: list[str]
    series: dict[str, Weighted]
    descriptions: Weighted


class Shapes:
    def __init__(self) -> None:
        self._read = json.loads(FILE.read_text())

    @cached_property
    def kinds(self) -> Weighted:
        return Weighted.of(
            [
                [
                    StudyKind(
                        kind["modalities"],
                        {modality: Weighted.of(pairs) for modality, pairs in kind["series"].items()},
                        Weighted.of(kind["descriptions"]),
                    ),
                    kind["studies"],
                ]
                for kind in self._read["kinds"]
                if ELSEWHERE not in kind["modalities"]
            ]
        )

    @cached_property
    def elsewhere(self) -> StudyKind:
        series = Weighted.of([[1, 3], [2, 4], [5, 2]])
        return StudyKind([ELSEWHERE], {ELSEWHERE: series}, self.modalities[ELSEWHERE].descriptions)

    @cached_property
    def modalities(self) -> dict[str, Modality]:
        return {
            name: Modality(
                shape["sop_class"],
                Weighted.of(shape["descriptions"]),
                Weighted.of(shape["body_parts"]),
                [min(n, SERIES_INSTANCES_AT_MOST) for n in shape["instances_per_series"]],
            )
            for name, shape in self._read["modalities"].items()
        }

    @cached_property
    def studies_per_patient(self) -> Weighted:
        return Weighted.of(self._read["studies_per_patient"])

    @cached_property
    def age_in_years(self) -> Weighted:
        return Weighted.of(self._read["study_age_in_years"])
