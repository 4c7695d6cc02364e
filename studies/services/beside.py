"""A report, a document, a waveform, a video, key images or a presentation state: opened with the right to images."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.core.files.storage import storages
from django.db import transaction

from audit.actions import Action
from audit.actor import Actor
from audit.services import event
from common.exceptions import NothingThere
from studies import selectors
from studies.beside import Beside, beside_of
from studies.beside.model import Model, number, text
from studies.beside.streams import LOOKED_AT, Stretch, fragments, is_pdf, video_type, within
from studies.events import on_placement
from studies.ingest.limits import limits
from studies.ingest.values import value_at
from studies.models import Instance, InstanceMetadata, Placement
from studies.services.instances import Part, open_instance
from studies.services.metadata import metadata_from_file
from studies.services.openings import record_openings
from studies.services.reads import check_open

# A model that is longer is named, and not read.
MOST_JSON = 16 * 1024**2
DOCUMENT, DOCUMENT_TYPE, DOCUMENT_LENGTH, PIXELS = 0x00420011, "00420012", "00420015", 0x7FE00010
PDF = "application/pdf"


@dataclass(frozen=True)
class OpenedObject:
    """An object and its model; None where it is too long to be read here."""

    kind: Beside
    instance: Instance
    model: Model | None
    beside: list[Instance]

    def stored_value(self, path: tuple[int, ...], most: int) -> tuple[bytes, bool] | None:
        """A value that the model only refers to, and whether it is little endian; None where it is not there."""
        with (
            storages["dicom"].open(self.instance.blob.key) as file,
            value_at(file, path, size=self.instance.blob.size, limits=limits()) as value,
        ):
            if value is None or value.size is None:
                return None
            value.file.seek(value.start)
            return value.file.read(min(value.size, most)), value.little


@transaction.atomic
def open_object(*, placement: Placement, by: Actor, instance: UUID) -> OpenedObject:
    """An object of the study that is no image. `placement` comes from `selectors.placement_for`."""
    check_open(placement=placement, by=by)
    beside = selectors.beside_in(placement.study)
    opened = next((each for each in beside if each.uuid == instance), None)
    kind = beside_of(opened.sop_class_uid, opened.transfer_syntax_uid) if opened is not None else None
    if opened is None or kind is None:
        raise NothingThere
    on = on_placement(
        placement, at=selectors.seen_at(placement), detail={"page": str(kind), "instance": str(instance)}
    )
    record_openings([(placement, event(Action.STUDY_OPEN, by=by, on=on))])
    return OpenedObject(kind, opened, _model_of(opened), beside)


def referenced(*, placement: Placement, uids: Collection[str]) -> dict[str, Instance]:
    """What an opened object refers to, as far as it is in its study."""
    return selectors.instances_by_uid(placement.study, uids) if uids else {}


def _model_of(instance: Instance) -> Model | None:
    stored = InstanceMetadata.objects.filter(pk=instance.pk).only("size").first()
    if stored is not None and stored.size > MOST_JSON:
        return None
    if stored is not None:
        written = stored.json
    elif (described := metadata_from_file(instance)) is not None and len(described.json) <= MOST_JSON:
        written = described.json
    else:
        return None
    model: Model = json.loads(written)
    return model


@dataclass(frozen=True)
class Stream:
    """A document or a video inside a stored file. Without a media type it is nothing that a browser shows."""

    key: str
    stretches: list[Stretch]
    media_type: str
    etag: str
    beginning: bytes

    @property
    def size(self) -> int:
        return sum(stretch.size for stretch in self.stretches)

    def pieces(self, wanted: range) -> list[Stretch]:
        return within(self.stretches, wanted)


def open_stream(*, placement: UUID, instance: UUID, by: Actor, session: str = "") -> Stream:
    """The bytes of a document or a video, under the right and with the event of every image.

    What is not the PDF that it says it is, and a video in a container that browsers do not play, has no media type.
    """
    asked = Instance.objects.filter(uuid=instance, study__placements__uuid=placement)
    opened = asked.select_related("blob").first()
    kind = beside_of(opened.sop_class_uid, opened.transfer_syntax_uid) if opened is not None else None
    if opened is None or kind not in (Beside.DOCUMENT, Beside.VIDEO):
        raise NothingThere
    stored = open_instance(placement=placement, instance=instance, by=by, part=Part.WITHIN, session=session)
    stretches = _stretches(opened, kind)
    beginning = _beginning(stored.key, stretches)
    document_type = PDF if is_pdf(beginning) else ""
    media_type = document_type if kind is Beside.DOCUMENT else video_type(beginning)
    return Stream(stored.key, stretches, media_type, stored.etag, beginning)


def _stretches(instance: Instance, kind: Beside) -> list[Stretch]:
    tag, size = DOCUMENT if kind is Beside.DOCUMENT else PIXELS, instance.blob.size
    with (
        storages["dicom"].open(instance.blob.key) as file,
        value_at(file, (tag,), size=size, limits=limits()) as value,
    ):
        if value is None or value.is_unpacked:
            return []
        if kind is Beside.VIDEO:
            return fragments(file, value.start, size) if value.size is None else []
        return [Stretch(value.start, _length(instance, value.size or 0))]


def _length(instance: Instance, size: int) -> int:
    """The document's own length: without the byte that DICOM may add to make the length even."""
    model = _model_of(instance) or {}
    own = number(model, DOCUMENT_LENGTH)
    is_plausible = own is not None and 0 < size - own <= 1 and text(model, DOCUMENT_TYPE) == PDF
    return int(own) if own is not None and is_plausible else size


def _beginning(key: str, stretches: list[Stretch]) -> bytes:
    if not stretches:
        return b""
    with storages["dicom"].open(key) as file:
        file.seek(stretches[0].start)
        beginning: bytes = file.read(min(LOOKED_AT, stretches[0].size))
        return beginning
