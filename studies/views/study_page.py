"""What the study page shows: a stack of images one by one, and the facts."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from common import formats
from studies.models import Placement, Series
from studies.object_kinds import kind_of
from studies.selectors import FRAMES_SHOWN
from studies.selectors.images import Image, ListedSeries
from studies.services.reads import Opened


@dataclass(frozen=True)
class Stack:
    """The images of the shown series, and the one at `position`, counted from 1."""

    placement: Placement
    opened: Opened
    asked_series: UUID | None = None
    asked_position: int | None = None

    @property
    def is_missing(self) -> bool:
        """Whether the series or the position that was asked for does not exist."""
        shown = self.opened.shown
        is_other = self.asked_series is not None and (shown is None or shown.uuid != self.asked_series)
        return is_other or (self.asked_position or 1) > max(self.total, 1)

    @property
    def position(self) -> int:
        return 1 if self.is_missing else self.asked_position or 1

    @property
    def total(self) -> int:
        return len(self.opened.images)

    @cached_property
    def image(self) -> Image | None:
        return self.opened.images[self.position - 1] if self.opened.images else None

    @property
    def src(self) -> str:
        assert self.image is not None  # asked for beside an image
        return reverse(
            "studies:frame", args=[self.placement.uuid, self.image.instance.uuid, self.image.frame]
        )

    @property
    def previous(self) -> str:
        return self._href(self.position - 1) if self.position > 1 else ""

    @property
    def next(self) -> str:
        return self._href(self.position + 1) if self.position < self.total else ""

    @property
    def beginning(self) -> str:
        return self._url

    @property
    def instances(self) -> str:
        """The whole stack for the page's script: uuid, frames and state of each instance."""
        seen = {image.instance.pk: image.instance for image in self.opened.images}
        return " ".join(
            f"{instance.uuid}:{min(instance.frames, FRAMES_SHOWN)}:{instance.blob.preview}"
            for instance in seen.values()
        )

    @property
    def frames_left_out(self) -> int:
        """Of a very long object only the first frames are prepared."""
        return max(self.image.instance.frames - FRAMES_SHOWN, 0) if self.image else 0

    @property
    def waiting(self) -> int:
        return sum(listed.waiting for listed in self.opened.series)

    @property
    def done(self) -> int:
        return self.all - self.waiting

    @property
    def all(self) -> int:
        return sum(listed.series.n_instances for listed in self.opened.series)

    @cached_property
    def covers(self) -> list[dict[str, Any]]:
        """The series with their first images."""
        return [self._cover(listed) for listed in self.opened.series]

    @property
    def alt(self) -> str:
        """The image in words, for a reader who does not see it."""
        return _("Image %(position)s of %(total)s, %(series)s") % {
            "position": self.position,
            "total": self.total,
            "series": self.series_label,
        }

    @property
    def series_label(self) -> str:
        return series_label(self.opened.shown) if self.opened.shown else ""

    def _cover(self, listed: ListedSeries) -> dict[str, Any]:
        series, cover = listed.series, listed.cover
        src = reverse("studies:thumbnail", args=[self.placement.uuid, cover]) if cover else ""
        return {
            "series": series,
            "positions": listed.positions,
            "label": series_label(series),
            "src": src,
            "href": f"{self._url}?{urlencode({'series': series.uuid})}",
            "state": {"ready": "ready", "waiting": "preparing", "": "none"}.get(listed.state or "", "failed"),
            "kind": kind_of(listed.first_class or "") if not cover else "",
            "is_shown": self.opened.shown is not None and series.pk == self.opened.shown.pk,
        }

    @property
    def _url(self) -> str:
        return reverse("studies:study", args=[self.placement.uuid])

    def _href(self, position: int) -> str:
        assert self.opened.shown is not None  # there are images
        return f"{self._url}?{urlencode({'series': self.opened.shown.uuid, 'image': position})}"


def series_label(series: Series) -> str:
    number = _("Series %(number)s") % {"number": series.number} if series.number is not None else _("Series")
    return ", ".join(filter(None, (number, series.modality, series.description)))


def facts(placement: Placement) -> dict[str, list[tuple[str, Any]]]:
    """The study's attributes as received, and where it is; group and label in the reader's language."""
    study, home = placement.study, placement.study.home
    return {
        _("Patient"): [
            (_("Name"), formats.person_name(study.patient_name)),
            (_("Name as received"), study.patient_name),
            (_("MRN"), study.patient_id),
            (_("MRN issued by"), study.issuer_of_patient_id),
            (_("Born"), formats.day(study.patient_birth_date or study.patient_birth_date_raw)),
            (_("Sex"), formats.sex_word(study.patient_sex)),
        ],
        _("Study"): [
            (_("Description"), study.description),
            (_("Modality"), ", ".join(study.modalities)),
            (_("Study date"), formats.day(study.study_date or study.study_date_raw)),
            (_("Study time"), formats.time_of_day(study.study_time_raw)),
            (_("Accession"), study.accession_number),
            (_("Referring physician"), formats.person_name(study.referring_physician)),
            (_("Institution"), study.institution),
            (_("Series"), study.n_series),
            (_("Images"), study.n_instances),
            (_("Study UID"), study.study_instance_uid),
        ],
        _("Where it is"): [
            (_("Worklist"), placement.worklist.label),
            (_("Arrived"), formats.moment(placement.arrived_at)),
            (_("Original on"), home.label),
            (_("Original held by"), home.account.name if home.account else ""),
            (_("Original received"), formats.moment(study.arrived_at)),
            (_("Placement"), placement.uuid),
        ],
    }
