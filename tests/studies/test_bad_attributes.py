"""One bad attribute of an image: the picture is the one of the sound file, or there is none and the note says why."""

import io
import shutil
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_color_lut
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit

from cimar.demo.studies import STUDIES
from studies.ingest.headers import read_header
from studies.ingest.limits import Limits
from studies.ingest.refusals import FileRefused
from studies.pixels import CannotShow, pictures, render
from studies.pixels.pictures import ImageObject
from studies.renderer import (
    FEWER_VALUES,
    MORE_DATA,
    NO_BITS,
    NO_PALETTE,
    NO_PHOTOMETRIC,
    NO_PLANES,
    NO_SIGN,
    NO_SIZE,
    OTHER_SAMPLES,
    OVERLAYS_DRAWN,
    OVERLAYS_LEFT_OUT,
    UNCALIBRATED,
)
from tests.bad_files import as_bytes, dicom
from tests.dcmtk import dcmtk_window

CASES = Path(__file__).parent.parent / "cases"
RAMP = np.arange(64) * 64  # 12 bits, 8 × 8
WINDOW = {"WindowCenter": 2048, "WindowWidth": 4096}


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., ImageObject]:
    def opened(ds: Dataset, **more: Any) -> ImageObject:
        path = tmp_path / "one.dcm"
        path.write_bytes(as_bytes(ds, **more))
        return ImageObject(path)

    return opened


def first(image: ImageObject) -> Any:
    return np.asarray(next(image.pictures())).astype(int)


def ramp(**more: Any) -> Dataset:
    return dicom(**{"PixelData": RAMP.astype("<u2").tobytes(), **WINDOW, **more})


def table(first: int, entries: Any, bits: int, *, declared: int | None = None) -> Sequence:
    item = Dataset()
    number = len(entries) if declared is None else declared
    item[0x00283002] = DataElement(0x00283002, "US", [number & 0xFFFF, first & 0xFFFF, bits])
    item.LUTData = np.asarray(entries, dtype="<u2").tobytes()
    return Sequence([item])


# What does not decide the picture


@pytest.mark.parametrize(
    "bad",
    [
        {"HighBit": None},
        {"HighBit": 3},
        {"HighBit": 99},
        {"BitsStored": None, "HighBit": None},
        {"BitsAllocated": 0},
        {"BitsAllocated": 8},
        {"BitsAllocated": 12},
        {"BitsStored": 0},
        {"BitsStored": 40},
        {"PixelRepresentation": 7},
        {"SamplesPerPixel": None},
        {"SamplesPerPixel": 3},
        {"PhotometricInterpretation": "MONOCHROME 2"},
        {"PhotometricInterpretation": "monochrome2"},
        {"NumberOfFrames": 0},
        {"PlanarConfiguration": 9},
        {"PixelPaddingValue": 40_000},
        {"ModalityLUTSequence": Sequence([])},
        {"VOILUTSequence": Sequence([])},
        {"VOILUTSequence": table(0, [], 12, declared=4096)},
        {"PixelSpacing": [0, 0]},
        {"RescaleSlope": ""},
        {"WindowCenter": ["", 2048], "WindowWidth": [100, 4096]},
        {"WindowCenter": [40, 2048], "WindowWidth": [0, 4096]},
        {"WindowWidth": "", "VOILUTSequence": table(0, np.arange(4096), 12)},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:A value of '0' for .0028,0008. 'Number of Frames' is invalid")
def test_the_picture_is_the_same(opened: Callable[..., ImageObject], bad: dict[str, Any]) -> None:
    sound = first(opened(ramp()))

    image = opened(ramp(**bad))

    assert np.abs(first(image) - sound).max() <= 1
    assert image.notes() == []


def test_an_intercept_without_a_slope_counts(opened: Callable[..., ImageObject]) -> None:
    sound = first(opened(ramp(RescaleSlope=1, RescaleIntercept=-1024)))

    assert (first(opened(ramp(RescaleSlope="", RescaleIntercept=-1024))) == sound).all()


@pytest.mark.filterwarnings("ignore:The number of bytes of pixel data is sufficient")
def test_a_number_of_frames_that_is_none_shows_the_first_and_says_that_there_is_more() -> None:
    image = ImageObject(Path(str(get_testdata_file("badVR.dcm"))))

    assert np.ptp(first(image)) > 0
    assert image.notes() == [MORE_DATA]


def test_bits_above_the_high_bit_are_no_part_of_a_value(opened: Callable[..., ImageObject]) -> None:
    sound = first(opened(ramp()))

    assert (first(opened(ramp(PixelData=(RAMP | 0xA000).astype("<u2").tobytes()))) == sound).all()


def test_without_a_pixel_representation_the_repeated_sign_decides(opened: Callable[..., ImageObject]) -> None:
    signed = (RAMP - 2048).astype("<i2").tobytes()
    sound = first(opened(ramp(PixelRepresentation=1, PixelData=signed, WindowCenter=0)))

    image = opened(ramp(PixelRepresentation=None, PixelData=signed, WindowCenter=0))

    assert (first(image) == sound).all()


def test_a_padding_value_of_the_other_sign_is_padding(opened: Callable[..., ImageObject]) -> None:
    values = np.where(np.arange(64) % 8, RAMP, -2000).astype("<i2")
    ds = ramp(PixelRepresentation=1, BitsStored=16, HighBit=15, PixelData=values.tobytes())
    ds[0x00280120] = DataElement(0x00280120, "US", 63_536)  # −2000, written without a sign
    ds.PhotometricInterpretation = "MONOCHROME1"

    picture = first(opened(ds)).ravel()

    assert not picture[::8].any()
    assert picture[1] > 200


def test_padding_beyond_the_stored_bits_is_padding_and_hides_no_value(
    opened: Callable[..., ImageObject],
) -> None:
    values = RAMP.copy()
    values[0] = 0x8000 + 2048
    ds = ramp(PixelData=values.astype("<u2").tobytes(), PhotometricInterpretation="MONOCHROME1")
    ds.PixelPaddingValue = 0x8000 + 2048

    picture = first(opened(ds)).ravel()

    assert picture[0] == 0
    assert picture[32] in (126, 127, 128)  # 2048, which is no padding


# Tables


def test_a_voi_table_shorter_than_declared_ends_with_its_last_entry(
    opened: Callable[..., ImageObject],
) -> None:
    entries = np.arange(2000)
    ds = ramp(VOILUTSequence=table(0, entries, 12, declared=4096))
    del ds.WindowCenter, ds.WindowWidth

    picture = first(opened(ds)).ravel()

    assert np.abs(picture - np.minimum(RAMP, 1999) * 255 / 4095).max() <= 1


def test_a_modality_table_of_a_signed_image_begins_below_zero(opened: Callable[..., ImageObject]) -> None:
    ds = ramp(PixelRepresentation=1, PixelData=(RAMP - 2048).astype("<i2").tobytes())
    ds.ModalityLUTSequence = table(-2048, np.arange(4096), 16)

    assert np.abs(first(opened(ds)).ravel() - RAMP * 255 / 4095).max() <= 1


def test_a_frames_own_voi_table_counts(opened: Callable[..., ImageObject]) -> None:
    def group(entries: Any) -> Dataset:
        macro, group = Dataset(), Dataset()
        macro.VOILUTSequence = table(0, entries, 8)
        group.FrameVOILUTSequence = Sequence([macro])
        return group

    ds = dicom(NumberOfFrames=2, PixelData=np.tile(RAMP, 2).astype("<u2").tobytes())
    up = np.arange(4096) // 16
    ds.PerFrameFunctionalGroupsSequence = Sequence([group(up), group(up[::-1])])
    [one, other] = (np.asarray(picture).astype(int) for picture in opened(ds).pictures())

    assert np.abs(one.ravel() - RAMP // 16).max() <= 1
    assert np.abs(other.ravel() - (255 - RAMP // 16)).max() <= 1


@pytest.mark.parametrize(
    "bad",
    [
        {"ModalityLUTSequence": table(0, [], 16, declared=4096)},
        {"RescaleSlope": 0, "RescaleIntercept": -1024},
    ],
    ids=str,
)
def test_values_that_cannot_be_converted_are_shown_in_full_with_a_note(
    opened: Callable[..., ImageObject], bad: dict[str, Any]
) -> None:
    image = opened(ramp(**bad, WindowCenter=40, WindowWidth=400))

    assert np.abs(first(image).ravel() - RAMP * 255 / RAMP.max()).max() <= 1
    assert image.notes() == [UNCALIBRATED]


# What a codestream says of itself


GREY = (np.add.outer(np.arange(16), np.arange(16)) * 8).astype("u1")


def compressed(form: str, **values: Any) -> Dataset:
    stream = io.BytesIO()
    options = {"quality": 95} if form == "JPEG" else {"irreversible": False, "no_jp2": True}
    Image.fromarray(GREY).save(stream, form, **options)
    ds = dicom(Rows=16, Columns=16, WindowCenter=128, WindowWidth=256, **values)
    ds[0x7FE00010] = DataElement(0x7FE00010, "OB", encapsulate([stream.getvalue()]))
    ds[0x7FE00010].is_undefined_length = True
    return ds


@pytest.mark.parametrize(("form", "syntax"), [("JPEG", JPEGBaseline8Bit), ("JPEG2000", JPEG2000Lossless)])
@pytest.mark.parametrize(("stored", "high"), [(8, 7), (12, 11), (16, 15)])
def test_eight_bits_in_sixteen_allocated_are_eight(
    opened: Callable[..., ImageObject], form: str, syntax: str, stored: int, high: int
) -> None:
    image = opened(compressed(form, BitsAllocated=16, BitsStored=stored, HighBit=high), syntax=syntax)

    assert np.abs(first(image) - GREY.astype(int)).max() <= 4


# What is not shown, and why


COLOURS = {
    "SamplesPerPixel": 3,
    "PhotometricInterpretation": "RGB",
    "PixelData": np.tile(RAMP, 3).astype("<u2").tobytes(),
}


@pytest.mark.parametrize(
    ("bad", "note"),
    [
        ({"Rows": 0}, NO_SIZE),
        ({"Columns": None}, NO_SIZE),
        ({"BitsAllocated": 12, "PixelData": bytes(96)}, NO_BITS),
        ({"BitsAllocated": 8, "PixelData": bytes(96)}, NO_BITS),
        ({"PhotometricInterpretation": ""}, NO_PHOTOMETRIC),
        ({"PhotometricInterpretation": "GREYISH"}, NO_PHOTOMETRIC),
        ({"PhotometricInterpretation": "RGB"}, OTHER_SAMPLES),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, NO_PALETTE),
        ({"Rows": 800}, FEWER_VALUES),
        (COLOURS, NO_PLANES),
        ({**COLOURS, "PlanarConfiguration": 2}, NO_PLANES),
        ({"PixelRepresentation": None, "BitsStored": 16, "HighBit": 15}, NO_SIGN),
    ],
    ids=str,
)
def test_a_picture_that_could_mislead_is_not_shown(
    opened: Callable[..., ImageObject], bad: dict[str, Any], note: str
) -> None:
    data = (RAMP * 16).astype("<u2").tobytes()
    with pytest.raises(CannotShow) as refused:
        first(opened(ramp(**{"PixelData": data, **bad})))

    assert str(refused.value) == note


# Overlays


def overlay(bits: bytes | None, position: int = 0) -> Dataset:
    ds = ramp()
    ds.add_new(0x60000010, "US", 8)
    ds.add_new(0x60000011, "US", 8)
    ds.add_new(0x60000102, "US", position)
    if bits is not None:
        ds.add_new(0x60003000, "OW", bits)
    return ds


@pytest.mark.parametrize(
    ("ds", "notes"),
    [
        (overlay(b"\x01" * 8), [OVERLAYS_DRAWN]),
        (overlay(b"\x01" * 6), [OVERLAYS_LEFT_OUT]),
        (overlay(None, position=15), [OVERLAYS_DRAWN]),
        (overlay(None, position=11), [OVERLAYS_LEFT_OUT]),
        (overlay(bytes(8)), []),
        (overlay(None), []),
    ],
    ids=["a plane", "too short", "in the pixels", "in their values", "an empty plane", "no data"],
)
def test_an_overlay_is_named_whether_it_is_drawn_or_not(
    opened: Callable[..., ImageObject], ds: Dataset, notes: list[str]
) -> None:
    assert opened(ds).notes() == notes


def test_an_overlay_of_any_group_is_named(opened: Callable[..., ImageObject]) -> None:
    ds = ramp()
    ds.add_new(0x601E3000, "OW", b"\x01" * 8)

    assert opened(ds).notes() == [OVERLAYS_LEFT_OUT]


# Every picture of the demo and of the cases, beside DCMTK's


def _images() -> list[Path]:
    names = {file.name for study in STUDIES for file in study.files}
    demo = sorted(Path(str(get_testdata_file(name))) for name in names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Some of the others cannot even be opened.
        cases = filter(_is_taken_in, sorted(CASES.glob("*/*.dcm")))
        return [*demo, *(path for path in cases if "PixelData" in dcmread(path, force=True))]


def _is_taken_in(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            read_header(file, size=path.stat().st_size, limits=Limits())
    except FileRefused:
        return False
    return True


def _as_asked_of_dcmtk(path: Path) -> list[str]:
    """The window that we take."""
    ds = dcmread(path)
    if int(ds.SamplesPerPixel) > 1 or ds.PhotometricInterpretation == "PALETTE COLOR":
        return []
    if ds.get("WindowWidth"):
        return ["+Wi", "1"]
    if ds.get("VOILUTSequence"):
        return ["+Wl", "1"]
    if int(ds.get("NumberOfFrames") or 1) == 1:
        return ["+Wm"]
    # An enhanced object's own window, or the least and greatest value of all frames.
    groups = [
        *ds.get("PerFrameFunctionalGroupsSequence", [])[:1],
        *ds.get("SharedFunctionalGroupsSequence", []),
    ]
    has_window = any("FrameVOILUTSequence" in group for group in groups)
    return dcmtk_window([] if has_window else ["all frames"], path, 1)


@pytest.mark.skipif(shutil.which("dcmj2pnm") is None, reason="DCMTK (Debian's dcmtk) is not installed here.")
@pytest.mark.parametrize("path", _images(), ids=lambda path: path.name)
def test_pictures_of_the_demo_and_the_cases_look_as_dcmtk_shows_them(path: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.png"
    asked = ["dcmj2pnm", "+on", "-S", *_as_asked_of_dcmtk(path), str(path), str(theirs)]
    done = subprocess.run(asked, capture_output=True, check=False)
    ours = np.asarray(next(pictures(path))).astype(int)
    # JPEG 2000, JPEG-LS and segmented palettes are not DCMTK's.
    expected = _by_the_formula(path) if done.returncode else _read(theirs, like=ours)

    apart = np.abs(ours - expected)
    assert apart.mean() <= 2.0
    assert (apart <= 4).mean() >= 0.99


def _read(path: Path, *, like: Any) -> Any:
    """DCMTK leaves pixels square, and writes grey what has no colour."""
    picture = Image.open(path).convert("RGB" if like.ndim == 3 else "L")
    height, width = like.shape[:2]
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR)).astype(int)


def _by_the_formula(path: Path) -> Any:
    """Of one frame, grey, by the first window, or from the least to the greatest value; colours as decoded."""
    ds = dcmread(path)
    values = ds.pixel_array.astype(float)
    if int(ds.SamplesPerPixel) > 1:
        return values[0] if values.ndim == 4 else values
    if ds.PhotometricInterpretation == "PALETTE COLOR":
        return apply_color_lut(ds.pixel_array, ds)[..., :3] >> 8
    picture = np.full(values.shape, True)
    if "PixelPaddingValue" in ds:
        picture = values != float(ds.PixelPaddingValue)
    values = values * float(ds.get("RescaleSlope", 1)) + float(ds.get("RescaleIntercept", 0))
    if ds.get("WindowWidth"):
        center, width = (float(np.atleast_1d(ds[word].value)[0]) for word in ("WindowCenter", "WindowWidth"))
        grey = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255
    else:
        grey = (values - values[picture].min()) / np.ptp(values[picture]) * 255
    grey = np.clip(grey, 0, 255)
    return np.where(picture, 255 - grey if ds.PhotometricInterpretation == "MONOCHROME1" else grey, 0)


def test_a_note_is_a_line_each(tmp_path: Path) -> None:
    ds = overlay(b"\x01" * 8)
    ds.RescaleSlope, ds.RescaleIntercept = 0, 1
    (tmp_path / "two.dcm").write_bytes(as_bytes(ds))

    assert render(tmp_path / "two.dcm", tmp_path)["note"] == f"{OVERLAYS_DRAWN}\n{UNCALIBRATED}"
