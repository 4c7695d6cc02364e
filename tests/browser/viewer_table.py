"""Makes docs/viewer-files.md: each file that ships with pydicom and pydicom-data, as the viewer shows it in Chromium.

No part of the tests that run by themselves: `bin/test tests/browser/viewer_table.py` takes some minutes. It writes the
table and its picture, and then fails if anything in them must not be.
"""

from collections import Counter
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from cimar.demo.management.commands.picture_table import all_files
from cimar.installation import CHECKOUT
from tests.browser.viewer_files import Reader, Seen, dicom_storage, reader

__all__ = ["dicom_storage", "reader"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DOCS = CHECKOUT / "docs"
TABLE = DOCS / "viewer-files.md"
HEAD = """# pydicom's test files in the viewer

What becomes of each file that ships with pydicom and pydicom-data when it is uploaded and opened in the viewer, in
Chromium: whether it is taken in, whether its first image is shown, and the words of the viewer beside it or in its
place. Made by `bin/test tests/browser/viewer_table.py`; [pictures.md](pictures.md) has the pictures of the pages.
"""
ACROSS, SIDE, WORDS = 12, 72, 12


def picture(name: str) -> Path:
    return DOCS / "images" / f"{name}.png"


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def test_every_file_is_shown_or_says_why(reader: Reader) -> None:
    seen = dict(reader.sees(all_files()))

    TABLE.write_text(table(seen))
    panes = {path: each.pane for path, each in seen.items() if each.pane is not None}
    sheet(panes).quantize(256, dither=Image.Dither.NONE).save(picture("viewer-files"), optimize=True)
    assert {name_of(path): found for path, each in seen.items() if (found := each.faults(path))} == {}


def table(seen: dict[Path, Seen]) -> str:
    counts = Counter(each.outcome for each in seen.values())
    lines = [HEAD, "; ".join(f"{what}: {number}" for what, number in sorted(counts.items())) + ".\n"]
    lines += ["![The images as the viewer shows them](images/viewer-files.png)\n"]
    lines += ["| file | outcome | the viewer's words |", "|---|---|---|"]
    lines += [f"| {name_of(path)} | {each.outcome} | {each.words} |" for path, each in seen.items()]
    return "\n".join(lines) + "\n"


def sheet(panes: dict[Path, Image.Image]) -> Image.Image:
    """All panes, small, each above the name of its file."""
    down = -(-len(panes) // ACROSS)
    whole = Image.new("RGB", (ACROSS * (SIDE + 4), down * (SIDE + WORDS + 4)), "#22292e")
    draw = ImageDraw.Draw(whole)
    for at, (path, pane) in enumerate(panes.items()):
        left, top = at % ACROSS * (SIDE + 4) + 2, at // ACROSS * (SIDE + WORDS + 4) + 2
        pane.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        whole.paste(pane, (left, top))
        draw.text((left, top + SIDE), path.stem[:13], fill="#e2e7ea", font_size=9)
    return whole
