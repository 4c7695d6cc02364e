"""The report of a press, for reading: by target, then by outcome."""

from collections import Counter
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common import formats
from common.nouns import counted
from common.text import one_line
from sharing.decisions import ShareChange
from sharing.forms import uuids
from sharing.models import Method
from sharing.selectors import PressMade
from sharing.selectors.access import last_moment
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
    Outcome.SHARED: gettext_noop("shared"),
    Outcome.CHANGED: gettext_noop("updated"),
    Outcome.ALREADY_SHARED: gettext_noop("already shared, nothing changed"),
    Outcome.INVITED: gettext_noop("invited; visible once the person registers"),
    Outcome.AWAITING_APPROVAL: gettext_noop("waiting for approval"),
    Outcome.REFUSED: gettext_noop("refused"),
}
CHIPS = {Method.CODE: "share_code"}
# More lines than this are folded until the reader opens them.
MANY_LINES = 60
MOST_OF_NOTE = 80


WHAT_WAS_SHARED = gettext_noop("What was shared")


def press_counts(made: PressMade) -> list[tuple[str, str]]:
    """With how many recipients a press shared, by outcome, as its report counts them."""
    counts = (
        (Outcome.SHARED, made.shared),
        (Outcome.INVITED, made.invited),
        (Outcome.AWAITING_APPROVAL, made.awaiting),
    )
    return [(counted(number, "recipient"), _(WORDS[outcome])) for outcome, number in counts if number]


def report_context(
    request: HttpRequest,
    report: ShareReport,
    *,
    until: date | None,
    note: str,
    open_by: datetime | None = None,
) -> dict[str, Any]:
    """`until`, `note` and `open_by` are what the press gave. Without `until` the preset of a method may count."""
    unknown = Unknown(_("Name not recorded"), _("not recorded"))
    lines = {row.placement_uuid: _study(row.placement, unknown) for row in report.rows}
    by_target: dict[Target, list[ReportRow]] = {}
    for row in _as_in_dialog(request, report.rows):
        by_target.setdefault(row.target, []).append(row)
    return {
        "report": report,
        "close": studies_page(request, report.worklist),
        "page_title": _(WHAT_WAS_SHARED),
        "counts": _counts(by_target),
        "is_new": report.count(Outcome.SHARED, Outcome.INVITED, Outcome.AWAITING_APPROVAL) > 0,
        "until": formats.day(until) if until is not None else "",
        "presets": _presets(report) if until is None else [],
        "note": note,
        "open_by": open_by,
        "studies": len(lines),
        "recipients": len(by_target),
        "undo_seconds": settings.CIMAR_UNDO_SECONDS,
        "all_done": not report.count(Outcome.REFUSED),
        "none_done": report.count(Outcome.REFUSED) == len(report.rows),
        "folded": len(report.rows) > MANY_LINES,
        "targets": [_target(target, rows, lines) for target, rows in by_target.items()],
    }


def _presets(report: ShareReport) -> list[str]:
    """Where new shares ended up with a preset end: the method and its last day, or that it has none."""
    new = {Outcome.SHARED, Outcome.INVITED, Outcome.AWAITING_APPROVAL}
    made = {row.share.method: row.share.expires_at for row in report.rows if row.share and row.outcome in new}
    if not any(made.values()):
        return []
    return [f"{method.label}: {_last_day(made[method])}" for method in Method if method in made]


def _as_in_dialog(request: HttpRequest, rows: list[ReportRow]) -> list[ReportRow]:
    """In the order of the dialog, whose form carries the studies as it lists them."""
    order = {uuid: at for at, uuid in enumerate(uuids(request.POST.getlist("placement")))}
    return sorted(rows, key=lambda row: order.get(row.placement_uuid, len(order)))


def _counts(by_target: dict[Target, list[ReportRow]]) -> list[tuple[str, str]]:
    """By outcome the recipients who have it for some study: people are counted, not pairs of study and recipient."""
    recipients = Counter(outcome for rows in by_target.values() for outcome in {row.outcome for row in rows})
    return [
        (counted(recipients[outcome], "recipient"), _(WORDS[outcome]))
        for outcome in ORDER[::-1]
        if recipients[outcome]
    ]


def _target(target: Target, rows: list[ReportRow], lines: dict[Any, dict[str, str]]) -> dict[str, Any]:
    # A change of the same share reads the same for each study: its words are made once.
    sentences = {change: _change(change) for change in {row.change for row in rows if row.change is not None}}

    def key(row: ReportRow) -> tuple[int, str]:
        return ORDER.index(row.outcome), sentences[row.change] if row.change is not None else row.sentence

    rows = sorted(rows, key=key)
    return {
        "chip": CHIPS.get(Method(target.method), str(target.method)),
        "label": _label(rows[0]),
        "groups": [
            {"outcome": ORDER[at], "sentence": why, "lines": [lines[row.placement_uuid] for row in group]}
            for (at, why), group in groupby(rows, key=key)
        ],
    }


def _label(row: ReportRow) -> str:
    if row.label:
        return row.label
    return row.target.value if row.target.method in (Method.CODE, Method.EMAIL) else _("not found")


def _change(change: ShareChange) -> str:
    """What became of the end date, the urgency and the note of a share, old and new."""
    sentences = []
    if change.expires_at != change.was_expires_at:
        days = {"was": _last_day(change.was_expires_at), "now": _last_day(change.expires_at)}
        sentences.append(_("End date: %(was)s → %(now)s.") % days)
    if change.open_by != change.was_open_by:
        times = {"was": _moment(change.was_open_by), "now": _moment(change.open_by)}
        sentences.append(_("Urgent, to be opened by: %(was)s → %(now)s.") % times)
    if change.note != change.was_note:
        notes = {"was": _shortened(change.was_note), "now": _shortened(change.note)}
        sentence = _("Note: “%(was)s” → “%(now)s”.") if change.was_note else _("Note added: “%(now)s”.")
        sentences.append(sentence % notes)
    return " ".join(sentences)


def _last_day(expires_at: datetime | None) -> str:
    return formats.day(last_moment(expires_at)) if expires_at is not None else _("none")


def _moment(open_by: datetime | None) -> str:
    return formats.moment(open_by) if open_by is not None else _("not urgent")


def _shortened(note: str) -> str:
    return Truncator(one_line(note)).chars(MOST_OF_NOTE)


class Unknown(NamedTuple):
    """The words for what a study does not have, looked up once for a report."""

    name: str
    value: str


def _study(placement: Placement | None, unknown: Unknown) -> dict[str, str]:
    """Who and when, as plain words: there may be 10,000 lines."""
    if placement is None:
        return dict.fromkeys(("name", "born", "mrn", "modalities", "date", "description"), "")
    study = placement.study
    return {
        "name": formats.person_name(study.patient_name) or unknown.name,
        "born": formats.day(study.patient_birth_date or study.patient_birth_date_raw) or unknown.value,
        "mrn": study.patient_id,
        "modalities": " ".join(study.modalities),
        "date": formats.study_day(study) or unknown.value,
        "description": study.description,
    }
