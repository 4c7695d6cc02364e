"""What the page of a finished upload shows: lost images first, then the studies, last what was left aside."""

from typing import Any

from audit.actor import Actor
from common.formats import day, not_recorded
from studies.ingest.text import lenient_date
from studies.models import OtherPatient, UploadedFile
from studies.services.reads import ReadUpload
from studies.views.study_header import offered_actions


def result_of(by: Actor, read: ReadUpload) -> dict[str, Any]:
    worklist = read.upload.worklist
    offered = offered_actions(worklist, by.rights(worklist)) if read.studies else {}
    return {
        "studies": read.studies,
        "more_studies": read.n_studies - len(read.studies),
        "share": offered.get("share", ""),
        "refusals": [(refusal, [_line(file) for file in refusal.files]) for refusal in read.refusals],
        "n_refused": sum(refusal.count for refusal in read.refusals),
        "asides": read.asides,
        "deviations": read.deviations,
        "kinds": read.kinds,
    }


def _line(file: UploadedFile) -> dict[str, Any]:
    other: OtherPatient | None = getattr(file, "other_patient", None)
    if other is None:
        return {"name": file.name}
    return {
        "name": file.name,
        "is_other_patient": True,
        "in_study": other.study_initials or not_recorded(),
        "born_in_study": _day(other.study_born),
        "in_file": other.file_initials or not_recorded(),
        "born_in_file": _day(other.file_born),
    }


def _day(raw: str) -> str:
    return day(lenient_date(raw) or raw) or not_recorded()
