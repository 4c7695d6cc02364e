"""Reads the shapes of real imaging out of a public catalogue into cimar/demo/shapes.json: run by hand, seldom.

The catalogue is the NCI Imaging Data Commons', as the package `idc-index-data` carries it (the `shapes` extra). What is
kept are counts and common texts; no patient, UID or name of it. Needs pandas and pyarrow, in an environment of its own:

    python3 -m venv /tmp/shapes && /tmp/shapes/bin/pip install idc-index-data pandas pyarrow
    /tmp/shapes/bin/python bench/shapes.py
"""

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import idc_index_data
import pandas as pd

TARGET = Path(__file__).resolve().parent.parent / "cimar" / "demo" / "shapes.json"
COLUMNS = [
    "PatientID", "StudyInstanceUID", "StudyDate", "StudyDescription", "BodyPartExamined", "Modality", "SOPClassUID",
    "SeriesDescription", "instanceCount", "series_size_MB", "analysis_result_id",
]  # fmt: skip
KINDS = 40  # sets of modalities that one study has
TEXTS = 40
RARE = 3  # a text of fewer studies may say something of a person
STEPS = [n / 40 for n in range(41)]
FIRST_YEAR, LAST_YEAR = 1990, 2026
LIKE_A_NUMBER = re.compile(r"\d{5,}")


def main() -> None:
    catalogue = pd.read_parquet(idc_index_data.IDC_INDEX_PARQUET_FILEPATH, columns=COLUMNS)
    # What was computed on others' images later is research; a hospital's archive holds what its machines made.
    catalogue = catalogue[catalogue.analysis_result_id.isna()]
    shapes = {
        "source": f"idc-index-data {version('idc-index-data')}",
        "studies": int(catalogue.StudyInstanceUID.nunique()),
        "series": len(catalogue),
        "instances": int(catalogue.instanceCount.sum()),
        "studies_per_patient": histogram(catalogue.groupby("PatientID").StudyInstanceUID.nunique(), 12),
        "study_age_in_years": ages(catalogue),
        "kinds": list(kinds(catalogue)),
        "modalities": {modality: of_modality(rows) for modality, rows in catalogue.groupby("Modality")},
    }
    TARGET.write_text(json.dumps(shapes, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")


def kinds(catalogue: Any) -> Any:
    """The commonest sets of modalities: how often, with how many series of each, under which descriptions."""
    by_study = catalogue.groupby("StudyInstanceUID")
    sets = by_study.Modality.agg(lambda modalities: " ".join(sorted(set(modalities))))
    described = by_study.StudyDescription.first()
    for modalities, number in sets.value_counts().head(KINDS).items():
        studies = sets.index[sets == modalities]
        rows = catalogue[catalogue.StudyInstanceUID.isin(studies)]
        yield {
            "modalities": modalities.split(),
            "studies": int(number),
            "series": {
                modality: histogram(some.groupby("StudyInstanceUID").size(), 30)
                for modality, some in rows.groupby("Modality")
            },
            "descriptions": texts(described[studies]),
        }


def of_modality(rows: Any) -> dict[str, Any]:
    """How many instances a series has and how big one is, as quantiles; its commonest texts."""
    size = rows.series_size_MB / rows.instanceCount.clip(lower=1)
    return {
        "series": len(rows),
        "sop_class": rows.SOPClassUID.mode().iat[0],
        "instances_per_series": [int(n) for n in rows.instanceCount.quantile(STEPS)],
        "megabytes_per_instance": [round(float(n), 4) for n in size.quantile(STEPS)],
        "descriptions": texts(rows.SeriesDescription),
        "body_parts": texts(rows.BodyPartExamined),
    }


def histogram(counted: Any, most: int) -> list[list[int]]:
    """[how many, of how many]; what is beyond the most counts as the most."""
    return [[int(n), int(of)] for n, of in counted.clip(upper=most).value_counts().sort_index().items()]


def ages(catalogue: Any) -> list[list[int]]:
    years = pd.to_datetime(catalogue.drop_duplicates("StudyInstanceUID").StudyDate, errors="coerce").dt.year
    years = years[(years >= FIRST_YEAR) & (years <= LAST_YEAR)]
    return histogram(LAST_YEAR - years, LAST_YEAR - FIRST_YEAR)


def texts(column: Any) -> list[list[Any]]:
    """The commonest, with how often; none that holds a number long enough to identify a person."""
    counted = column.dropna().str.strip().value_counts()
    kept = [(text, n) for text, n in counted.items() if n >= RARE and text and not LIKE_A_NUMBER.search(text)]
    return [[text[:64], int(n)] for text, n in kept[:TEXTS]]


if __name__ == "__main__":
    main()
