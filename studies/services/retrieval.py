"""Opening a study for DICOMweb: rights and audit of everything that is handed out by UIDs."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from audit.actor import Actor
from common.exceptions import NothingThere
from studies import selectors
from studies.corrected import Change
from studies.models import Instance
from studies.selectors.images import Visit
from studies.services.instances import MAY_NOT_DOWNLOAD, note_images_served, refusal
from studies.services.reads import MAY_NOT_OPEN


@dataclass(frozen=True)
class Retrieved:
    """The instances that were asked for, at least one, on their placement, and what their home corrected."""

    placement: UUID
    instances: list[Instance]
    changes: Sequence[Change] = ()


def open_by_uid(
    *,
    worklist: UUID,
    study: str,
    by: Actor,
    series: str = "",
    instance: str = "",
    whole: bool = False,
    session: str = "",
) -> Retrieved:
    """The instances of a study, a series, or a single one, which the actor may open on the worklist.

    Metadata, frames and pictures need `open_study`; `whole` objects need `download_study` as well, as on the study's
    page. That images were served is recorded once for an actor, placement and visit, and is committed
    before a byte is sent. Raises Refused where the study is seen and may not be opened, and NothingThere where it is
    not seen or has no such series or instance.
    """
    seen = selectors.study_seen_by(by, worklist=worklist, study=study, visit=Visit.of(by, session))
    if seen is None:
        raise NothingThere
    if not seen.may_open:
        raise refusal(by, seen.placement, _(MAY_NOT_OPEN))
    if whole and not seen.may_download:
        raise refusal(by, seen.placement, _(MAY_NOT_DOWNLOAD))
    instances = selectors.instances_in(seen.study_id, series=series, instance=instance)
    if not instances:
        raise NothingThere
    if not seen.is_noted:
        note_images_served(seen.placement, by, seen.visit_hash)
    changes = selectors.changes_in([seen.study_id] if seen.is_corrected else [])
    return Retrieved(seen.placement, instances, changes.get(seen.study_id, ()))
