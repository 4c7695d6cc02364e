"""Whether two headers are of the same patient, and what tells patients apart where no name may be shown."""

from collections.abc import Iterator, Mapping
from typing import Any

from common.patient_names import search_key
from common.text import identity
from studies.ingest.refusals import OTHER_ISSUER, OTHER_MRN, OTHER_PERSON
from studies.ingest.results import TwoPatients
from studies.ingest.text import lenient_date
from studies.models import Study

# The date that goes with a date as it was received.
READ_AS = {"patient_birth_date_raw": "patient_birth_date", "study_date_raw": "study_date"}
Columns = Mapping[str, Any]
# What tells two patients apart.
APART = ("patient_id", "issuer_of_patient_id", "patient_name", "patient_birth_date_raw")


def other_patient(ours: Columns, theirs: Columns) -> str:
    """The sentence why these are columns of two patients, or nothing. What one of them leaves empty does not count."""
    # As of nearly every file beside the others of its study: what is the same as received is the same as it reads.
    if all(ours[name] == theirs[name] for name in APART):
        return ""
    if (mrn := _same(identity(ours["patient_id"]), identity(theirs["patient_id"]))) is False:
        return OTHER_MRN
    issuers = (identity(columns["issuer_of_patient_id"]) for columns in (ours, theirs))
    if _same(*issuers) is False:
        return OTHER_ISSUER
    name, born = _same_name(ours, theirs), _same_birth_date(ours, theirs)
    # A name may be misspelt or changed, a date mistyped: one of them alone counts where nothing else agrees.
    if (name, born) == (False, False) or (False in (name, born) and True not in (mrn, name, born)):
        return OTHER_PERSON
    return ""


# What tells one patient from another under the same MRN, and who issued it.
IDENTITY = ("patient_name", "patient_birth_date_raw", "patient_sex", "issuer_of_patient_id")


def disagreement(ours: Columns, theirs: Columns) -> list[str] | None:
    """In what two patients of one MRN differ: `name`, `born`, `sex`. None where other organisations issued the MRN."""
    issuers = (identity(columns["issuer_of_patient_id"]) for columns in (ours, theirs))
    if _same(*issuers) is False:
        return None
    sexes = (columns["patient_sex"].strip().upper() for columns in (ours, theirs))
    agree = {
        "name": _like_name(ours["patient_name"], theirs["patient_name"]),
        "born": _same_birth_date(ours, theirs),
        "sex": _same(*sexes),
    }
    return [name for name, same in agree.items() if same is False]


def _like_name(ours: str, theirs: str) -> bool | None:
    """Whether any group of one has all the words of a group of the other: order and middle names do not count."""
    groups = [
        [set(key.split()) for group in name.split("=") if (key := search_key(group))]
        for name in (ours, theirs)
    ]
    if not all(groups):
        return None
    return any(mine <= other or other <= mine for mine in groups[0] for other in groups[1])


def fill(columns: dict[str, Any], later: Columns) -> Iterator[str]:
    """Takes into the empty columns what a later header of the study has for them; which columns those are."""
    for name, value in later.items():
        if name in READ_AS.values() or not _says_something(value) or _says_something(columns[name]):
            continue
        for filled in filter(None, (name, READ_AS.get(name))):
            columns[filled] = later[filled]
            yield filled


def initials(name: str) -> str:
    """Given name first, as `M. R.`; of the first group of a person name that has letters."""
    group = next((group for group in name.split("=") if _says_something(group)), "")
    family, given, *_rest = [*group.split("^"), "", ""]
    return " ".join(f"{part.strip()[0].upper()}." for part in (given, family) if part.strip())


def two_patients(study: Study, theirs: Columns) -> TwoPatients:
    return TwoPatients(
        study_initials=initials(study.patient_name),
        study_born=study.patient_birth_date_raw,
        file_initials=initials(theirs["patient_name"]),
        file_born=theirs["patient_birth_date_raw"],
    )


def _says_something(value: Any) -> bool:
    return bool(value.strip("^= ")) if isinstance(value, str) else value is not None


def _same(ours: str, theirs: str) -> bool | None:
    """None where either is empty."""
    return ours == theirs if ours and theirs else None


def _same_name(ours: Columns, theirs: Columns) -> bool | None:
    """Two names are the same if any of their groups are: letters, ideographs or phonetic."""
    keys = [
        {key for group in columns["patient_name"].split("=") if (key := search_key(group))}
        for columns in (ours, theirs)
    ]
    return bool(keys[0] & keys[1]) if all(keys) else None


def _same_birth_date(ours: Columns, theirs: Columns) -> bool | None:
    """Of half a date the half that is there has to agree."""
    days = [_digits(columns["patient_birth_date_raw"]) for columns in (ours, theirs)]
    if not all(days):
        return None
    return days[0].startswith(days[1]) or days[1].startswith(days[0])


def _digits(raw: str) -> str:
    day = lenient_date(raw)
    return f"{day:%Y%m%d}" if day else "".join(sign for sign in raw if sign.isdecimal())
