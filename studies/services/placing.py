"""The rows of a batch of files that were read and stored, in one transaction, with the events of its studies."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from accounts.queue import poke
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from audit.services import event, record_all
from common.copying import copy_in
from studies.events import on_placement
from studies.ingest.arrivals import Arrival, StudyFiles
from studies.ingest.comparing import Comparisons
from studies.ingest.refusals import OTHER_SENDER
from studies.ingest.rows import add_instances, find_or_add_studies
from studies.models import FOREVER, Placement
from studies.services.received_bursts import gather
from studies.services.shield import mark_arrivals
from worklists.models import Worklist

PLACEMENT = ("study_id", "worklist_id", "visible_until", "internal_until", "exists_until")


@transaction.atomic
def place_files(
    worklist: Worklist,
    by: Actor,
    arrivals: Mapping[str, Sequence[Arrival]],
    comparisons: Comparisons,
    *,
    one_by_one: bool,
    is_sent: bool = False,
) -> list[StudyFiles]:
    """A batch's files by study: studies, home's placements, series, instances and the audit events, or nothing.

    Of files that are sent one by one, what is added to a study is one event later. What `is_sent` to an upload address
    is kept apart from the studies that someone else sent, or that the account has from elsewhere.
    """
    sent_by = by.person.pk if is_sent else None
    studies = find_or_add_studies(worklist, arrivals, sent_by=sent_by)
    for files in studies:
        if is_sent and not files.is_new and files.study.sent_by_id != sent_by:
            files.keep_apart(OTHER_SENDER)
    add_instances([files for files in studies if not files.kept_apart], comparisons)
    new = [files.study for files in studies if files.is_new]
    copy_in(Placement, PLACEMENT, ((study.pk, worklist.pk, FOREVER, FOREVER, FOREVER) for study in new))
    mark_arrivals(worklist=worklist.pk, studies=new)
    if touched := {files.study.pk: files for files in studies if files.new or files.foreign}:
        events = _events(worklist, by, touched)
        now = [event for event in events if event.action == Action.STUDY_ARRIVE or not one_by_one]
        record_all(now)
        gather(event for event in events if event not in now)
    if any(files.new for files in studies):
        poke("studies.render_previews")
    return studies


def _events(worklist: Worklist, by: Actor, studies: Mapping[int, StudyFiles]) -> list[AuditEvent]:
    """An event for each study that arrived or was added to, and for each that images of another patient named."""
    home = Worklist.objects.with_names().get(pk=worklist.pk)
    now, events = clock.now(), []
    for placement in Placement.objects.filter(worklist=home, study__in=studies).order_by("study"):
        files = studies[placement.study_id]
        placement.study, placement.worklist = files.study, home
        if files.new:
            detail = {"instances": len(files.new), "series": files.study.n_series}
            action = Action.STUDY_ARRIVE if files.is_new else Action.STUDY_ADD_IMAGES
            events.append(event(action, by=by, on=on_placement(placement, at=now, detail=detail)))
        if files.foreign:
            on = on_placement(placement, at=now, detail={"instances": len(files.foreign)})
            events.append(event(Action.OTHER_PATIENT_REFUSED, by=by, on=on, outcome="refused"))
    return events
