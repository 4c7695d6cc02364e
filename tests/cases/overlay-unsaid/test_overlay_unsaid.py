"""A screen that lives in its overlay."""

from pathlib import Path

import numpy as np
from PIL import Image

from studies.pixels import render

HERE = Path(__file__).parent


def test_an_overlay_is_drawn_or_named(tmp_path: Path) -> None:
    made = render(HERE / "overlay.dcm", tmp_path)

    drawn = np.asarray(Image.open(tmp_path / "1.full.png")).max() > 0
    assert drawn or "overlay" in made["note"].lower()
