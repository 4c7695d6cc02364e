"""Links into the viewer for the images that a report, a key object selection or a presentation state refers to."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from studies.models import Blob, Instance, Placement
from studies.views.viewer_tabs import kind_of_object, object_url

MOST_FRAMES = 50


@dataclass(frozen=True)
class Place:
    """A place that a report or key object refers to. `href` is empty if the image is not in this study."""

    label: str
    href: str = ""
    thumbnail: str = ""


class Places:
    """`named`: the instances of the study by their SOP instance UID."""

    def __init__(self, placement: Placement, named: dict[str, Instance]) -> None:
        self.placement, self.named = placement, named

    def of(self, uid: str, frames: list[int], *, shown: dict[str, str] | None = None) -> list[Place]:
        """A place for each frame; the whole instance where none is named. `shown`: how, as the viewer's URL says it."""
        instance = self.named.get(uid)
        if instance is None:
            return [Place(_("An image that is not in this study"))]
        if kind_of_object(instance) is not None:
            return [Place(self._label(instance), object_url(self.placement.uuid, instance.uuid))]
        named = [frame for frame in frames if 1 <= frame <= max(instance.frames, 1)][:MOST_FRAMES]
        return [self._frame(instance, frame, shown or {}) for frame in named or [0]]

    def _frame(self, instance: Instance, frame: int, shown: dict[str, str]) -> Place:
        asked = {"instance": str(instance.uuid)}
        if frame:
            asked["frame"] = str(frame)
        asked |= shown
        viewer = reverse("studies:viewer", args=[self.placement.uuid])
        thumbnail = ""
        if instance.frames and instance.blob.preview == Blob.Preview.READY:
            thumbnail = reverse("studies:thumbnail", args=[self.placement.uuid, instance.uuid])
        return Place(self._label(instance, frame), f"{viewer}?{urlencode(asked)}", thumbnail)

    def _label(self, instance: Instance, frame: int = 0) -> str:
        parts = []
        if instance.series.number is not None:
            parts.append(_("Series %(number)s") % {"number": instance.series.number})
        number = instance.number if instance.number is not None else "?"
        parts.append(_("image %(number)s") % {"number": number})
        if frame and instance.frames > 1:
            parts.append(_("frame %(number)s") % {"number": frame})
        return ", ".join(parts)
