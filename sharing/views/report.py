"""What became of a press, put together for reading: by target, then by what became of it."""

from itertools import groupby
from typing import Any

from django.http import HttpRequest

from common import formats
from sharing.models import Method
from sharing.services import Outcome, ReportRow, ShareReport
from sharing.targets import Target
from sharing.views.common import studies_page
from studies.models import Placement

ORDER = [
    Outcome.REFUSED,
    Outcome.AWAITING_APPROVAL,
    Outcome.INVITED,
    Outcome.SHARED,
    Outcome.CHANGED,
    Outcome.ALREADY_SHARED,
]
WORDS = {
    Outcome.SHARED: "shared",
    Outcome.CHANGED: "updated",
    Outcome.ALREADY_SHARED: "already shared, nothing changed",
    Outcome.INVITED: "invited; visible once the person registers",
    Outcome.AWAITING_APPROVAL: "waiting for approval",
    Outcome.REFUSED: "refused",
}
CHIPS = {Method.CODE: "share_code"}
# More lines than this stay folded until they are wanted.
MANY_LINES = 60


def report_context(request: HttpRequest, report: ShareReport) -> dict[str, Any]:
    counts = [(report.count(outcome), WORDS[outcome]) for outcome in ORDER[::-1] if report.count(outcome)]
    lines = {row.placement_uuid: _study(row.placement) for row in report.rows}
    by_target: dict[Target, list[ReportRow]] = {}
    for row in report.rows:
        by_target.setdefault(row.target, []).append(row)
    return {
        "report": report,
        "close": studies_page(request, report.worklist),
        "page_title": "What was shared",
        "counts": counts,
        "studies": len(lines),
        "recipients": len(by_target),
        "all_done": not report.count(Outcome.REFUSED),
        "none_done": report.count(Outcome.REFUSED) == len(report.rows),
        "folded": len(report.rows) > MANY_LINES,
        "targets": [_target(target, rows, lines) for target, rows in by_target.items()],
    }


def _target(target: Target, rows: list[ReportRow], lines: dict[Any, dict[str, str]]) -> dict[str, Any]:
    rows = sorted(rows, key=lambda row: (ORDER.index(row.outcome), row.sentence))
    return {
        "chip": CHIPS.get(Method(target.method), str(target.method)),
        "label": _label(rows[0]),
        "groups": [
            {"outcome": outcome, "sentence": why, "lines": [lines[row.placement_uuid] for row in group]}
            for (outcome, why), group in groupby(rows, key=lambda row: (row.outcome, row.sentence))
        ],
    }


def _label(row: ReportRow) -> str:
    if row.label:
        return row.label
    return row.target.value if row.target.method in (Method.CODE, Method.EMAIL) else "not found"


def _study(placement: Placement | None) -> dict[str, str]:
    """Who and when, as plain words: there may be 10,000 lines."""
    if placement is None:
        return {"name": "", "born": "", "date": "", "description": ""}
    study = placement.study
    return {
        "name": formats.person_name(study.patient_name) or "Name not recorded",
        "born": formats.day(study.patient_birth_date or study.patient_birth_date_raw) or "not recorded",
        "date": formats.day(study.study_date or study.study_date_raw) or "not recorded",
        "description": study.description,
    }
