"""What the viewer shows of a file: the file is taken in, prepared, opened in Chromium and looked at there."""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import storages
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, expect
from pydicom.pixels import pixel_array

from accounts.models import User
from studies.ingest.results import FileOutcome
from studies.ingest.sources import Source
from studies.models import Blob, Instance, Placement, ViewCopy
from studies.services import make_waiting_view_copies, render_waiting, take_in_all
from tests.bad_files import dicom_storage
from tests.browser.steps import HEAR_VIOLATIONS, let_in
from tests.browser.viewer_study import Viewer
from tests.cast import Cast, acting
from tests.factories import join, make_location, make_user

__all__ = ["dicom_storage"]

NOT_TAKEN_IN, ASIDE, NO_IMAGE = "not taken in", "left aside", "no image"
NOT_SHOWN, WITH_NOTE, SHOWN = "not shown", "shown with a note", "shown"

# The pane has the image, or a sentence in its place, or the study has none.
SETTLED = """([loading]) => {
    const words = document.querySelector(".pane-message")?.textContent ?? "";
    const canvas = document.querySelector(".pane-canvas")?.dataset.quality ?? "";
    if (document.querySelector(".pane-overlay")?.dataset.state === "coming") return false;
    const blank = document.querySelector(".viewer-blank:not([data-no-first])");
    return ["full", "picture"].includes(canvas) || (words && words !== loading) || Boolean(blank);
}"""
LOADING = "Loading …"
# Compared are the means of so many fields, in grey levels of 255: as `test_viewer_dcmtk.py` does it.
FIELDS = (32, 32)
MEAN, ALMOST_ALL, WITHIN = 2.0, 0.95, 8


@dataclass(frozen=True)
class Seen:
    """What became of a file. `picture` is the image as it was drawn, `pane` all of the pane, words included."""

    outcome: str
    words: str = ""
    picture: Image.Image | None = None
    pane: Image.Image | None = None
    # Of each pixel of the image the dot in its middle: no dot between two pixels is among them.
    middles: Image.Image | None = None
    # The picture that the pages have of it.
    on_pages: Image.Image | None = None
    complaints: tuple[str, ...] = ()

    @property
    def is_shown(self) -> bool:
        return self.outcome in (SHOWN, WITH_NOTE)

    def faults(self, path: Path) -> list[str]:
        """What must not be, whatever the file is."""
        found = [f"the browser complains: {each}" for each in self.complaints]
        if not self.is_shown:
            return found + ([] if self.words else ["nothing is shown, and no word says why"])
        assert self.picture is not None
        if is_uniform(self.picture) and not has_uniform_pixels(path):
            found.append("a picture of a single grey, and the file has more")
        ours = [each for each in (self.picture, self.middles) if each is not None]
        if self.on_pages is not None and not any(is_alike(each, self.on_pages) for each in ours):
            found.append("another picture than that of the pages")
        return found


def is_uniform(picture: Image.Image) -> bool:
    return int(np.ptp(np.asarray(picture.convert("RGB")).astype(int), axis=(0, 1)).max()) <= 1


def has_uniform_pixels(path: Path) -> bool:
    """As pydicom decodes the first frame; False where it cannot."""
    try:
        values = pixel_array(path, index=0)
    except Exception:  # decoders fail in every way there is
        return False
    return bool((values == values.reshape(-1, *values.shape[2:])[0]).all())


def fields(picture: Image.Image) -> Any:
    return np.asarray(picture.convert("RGB").resize(FIELDS, Image.Resampling.BOX)).astype(int)


def is_alike(one: Image.Image, other: Image.Image) -> bool:
    apart = np.abs(fields(one) - fields(other))
    return bool(apart.mean() <= MEAN and (apart <= WITHIN).mean() >= ALMOST_ALL)


@dataclass
class Reader:
    """Somebody who opens each file on a worklist of its own: many of them say that they are the same image."""

    viewer: Viewer
    cast: Cast
    user: User
    placements: dict[Path, Placement] = field(default_factory=dict)

    def sees(self, paths: Iterable[Path]) -> Iterator[tuple[Path, Seen]]:
        paths = list(paths)
        left_out = {path: seen for path in paths if (seen := self._taken_in(path))}
        prepare_all()
        for path in paths:
            yield path, left_out.get(path) or self._opened(path)

    def _taken_in(self, path: Path) -> Seen | None:
        worklist = make_location(self.cast.northgate)
        source = Source(path.name, lambda: path.open("rb"))
        [result] = take_in_all(worklist=worklist, by=acting(self.user), sources=[source]).files
        if result.outcome == FileOutcome.NEW:
            self.placements[path] = Placement.objects.get(worklist=worklist)
            return None
        return Seen(ASIDE if result.outcome == FileOutcome.ASIDE else NOT_TAKEN_IN, result.sentence)

    def _opened(self, path: Path) -> Seen:
        page, before = self.viewer.page, len(self.viewer.complaints)
        placement = self.placements[path]
        self.viewer.placement = placement
        page.goto(f"{self.viewer.site}{reverse('studies:viewer', args=[placement.uuid])}")
        page.wait_for_function(SETTLED, arg=[LOADING])
        quality = page.evaluate("document.querySelector('.pane-canvas')?.dataset.quality ?? ''")
        if quality in ("full", "picture"):
            seen = self._shown(placement)
        elif page.locator(".pane-message").count() and Instance.objects.get(study=placement.study).frames:
            seen = {"outcome": NOT_SHOWN, "words": said(page, ".pane-message"), "pane": self._pane()}
        else:
            seen = {"outcome": NO_IMAGE, "words": self._beside()}
        return Seen(**seen, complaints=tuple(self.viewer.complaints[before:]))

    def _shown(self, placement: Placement) -> dict[str, Any]:
        # Notes follow the pane's picture within a frame of the screen.
        expect(self.viewer.page.locator("#viewer")).to_have_attribute("aria-busy", "false")
        words = ". ".join(
            filter(None, [said(self.viewer.page, ".pane-tr span"), said(self.viewer.page, "#viewer-notes")])
        )
        on_pages = picture_of_pages(placement)
        shape = on_pages.size if on_pages is not None else None
        columns, rows = shape or self._shape(placement)
        return {
            "outcome": WITH_NOTE if words else SHOWN,
            "words": words,
            "picture": self.viewer.drawn(rows=rows, columns=columns),
            "middles": self.viewer.drawn(rows=rows, columns=columns, by_dots=Image.Resampling.NEAREST),
            "pane": self._pane(),
            "on_pages": on_pages,
        }

    def _shape(self, placement: Placement) -> tuple[int, int]:
        instance = Instance.objects.get(study=placement.study)
        return instance.columns or 1, instance.rows or 1

    def _pane(self) -> Image.Image:
        return Image.open(io.BytesIO(self.viewer.pane().screenshot())).convert("RGB")

    def _beside(self) -> str:
        """The words in place of images; where the object has a tab, that opens."""
        page = self.viewer.page
        words = said(page, ".viewer-blank") or said(page, ".pane-message")
        for link in page.locator("#viewer-series a[data-kind=object]").all()[:1]:
            answer = page.goto(f"{self.viewer.site}{link.get_attribute('href')}")
            assert answer is not None
            assert answer.ok
        return words


def said(page: Page, selector: str) -> str:
    texts = [re.sub(r"\s+", " ", text).strip() for text in page.locator(selector).all_inner_texts()]
    return "; ".join(filter(None, texts))


def picture_of_pages(placement: Placement) -> Image.Image | None:
    blob = Blob.objects.filter(instances__study=placement.study).first()
    if blob is None or blob.preview != Blob.Preview.READY:
        return None
    with storages["dicom"].open(blob.preview_key(1)) as file, Image.open(file) as picture:
        return picture.convert("RGB")


def prepare_all() -> None:
    """Pictures and view copies of all that waits, however long it takes."""
    while Blob.objects.filter(preview=Blob.Preview.WAITING).exists() and render_waiting():
        pass
    ViewCopy.objects.update(due_at="2020-01-01T00:00Z")
    while ViewCopy.objects.filter(state=ViewCopy.State.WAITING).exists() and make_waiting_view_copies():
        pass


@pytest.fixture
def reader(page: Page, cast: Cast, live_server: Any, transactional_db: None, dicom_storage: Any) -> Reader:
    user = make_user("Every Reader")
    join(user, cast.northgate, "Radiologist", every_worklist=True)
    page.context.add_init_script(HEAR_VIOLATIONS)
    let_in(page.context, user, live_server.url)
    complaints: list[str] = []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # So large that most images have several dots a pixel: what is drawn between two pixels tells nothing of either.
    page.set_viewport_size({"width": 1440, "height": 1320})
    return Reader(Viewer(page, live_server.url, cast.placement, complaints), cast, user)
