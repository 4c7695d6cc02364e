"""Frames as PNG pictures: the right window, polarity and colours, or a note why a picture is not shown."""

import warnings
from pathlib import Path
from typing import Any

from PIL import Image

from studies.pixels.grey import Window, windowed
from studies.pixels.image_file import CannotShow
from studies.pixels.pictures import ImageObject, pictures
from studies.renderer import FRAMES_SHOWN, UNREADABLE

__all__ = ["FRAMES_SHOWN", "CannotShow", "Window", "pictures", "render", "windowed"]

THUMBNAIL = 160


def render(source: Path | str, folder: Path | str) -> dict[str, Any]:
    """Write each frame as N.full.png and N.thumb.png into the folder; how many, and a note of what is left out."""
    n = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = ImageObject(source)
        for n, picture in enumerate(image.pictures(), start=1):
            picture.save(Path(folder, f"{n}.full.png"), compress_level=4)
            picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS, reducing_gap=3)
            picture.save(Path(folder, f"{n}.thumb.png"), compress_level=4)
        if n == 0:
            raise CannotShow(UNREADABLE)
        return {"frames": n, "note": "\n".join(image.notes())}
