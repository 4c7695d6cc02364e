"""Pictures and view copies that an older release made: made anew a few at a time, and shown as they are until then."""

import time
from dataclasses import dataclass

from studies.models import Blob, ViewCopy
from studies.renderer import Renderer
from studies.services import previews, view_copies

# Of each minute: what arrives meanwhile is not held up.
SECONDS = 15


@dataclass(frozen=True)
class Old:
    """How many an older release made."""

    pictures: int
    view_copies: int


def renew_old(*, seconds: float = SECONDS) -> int:
    """Pictures first: a copy's notes are made of those of its pictures. Returns how many were tried."""
    finish_by = time.monotonic() + seconds
    with Renderer() as renderer:
        done = previews.renew_old_previews(renderer, finish_by=finish_by)
        return done + view_copies.renew_old_view_copies(renderer, finish_by=finish_by)


def old_ones() -> Old:
    return Old(
        Blob.objects.filter(previews.OLD).count(),
        ViewCopy.objects.filter(view_copies.OLD).count(),
    )
