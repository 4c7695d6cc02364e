"""Audited reads of lists and studies: the read and its audit event are committed in one transaction."""

from dataclasses import dataclass, field
from typing import IO
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actions import Action
from audit.actor import Actor
from audit.exports import spooled_csv
from audit.services import event, record
from common.exceptions import NothingThere, Refused
from studies import selectors
from studies.events import on_placement
from studies.models import Instance, LastVisit, Placement, Series, Upload
from studies.selectors import Cursor, Order, Question, StudiesPage
from studies.selectors.images import Image, ListedSeries
from studies.selectors.uploads import Refusals
from studies.services.openings import record_openings
from worklists.events import on_worklist
from worklists.models import Worklist

# The studies that the page of an upload lists; the rest are counted.
MOST_STUDIES = 200
# The pages that show as well what a study holds beside its images.
WITH_BESIDE = ("viewer", "guest")
MAY_NOT_OPEN = gettext_noop("Your role on this worklist does not let you open images.")


@dataclass(frozen=True)
class Listing:
    """A page of a list, what the person may do there, and, where asked for, the uuids of all that match."""

    page: StudiesPage
    rights: frozenset[str]
    matching: list[UUID]


@dataclass(frozen=True)
class Opened:
    """A study as its page shows it; without the right to open images there are none. `shown` is among `series`."""

    rights: frozenset[str]
    series: list[ListedSeries]
    shown: Series | None
    images: list[Image]
    # For the viewer: what the study holds beside its images, and the patient's other studies here.
    beside: list[Instance] = field(default_factory=list)
    others: list[Placement] = field(default_factory=list)

    @property
    def refusal(self) -> str:
        """The sentence for the images; empty where they may be opened."""
        return "" if self.may_open else _(MAY_NOT_OPEN)

    @property
    def may_open(self) -> bool:
        return "open_study" in self.rights

    @property
    def may_download(self) -> bool:
        return self.may_open and "download_study" in self.rights


@transaction.atomic
def read_list(
    *,
    worklist: Worklist,
    by: Actor,
    question: Question,
    order: Order,
    cursor: Cursor | None = None,
    everything: bool = False,
) -> Listing | None:
    """A page of the list; None where the person may not see it. The event names the fields, not what was typed."""
    rights = by.rights(worklist)
    if "list_studies" not in rights:
        return None
    page = selectors.page_of(worklist, question, order, cursor)
    matching = selectors.matching(worklist, question, order) if everything else []
    detail: dict[str, object] = {"rows": len(page.rows), "order": str(order)}
    if question:
        detail |= {"fields": question.fields, "hits": page.hits}
    action = Action.LIST_SEARCH if question else Action.LIST_READ
    record(action, by=by, on=on_worklist(worklist, **detail))
    LastVisit.objects.bulk_create(
        [LastVisit(user=by.person, worklist=worklist, at=Now())],
        update_conflicts=True,
        unique_fields=["user", "worklist"],
        update_fields=["at"],
    )
    return Listing(page, rights, matching)


@transaction.atomic
def open_study(
    *,
    placement: Placement,
    by: Actor,
    series: UUID | None = None,
    page: str = "images",
) -> Opened:
    """The study, with the images of one of its series. `placement` comes from `selectors.placement_for`.

    Its page says itself why there are no images; the viewer and a guest's page are refused to who may not open them.
    """
    rights = by.rights(placement.worklist)
    if page in WITH_BESIDE and "open_study" not in rights:
        raise _may_not_open(placement)
    listed: list[ListedSeries] = []
    shown, images = None, []
    if "open_study" in rights and page in ("images", *WITH_BESIDE):
        listed = selectors.series_of(placement.study)
        shown = selectors.chosen_series(listed, series)
        images = selectors.images_in(shown) if shown is not None else []
    on = on_placement(
        placement, at=selectors.seen_at(placement), detail={"page": page, "series": len(listed)}
    )
    record_openings([(placement, event(Action.STUDY_OPEN, by=by, on=on))])
    if page not in WITH_BESIDE:
        return Opened(rights, listed, shown, images)
    beside, others = selectors.beside_in(placement.study), selectors.other_studies_of(placement, by)
    return Opened(rights, listed, shown, images, beside, others)


def check_open(*, placement: Placement, by: Actor) -> None:
    """Raises where the person sees the study but not its images."""
    if not by.may("open_study", placement.worklist):
        raise _may_not_open(placement)


def _may_not_open(placement: Placement) -> Refused:
    return Refused(_(MAY_NOT_OPEN), on=on_placement(placement, at=selectors.seen_at(placement)))


@dataclass(frozen=True)
class ReadUpload:
    """An upload and what has become of it so far: its first studies and all of their number, and its files."""

    upload: Upload
    studies: list[Placement] = field(default_factory=list)
    n_studies: int = 0
    refusals: list[Refusals] = field(default_factory=list)
    asides: list[tuple[str, int]] = field(default_factory=list)
    deviations: list[tuple[str, int]] = field(default_factory=list)
    kinds: list[tuple[str, int]] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        return self.upload.state == Upload.State.DONE


@transaction.atomic
def read_upload(*, upload: UUID, by: Actor) -> ReadUpload:
    """The person's own upload; NothingThere where it is another's.

    Its page asks again and again until all is done: meanwhile a read is an event once it shows another study.
    """
    sent = _own_upload(upload, by)
    studies = selectors.studies_in(by, sent)
    listed = list(studies[: MOST_STUDIES + 1])
    number = len(listed) if len(listed) <= MOST_STUDIES else studies.count()
    shown_less = Upload.objects.filter(pk=sent.pk, n_shown__lt=number)
    if sent.state == Upload.State.DONE or shown_less.update(n_shown=number):
        on = on_worklist(sent.worklist, upload=str(sent.uuid), studies=number)
        record(Action.UPLOAD_READ, by=by, on=on)
    return ReadUpload(
        sent,
        listed[:MOST_STUDIES],
        number,
        selectors.refusals_in(sent),
        selectors.asides_in(sent),
        selectors.deviations_in(sent),
        selectors.kinds_in(sent),
    )


@transaction.atomic
def export_upload(*, upload: UUID, by: Actor) -> IO[bytes]:
    """What became of the files of the person's own upload, as CSV; the names of files may tell of patients."""
    sent = _own_upload(upload, by)
    head = [_("File"), _("Outcome"), _("Why")]
    file, number = spooled_csv(head, selectors.file_rows(sent))
    record(Action.UPLOAD_READ, by=by, on=on_worklist(sent.worklist, upload=str(sent.uuid), files=number))
    return file


def _own_upload(uuid: UUID, by: Actor) -> Upload:
    sent = selectors.upload_of(by, uuid)
    if sent is None:
        raise NothingThere
    return sent
