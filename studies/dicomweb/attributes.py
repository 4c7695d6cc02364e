"""The attributes of a match: those that QIDO-RS requires, those that are usual, and those that were asked for."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from studies.dicomweb.door import Asked
from studies.ingest.json_model import CHARACTER_SET, UTF_8
from studies.models import Instance, Series, Study
from studies.selectors.dicom_questions import DicomQuestion, Level
from studies.selectors.dicom_search import StudyMatch

Attribute = dict[str, Any]
Model = dict[str, Attribute]

OTHER_IDS = "00101002"
# From the stored metadata of an instance, for `includefield=all` of a study and of a series; of an instance everything.
OF_STUDY = frozenset(
    [
        "00080020",
        "00080030",
        "00080050",
        "00080051",
        "00080061",
        "00080062",
        "00080080",
        "00080081",
        "00080090",
        "00080201",
        "00081030",
        "00081032",
        "00081048",
        "00081060",
        "00081080",
        "00081110",
        "00200010",
        "0020000D",
        "00321032",
        "00321060",
    ]
)
OF_SERIES = frozenset(
    [
        "00080021",
        "00080031",
        "00080060",
        "00080068",
        "00080070",
        "0008103E",
        "0008103F",
        "00081050",
        "00081070",
        "00081090",
        "00081111",
        "00180015",
        "00180050",
        "00180060",
        "00181000",
        "00181020",
        "00181030",
        "00185100",
        "0020000E",
        "00200011",
        "00200052",
        "00200060",
        "00201040",
        "00400244",
        "00400245",
        "00400253",
        "00400254",
        "00400275",
    ]
)


def study_match(asked: Asked, question: DicomQuestion, match: StudyMatch, own_mrn: str) -> Model:
    stored = _stored(match)
    model = {**_study(match.study, stored, own_mrn), **_retrieved(asked, match.study)}
    return _whole(question, stored, model, _is_of_study)


def series_match(asked: Asked, question: DicomQuestion, series: Series, own_mrn: str) -> Model:
    stored = _stored(series)
    above = _which(series.study) if question.study else _study(series.study, stored, own_mrn)
    model = {**above, **_series(series, stored), **_retrieved(asked, series.study, series)}
    return _whole(question, stored, model, _is_of_series)


def instance_match(asked: Asked, question: DicomQuestion, instance: Instance, own_mrn: str) -> Model:
    stored = _stored(instance)
    above = _which(instance.study) if question.study else _study(instance.study, stored, own_mrn)
    above |= _which(instance.study, instance.series) if question.series else _series(instance.series, stored)
    model = {
        **above,
        **_instance(instance, stored),
        **_retrieved(asked, instance.study, instance.series, instance),
    }
    return _whole(question, stored, model, lambda tag: True)


MATCHES: dict[Level, Callable[[Asked, DicomQuestion, Any, str], Model]] = {
    Level.STUDY: study_match,
    Level.SERIES: series_match,
    Level.INSTANCE: instance_match,
}


def _which(study: Study, series: Series | None = None) -> Model:
    """Whose the match is, also where the URL says it: clients build the next URL from the match alone."""
    model = {"0020000D": _values("UI", [study.study_instance_uid])}
    return model | ({"0020000E": _values("UI", [series.series_instance_uid])} if series is not None else {})


def _study(study: Study, stored: Model, own_mrn: str) -> Model:
    return {
        "00080020": _values("DA", _split(study.study_date_raw)),
        "00080030": _values("TM", _split(study.study_time_raw)),
        "00080050": _values("SH", _split(study.accession_number)),
        "00080061": _values("CS", study.modalities),
        "00080090": _values("PN", _names(study.referring_physician)),
        "00080201": stored.get("00080201", {"vr": "SH"}),
        "00081030": _values("LO", _split(study.description)),
        "00100010": _values("PN", _names(study.patient_name)),
        "00100020": _values("LO", _split(study.patient_id)),
        "00100030": _values("DA", _split(study.patient_birth_date_raw)),
        "00100040": _values("CS", _split(study.patient_sex)),
        "0020000D": _values("UI", [study.study_instance_uid]),
        "00200010": stored.get("00200010", {"vr": "SH"}),
        "00201206": _values("IS", [study.n_series]),
        "00201208": _values("IS", [study.n_instances]),
        **_other_numbers(stored, own_mrn),
    }


def _other_numbers(stored: Model, own_mrn: str) -> Model:
    """The worklist's own MRN behind the other numbers that the object has: Patient ID is always the original's."""
    if not own_mrn:
        return {}
    own = {"00100020": _values("LO", [own_mrn]), "00100022": _values("CS", ["TEXT"])}
    return {OTHER_IDS: {"vr": "SQ", "Value": [*stored.get(OTHER_IDS, {}).get("Value", []), own]}}


def _series(series: Series, stored: Model) -> Model:
    model = {
        "00080060": _values("CS", _split(series.modality)),
        "00080201": stored.get("00080201", {"vr": "SH"}),
        "0008103E": _values("LO", _split(series.description)),
        "0020000E": _values("UI", [series.series_instance_uid]),
        "00200011": _values("IS", [series.number]),
        "00201209": _values("IS", [series.n_instances]),
    }
    # When the step began, and what was requested: where the images say so.
    return model | {tag: stored[tag] for tag in ("00400244", "00400245", "00400275") if tag in stored}


def _instance(instance: Instance, stored: Model) -> Model:
    model = {
        "00080016": _values("UI", _split(instance.sop_class_uid)),
        "00080018": _values("UI", [instance.sop_instance_uid]),
        "00080201": stored.get("00080201", {"vr": "SH"}),
        "00083002": _values("UI", _split(instance.transfer_syntax_uid)),
        "00200013": _values("IS", [instance.number]),
    }
    optional = {"00280010": instance.rows, "00280011": instance.columns}
    model |= {tag: _values("US", [number]) for tag, number in optional.items() if number is not None}
    return model | {tag: stored[tag] for tag in ("00280008", "00280100") if tag in stored}


def _retrieved(
    asked: Asked, study: Study, series: Series | None = None, instance: Instance | None = None
) -> Model:
    url = f"{asked.root}/studies/{study.study_instance_uid}"
    url += f"/series/{series.series_instance_uid}" if series is not None else ""
    url += f"/instances/{instance.sop_instance_uid}" if instance is not None else ""
    return {CHARACTER_SET: UTF_8, "00080056": _values("CS", ["ONLINE"]), "00081190": _values("UR", [url])}


def _whole(question: DicomQuestion, stored: Model, model: Model, is_of_level: Callable[[str], bool]) -> Model:
    """With what was asked for beside it; bulky values are for the metadata."""
    wanted = set(stored) if question.every_field else question.fields
    more = {tag for tag in wanted if is_of_level(tag) and tag in stored and "BulkDataURI" not in stored[tag]}
    return dict(sorted({**{tag: stored[tag] for tag in more}, **model}.items()))


def _is_of_study(tag: str) -> bool:
    return tag in OF_STUDY or tag.startswith("0010")


def _is_of_series(tag: str) -> bool:
    return tag in OF_SERIES or _is_of_study(tag)


def _stored(row: Any) -> Model:
    """Of an instance of the row; nothing where its metadata are not stored yet."""
    return dict(json.loads(row.first)) if row.first else {}


def _values(vr: str, values: Iterable[Any]) -> Attribute:
    kept = [None if value == "" else value for value in values]
    # A page of fifty studies asks this a thousand times.
    return {"vr": vr} if kept.count(None) == len(kept) else {"vr": vr, "Value": kept}


def _split(text: str) -> list[str]:
    return text.split("\\")


def _names(text: str) -> list[dict[str, str] | None]:
    words = ("Alphabetic", "Ideographic", "Phonetic")
    groups = (zip(words, name.split("="), strict=False) for name in _split(text))
    return [{word: group for word, group in each if group} or None for each in groups]
