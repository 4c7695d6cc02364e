"""A table of grey values as the viewer has it: steps, from a value on a grey, that give what the table gives."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from studies.manifest import Packed, frames_of, part_of
from studies.pixels.grey import GreyValues
from studies.pixels.pictures import ImageObject
from studies.pixels.view_copy import MOST_GREYS, packed
from tests.bad_files import as_bytes, dicom

VALUES = np.arange(64, dtype="<u2")


def with_table(first: int, entries: list[int], bits: int, **more: Any) -> Dataset:
    ds, table = dicom(PixelData=VALUES.tobytes(), **more), Dataset()
    table.add_new("LUTDescriptor", "US", [len(entries), first, bits])
    table.add_new("LUTData", "US", entries)
    ds.VOILUTSequence = Sequence([table])
    return ds


def opened(ds: Dataset, folder: str | Path) -> ImageObject:
    path = Path(folder, "one.dcm")
    path.write_bytes(as_bytes(ds))
    return ImageObject(path)


def greys(steps: list[list[int]], values: Any) -> list[int]:
    return [
        next((grey for start, grey in reversed(steps) if start <= value), steps[0][1]) for value in values
    ]


@given(st.integers(0, 70), st.lists(st.integers(0, 4095), min_size=2, max_size=70))
@settings(max_examples=100, deadline=None)
def test_the_steps_of_a_table_give_the_picture_of_the_pages(first: int, entries: list[int]) -> None:
    with TemporaryDirectory() as folder:
        image = opened(with_table(first, entries, 12), folder)
        steps = GreyValues(image.module, 0).lut(MOST_GREYS)
        [picture] = [np.asarray(each) for each in image.pictures()]

    assert steps is not None
    starts = [start for start, _ in steps]
    assert starts == sorted({*starts})
    # A table that makes all of an image the same is no table for it: the pages show all values then.
    expected = greys(steps, VALUES)
    assert len({*expected}) == 1 or picture.ravel().tolist() == expected


@pytest.mark.parametrize(
    ("ds", "has_steps"),
    [
        (with_table(0, list(range(64)), 6), True),
        (with_table(0, list(range(64)), 6, WindowCenter=20, WindowWidth=40), False),
        (with_table(0, [0, 4095] * MOST_GREYS, 12), False),
        (dicom(), False),
    ],
    ids=["a table", "a window goes before it", "too many steps", "no table"],
)
def test_a_table_goes_with_the_pack_where_it_is_what_is_shown(
    tmp_path: Path, ds: Dataset, has_steps: bool
) -> None:
    (tmp_path / "one.dcm").write_bytes(as_bytes(ds))
    files = {word: str(tmp_path / word) for word in ("coarse", "heads", "tails", "overlays")}

    answer = packed({"source": str(tmp_path / "one.dcm"), "first": 0, **files})

    assert [lut is not None for lut in answer["luts"]] == [has_steps]


def with_tables_of_frames(tables: list[list[int] | None]) -> Dataset:
    """A frame for each table; without a table a frame has a window."""
    ds = dicom(NumberOfFrames=len(tables), PixelData=VALUES.tobytes() * len(tables))
    groups = []
    for entries in tables:
        group, voi, table = Dataset(), Dataset(), Dataset()
        if entries is None:
            voi.WindowCenter, voi.WindowWidth = 20, 40
        else:
            table.add_new("LUTDescriptor", "US", [len(entries), 0, 12])
            table.add_new("LUTData", "US", entries)
            voi.VOILUTSequence = Sequence([table])
        group.FrameVOILUTSequence = Sequence([voi])
        groups.append(group)
    ds.PerFrameFunctionalGroupsSequence = Sequence(groups)
    return ds


TABLES = [list(range(0, 4096, 65))[:63], list(range(4095, 0, -65)), None]


def test_each_frame_has_its_own_table(tmp_path: Path) -> None:
    ds = with_tables_of_frames(TABLES)
    image = opened(ds, tmp_path)
    files = {word: str(tmp_path / word) for word in ("coarse", "heads", "tails", "overlays")}

    answer = packed({"source": str(tmp_path / "one.dcm"), "first": 0, **files})
    rest = packed({"source": str(tmp_path / "one.dcm"), "first": 1, **files})

    pictures = [np.asarray(each).ravel().tolist() for each in image.pictures()]
    rising, falling, without = answer["luts"]
    assert (greys(rising, VALUES), greys(falling, VALUES), without) == (*pictures[:2], None)
    assert rest["luts"] == [falling, None]


def test_the_manifest_has_a_group_for_each_table() -> None:
    model = with_tables_of_frames(TABLES).to_json_dict()
    pixels = {"rows": 8, "columns": 8, "luts": [[[0, 1], [9, 200]], [[0, 250], [9, 2]], None]}

    part = json.loads("{" + part_of([Packed(uuid4(), 1, frames_of(model, 3), pixels)]) + "}")

    assert [part["groups"][number]["lut"] for number, _ in part["group"]] == pixels["luts"]
