"""What the further pages of a worklist in the administration share: tabs, URLs, and permissions in a sentence."""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actions import Action
from worklists.models import Worklist
from worklists.permissions import labels

# The events of a worklist that an administrator reads: rights and settings. Its studies' trail is for its members.
ABOUT_WORKLISTS = (
    Action.WORKLIST_ADD,
    Action.WORKLIST_CHANGE,
    Action.WORKLIST_REMOVE,
    Action.WORKLIST_MEMBER_ADD,
    Action.WORKLIST_MEMBER_CHANGE,
    Action.WORKLIST_MEMBER_REMOVE,
    Action.CODE_CHANGE,
    Action.UPLOAD_INVITE,
    Action.UPLOAD_INVITE_END,
    Action.NOTICE_PRESET,
    Action.URGENT_CONTACTS,
)
# Of a person, and a worklist or a number of worklists.
ADDED = gettext_noop("%(name)s was added to %(worklist)s.")


def url_of(page: str, worklist_id: int) -> str:
    return reverse(f"admin:worklists_worklist_{page}", args=[worklist_id])


def render(
    request: HttpRequest, page: Any, worklist: Worklist, template: str, /, status: int = 200, **context: Any
) -> HttpResponse:
    closed = _("This worklist does not accept shares")
    about = {"worklist": worklist, "original": worklist, "tabs": tabs(worklist), "closed": closed}
    answer: HttpResponse = page.render(request, template, status, **about, **context)
    return answer


def tabs(worklist: Worklist) -> list[tuple[str, str, str]]:
    return [
        ("settings", _("Settings"), url_of("change", worklist.pk)),
        ("members", _("Members"), url_of("members", worklist.pk)),
        ("code", _("Share code"), url_of("code", worklist.pk)),
        ("address", _("Upload address"), url_of("address", worklist.pk)),
        ("notices", _("Notifications"), url_of("notices", worklist.pk)),
        ("urgent", _("Urgent studies"), url_of("urgent", worklist.pk)),
    ]


def listed(codenames: Collection[str]) -> str:
    """Permissions in a sentence, each area named once: "Studies: Open images, Share a study; Study links: Create"."""
    areas: dict[str, list[str]] = {}
    for label in labels(codenames):
        area, _, what = label.partition(": ")
        areas.setdefault(area, []).append(what)
    return "; ".join(f"{area}: {', '.join(whats)}" for area, whats in areas.items())
