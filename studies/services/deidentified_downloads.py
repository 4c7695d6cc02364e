"""A download without what identifies the patients. Its bytes differ each time: it begins again, and never goes on."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO

from django.core.files.storage import storages

from studies import selectors
from studies.corrected import Change
from studies.deidentified import CannotDeidentify, Options, Secrets, burned_in, deidentify
from studies.disc import Disc
from studies.models import Instance
from studies.object_kinds import kind_of
from studies.renderer import OVERLAYS_DRAWN
from studies.sent_file import sent_pieces
from studies.services.download_layout import (
    DIRECTORY,
    README,
    Download,
    DownloadedStudy,
    Pages,
    open_for_download,
    pictures_of,
)
from studies.services.downloads import end_download
from studies.zipping import Zip

# A corrected file is made up in memory up to so many bytes, else on the disk.
IN_MEMORY = 8 * 1024**2

# The text of README.TXT: for the kinds of objects that were left out, the number of pictures with text in them, and of
# images whose pictures are left out of the pages.
Readme = Callable[[Counter[str], int, int], str]


class MayShowText(CannotDeidentify):
    """The picture may have the patient's name in it, and was not asked for."""


def send_deidentified(*, download: Download, readme: Readme, pages: Pages | None = None) -> Iterator[bytes]:
    """The pieces of the ZIP; as `send_download`. Objects that are no images are left out and named in the readme."""
    try:
        yield from _Sending(download).pieces(readme, pages)
    finally:
        end_download(download)


class _Sending:
    def __init__(self, download: Download) -> None:
        self.download = download
        self.secrets, self.disc, self.zip = Secrets(), Disc(), Zip(sized=False)
        self.names: dict[int, str] = {}
        self.left_out: Counter[str] = Counter()
        self.with_text = 0
        # Overlays are taken out of the files, and drawn on the pictures: those are not for the pages.
        self.overlaid: set[int] = set()

    def pieces(self, readme: Readme, pages: Pages | None) -> Iterator[bytes]:
        changes = selectors.changes_of(study.placement.study for study in self.download.studies)
        for study in self.download.studies:
            for file in study.files:
                yield from self._file(study, file, changes.get(file.study_id, []))
        if directory := self.disc.directory():
            self.zip.add(DIRECTORY, directory)
        self.zip.add(README, self._readme(readme).replace("\n", "\r\n").encode())
        if pages is not None:
            self._add_pages(pages)
        yield from self.zip.rest()

    def _readme(self, readme: Readme) -> str:
        return readme(self.left_out, self.with_text, len(self.overlaid))

    def _file(self, study: DownloadedStudy, file: Instance, changes: Sequence[Change]) -> Iterator[bytes]:
        open_for_download(self.download, study, file)
        with opened(file, changes) as stored:
            try:
                made = deidentify(stored, self._options, self.secrets)
                if burned_in(made.head):
                    self.with_text += 1
                    if not self.download.form.with_text:
                        raise MayShowText
            except CannotDeidentify:
                self.left_out[kind_of(file.sop_class_uid)] += 1
                study.left_out += 1
                return
            self.names[file.pk] = self.disc.add(made.head)
            if self.download.form.index and OVERLAYS_DRAWN in file.blob.preview_note.splitlines():
                self.overlaid.add(file.pk)
            self.zip.add(self.names[file.pk], made.pieces(stored), made.size)
            yield from self.zip.added()
        study.sent += 1

    @property
    def _options(self) -> Options:
        options = self.download.form.deidentified
        assert options is not None
        return options

    def _add_pages(self, pages: Pages) -> None:
        named = {pk: name for pk, name in self.names.items() if pk not in self.overlaid}
        pictures = pictures_of(self.download.files, named)
        for name, data in pages(self.download, pictures):
            self.zip.add(name, data)
        of = {study.placement.study_id: study for study in self.download.studies}
        for picture in pictures:
            key = picture.instance.blob.preview_key(picture.frame)
            self.zip.add(picture.name, self._picture(of[picture.instance.study_id], picture.instance, key))

    def _picture(self, study: DownloadedStudy, instance: Instance, key: str) -> Iterator[bytes]:
        open_for_download(self.download, study, instance)
        yield from sent_pieces(key)


@contextmanager
def opened(file: Instance, changes: Sequence[Change]) -> Iterator[IO[bytes]]:
    """The stored file, or as its home corrected it."""
    if not changes:
        with storages["dicom"].open(file.blob.key) as stored:
            yield stored
        return
    with SpooledTemporaryFile(IN_MEMORY) as made:
        for piece in sent_pieces(file.blob.key, changes):
            made.write(piece)
        yield made
