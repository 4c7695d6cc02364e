"""Opening a study for DICOMweb: rights and audit of everything that is handed out by UIDs."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from audit.actor import Actor
from common.exceptions import NothingThere
from studies import selectors
from studies.corrected import Change
from studies.models import Instance, InstanceMetadata
from studies.selectors.images import Visit
from studies.selectors.retrieval import OneInstance, StudySeen
from studies.services.instances import MAY_NOT_DOWNLOAD, note_images_served, refusal
from studies.services.reads import MAY_NOT_OPEN
from worklists.services import person_with_token


@dataclass(frozen=True)
class Retrieved:
    """The instances that were asked for, at least one, on their placement, and what their home corrected."""

    worklist: UUID
    study: str
    placement: UUID
    instances: list[Instance]
    changes: Sequence[Change] = ()
    # Of a single instance, if its metadata are stored: where its frames lie in its file.
    layout: InstanceMetadata | None = None
    whole: bool = False


@dataclass(frozen=True)
class InstanceWithToken:
    """What the statement that read a token has read for `open_by_uid`: the study and the instance, or nothing."""

    read: tuple[StudySeen, OneInstance | None] | None


def person_and_instance(
    *, secret: str, ip_address: str | None, worklist: UUID, study: str, series: str, instance: str
) -> tuple[Actor, InstanceWithToken] | None:
    """Who acts with a person's token, and the instance that they ask for: one statement for each of a thousand frames.

    None where `worklists.services.actor_with_token` is to be asked: the secret is refused, or a sender's.
    """
    both = person_with_token(
        secret=secret,
        ip_address=ip_address,
        also=selectors.seen_by_asking(),
        parameters=[worklist, study, series, instance],
    )
    if both is None:
        return None
    by, row = both
    return by, InstanceWithToken(selectors.instance_in(row))


def open_by_uid(
    *,
    worklist: UUID,
    study: str,
    by: Actor,
    series: str = "",
    instance: str = "",
    whole: bool = False,
    session: str = "",
    seen_before: InstanceWithToken | None = None,
) -> Retrieved:
    """The instances of a study, a series, or a single one, which the actor may open on the worklist.

    Metadata, frames and pictures need `open_study`; `whole` objects need `download_study` as well, as on the study's
    page. That images were served is recorded once for an actor, placement and visit, and is committed
    before a byte is sent. Raises Refused where the study is seen and may not be opened, and NothingThere where it is
    not seen or has no such series or instance. `seen_before`: what `person_and_instance` answered of this instance a
    moment ago.
    """
    seen, instances, layout = _seen(by, worklist, study, series, instance, Visit.of(by, session), seen_before)
    if not seen.may_open:
        raise refusal(by, seen.placement, _(MAY_NOT_OPEN))
    if whole and not seen.may_download:
        raise refusal(by, seen.placement, _(MAY_NOT_DOWNLOAD))
    if not instance:
        instances = selectors.instances_in(seen.study_id, series=series)
    if not instances:
        raise NothingThere
    if not seen.is_noted:
        note_images_served(seen.placement, by, seen.visit_hash)
    changes = selectors.changes_in([seen.study_id] if seen.is_corrected else [])
    changed = changes.get(seen.study_id, ())
    return Retrieved(worklist, study, seen.placement, instances, changed, layout, whole)


def _seen(
    by: Actor,
    worklist: UUID,
    study: str,
    series: str,
    instance: str,
    visit: Visit,
    before: InstanceWithToken | None,
) -> tuple[StudySeen, list[Instance], InstanceMetadata | None]:
    """The study as the actor sees it; and where an instance is named, that instance, by the same statement."""
    if not instance:
        seen = selectors.study_seen_by(by, worklist=worklist, study=study, visit=visit)
        if seen is None:
            raise NothingThere
        return seen, [], None
    both = (
        before.read
        if before is not None
        else selectors.instance_seen_by_uid(
            by, worklist=worklist, study=study, series=series, instance=instance, visit=visit
        )
    )
    if both is None:
        raise NothingThere
    seen, single = both
    return seen, [] if single is None else [single.instance], None if single is None else single.layout


def check_still_open(*, retrieved: Retrieved, by: Actor) -> None:
    """Raises NothingThere where the actor may no longer have what was opened for them: one statement, no event."""
    seen = selectors.study_seen_by(
        by, worklist=retrieved.worklist, study=retrieved.study, visit=Visit.of(by, "")
    )
    if seen is None or seen.placement != retrieved.placement or not seen.may_open:
        raise NothingThere
    if retrieved.whole and not seen.may_download:
        raise NothingThere
