"""Pictures: the right window, polarity, colours and shape, the same as another program's, and never an error."""

import os
import signal
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file, get_testdata_files
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from studies import selectors
from studies.models import Blob, Instance
from studies.pixels import FRAMES_SHOWN, CannotShow, Window, pictures, render, windowed
from studies.renderer import (
    FEWER_VALUES,
    NO_DECODER,
    NO_IMAGE_DATA,
    NO_SIZE,
    TOO_SLOW,
    UNREADABLE,
    Rendered,
    Renderer,
)
from studies.services import render_previews, render_waiting, take_in_all
from tests import bad_files
from tests.bad_files import Homes, dicom, dicom_storage, homes, source
from tests.cast import IMPORTER
from tests.dcmtk import DCMTK, dcmtk_picture, needs_dcmtk

__all__ = ["dicom_storage", "homes"]


@pytest.fixture
def drawn(tmp_path: Path) -> Callable[..., list[Any]]:
    """The pictures of a data set as arrays."""

    def draw(ds: Dataset, **more: Any) -> list[Any]:
        path = tmp_path / "drawn.dcm"
        path.write_bytes(bad_files.as_bytes(ds, **more))
        return [np.asarray(picture) for picture in pictures(path)]

    return draw


def grey(values: Any, **more: Any) -> Dataset:
    """A one-row picture of these stored values."""
    array = np.asarray(values)
    signed = bool(array.min() < 0)
    return dicom(
        Rows=1,
        Columns=array.shape[-1],
        BitsStored=16,
        HighBit=15,
        PixelRepresentation=int(signed),
        PixelData=array.astype("<i2" if signed else "<u2").tobytes(),
        **more,
    )


# Windows


def test_a_linear_window_follows_the_standards_formula() -> None:
    values = np.array([-1000, 40 - 50, 40, 40 + 49, 3000])
    assert windowed(values, Window(40, 100)).round().tolist() == [0, 0, 129, 255, 255]


def test_a_linear_exact_window_follows_the_standards_formula() -> None:
    values = np.array([-1000, -10, 40, 90, 3000])
    assert windowed(values, Window(40, 100, "LINEAR_EXACT")).round(1).tolist() == [0, 0, 127.5, 255, 255]


def test_a_sigmoid_window_follows_the_standards_formula() -> None:
    assert windowed(np.array([40]), Window(40, 100, "SIGMOID"))[0] == 127.5
    assert windowed(np.array([65]), Window(40, 100, "SIGMOID"))[0] == pytest.approx(255 / (1 + np.exp(-1)))
    assert windowed(np.array([-1e9, 1e9]), Window(40, 100, "SIGMOID")).round().tolist() == [0, 255]


def test_a_window_one_wide_is_a_threshold() -> None:
    assert windowed(np.array([9, 10, 11]), Window(10, 1)).tolist() == [0, 255, 255]


def test_hounsfield_units_come_before_the_window(drawn: Callable[..., list[Any]]) -> None:
    ds = grey(
        [0, 1024, 1064, 1124, 4000], RescaleSlope=1, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=400
    )
    [picture] = drawn(ds)
    assert picture[0].tolist() == [0, 102, 128, 166, 255]


def test_of_several_windows_the_first_counts(drawn: Callable[..., list[Any]]) -> None:
    [picture] = drawn(grey([0, 100], WindowCenter=[50.5, 5000], WindowWidth=[101, 10000]))
    assert picture[0].tolist() == [0, 255]


def test_without_a_window_the_least_is_black_and_the_greatest_white(drawn: Callable[..., list[Any]]) -> None:
    [picture] = drawn(grey([-300, 0, 300]))
    assert picture[0].tolist() == [0, 128, 255]


def test_without_a_window_all_frames_share_one_scale(drawn: Callable[..., list[Any]]) -> None:
    ds = grey([0, 100, 300, 400], NumberOfFrames=2)
    ds.Columns = 2
    first, second = drawn(ds)
    assert (first[0].tolist(), second[0].tolist()) == ([0, 64], [191, 255])


@pytest.mark.parametrize(("center", "width"), [(50_000, 10), ("", ""), (40, 0), (40, -5)])
def test_a_window_that_shows_nothing_is_not_used(
    drawn: Callable[..., list[Any]], center: Any, width: Any
) -> None:
    [picture] = drawn(grey([0, 10, 20], WindowCenter=center, WindowWidth=width))
    assert picture[0].tolist() == [0, 128, 255]


def test_a_picture_all_of_one_value_is_no_error(drawn: Callable[..., list[Any]]) -> None:
    [picture] = drawn(grey([7, 7, 7]))
    assert len(set(picture[0].tolist())) == 1


def test_monochrome1_is_shown_inverted(drawn: Callable[..., list[Any]]) -> None:
    [picture] = drawn(grey([0, 50, 100], PhotometricInterpretation="MONOCHROME1"))
    assert picture[0].tolist() == [255, 127, 0]


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_is_black_and_does_not_count(drawn: Callable[..., list[Any]], photometric: str) -> None:
    ds = grey([-2000, 0, 100, -2000], PhotometricInterpretation=photometric, PixelPaddingValue=-2000)
    [picture] = drawn(ds)
    assert {picture[0, 0], picture[0, 3]} == {0}
    assert {*picture[0, 1:3].tolist()} == {0, 255}


def test_a_table_in_place_of_a_window_is_used(drawn: Callable[..., list[Any]]) -> None:
    table = Dataset()
    # More entries than an 8-bit number counts to, with 8-bit values.
    table.LUTDescriptor = [300, 100, 8]
    table.LUTData = np.array([*range(256), *[255] * 44], dtype="<u2").tobytes()
    ds = grey([0, 100, 150, 355, 9999], VOILUTSequence=Sequence([table]))
    [picture] = drawn(ds)
    assert picture[0].tolist() == [0, 0, 50, 255, 255]


def test_an_enhanced_object_has_its_own_window_for_each_frame(drawn: Callable[..., list[Any]]) -> None:
    def frame(center: float, slope: float) -> Dataset:
        window, rescale, group = Dataset(), Dataset(), Dataset()
        window.WindowCenter, window.WindowWidth = center, 101
        rescale.RescaleSlope, rescale.RescaleIntercept = slope, 0
        group.FrameVOILUTSequence = Sequence([window])
        group.PixelValueTransformationSequence = Sequence([rescale])
        return group

    ds = grey([0, 100, 0, 100], NumberOfFrames=2)
    ds.Columns = 2
    ds.PerFrameFunctionalGroupsSequence = Sequence([frame(50.5, 1), frame(50.5, 0.5)])
    first, second = drawn(ds)
    assert (first[0].tolist(), second[0].tolist()) == ([0, 255], [0, 128])


# Colours and shapes


def test_sixteen_bit_colours_become_eight(drawn: Callable[..., list[Any]]) -> None:
    pixels = np.array([[65535, 0, 32768], [0, 65535, 256]], dtype="<u2")
    ds = grey([0, 0], SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    ds.PixelData = pixels.tobytes()
    [picture] = drawn(ds)
    assert picture[0].tolist() == [[255, 0, 128], [0, 255, 1]]


def test_planes_and_pixels_give_the_same_picture(drawn: Callable[..., list[Any]]) -> None:
    pixels = np.arange(24, dtype="u1").reshape(2, 4, 3)
    common = {
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "RGB",
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
    }
    by_pixel = dicom(**common, Rows=2, Columns=4, PlanarConfiguration=0, PixelData=pixels.tobytes())
    by_plane = dicom(
        **common, Rows=2, Columns=4, PlanarConfiguration=1, PixelData=pixels.transpose(2, 0, 1).tobytes()
    )
    [one], [other] = drawn(by_pixel), drawn(by_plane)
    assert (one == other).all()
    assert (one == pixels).all()


@pytest.mark.parametrize(
    ("spacing", "shape"),
    [([0.5, 0.5], (8, 8)), ([1.0, 0.5], (16, 8)), ([0.5, 1.0], (8, 16)), ([0, 0], (8, 8))],
)
def test_pixels_that_are_not_square_are_shown_in_their_true_shape(
    drawn: Callable[..., list[Any]], spacing: list[float], shape: tuple[int, int]
) -> None:
    [picture] = drawn(dicom(PixelSpacing=spacing))
    assert picture.shape == shape


def test_a_large_picture_is_shrunk_and_a_thumbnail_is_small(tmp_path: Path) -> None:
    ds = dicom(Rows=1500, Columns=3000, PixelData=np.arange(4_500_000, dtype="<u2").tobytes())
    (tmp_path / "large.dcm").write_bytes(bad_files.as_bytes(ds))

    assert render(tmp_path / "large.dcm", tmp_path) == {"frames": 1, "note": ""}

    assert Image.open(tmp_path / "1.full.png").size == (2048, 1024)
    assert Image.open(tmp_path / "1.thumb.png").size == (160, 80)


def test_of_very_many_frames_the_first_are_shown_with_a_note(tmp_path: Path) -> None:
    n = FRAMES_SHOWN + 3
    ds = dicom(Rows=2, Columns=2, NumberOfFrames=n, PixelData=np.arange(4 * n, dtype="<u2").tobytes())
    (tmp_path / "many.dcm").write_bytes(bad_files.as_bytes(ds))

    made = render(tmp_path / "many.dcm", tmp_path)

    assert made == {"frames": FRAMES_SHOWN, "note": f"The first {FRAMES_SHOWN} of {n} frames are shown."}


def test_pages_offer_as_many_frames_as_are_rendered() -> None:
    assert selectors.FRAMES_SHOWN == FRAMES_SHOWN


def test_frames_too_large_for_anybodys_memory_are_not_tried(tmp_path: Path) -> None:
    (tmp_path / "huge.dcm").write_bytes(bad_files.as_bytes(dicom(Rows=60_000, Columns=60_000)))
    with pytest.raises(CannotShow, match="too large"):
        next(pictures(tmp_path / "huge.dcm"))


# Every real file that ships with pydicom and pydicom-data

NOT_SHOWN = {
    "JPEG-lossy.dcm": NO_DECODER,  # 12-bit JPEG Extended
    "JPGExtended.dcm": NO_DECODER,  # 12-bit JPEG Extended
    "JPEG2000-embedded-sequence-delimiter.dcm": UNREADABLE,  # its frame is broken
    "MR_truncated.dcm": FEWER_VALUES,
    "SC_rgb_jpeg.dcm": UNREADABLE,  # native bytes under a compressed syntax
    "emri_small_jpeg_2k_lossless_too_short.dcm": NO_IMAGE_DATA,  # cut off before its pixels
    "nested_priv_SQ.dcm": NO_SIZE,
    "meta_missing_tsyntax.dcm": NO_SIZE,
}


def _real_files() -> list[Path]:
    found = []
    for path in sorted({Path(name) for name in get_testdata_files()}):
        if path.name in NOT_SHOWN or not path.is_file() or path.read_bytes()[128:132] != b"DICM":
            continue
        with warnings.catch_warnings():  # the tests say what is odd about them
            warnings.simplefilter("ignore")
            ds = dcmread(path, defer_size=1_000)
            if any(tag in ds for tag in (0x7FE00010, 0x7FE00008, 0x7FE00009)):
                found.append(path)
    return found


@pytest.mark.parametrize("path", _real_files(), ids=lambda path: f"{path.parent.name}/{path.name}")
@pytest.mark.filterwarnings("ignore:The number of bytes of pixel data is sufficient")
def test_every_real_file_gives_a_picture_that_shows_something(path: Path) -> None:
    picture = next(pictures(path))
    assert np.ptp(np.asarray(picture)) > 0


@pytest.mark.parametrize("name", NOT_SHOWN)
def test_a_file_that_cannot_be_shown_says_so_and_no_more(name: str, tmp_path: Path) -> None:
    with Renderer() as renderer:
        made = renderer.render(Path(str(get_testdata_file(name))), tmp_path)
    assert made == Rendered(0, NOT_SHOWN[name])


# The same as DCMTK's

MEAN, ALMOST_ALL, WITHIN = 2.0, 0.99, 4


@needs_dcmtk
@pytest.mark.parametrize("kind", DCMTK)
def test_a_frame_looks_as_dcmtk_shows_it(kind: str, tmp_path: Path) -> None:
    """On average at most 2 of 255 grey levels apart, and 99 of 100 values within 4."""
    name, frame, _window = DCMTK[kind]
    path = Path(str(get_testdata_file(name)))
    theirs = dcmtk_picture(kind, tmp_path)

    ours = np.asarray(list(pictures(path))[frame - 1]).astype(int)
    apart = np.abs(ours - np.asarray(theirs).astype(int))

    assert apart.mean() <= MEAN
    assert (apart <= WITHIN).mean() >= ALMOST_ALL


# The renderer is another process


@pytest.fixture
def stuck(tmp_path: Path) -> Path:
    """A file that never answers."""
    path = tmp_path / "stuck"
    os.mkfifo(path)
    return path


def test_a_file_that_hangs_the_decoder_is_given_up_and_the_next_is_rendered(
    tmp_path: Path, stuck: Path
) -> None:
    (tmp_path / "fine.dcm").write_bytes(bad_files.sound())
    with Renderer(seconds_each=1) as renderer:
        assert renderer.render(stuck, tmp_path).note == TOO_SLOW
    with Renderer() as renderer:
        assert renderer.render(tmp_path / "fine.dcm", tmp_path).frames == 1


def test_a_decoder_that_crashes_costs_one_file_and_not_the_worker(tmp_path: Path, stuck: Path) -> None:
    (tmp_path / "fine.dcm").write_bytes(bad_files.sound())
    with Renderer() as renderer:
        assert renderer.render(tmp_path / "fine.dcm", tmp_path).frames == 1
        child = renderer._child
        assert child is not None
        crash = threading.Timer(0.5, os.kill, [child.pid, signal.SIGSEGV])
        crash.start()
        assert renderer.render(stuck, tmp_path).note == UNREADABLE
        crash.join()
        assert renderer.render(tmp_path / "fine.dcm", tmp_path).frames == 1


@pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="This system does not show a process's environment."
)
def test_the_renderer_is_told_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere")
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    (tmp_path / "fine.dcm").write_bytes(bad_files.sound())
    with Renderer() as renderer:
        renderer.render(tmp_path / "fine.dcm", tmp_path)
        assert renderer._child is not None
        known = Path(f"/proc/{renderer._child.pid}/environ").read_bytes()
    assert b"do not tell" not in known
    assert b"postgres" not in known


# Previews as a service


def test_pictures_are_stored_beside_the_bytes_and_then_said_to_be_ready(
    homes: Homes, dicom_storage: Path
) -> None:
    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(bad_files.sound())])

    assert render_waiting() == 1

    blob = Blob.objects.get(pk__in=result.blob_ids)
    assert (blob.preview, blob.preview_note, blob.preview_claimed_until) == (Blob.Preview.READY, "", None)
    for thumbnail in (False, True):
        assert Image.open(dicom_storage / blob.preview_key(1, thumbnail=thumbnail)).size == (8, 8)


def test_every_frame_of_a_film_has_its_picture(homes: Homes, dicom_storage: Path) -> None:
    data = Path(str(get_testdata_file("examples_ybr_color.dcm"))).read_bytes()
    result = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)])
    render_previews(blob_ids=result.blob_ids)

    instance = Instance.objects.select_related("blob").get()
    assert instance.frames == 30
    keys = [instance.blob.preview_key(n, thumbnail=small) for n in range(1, 31) for small in (False, True)]
    assert all((dicom_storage / key).exists() for key in keys)


def test_broken_pixels_are_noted_and_the_next_file_is_rendered(homes: Homes) -> None:
    broken = Path(str(get_testdata_file("JPGExtended.dcm"))).read_bytes()
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(broken), source(bad_files.sound())])

    assert render_waiting() == 2

    assert list(Blob.objects.order_by("id").values_list("preview", "preview_note")) == [
        ("failed", NO_DECODER),
        ("ready", ""),
    ]


def test_when_the_bytes_are_away_the_file_waits_for_another_try(
    homes: Homes, clock: Any, dicom_storage: Path
) -> None:
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(bad_files.sound())])
    blob = Blob.objects.get()
    away = dicom_storage / "away"
    (dicom_storage / blob.key).rename(away)
    render_waiting()
    blob.refresh_from_db()
    assert blob.preview == Blob.Preview.WAITING

    away.rename(dicom_storage / blob.key)
    assert render_waiting() == 0
    clock.move(hours=1)
    assert render_waiting() == 1
    blob.refresh_from_db()
    assert blob.preview == Blob.Preview.READY
