"""Studies of several worklists were selected: the choice of the worklist whose studies are shared now."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from sharing.services.dialog import SeveralWorklists
from sharing.views.common import dialog_answer


def by_worklist(request: HttpRequest, several: SeveralWorklists) -> HttpResponse:
    """A button for each worklist; it names no patient, and each dialog records what it shows."""
    groups = [
        {
            "name": _("My studies") if worklist.is_personal else worklist.label,
            "account": worklist.account.name if worklist.account is not None else "",
            "placements": placements,
        }
        for worklist, placements in several.placements.items()
    ]
    context = {"groups": groups, "sentence": several.message, "close": reverse("studies:all_worklists")}
    return dialog_answer(request, "sharing/_by_worklist.html", context)
