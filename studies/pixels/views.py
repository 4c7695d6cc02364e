"""A frame as a client wants to see it (PS3.18 section 8.3.5): its own window, a part of it, a size, a file format."""

import io
from dataclasses import dataclass
from typing import Any, Self

from PIL import Image, ImageOps

from studies.pixels.grey import Window
from studies.pixels.image_file import CannotShow, whole
from studies.pixels.pictures import ImageObject, pixel_ratio
from studies.renderer import FRAMES_SHOWN, NO_SUCH_FRAME, OUTSIDE, TOO_LARGE, TOO_MANY_FRAMES

JPEG, PNG, GIF = "image/jpeg", "image/png", "image/gif"
FORMATS = {JPEG: "JPEG", PNG: "PNG", GIF: "GIF"}
# The standard's own preset is the server's to choose.
QUALITY = 90
FRAME_MS = 100
# What a JPEG can hold.
LONGEST = 65_500
MOST_PIXELS = 120_000_000
MOST_FRAMES_PIXELS = 200_000_000


@dataclass(frozen=True)
class Viewport:
    """The size that the picture has to fit into, and of which part of the image it is; negative: mirrored."""

    width: int
    height: int
    left: float = 0
    top: float = 0
    across: float | None = None
    down: float | None = None

    def of(self, picture: Image.Image, ratio: float) -> Image.Image:
        """`ratio` is how much taller than wide a pixel is."""
        across = picture.width - self.left if self.across is None else self.across
        down = picture.height - self.top if self.down is None else self.down
        right, bottom = self.left + abs(across), self.top + abs(down)
        is_inside = 0 <= self.left < right <= picture.width and 0 <= self.top < bottom <= picture.height
        if not is_inside or round(right) <= round(self.left) or round(bottom) <= round(self.top):
            raise CannotShow(OUTSIDE)
        picture = picture.crop((round(self.left), round(self.top), round(right), round(bottom)))
        if across < 0:
            picture = ImageOps.mirror(picture)
        if down < 0:
            picture = ImageOps.flip(picture)
        wide, tall = true_size(picture, ratio)
        scale = min(self.width / wide, self.height / tall)
        size = max(round(wide * scale), 1), max(round(tall * scale), 1)
        return picture if picture.size == size else picture.resize(size, Image.Resampling.BILINEAR)


@dataclass(frozen=True)
class View:
    """What is wanted, from the words of a job."""

    media_type: str
    frames: tuple[int, ...]
    window: Window | None = None
    viewport: Viewport | None = None
    quality: int = QUALITY

    @classmethod
    def of(cls, job: dict[str, Any]) -> Self:
        window, viewport = job.get("window"), job.get("viewport")
        return cls(
            job["media_type"],
            tuple(job.get("frames", ())),
            Window(*window) if window else None,
            Viewport(*viewport) if viewport else None,
            job.get("quality") or QUALITY,
        )

    def shown(self, picture: Image.Image, ratio: float = 1) -> Image.Image:
        if self.viewport is not None:
            return self.viewport.of(picture, ratio)
        size = true_size(picture, ratio)
        if max(size) > LONGEST or size[0] * size[1] > MOST_PIXELS:
            raise CannotShow(TOO_LARGE)
        return picture if picture.size == size else picture.resize(size, Image.Resampling.BILINEAR)

    def written(self, pictures: list[Image.Image], *, each_ms: float = FRAME_MS) -> bytes:
        first, *rest = pictures
        out = io.BytesIO()
        options: dict[str, Any] = {JPEG: {"quality": self.quality}, PNG: {"compress_level": 4}}.get(
            self.media_type, {}
        )
        if rest:
            options = {"save_all": True, "append_images": rest, "duration": each_ms, "loop": 0}
        first.save(out, FORMATS[self.media_type], **options)
        return out.getvalue()


def true_size(picture: Image.Image, ratio: float) -> tuple[int, int]:
    """Width and height with square pixels; the longer side of a pixel grows, as in the pictures of the pages."""
    if abs(ratio - 1) <= 0.01:
        return picture.size
    if ratio > 1:
        return picture.width, round(picture.height * ratio)
    return round(picture.width / ratio), picture.height


def viewed(job: dict[str, Any]) -> dict[str, Any]:
    """Write the frames as one file, a GIF where there are several, and answer what the picture leaves out."""
    view = View.of(job)
    image = ImageObject(job["source"])
    frames = view.frames or tuple(range(1, image.module.frames + 1))
    if not all(1 <= number <= image.module.frames for number in frames):
        raise CannotShow(NO_SUCH_FRAME)
    module = image.module
    if len(frames) > FRAMES_SHOWN or len(frames) * module.rows * module.columns > MOST_FRAMES_PIXELS:
        raise CannotShow(TOO_MANY_FRAMES)
    ratio = pixel_ratio(module)
    pictures = [view.shown(image.picture(number - 1, view.window), ratio) for number in frames]
    with open(job["target"], "wb") as target:
        target.write(view.written(pictures, each_ms=whole(image.file.ds, "FrameTime") or FRAME_MS))
    return {"notes": image.warnings(view.window)}


def recoded(job: dict[str, Any]) -> dict[str, Any]:
    """A picture of ours in another format."""
    view = View.of(job)
    with Image.open(job["source"], formats=["PNG"]) as picture, open(job["target"], "wb") as target:
        target.write(view.written([view.shown(picture)]))
    return {"notes": []}
