"""What became of an upload, for the person who made it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum, Window
from django.db.models.functions import Now, RowNumber
from django.utils.translation import gettext as _

from audit.actor import Actor
from studies.deviations import in_words
from studies.ingest.refusals import EMPTY, NOT_DICOM, OTHER_PATIENT
from studies.models import Instance, Placement, Upload, UploadedFile, UploadedPiece
from studies.object_kinds import kind_of
from studies.selectors.images import Unnest
from studies.selectors.visibility import placements_visible_to
from worklists.models import Worklist

# Nothing more arrives: the sender has said so, or the time for it is over.
IS_SENT = Q(open_until=None) | Q(open_until__lte=Now())
NAMED = 20
MOST_OPEN = 5
REFUSED = ~Q(refused_because="") & Q(is_aside=False)


@dataclass(frozen=True)
class Refusals:
    """The files that were refused for the same reason: how many, and the first of them."""

    reason: str
    count: int
    files: list[UploadedFile]

    @property
    def more(self) -> int:
        return self.count - len(self.files)


def upload_of(by: Actor, uuid: UUID, *, lock: bool = False) -> Upload | None:
    """A person's own upload; others' are as if they did not exist."""
    uploads = Upload.objects.filter(by=by.person, uuid=uuid)
    if lock:
        uploads = uploads.select_for_update(no_key=True, of=("self",))
    return uploads.select_related(
        "worklist__account", "worklist__owner", "sent_to__account", "sent_to__owner"
    ).first()


def open_uploads(by: Actor, worklist: Worklist) -> QuerySet[Upload]:
    """The person's uploads to this worklist whose rest may still be sent, the latest first."""
    here = Q(worklist=worklist, sent_to=None) | Q(sent_to=worklist)
    mine = Upload.objects.filter(here, by=by.person, state=Upload.State.WAITING)
    return mine.filter(open_until__gt=Now()).order_by("-created_at")[:MOST_OPEN]


def is_open(upload: Upload) -> bool:
    return Upload.objects.filter(pk=upload.pk, state=Upload.State.WAITING, open_until__gt=Now()).exists()


def marks_in(upload: Upload) -> set[str]:
    """By which the sender's browser knows the files again that have arrived."""
    return set(upload.files.exclude(mark="").values_list("mark", flat=True))


def begun_in(upload: Upload) -> dict[str, int]:
    """Of large files that have not wholly arrived: by mark, how many bytes have."""
    pieces = UploadedPiece.objects.filter(upload=upload).exclude(mark__in=upload.files.values("mark"))
    return dict(pieces.order_by().values_list("mark").annotate(arrived=Sum("size")))


def refusals_in(upload: Upload) -> list[Refusals]:
    """By reason: images of another patient first, then what is lost of images, last what may be none."""
    refused = upload.files.filter(REFUSED)
    counts = dict(refused.order_by().values_list("refused_because").annotate(Count("id")))
    first = refused.annotate(
        place=Window(RowNumber(), partition_by=F("refused_because"), order_by=F("id").asc())
    ).filter(place__lte=NAMED)
    files: dict[str, list[UploadedFile]] = {reason: [] for reason in counts}
    for file in first.select_related("other_patient__study").order_by("id") if counts else ():
        files[file.refused_because].append(file)
    ordered = sorted(counts, key=lambda reason: (_order(reason), -counts[reason], reason))
    return [Refusals(_(reason), counts[reason], files[reason]) for reason in ordered]


def _order(reason: str) -> int:
    if reason in OTHER_PATIENT:
        return 0
    return 2 if reason in (NOT_DICOM, EMPTY) else 1


def asides_in(upload: Upload) -> list[tuple[str, int]]:
    """What was left aside: each kind once, with the number of its files."""
    kinds = upload.files.filter(is_aside=True).order_by().values_list("refused_because")
    return [
        (_(kind), count)
        for kind, count in kinds.annotate(count=Count("id")).order_by("-count", "refused_because")
    ]


def kinds_in(upload: Upload) -> list[tuple[str, int]]:
    """What was added that has no images: each kind of object with its number."""
    added = Instance.objects.filter(
        study__uploaded_with__upload=upload,
        frames=0,
        arrived_at__gte=upload.created_at,
    )
    if upload.finished_at is not None:
        added = added.filter(arrived_at__lte=upload.finished_at)
    kinds: Counter[str] = Counter()
    for sop_class, number in added.order_by().values_list("sop_class_uid").annotate(number=Count("id")):
        kinds[kind_of(sop_class)] += number
    return sorted(kinds.items())


def deviations_in(upload: Upload) -> list[tuple[str, int]]:
    """How files that were taken in differ from the standard."""
    files = upload.files.exclude(deviations=[]).annotate(code=Unnest("deviations"))
    return in_words(dict(files.values_list("code").annotate(number=Count("id")).order_by()))


def studies_in(by: Actor, upload: Upload) -> QuerySet[Placement]:
    """The studies that files of the upload belong to, new or here before, as far as the person sees them."""
    seen = placements_visible_to(by).filter(worklist=upload.worklist_id, study__uploaded_with__upload=upload)
    counts = {"n_new": F("study__uploaded_with__n_new"), "n_known": F("study__uploaded_with__n_known")}
    return seen.annotate(**counts).select_related("study", "worklist").order_by("name_key", "id")


def file_rows(upload: Upload) -> Iterator[tuple[str, str, str]]:
    """Every file of the upload that there is something to say of, lost ones first: name, outcome and reason."""
    files = upload.files.annotate(is_refused=REFUSED).order_by("-is_refused", "is_aside", "id")
    for file in files.select_related("other_patient"):
        if file.is_refused:
            yield file.name, _("Not added"), _(file.refused_because)
        elif file.is_aside:
            yield file.name, _("Left aside"), _(file.refused_because)
        else:
            differs = in_words(dict.fromkeys(file.deviations, 1))
            yield file.name, _("Read"), " ".join(sentence for sentence, _number in differs)
