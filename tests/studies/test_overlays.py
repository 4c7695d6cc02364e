"""Overlay planes are drawn where their bits are: on the pictures of the pages, and beside the frames of a pack."""

import shutil
import subprocess
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian

from studies.pixels.pictures import ImageObject
from studies.pixels.view_copy import packed
from studies.renderer import OVERLAYS_DRAWN, OVERLAYS_LEFT_OUT
from tests.bad_files import as_bytes, dicom
from tests.dcmtk import needs_dcmtk

SIDE = 8
WHITE = 255


def plane(
    ds: Dataset, bits: Any, *, group: int = 0x6000, origin: tuple[int, int] = (1, 1), **more: Any
) -> None:
    """`bits`: frames of rows of columns, or a single one."""
    bits = np.asarray(bits, dtype=bool)
    rows, columns = bits.shape[-2:]
    data = np.packbits(bits.ravel(), bitorder="little").tobytes()
    values = {
        (0x0010, "US"): rows, (0x0011, "US"): columns, (0x0040, "CS"): "G", (0x0050, "SS"): list(origin),
        (0x0100, "US"): 1, (0x0102, "US"): 0, (0x3000, "OW"): data + b"\0" * (len(data) % 2),
    }  # fmt: skip
    elements = {"frames": (0x0015, "IS"), "first": (0x0051, "US"), "kind": (0x0040, "CS")}
    values |= {elements[word]: value for word, value in more.items()}
    for (element, representation), value in values.items():
        ds.add_new((group << 16) | element, representation, value)


def grey(frames: int = 1) -> Dataset:
    """Black but for the last pixel, so that there is a window."""
    pixels = np.zeros((frames, SIDE, SIDE), dtype="<u2")
    more = {"NumberOfFrames": frames} if frames > 1 else {}
    return dicom(PixelData=pixels.tobytes(), WindowCenter=2048, WindowWidth=4096, **more)


def drawn(ds: Dataset, folder: Path, **how: Any) -> list[Any]:
    return [np.asarray(picture) for picture in opened(ds, folder, **how).pictures()]


def opened(ds: Dataset, folder: Path, **how: Any) -> ImageObject:
    path = folder / "one.dcm"
    path.write_bytes(as_bytes(ds, **how))
    return ImageObject(path)


masks = st.integers(1, 11).flatmap(
    lambda columns: st.lists(
        st.lists(st.booleans(), min_size=columns, max_size=columns), min_size=1, max_size=11
    )
)


@given(st.lists(st.tuples(masks, st.integers(-12, 12), st.integers(-12, 12)), min_size=1, max_size=3))
@settings(max_examples=80, deadline=None)
def test_every_bit_of_every_plane_is_white_and_no_other_pixel(
    planes: list[tuple[list[list[bool]], int, int]],
) -> None:
    ds, expected = grey(), np.zeros((SIDE, SIDE), dtype=bool)
    for number, (bits, row, column) in enumerate(planes):
        plane(ds, bits, group=0x6000 + 2 * number, origin=(row, column))
        for y, line in enumerate(bits):
            for x, is_set in enumerate(line):
                at = y + row - 1, x + column - 1
                if is_set and 0 <= at[0] < SIDE and 0 <= at[1] < SIDE:
                    expected[at] = True

    with TemporaryDirectory() as folder:
        [picture] = drawn(ds, Path(folder))

    assert np.array_equal(picture == WHITE, expected)


FIRST, SECOND = np.eye(SIDE, dtype=bool), np.fliplr(np.eye(SIDE, dtype=bool))
NOTHING = np.zeros((SIDE, SIDE), dtype=bool)


@pytest.mark.parametrize(
    ("bits", "more", "expected"),
    [
        (FIRST, {}, [FIRST, FIRST, FIRST]),
        ([FIRST, SECOND], {"frames": 2, "first": 2}, [NOTHING, FIRST, SECOND]),
        ([FIRST, SECOND], {"frames": 2}, [FIRST, SECOND, NOTHING]),
        (FIRST, {"first": 3}, [NOTHING, NOTHING, FIRST]),
    ],
    ids=["of all frames", "from the second on", "from the first on", "of the last"],
)
def test_a_plane_is_drawn_on_the_frames_that_it_belongs_to(
    tmp_path: Path, bits: Any, more: dict[str, int], expected: list[Any]
) -> None:
    ds = grey(frames=3)
    plane(ds, bits, **more)

    assert [(picture == WHITE).tolist() for picture in drawn(ds, tmp_path)] == [
        each.tolist() for each in expected
    ]


def test_of_a_region_the_edge_is_drawn_and_its_inside_is_to_be_seen(tmp_path: Path) -> None:
    ds, region = grey(), np.zeros((SIDE, SIDE), dtype=bool)
    region[1:6, 2:7] = True
    plane(ds, region, kind="R")

    [picture] = drawn(ds, tmp_path)

    region[2:5, 3:6] = False
    assert np.array_equal(picture == WHITE, region)


def test_colours_have_their_overlays_in_white(tmp_path: Path) -> None:
    ds = dicom(
        SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0, BitsAllocated=8, BitsStored=8,
        HighBit=7, PixelData=bytes([200, 0, 0] * SIDE * SIDE),
    )  # fmt: skip
    plane(ds, FIRST)

    [picture] = drawn(ds, tmp_path)

    assert np.array_equal((picture == WHITE).all(axis=-1), FIRST)
    assert picture[~FIRST].tolist() == [[200, 0, 0]] * (SIDE * SIDE - SIDE)


def test_a_plane_in_bits_that_the_pixels_do_not_use_is_drawn(tmp_path: Path) -> None:
    ds = dicom(PixelData=(FIRST.astype("<u2") << 14).tobytes(), WindowCenter=2048, WindowWidth=4096)
    ds.add_new(0x60020010, "US", SIDE)
    ds.add_new(0x60020011, "US", SIDE)
    ds.add_new(0x60020102, "US", 14)

    image = opened(ds, tmp_path)
    [picture] = [np.asarray(each) for each in image.pictures()]

    assert image.notes() == [OVERLAYS_DRAWN]
    assert np.array_equal(picture == WHITE, FIRST)


def test_words_of_big_endian_are_read_as_such(tmp_path: Path) -> None:
    ds = grey()
    plane(ds, FIRST)
    little = np.frombuffer(ds[0x60003000].value, dtype="<u2")
    ds[0x60003000].value = little.astype(">u2").tobytes()
    path = tmp_path / "big.dcm"
    path.write_bytes(as_bytes(ds))
    image = ImageObject(path)
    image.file.ds.file_meta.TransferSyntaxUID = ExplicitVRBigEndian

    mask = image.overlays.mask(0, np.zeros((SIDE, SIDE), dtype=np.uint16))

    assert mask is not None
    assert np.array_equal(mask, FIRST)


@pytest.mark.parametrize(
    "broken",
    [{0x60000010: 30}, {0x60000100: 16}, {0x60000102: 3}, {0x60000011: 0}, {0x60000015: 9}],
    ids=["too few bits", "16 bits each", "a bit position", "no columns", "too few frames"],
)
def test_a_plane_that_cannot_be_read_is_named_and_not_drawn(tmp_path: Path, broken: dict[int, int]) -> None:
    ds = grey()
    plane(ds, FIRST, frames=1)
    for tag, value in broken.items():
        ds[tag].value = value

    image = opened(ds, tmp_path)
    [picture] = [np.asarray(each) for each in image.pictures()]

    assert image.notes() == [OVERLAYS_LEFT_OUT]
    assert picture.max() == 0


def test_a_pack_has_what_is_drawn_apart_from_the_values(tmp_path: Path) -> None:
    ds = grey(frames=3)
    plane(ds, [FIRST, SECOND], frames=2, first=2)
    (tmp_path / "one.dcm").write_bytes(as_bytes(ds))
    files = {word: str(tmp_path / word) for word in ("coarse", "heads", "tails", "overlays")}

    answer = packed({"source": str(tmp_path / "one.dcm"), "first": 0, **files})

    none, first, second = answer["overlay_sizes"]
    data = Path(files["overlays"]).read_bytes()
    bits = [
        np.unpackbits(np.frombuffer(zlib.decompress(part), "u1")) for part in (data[:first], data[first:])
    ]
    assert (none, first + second) == (0, len(data))
    assert np.array_equal(bits, [FIRST.ravel(), SECOND.ravel()])
    assert (answer["overlays_drawn"], answer["overlays"], answer["range"]) == (True, False, [0, 0])


@needs_dcmtk
@pytest.mark.parametrize("name", ["MR-SIEMENS-DICOM-WithOverlays.dcm", "examples_overlay.dcm"])
def test_overlays_look_as_dcmtk_draws_them(tmp_path: Path, name: str) -> None:
    """Where either draws one, so does the other: at every pixel white, which it is not without the overlay."""
    path = Path(str(get_testdata_file(name)))
    theirs = []
    for number, overlays in enumerate(["+O", "-O"]):
        file = tmp_path / f"{number}.png"
        asked = [
            "dcmj2pnm",
            "+on",
            "+F",
            "1",
            *([overlays, "0"] if overlays == "+O" else [overlays]),
            "+Wi",
            "1",
        ]
        subprocess.run(
            [shutil.which("dcmj2pnm") or "", *asked[1:], path, file], check=True, capture_output=True
        )
        theirs.append(np.asarray(Image.open(file).convert("L")).astype(int))

    ours = np.asarray(next(ImageObject(path).pictures())).astype(int)

    apart = np.abs(ours - theirs[0])
    assert (theirs[0] != theirs[1]).sum() > 100
    assert apart.mean() <= 2
    assert (ours[theirs[0] != theirs[1]] == WHITE).all()
