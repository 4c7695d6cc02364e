"""Instances that a program stores: taken in while it waits, each with its outcome."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Action
from audit.actor import Actor, Kind
from audit.services import record
from common.exceptions import NothingThere, Refused
from studies import selectors
from studies.ingest.results import FileOutcome, IngestResult
from studies.ingest.sources import Source
from studies.services.ingest import carry_in, check_upload
from worklists.events import on_worklist
from worklists.models import Worklist


def check_store(*, worklist: UUID, by: Actor) -> Worklist:
    """The worklist, if the actor may store into it; NothingThere where they do not see it, Refused where they do."""
    home = selectors.worklist_to_upload_to(by, worklist)
    if home is None:
        raise NothingThere
    if by.kind is Kind.TOKEN and by.token is not None and not by.token.may_store:
        raise Refused(_("This access token does not let you store studies."), on=on_worklist(home))
    check_upload(worklist=home, by=by)
    return home


def store_instances(*, worklist: UUID, by: Actor, sources: Sequence[Source], study: str = "") -> IngestResult:
    """Take in what a user, a user's token or a sender stores; with the UID of a `study`, instances of it alone.

    Each batch of files is committed with the events of its studies: what was stored before a failure stays, and is
    known when the program sends it again.
    """
    home = _begin(worklist, by, len(sources))
    result = carry_in(worklist=home, by=by, sources=sources, study=study, unpack=False)
    if refused := sum(file.outcome not in (FileOutcome.NEW, FileOutcome.KNOWN) for file in result.files):
        record(Action.UPLOAD_REFUSED, by=by, on=on_worklist(home, files=refused), outcome="refused")
    return result


@transaction.atomic
def _begin(worklist: UUID, by: Actor, n_files: int) -> Worklist:
    """The body may have taken a while: the right is asked once more, in the transaction of the event."""
    home = check_store(worklist=worklist, by=by)
    record(Action.STUDY_UPLOAD, by=by, on=on_worklist(home, files=n_files))
    return home
