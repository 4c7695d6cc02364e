"""Whatever a file is, the viewer shows it or says why not: a file of each kind; docs/viewer-files.md has them all."""

import re
from pathlib import Path

import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from cimar.demo.management.commands.picture_table import all_files
from tests.bad_files import as_bytes, dicom
from tests.browser.viewer_files import SHOWN, Reader, Seen, dicom_storage, reader
from tests.browser.viewer_table import TABLE, name_of

__all__ = ["dicom_storage", "reader"]

KINDS = {
    "CT": "CT_small.dcm",
    "MR, several frames": "emri_small.dcm",
    "MR with an overlay": "MR-SIEMENS-DICOM-WithOverlays.dcm",
    "radiograph, MONOCHROME1": "RG1_UNCR.dcm",
    "ultrasound, colour table": "OBXXXX1A.dcm",
    "ultrasound, JPEG": "color3d_jpeg_baseline.dcm",
    "dose, 32 bits": "rtdose.dcm",
    "a table of values": "mlut_18.dcm",
    "a table of grey values": "vlut_04.dcm",
    "segmentation, a bit a pixel": "liver_1frame.dcm",
    "more data than it says": "badVR.dcm",
    "a compression that is not read": "JPEG-lossy.dcm",
    "image data that are broken": "JPEG2000-embedded-sequence-delimiter.dcm",
    "report": "reportsi.dcm",
    "plan": "rtplan.dcm",
    "cut off": "MR_truncated.dcm",
    "index of a disc": "DICOMDIR",
}
ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.*?) ?\|$", re.MULTILINE)


def rows() -> dict[str, tuple[str, str]]:
    return {name: (outcome, words) for name, outcome, words in ROW.findall(TABLE.read_text())[1:]}


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_each_kind_of_file_is_shown_or_says_why_and_as_the_table_has_it(reader: Reader) -> None:
    paths = [path for path in all_files() if path.name in KINDS.values()]

    seen = dict(reader.sees(paths))

    assert {path.name for path in seen} == {*KINDS.values()}
    assert {path.name: found for path, each in seen.items() if (found := each.faults(path))} == {}
    table = rows()
    assert {name_of(path): (each.outcome, each.words) for path, each in seen.items()} == {
        name_of(path): table[name_of(path)] for path in paths
    }


def test_the_table_has_every_file() -> None:
    """`bin/test tests/browser/viewer_table.py` mends it."""
    assert [*rows()] == [name_of(path) for path in all_files()]


def test_black_without_a_word_is_a_fault_unless_the_file_is_of_a_single_value(tmp_path: Path) -> None:
    black, flat = Image.new("RGB", (64, 64)), tmp_path / "flat.dcm"
    flat.write_bytes(as_bytes(dicom(PixelData=bytes(128))))
    scan = Path(str(get_testdata_file("CT_small.dcm")))

    assert Seen(SHOWN, picture=black).faults(scan) == ["a picture of a single grey, and the file has more"]
    assert Seen(SHOWN, picture=black).faults(flat) == []
    assert Seen("not shown").faults(scan) == ["nothing is shown, and no word says why"]
    assert Seen(SHOWN, picture=black, on_pages=Image.new("RGB", (64, 64), "#888")).faults(flat) == [
        "another picture than that of the pages"
    ]
