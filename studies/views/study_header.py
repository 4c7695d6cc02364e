"""What surrounds every page of one study: the patient, the tabs, and what may be done."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actor import Actor
from audit.requests import actor_of
from studies import selectors
from studies.full_viewer import is_installed
from studies.models import FOREVER, Placement
from studies.services import may_correct, may_note_own_mrn, may_send
from studies.views.shares import may_share
from worklists import access

LINKS = {"create_guest_links", "view_guest_links"}
# Key, label, name of the URL, and the rights without any of which the tab is not offered.
TABS = (
    ("images", gettext_noop("Images"), "studies:study", None),
    ("access", gettext_noop("Access"), "sharing:access", None),
    ("links", gettext_noop("Guest links"), "sharing:study_guest_links", LINKS),
    ("trail", gettext_noop("Audit trail"), "studies:trail", {"view_study_audit"}),
    ("details", gettext_noop("Details"), "studies:details", None),
)


def study_frame(
    by: Actor, placement: Placement, tab: str, *, rights: Collection[str] | None = None
) -> dict[str, Any]:
    """The context of `studies/study_base.html`. `placement` comes from `selectors.placement_for`; one query at most."""
    held = by.rights(placement.worklist) if rights is None else frozenset(rights)
    return {
        "placement": placement,
        "place": _("My studies") if placement.worklist.is_personal else placement.worklist.label,
        "tab": tab,
        "tabs": _tabs(placement, held),
        "section": "studies",
        "rights": held,
        "is_external": placement.internal_until <= selectors.seen_at(placement),
        "until": placement.visible_until if placement.visible_until < FOREVER else None,
        "correct": _correct(placement, held),
        "own_mrn": reverse("studies:own_mrn", args=[placement.uuid]) if may_note_own_mrn(held) else "",
        "full_viewer": _full_viewer(placement, held),
        "actions": offered_actions(placement.worklist, held),
        "download": _download(placement, held),
    }


def _correct(placement: Placement, rights: frozenset[str]) -> str:
    """The URL of the form; empty where the role or the worklist does not allow to correct."""
    return reverse("studies:correct", args=[placement.uuid]) if may_correct(placement, rights) else ""


def _full_viewer(placement: Placement, rights: frozenset[str]) -> str:
    """The URL of the study in the full viewer; empty where it is not installed or images may not be opened."""
    if "open_study" not in rights or not is_installed(settings.CIMAR_OHIF_ROOT):
        return ""
    page = reverse("studies:full_viewer", args=[placement.worklist.uuid, "viewer"])
    return f"{page}?{urlencode({'StudyInstanceUIDs': placement.study.study_instance_uid})}"


def placement_or_404(request: HttpRequest, uuid: UUID) -> Placement:
    placement = selectors.placement_for(actor_of(request), uuid)
    if placement is None:
        raise Http404
    return placement


def viewed_or_404(request: HttpRequest, uuid: UUID) -> Placement:
    """For the viewer alone: also what waits for the approval of the person."""
    placement = selectors.placement_to_view(actor_of(request), uuid)
    if placement is None:
        raise Http404
    return placement


def offered_actions(worklist: Any, rights: Collection[str]) -> dict[str, str]:
    """The URLs of the actions that the role allows with ticked studies."""
    urls = {}
    if may_share(worklist, rights):
        urls["share"] = reverse("sharing:share")
    if may_make_links(rights):
        urls["link"] = reverse("sharing:new_guest_link")
    if may_send(frozenset(rights)):
        urls["send"] = reverse("studies:send")
    if "delete_study" in rights:
        urls["remove"] = reverse("sharing:remove")
        urls["delete"] = reverse("sharing:delete")
    return urls


def may_make_links(rights: Collection[str]) -> bool:
    return set(rights).issuperset(access.GUEST_LINK_NEEDS)


def offered_on_a_list(worklist: Any, rights: Collection[str]) -> dict[str, str]:
    """As `offered_actions`. Deleting has its place on the study's own page; downloading has a button there."""
    urls = offered_actions(worklist, rights)
    urls.pop("delete", None)
    if may_download(rights):
        urls["download"] = reverse("studies:download_choose")
    return urls


def _download(placement: Placement, rights: frozenset[str]) -> str:
    """The URL of what can be downloaded; empty where the role allows neither form."""
    url = reverse("studies:download_choose")
    return f"{url}?placement={placement.uuid}" if may_download(rights) else ""


def may_download(rights: Collection[str]) -> bool:
    """In either form."""
    return "open_study" in rights and not {"download_study", "download_deidentified"}.isdisjoint(rights)


def _tabs(placement: Placement, rights: Collection[str]) -> list[tuple[str, str, str]]:
    return [
        (key, _(label), reverse(name, args=[placement.uuid]))
        for key, label, name, needed in TABS
        if needed is None or not needed.isdisjoint(rights)
    ]
