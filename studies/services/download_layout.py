"""What is downloaded, and the ZIP of it: laid out before it is sent, so that its size and all its bytes are settled."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import NamedTuple

from django.core.files.storage import storages
from pydicom import Dataset

from audit.actor import Actor
from studies import selectors
from studies.corrected import Change, corrected_beginning
from studies.deidentified import Options
from studies.disc import Disc, head_of
from studies.models import Blob, Instance, Placement
from studies.renderer import FRAMES_SHOWN
from studies.sent_file import sent_pieces
from studies.services.instances import Part, open_instance
from studies.zipping import Zip

README, DIRECTORY = "README.TXT", "DICOMDIR"


@dataclass(frozen=True)
class Form:
    """In which form studies are downloaded: with pages that show the pictures; without what identifies patients."""

    index: bool = False
    deidentified: Options | None = None
    # Of a de-identified download: with pictures that may have the patient's name in them.
    with_text: bool = False

    @property
    def detail(self) -> dict[str, object]:
        """What the audit event says of the form; empty for a plain download as received."""
        options = self.deidentified
        if options is None:
            return {"index": True} if self.index else {}
        kept = {"device": options.device, "patient": options.characteristics, "text": options.descriptors}
        words = [f"dates: {options.dates}", *(name for name, is_kept in kept.items() if is_kept)]
        return {"deidentified": words, "burned_in": self.with_text}


@dataclass
class DownloadedStudy:
    """The files of a study that are sent. `sent` were sent whole, `skipped` are before what was asked for."""

    placement: Placement
    files: list[Instance] = field(repr=False)
    sent: int = 0
    skipped: int = 0
    left_out: int = 0

    @property
    def is_whole(self) -> bool:
        return self.sent + self.skipped + self.left_out == len(self.files)


@dataclass
class Download:
    """What is sent to whom."""

    studies: list[DownloadedStudy]
    by: Actor
    session: str
    form: Form = field(default_factory=Form)

    @property
    def files(self) -> list[Instance]:
        return [file for study in self.studies for file in study.files]


class Picture(NamedTuple):
    """A picture of the pages: its instance, its number in it, and the names of its file and of the instance's."""

    instance: Instance
    frame: int
    name: str
    of: str


Pages = Callable[[Download, Sequence[Picture]], Sequence[tuple[str, bytes]]]


class Layout:
    """The ZIP of a download as received, before it is sent: its size, and a tag of all that is in it."""

    def __init__(self, download: Download, readme: str, pages: Pages | None = None) -> None:
        self._download, self._zip, self._tags = download, Zip(sized=True), hashlib.sha256()
        self._span, self._position = range(0), 0
        changes = selectors.changes_of(study.placement.study for study in download.studies)
        disc, sizes, names = Disc(), {}, {}
        for file in download.files:
            head, sizes[file.pk] = _head_and_size(file, changes.get(file.study_id, []))
            names[file.pk] = disc.add(head)
        self._add(README, readme.replace("\n", "\r\n").encode())
        if directory := disc.directory():
            self._add(DIRECTORY, directory)
        for study in download.studies:
            for file in study.files:
                self._tag(names[file.pk], file.blob.sha256, changes.get(file.study_id, []))
                pieces = self._pieces(study, file, sizes[file.pk], changes.get(file.study_id, []))
                self._zip.add(names[file.pk], pieces, sizes[file.pk])
        if pages is not None:
            self._add_pages(pages, names)
        self.size = self._zip.size
        self.etag = f'"{self._tags.hexdigest()[:32]}"'

    def _add(self, name: str, data: bytes) -> None:
        self._tag(name, data)
        self._zip.add(name, data)

    def _tag(self, *parts: object) -> None:
        self._tags.update(repr(parts).encode())

    def _add_pages(self, pages: Pages, names: dict[int, str]) -> None:
        pictures = pictures_of(self._download.files, names)
        for name, data in pages(self._download, pictures):
            self._add(name, data)
        for picture in pictures:
            key = picture.instance.blob.preview_key(picture.frame)
            size = storages["dicom"].size(key)
            self._tag(picture.name, key, size)
            self._zip.add(picture.name, self._picture(picture, key, size), size)

    def sent(self, span: range) -> Iterator[bytes]:
        """The bytes of the ZIP that are in `span`. What is before is made and thrown away."""
        self._span = span
        for piece in self._zip.rest():
            begin = self._position
            self._position += len(piece)
            if wanted := piece[max(span.start - begin, 0) : max(span.stop - begin, 0)]:
                yield wanted
            if self._position >= span.stop:
                return

    def _is_skipped(self, size: int) -> bool:
        """Whether what begins here, so long, is before all that was asked for."""
        return self._position + size <= self._span.start

    def _pieces(
        self, study: DownloadedStudy, instance: Instance, size: int, changes: Sequence[Change]
    ) -> Iterator[bytes]:
        """The bytes as received, or as corrected. Begun when the file's turn comes, so that the right is asked then."""
        if self._is_skipped(size):
            yield from sent_pieces(instance.blob.key, changes)
            study.skipped += 1
            return
        open_for_download(self._download, study, instance)
        yield from sent_pieces(instance.blob.key, changes)
        study.sent += 1

    def _picture(self, picture: Picture, key: str, size: int) -> Iterator[bytes]:
        if not self._is_skipped(size):
            [study] = [
                each
                for each in self._download.studies
                if each.placement.study_id == picture.instance.study_id
            ]
            open_for_download(self._download, study, picture.instance)
        yield from sent_pieces(key)


def open_for_download(download: Download, study: DownloadedStudy, instance: Instance) -> None:
    """The right is asked, and that images were served is recorded once."""
    part = Part.ORIGINAL if download.form.deidentified is None else Part.DEIDENTIFIED
    open_instance(
        placement=study.placement.uuid,
        instance=instance.uuid,
        by=download.by,
        part=part,
        session=download.session,
    )


def pictures_of(files: Sequence[Instance], names: dict[int, str]) -> list[Picture]:
    """Those that are prepared, with names that say nothing."""
    frames = [
        (file, frame)
        for file in files
        if file.pk in names and file.blob.preview == Blob.Preview.READY
        for frame in range(1, min(file.frames, FRAMES_SHOWN) + 1)
    ]
    return [
        Picture(file, frame, f"PICTURES/{number:08}.PNG", names[file.pk])
        for number, (file, frame) in enumerate(frames)
    ]


def _head_and_size(file: Instance, changes: Sequence[Change]) -> tuple[Dataset | None, int]:
    """The file's head for the DICOMDIR, and how many bytes are sent of it."""
    with storages["dicom"].open(file.blob.key) as stored:
        if not changes:
            return head_of(stored), file.blob.size
        beginning = corrected_beginning(stored, changes)
    rest = 0 if beginning.rest_at is None else file.blob.size - beginning.rest_at
    return head_of(BytesIO(beginning.data)), len(beginning.data) + rest
