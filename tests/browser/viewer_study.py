"""A study with known pixels for the journeys through the viewer, and where its points are on the screen."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from studies.models import Placement, ViewCopy
from studies.services import make_waiting_view_copies, render_waiting, take_in_all
from tests.bad_files import as_bytes, dicom, dicom_storage, source
from tests.browser.steps import HEAR_VIOLATIONS, let_in
from tests.cast import Cast, acting
from tests.copied import begin_with
from tests.factories import make_uid

__all__ = ["dicom_storage"]

CT_IMAGE, US_IMAGE = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.6.1"
CR_IMAGE, MG_IMAGE = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.1.2"
ROWS, COLUMNS, SLICES = 240, 200, 16
SPACING = (0.5, 0.5)
STEP = 2.0
STUDY = "1.2.826.0.1.3680043.10.1424.77"
FRAME = f"{STUDY}.1"
TEXTS = re.compile(r"(-?[\d.]+)")


def hounsfield(slice_number: int) -> np.ndarray[Any, Any]:
    """Four patches of one value each, and a disc of noise in the middle; each slice a little denser."""
    values = np.full((ROWS, COLUMNS), -1000, dtype=int)
    values[:120, :100], values[:120, 100:] = 0, 60
    values[120:, :100], values[120:, 100:] = -700, 400
    y, x = np.mgrid[:ROWS, :COLUMNS]
    disc = (x - 100) ** 2 + (y - 120) ** 2 <= 30**2
    values[disc] = np.random.default_rng(slice_number).integers(-100, 200, int(disc.sum()))
    return values + slice_number


def ct(slice_number: int, series: str, number: int = 1) -> bytes:
    stored = (hounsfield(slice_number) + 1024).astype("<u2")
    return as_bytes(
        dicom(
            StudyInstanceUID=STUDY, SeriesInstanceUID=series, SOPClassUID=CT_IMAGE, Modality="CT", SeriesNumber=number,
            SeriesDescription="Thin slices", InstanceNumber=slice_number + 1, Rows=ROWS, Columns=COLUMNS,
            BitsStored=16, HighBit=15, PixelSpacing=list(SPACING), SliceThickness=STEP, FrameOfReferenceUID=FRAME,
            ImageOrientationPatient=[1, 0, 0, 0, 1, 0], ImagePositionPatient=[-50, -60, STEP * slice_number - 20],
            RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU", WindowCenter=40, WindowWidth=400,
            PixelData=stored.tobytes(),
        )
    )  # fmt: skip


def ultrasound() -> bytes:
    """Colour, and nothing in it says how large a pixel is."""
    pixels = np.zeros((120, 160, 3), dtype=np.uint8)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = 200, 40, 90
    return as_bytes(
        dicom(
            StudyInstanceUID=STUDY, SOPClassUID=US_IMAGE, Modality="US", SeriesNumber=2, SeriesDescription="Colour",
            Rows=120, Columns=160, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0,
            BitsAllocated=8, BitsStored=8, HighBit=7, PixelData=pixels.tobytes(), LossyImageCompression="01",
            LossyImageCompressionRatio=10,
        )
    )  # fmt: skip


def radiograph(number: int = 3, **more: Any) -> bytes:
    """Its spacing is that of the detector."""
    pixels = np.tile(np.arange(300, dtype="<u2") * 10, (200, 1))
    values = {"SOPClassUID": CR_IMAGE, "Modality": "CR", "SeriesDescription": "Chest"} | more
    return as_bytes(
        dicom(
            StudyInstanceUID=STUDY, SeriesNumber=number, Rows=200, Columns=300, ImagerPixelSpacing=[0.2, 0.2],
            PixelData=pixels.tobytes(), **values,
        )
    )  # fmt: skip


def mammograms() -> list[bytes]:
    """Three of the four views."""
    return [
        radiograph(
            10 + n, SOPClassUID=MG_IMAGE, Modality="MG", ImageLaterality=side, ViewPosition=view, SeriesDescription=view
        )
        for n, (side, view) in enumerate([("R", "CC"), ("L", "CC"), ("R", "MLO")])
    ]  # fmt: skip


@dataclass
class Viewer:
    """The viewer in a browser; `point` and `grey` are of the image in a pane."""

    page: Page
    site: str
    placement: Placement
    complaints: list[str]
    # A pattern of the complaints that belong to the story, whenever they come.
    meant: str = r"(?!)"

    def open(self, **query: Any) -> None:
        extra = "&".join(f"{word}={value}" for word, value in query.items())
        self.page.goto(f"{self.site}{reverse('studies:viewer', args=[self.placement.uuid])}?{extra}")
        self.has_full_quality()

    def pane(self, number: int = 1) -> Locator:
        return self.page.get_by_role("application", name=re.compile(rf"^Pane {number}\b"))

    def has_full_quality(self, number: int = 1, quality: str = "full") -> None:
        expect(self.pane(number).locator("canvas").first).to_have_attribute("data-quality", quality)

    @property
    def status(self) -> Locator:
        return self.page.get_by_role("status").and_(self.page.locator("#viewer-status"))

    def tool(self, name: str, menu: str = "") -> None:
        bar = self.page.get_by_role("toolbar", name="Tools")
        if menu:
            bar.locator("summary", has_text=menu).click()
        bar.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()

    def series(self, name: str) -> Locator:
        return self.page.get_by_role("navigation", name="Series").get_by_role("link", name=re.compile(name))

    def point(
        self, x: float, y: float, *, rows: int = ROWS, columns: int = COLUMNS, number: int = 1
    ) -> tuple[float, float]:
        """Where a point of the image is in the window, before it is zoomed or moved. Pixels are square."""
        box = self.pane(number).bounding_box()
        assert box is not None
        scale = min(box["width"] / columns, box["height"] / rows)
        return (
            box["x"] + box["width"] / 2 + (x - columns / 2) * scale,
            box["y"] + box["height"] / 2 + (y - rows / 2) * scale,
        )

    def grey(self, x: float, y: float, number: int = 1, **shape: int) -> tuple[int, ...]:
        """Red, green and blue on the canvas at a point of the image."""
        pane, box = self.pane(number), self.pane(number).bounding_box()
        assert box is not None
        at = self.point(x, y, number=number, **shape)
        url = pane.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
        picture = Image.open(io.BytesIO(_decoded(url))).convert("RGB")
        by = picture.width / box["width"]
        pixel = picture.getpixel((int((at[0] - box["x"]) * by), int((at[1] - box["y"]) * by)))
        assert isinstance(pixel, tuple)
        return pixel

    def drawn(
        self, *, rows: int, columns: int, by_dots: Image.Resampling = Image.Resampling.BOX
    ) -> Image.Image:
        """What the canvas has of the image, at the size of the image, before it is zoomed or moved."""
        pane = self.pane()
        box = pane.bounding_box()
        assert box is not None
        url = pane.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
        picture = Image.open(io.BytesIO(_decoded(url))).convert("RGB")
        by = picture.width / box["width"]
        ends = [self.point(x, y, rows=rows, columns=columns) for x, y in [(0, 0), (columns, rows)]]
        (left, top), (right, bottom) = [((x - box["x"]) * by, (y - box["y"]) * by) for x, y in ends]
        # A pane may be a part of a pixel larger than its canvas.
        assert right < picture.width + 1
        assert bottom < picture.height + 1
        right, bottom = min(right, picture.width), min(bottom, picture.height)
        return picture.resize((columns, rows), by_dots, box=(left, top, right, bottom))

    def drag(self, start: tuple[float, float], end: tuple[float, float], **shape: int) -> None:
        self.page.mouse.move(*self.point(*start, **shape))
        self.page.mouse.down()
        self.page.mouse.move(*self.point(*end, **shape), steps=5)
        self.page.mouse.up()

    def said(self, words: str) -> list[float]:
        """The numbers of the sentence for screen readers, once it has these words."""
        expect(self.status).to_contain_text(re.compile(words))
        return [float(number) for number in TEXTS.findall(self.status.inner_text())]


def _decoded(url: str) -> bytes:
    import base64

    return base64.b64decode(url.partition(",")[2])


def prepare(cast: Cast, files: Sequence[bytes]) -> None:
    """Taken in on a worklist of Ana's, with pictures and view copies."""
    take_in_all(worklist=cast.ct, by=acting(cast.ana), sources=[source(data) for data in files])
    render_waiting()
    ViewCopy.objects.update(due_at="2020-01-01T00:00Z")
    while ViewCopy.objects.filter(state=ViewCopy.State.WAITING).exists():
        make_waiting_view_copies()


@pytest.fixture
def taken_in(
    cast: Cast, transactional_db: None, dicom_storage: Any, request: pytest.FixtureRequest
) -> Placement:
    """Slices, a colour image, a radiograph, mammograms; packed for the viewer."""
    known, placement = begin_with("viewer", lambda: (cast, study_for_the_viewer(cast)), request)
    # Rows that were copied back are those of the first test's cast.
    vars(cast).update(vars(known))
    return placement


def study_for_the_viewer(cast: Cast) -> Placement:
    first, second = make_uid(), make_uid()
    files = [ct(n, first) for n in range(SLICES)] + [ct(n, second, 4) for n in range(0, SLICES, 2)]
    files += [ultrasound(), radiograph(), *mammograms()]
    prepare(cast, files)
    return Placement.objects.get(worklist=cast.ct, study__n_instances=len(files))


def with_url(message: ConsoleMessage) -> str:
    """What the browser complains of, and of which address: a refused request is otherwise a status alone."""
    return f"{message.text} {message.location['url']}" if message.text else ""


@pytest.fixture
def viewer(page: Page, cast: Cast, live_server: Any, taken_in: Placement) -> Iterator[Viewer]:
    """Ana's. At the end the browser has complained of nothing but what the test meant."""
    page.context.add_init_script(HEAR_VIOLATIONS)
    let_in(page.context, cast.ana, live_server.url)
    complaints: list[str] = []
    page.on("console", lambda message: message.type == "error" and complaints.append(with_url(message)))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_viewport_size({"width": 1280, "height": 900})
    viewer = Viewer(page, live_server.url, taken_in, complaints)
    yield viewer
    unexpected = [text for text in complaints if text and not re.search(viewer.meant, text)]
    assert unexpected == [], unexpected
