"""What the viewer's page shows, and what its script reads from it."""

import re
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.contrib.staticfiles.finders import find
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from audit.actor import Actor
from common import formats
from common.components.studies import identity
from studies.models import Instance, Placement
from studies.selectors import seen_at
from studies.services.reads import Opened
from studies.views.study_page import Stack
from studies.views.viewer_tabs import IMAGES, object_url, viewer_tabs
from studies.views.viewer_texts import viewer_texts
from studies.views.viewer_tools import tools

# Built from `viewer/` (see its README).
SCRIPT = "viewer/viewer.js"
IMPORTED = re.compile(r'from"\./(parts/[\w.]+)"')
# A position that no series has.
NOWHERE = 10_000_001


def frame_of_viewer(placement: Placement, by: Actor) -> dict[str, Any]:
    """What surrounds the viewer and each of its tabs: the patient, and the way back."""
    return {
        "placement": placement,
        "place": _("My studies") if placement.worklist.is_personal else placement.worklist.label,
        "note": _note(placement),
        # Of the worklist's own office: not for guests.
        "own_mrn": placement.own_mrn if by.guest_link is None else "",
        "way_back": _way_back(placement),
        "section": "studies",
        "is_for_reference": is_for_reference(placement),
    }


def _note(placement: Placement) -> str:
    """What the patient's banner says of how the study is here."""
    if placement.is_awaiting:
        return _("Awaiting approval")
    return _("External") if placement.internal_until <= seen_at(placement) else ""


def _way_back(placement: Placement) -> tuple[str, str]:
    """The URL and its words: the study's page, which there is none of before the approval."""
    if placement.is_awaiting:
        return reverse("sharing:approvals"), _("Approvals")
    return reverse("studies:study", args=[placement.uuid]), _("Study")


class ViewerPage:
    """`asked`: the series, the image and the window of the URL, as far as they are valid. `by`: who has the page."""

    def __init__(self, placement: Placement, opened: Opened, asked: dict[str, Any], by: Actor) -> None:
        self.placement, self.opened, self.by = placement, opened, by
        self.stack = Stack(placement, opened, asked.get("series"), self._position(asked))
        self.window = asked.get("window") or ""
        self.turn, self.is_flipped = asked.get("turn") or 0, bool(asked.get("flip"))

    def context(self) -> dict[str, Any]:
        placement = self.placement
        return {
            **frame_of_viewer(placement, self.by),
            "tabs": viewer_tabs(placement, self.opened.beside),
            "tab": IMAGES,
            "others": [self._other(each) for each in self.opened.others],
            "opened": self.opened,
            "stack": self.stack,
            "covers": self.covers,
            "manifest": f"{self.url}manifest.json",
            "first": self.first,
            "window": self.window,
            "turn": self.turn,
            "is_flipped": self.is_flipped,
            "link": self.url,
            "save": reverse("studies:viewer_saved", args=[placement.uuid]),
            "blanks": blanks_images(placement),
            "patient_line": patient_words(placement),
            "script": static(SCRIPT) if find(SCRIPT) else "",
            "parts": first_parts(),
            # The URLs of a guest open in the guest's own browser alone.
            "tools": tools(
                with_link=self.by.guest_link is None and not placement.is_awaiting,
                may_take=not placement.is_awaiting,
            ),
            "texts": viewer_texts(),
        }

    def _position(self, asked: dict[str, Any]) -> int | None:
        """Of the instance that is asked for, or as it is asked; beyond the last where there is no such instance."""
        if asked.get("instance") is None:
            return asked.get("image")
        wanted = (asked["instance"], asked.get("frame") or 1)
        at = ((image.instance.uuid, max(image.frame, 1)) for image in self.opened.images)
        return next((number for number, each in enumerate(at, start=1) if each == wanted), NOWHERE)

    def _other(self, other: Placement) -> dict[str, str]:
        """Another study of the patient, as the script opens it beside this one."""
        url = reverse("studies:viewer", args=[other.uuid])
        study = other.study
        what = (" ".join(study.modalities), formats.study_day(study), study.description)
        return {
            "href": url,
            "manifest": f"{url}manifest.json",
            "save": reverse("studies:viewer_saved", args=[other.uuid]),
            "patient_line": patient_words(other),
            "label": " · ".join(filter(None, what)),
        }

    @property
    def url(self) -> str:
        return reverse("studies:viewer", args=[self.placement.uuid])

    @cached_property
    def covers(self) -> list[dict[str, Any]]:
        """The series, each with the link that shows it here."""
        own: dict[int, Instance] = {}
        for each in self.opened.beside:
            own.setdefault(each.series_id, each)
        return [self._cover(cover, own.get(cover["series"].pk)) for cover in self.stack.covers]

    def _cover(self, cover: dict[str, Any], beside: Instance | None) -> dict[str, Any]:
        """A series of reports, documents and the like leads to the tab that shows them."""
        if beside is not None and cover["state"] != "ready":
            return {**cover, "href": object_url(self.placement.uuid, beside.uuid), "is_object": True}
        return {**cover, "href": f"{self.url}?{urlencode({'series': cover['series'].uuid})}"}

    @property
    def first(self) -> str:
        """The URL of the image that is there before any script; empty while it is prepared or where there is none."""
        image = self.stack.image
        return self.stack.src if image is not None and image.state == "ready" else ""


def first_parts() -> list[str]:
    """What the script imports before all else, so that the browser asks for both at once."""
    path = find(SCRIPT)
    if not path:
        return []
    beside = static(SCRIPT).rpartition("/")[0]
    return [f"{beside}/{part}" for part in IMPORTED.findall(Path(path).read_text())]


def is_for_reference(placement: Placement) -> bool:
    """Whether images are marked: until the account of the worklist takes them on for primary diagnosis."""
    account = placement.worklist.account
    return account is None or account.primary_diagnosis_at is None


def blanks_images(placement: Placement) -> bool:
    """Whether open images go when the right ends: where the worklist's account or the original's wants it."""
    accounts = (placement.worklist.account, placement.study.home.account)
    return any(account is not None and account.blanks_images for account in accounts)


def patient_words(placement: Placement) -> str:
    """Under an image that is saved or printed: whose it is and of which day."""
    study = placement.study
    shown = identity(study)
    born = _("born %(day)s") % {"day": formats.day(shown["born"])} if shown["born"] else ""
    mrn = _("MRN %(number)s") % {"number": shown["mrn"]} if shown["mrn"] else ""
    return " · ".join(filter(None, (str(shown["name"]), born, mrn, formats.study_day(study))))
