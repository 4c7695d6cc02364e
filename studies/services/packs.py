"""What the viewer reads of a study: its manifest, and the packs of its series. Rights and audit as of every frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.queue import poke
from audit.actor import Actor
from common.exceptions import NothingThere
from studies import selectors
from studies.ingest.view_copies import NEVER, series_opened
from studies.models.view_copy import pack_key
from studies.selectors.images import Visit
from studies.selectors.viewer import ViewerSeen, ViewerSeries
from studies.services.instances import StoredFile, note_images_served, refusal
from studies.services.reads import MAY_NOT_OPEN

PACK = "application/octet-stream"


@dataclass(frozen=True)
class Viewed:
    """A study for the viewer: its series, and whether copies are made at all."""

    placement: UUID
    series: Sequence[ViewerSeries]
    are_made: bool


def view_study(*, placement: UUID, by: Actor, session: str = "") -> Viewed:
    """The series of a study that the actor may open there; raises as `open_instance` does.

    That somebody waits for them is noted for series of which no copy is to be made yet.
    """
    seen = _opened(placement, by, session)
    series = selectors.viewer_series(seen.study_id)
    are_made = settings.CIMAR_VIEW_COPIES != NEVER
    if are_made and (unasked := [each.series.pk for each in series if each.images and not each.is_asked_for]):
        with transaction.atomic():
            series_opened(unasked)
            poke("studies.make_view_copies")
    return Viewed(placement, series, are_made)


def open_pack(*, placement: UUID, pack: UUID, by: Actor, session: str = "") -> StoredFile:
    """The packed frames of a series, as `open_instance` opens a frame; a pack that was replaced is not there."""
    seen = _opened(placement, by, session, pack)
    return StoredFile(pack_key(pack), PACK, seen.size)


def _opened(placement: UUID, by: Actor, session: str, pack: UUID | None = None) -> ViewerSeen:
    seen = selectors.study_seen_on(by, placement=placement, visit=Visit.of(by, session), pack=pack)
    if seen is None:
        raise NothingThere
    if not seen.may_open:
        raise refusal(by, placement, _(MAY_NOT_OPEN))
    if not seen.is_noted:
        note_images_served(placement, by, seen.visit_hash)
    return seen
