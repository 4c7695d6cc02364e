"""Packed frames: the first part is the coarse picture, with the head the reduced one, all parts the exact values."""

import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydicom import dcmread

from studies.ingest.json_model import describe
from studies.manifest import Frame, Packed, frames_of, part_of, runs
from studies.manifest.part import EXACT, positions
from studies.pixels import view_copy
from studies.pixels.image_file import CannotShow
from studies.pixels.pictures import ImageObject
from studies.pixels.view_copy import (
    COARSE,
    REDUCED,
    encoded,
    packed,
    reduced_size,
    reductions_of,
    tile_part_ends,
)
from studies.renderer import FLOATING, NO_IMAGE_DATA, TABLE_OF_VALUES, TOO_WIDE
from tests.bad_files import as_bytes, dicom
from tests.dicomweb.real_files import files_called_dcm

SIDES = st.one_of(st.integers(1, 40), st.integers(60, 70), st.integers(120, 300))


@st.composite
def frames(draw: st.DrawFn) -> Any:
    """Noise, flat and stepped pictures of any size, sign, depth and number of colours."""
    kind = np.dtype(draw(st.sampled_from(["u1", "<u2", "<i2"])))
    shape: tuple[int, ...] = (draw(SIDES), draw(SIDES))
    if kind == np.uint8 and draw(st.booleans()):
        shape = (*shape, 3)
    limits = np.iinfo(kind)
    least = draw(st.integers(limits.min, limits.max))
    greatest = draw(st.integers(least, limits.max))
    match draw(st.sampled_from(["noise", "flat", "steps", "bits"])):
        case "noise":
            random = np.random.default_rng(draw(st.integers(0, 99)))
            return random.integers(least, greatest, shape, dtype=kind, endpoint=True)
        case "flat":
            return np.full(shape, least, kind)
        case "bits":
            return (np.indices(shape).sum(axis=0) % 2).astype(kind)
        case _:
            step = np.indices(shape).sum(axis=0).astype(np.int64) * 7
            return (least + step % max(greatest - least, 1)).astype(kind)


@given(frames())
@settings(max_examples=150, deadline=None)
def test_all_parts_are_exact_and_the_first_ones_are_the_coarse_and_the_reduced_picture(values: Any) -> None:
    coarse, head, tail = encoded(values)

    stream = coarse + head + tail
    whole = imagecodecs.htj2k_decode(stream)
    assert whole.dtype == values.dtype
    assert np.array_equal(whole.reshape(values.shape), values)
    for part, rest, side in ((coarse, head + tail, COARSE), (coarse + head, tail, REDUCED)):
        times = reductions_of(*values.shape[:2], side)
        reduced = imagecodecs.htj2k_decode(part, skipres=times)
        assert reduced.shape[:2] == reduced_size(*values.shape[:2], side)
        assert max(reduced.shape[:2]) <= side
        assert np.array_equal(reduced, imagecodecs.htj2k_decode(stream, skipres=times))
        assert bool(rest) is (times > 0)


@given(st.integers(1, 6000), st.integers(1, 6000), st.sampled_from([COARSE, REDUCED]))
def test_the_reduced_size_is_halved_as_often_as_needed_and_no_oftener(
    rows: int, columns: int, side: int
) -> None:
    times, longest = reductions_of(rows, columns, side), max(rows, columns)

    assert -(-longest // 2**times) <= side
    assert times == 0 or -(-longest // 2 ** (times - 1)) > side


@given(st.lists(frames(), min_size=1, max_size=4))
@settings(max_examples=30, deadline=None)
def test_the_manifest_says_where_each_frame_is_in_its_pack(images: list[Any]) -> None:
    frames = [encoded(values) for values in images]
    instances = [
        Packed(uuid4(), n, [Frame("{}")], {}, [(len(coarse), len(head), len(tail))])
        for n, (coarse, head, tail) in enumerate(frames)
    ]
    columns = json.loads(f"{{{part_of(instances)}}}")
    pack = b"".join(b"".join(parts) for parts in zip(*frames, strict=True))

    streams = streams_of(columns, pack)

    assert len(streams) == len(images)
    for values, stream in zip(images, streams, strict=True):
        assert np.array_equal(imagecodecs.htj2k_decode(stream).reshape(values.shape), values)
    assert sum(map(len, streams)) == len(pack)


def streams_of(columns: dict[str, list[int]], pack: bytes) -> list[bytes]:
    """The codestream of each frame from its three parts, as the columns of the manifest say where they are."""
    parts, at = [], 0
    for size in (*columns["coarse"], *columns["head"], *columns["tail"]):
        parts.append(pack[at : at + size])
        at += size
    number = len(columns["coarse"])
    return [b"".join(parts[index::number]) for index in range(number)]


def test_the_ends_of_tile_parts_are_where_the_decoder_is_done_with_them() -> None:
    values = np.arange(512 * 512, dtype="<u2").reshape(512, 512)
    coarse, head, tail = encoded(values)

    *ends, last = tile_part_ends(coarse + head + tail)
    assert (coarse + head + tail)[last:] == b"\xff\xd9"
    assert len(coarse) in ends
    assert len(coarse + head) in ends


# Files

PARTS = ("coarse", "heads", "tails", "overlays")


def pack(path: Path | str, folder: str) -> tuple[dict[str, Any], list[Any]]:
    written = {word: str(Path(folder, word)) for word in PARTS}
    answer: dict[str, Any] = {"sizes": [], "of": 1}
    while len(answer["sizes"]) < answer["of"]:
        done = answer["sizes"]
        answer = packed({"source": str(path), "first": len(done), **written})
        answer["sizes"] = [*done, *answer["sizes"]]
    data = b"".join(Path(written[word]).read_bytes() for word in PARTS[:3])
    sizes = zip(*answer["sizes"], strict=True)
    columns = dict(zip(("coarse", "head", "tail"), map(list, sizes), strict=True))
    return answer, [imagecodecs.htj2k_decode(stream) for stream in streams_of(columns, data)]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Images of any depth, sign and photometric interpretation that a file can have, uncompressed."""
    rows, columns, number = draw(st.integers(1, 20)), draw(st.integers(1, 20)), draw(st.integers(1, 3))
    allocated = draw(st.sampled_from([8, 16, 32]))
    stored = draw(st.integers(1, allocated))
    photometric = draw(st.sampled_from(["MONOCHROME1", "MONOCHROME2"]))
    kind = f"<u{allocated // 8}"
    pixels = draw(arrays(kind, (number, rows, columns), elements=st.integers(0, 2**allocated - 1)))
    values = {
        "Rows": rows, "Columns": columns, "BitsAllocated": allocated, "BitsStored": stored, "HighBit": stored - 1,
        "PixelRepresentation": draw(st.integers(0, 1)), "PhotometricInterpretation": photometric,
        "NumberOfFrames": number, "PixelData": pixels.tobytes() + b"\0" * (pixels.nbytes % 2),
    }  # fmt: skip
    return as_bytes(dicom(**values))


@given(files())
@settings(max_examples=80, deadline=None)
def test_what_is_packed_of_a_file_is_what_its_decoder_gives_or_it_is_named_why_not(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "image.dcm")
        path.write_bytes(data)
        module = ImageObject(path).module
        expected = [values for values, _ in module.decoded(range(module.frames), raw=True)]
        fits = min(int(each.min()) for each in expected) >= -(2**15) and max(
            int(each.max()) for each in expected
        ) < (2**15 if module.signed else 2**16)
        try:
            answer, frames = pack(path, folder)
        except CannotShow as cannot:
            assert str(cannot) == TOO_WIDE
            assert not fits
            return
    assert fits
    assert len(frames) == module.frames
    for frame, values in zip(frames, expected, strict=True):
        assert np.array_equal(frame, values)
        assert (frame.dtype.itemsize * 8, frame.dtype.kind == "i") == (answer["bits"], answer["signed"])
    ends = min(int(each.min()) for each in expected), max(int(each.max()) for each in expected)
    assert tuple(answer["range"]) == ends


def test_a_long_object_is_packed_in_as_many_jobs_as_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.arange(5 * 64, dtype="<u2")
    path = tmp_path / "image.dcm"
    path.write_bytes(as_bytes(dicom(NumberOfFrames=5, PixelData=pixels.tobytes())))
    monkeypatch.setattr(view_copy, "SECONDS", -1)

    answer, frames = pack(path, str(tmp_path))

    assert len(answer["sizes"]) == 5
    assert np.array_equal(np.stack(frames).ravel(), pixels)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"PixelData": None, "FloatPixelData": bytes(256), "BitsAllocated": 32}, FLOATING),
        ({"PixelData": None}, NO_IMAGE_DATA),
        ({"RescaleSlope": 0, "RescaleIntercept": 0}, TABLE_OF_VALUES),
    ],
    ids=["fractions", "no pixels", "no calibration"],
)
def test_what_cannot_be_packed_says_why(tmp_path: Path, values: dict[str, Any], sentence: str) -> None:
    path = tmp_path / "image.dcm"
    path.write_bytes(as_bytes(dicom(**values)))

    with pytest.raises(CannotShow, match=sentence[:20]):
        pack(path, str(tmp_path))


@pytest.mark.parametrize("path", files_called_dcm(), ids=lambda path: Path(path).name)
@pytest.mark.filterwarnings("ignore:The number of bytes of pixel data is sufficient")
@pytest.mark.filterwarnings("ignore:End of file reached before delimiter")
def test_every_file_of_pydicom_is_packed_exactly_or_named_why_not(tmp_path: Path, path: str) -> None:
    """What the pictures cannot show either is not packed; colours are those of the pictures."""
    try:
        answer, frames = pack(path, str(tmp_path))
    except Exception as cannot:  # the child answers for every exception with a sentence
        if not isinstance(cannot, CannotShow) or str(cannot) not in (TOO_WIDE, TABLE_OF_VALUES, FLOATING):
            with pytest.raises(Exception):  # noqa: B017
                [*ImageObject(path).pictures()]
        return
    image = ImageObject(path)
    shown = range(image.module.frames)
    if answer["samples"] == 3:
        expected = [*image.coloured_frames(shown)]
    else:
        expected = [values for values, _ in image.module.decoded(shown, raw=True)]
    assert len(frames) == len(expected) == answer["of"]
    for frame, values in zip(frames, expected, strict=True):
        assert np.array_equal(frame, values)


# What is said of the frames


@given(
    st.lists(st.tuples(*[st.floats(-2000, 2000)] * 3), min_size=1, max_size=40)
    | st.builds(
        lambda start, step, count: [
            tuple(a + b * n for a, b in zip(start, step, strict=True)) for n in range(count)
        ],
        st.tuples(*[st.floats(-2000, 2000)] * 3),
        st.tuples(*[st.floats(-5, 5)] * 3),
        st.integers(1, 3000),
    )
)
@settings(deadline=None)
def test_positions_are_exact_however_they_are_written(each: list[tuple[float, float, float]]) -> None:
    written = json.loads(json.dumps(positions(each)))

    if len(written) == 3 and isinstance(written[2], int):
        start, step, count = written
        read = [[a + b * n for a, b in zip(start, step, strict=True)] for n in range(count)]
    else:
        read = written
    assert len(read) == len(each)
    assert np.allclose(read, each, atol=EXACT, rtol=0)


def test_evenly_spaced_slices_are_a_start_a_step_and_a_number() -> None:
    assert positions([(0.1, 0.2, n * 0.625) for n in range(500)]) == [[0.1, 0.2, 0.0], [0, 0, 0.625], 500]
    assert positions([None, None]) is None
    assert positions([(0, 0, 1), None]) == [[0, 0, 1], None]


@given(st.lists(st.integers(0, 3)))
def test_runs_are_the_values_again(values: list[int]) -> None:
    assert [value for value, number in runs(values) for _n in range(number)] == values


def told(**values: Any) -> dict[str, Any]:
    """The group of an image's only frame."""
    file = io.BytesIO(as_bytes(dicom(**values)))
    model = json.loads(describe(file, {}).json)
    columns = json.loads(f"{{{part_of([Packed(uuid4(), 1, frames_of(model, 1))])}}}")
    [group] = columns["groups"]
    assert isinstance(group, dict)
    return group


@pytest.mark.parametrize(
    ("values", "spacing", "kind"),
    [
        ({"PixelSpacing": [0.5, 0.7]}, [0.5, 0.7], "PixelSpacing"),
        ({"PixelSpacing": [0, 0], "ImagerPixelSpacing": [0.1, 0.1]}, [0.1, 0.1], "ImagerPixelSpacing"),
        ({"PixelSpacing": [0.5, 0.5], "ImagerPixelSpacing": [0.6, 0.6]}, [0.5, 0.5], "PixelSpacing"),
        ({"NominalScannedPixelSpacing": [0.2, 0.2]}, [0.2, 0.2], "NominalScannedPixelSpacing"),
        ({"PixelSpacing": [0, 0]}, None, None),
        ({}, None, None),
    ],
)
def test_the_spacing_is_told_with_its_kind_or_not_at_all(
    values: dict[str, Any], spacing: Any, kind: Any
) -> None:
    group = told(**values)

    assert (group["spacing"], group["spacing_kind"]) == (spacing, kind)


def test_units_are_those_of_the_file() -> None:
    ct = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "RescaleSlope": 1, "RescaleIntercept": -1024}
    assert told(**ct)["unit"] == "HU"
    assert told(**ct, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])["unit"] == ""
    assert told(**ct, RescaleType="US")["unit"] == ""
    assert told(RescaleType="OD", RescaleSlope=1, RescaleIntercept=0)["unit"] == "OD"
    assert told(Units="BQML")["unit"] == "BQML"


@pytest.mark.parametrize(
    ("values", "lossy"),
    [
        ({"LossyImageCompression": "01", "LossyImageCompressionRatio": 12.5}, [12.5]),
        ({"LossyImageCompression": "01", "LossyImageCompressionRatio": [2, 5]}, [2, 5]),
        ({"LossyImageCompression": "01"}, []),
        ({"LossyImageCompression": "00", "LossyImageCompressionRatio": 10}, None),
        ({}, None),
    ],
)
def test_an_image_says_that_it_lost_something_and_how_strongly_it_was_compressed(
    values: dict[str, Any], lossy: Any
) -> None:
    assert told(**values)["lossy"] == lossy


def test_an_image_whose_transfer_syntax_always_loses_something_says_so_without_the_attribute(
    tmp_path: Path,
) -> None:
    [source] = [path for path in files_called_dcm() if path.endswith("SC_rgb_jpeg_dcmtk.dcm")]
    files = {word: str(tmp_path / word) for word in PARTS}
    answer = packed({"source": source, "first": 0, **files})
    columns = json.loads(f"{{{part_of([Packed(uuid4(), 1, frames_of({}, 1), answer, answer['sizes'])])}}}")

    assert columns["groups"][0]["lossy"] == []
    assert "is_lossy" not in columns["groups"][0]


def test_windows_that_can_be_used_are_told_with_their_names() -> None:
    group = told(
        WindowCenter=[40, -600], WindowWidth=[400, 1500], WindowCenterWidthExplanation=["SOFT", "LUNG"]
    )
    assert group["window"] == [[40, 400, "SOFT"], [-600, 1500, "LUNG"]]
    assert told(WindowCenter=40, WindowWidth=0)["window"] == []
    assert told(VOILUTFunction="SIGMOID", WindowCenter=40, WindowWidth=0.5)["voi_function"] == "SIGMOID"


@given(st.binary(max_size=60), st.sampled_from(["PixelSpacing", "WindowCenter", "RescaleSlope", "FrameTime"]))
@settings(max_examples=60, deadline=None)
def test_a_value_that_is_no_number_never_decides_the_rest(value: bytes, keyword: str) -> None:
    ds = dicom(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    file = io.BytesIO(as_bytes(ds))
    model = json.loads(describe(file, {}).json)
    tag = f"{dcmread(io.BytesIO(as_bytes(dicom(FrameTime=1))))['FrameTime'].tag:08X}"
    model[tag if keyword == "FrameTime" else "00280030"] = {
        "vr": "DS",
        "Value": [value.decode("latin-1"), None],
    }

    columns = json.loads(f"{{{part_of([Packed(uuid4(), 1, frames_of(model, 1))])}}}")

    assert columns["groups"][0]["orientation"] == [1, 0, 0, 0, 1, 0]
    assert columns["groups"][0]["spacing"] is None
