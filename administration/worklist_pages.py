"""What the further pages of a worklist in the administration share: how one is found, and how a refusal is said."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from audit.actions import Action
from worklists.models import Worklist
from worklists.permissions import labels

# What an administrator reads of a worklist's trail: who may do what there. Its studies' trail is for its members.
ABOUT_WORKLISTS = (
    Action.WORKLIST_ADD,
    Action.WORKLIST_CHANGE,
    Action.WORKLIST_REMOVE,
    Action.WORKLIST_MEMBER_ADD,
    Action.WORKLIST_MEMBER_CHANGE,
    Action.WORKLIST_MEMBER_REMOVE,
    Action.CODE_CHANGE,
)
Page = Callable[[HttpRequest, Any, Any], HttpResponse]


def address(page: str, worklist_id: int) -> str:
    return reverse(f"admin:worklists_worklist_{page}", args=[worklist_id])


def of_row(page: Page, model_admin: Any) -> Callable[..., HttpResponse]:
    """The page for a row of the account that is being administered; another account's is not there."""

    @wraps(page)
    def found(request: HttpRequest, object_id: int) -> HttpResponse:
        if not model_admin.has_view_permission(request):
            raise PermissionDenied
        row = model_admin.get_object(request, str(object_id))
        if row is None:
            raise Http404
        return page(request, model_admin, row)

    return found


def answer(
    request: HttpRequest,
    model_admin: Any,
    worklist: Worklist,
    template: str,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    about = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "worklist": worklist,
        "original": worklist,
        "tabs": tabs(worklist),
        **context,
    }
    return TemplateResponse(request, f"admin/worklists/worklist/{template}.html", about, status=status)


def tabs(worklist: Worklist) -> list[tuple[str, str, str]]:
    return [
        ("settings", "Settings", address("change", worklist.pk)),
        ("members", "Members", address("members", worklist.pk)),
        ("code", "Share code", address("code", worklist.pk)),
    ]


def refused(request: HttpRequest, error: ValidationError | PermissionDenied) -> tuple[str, int]:
    """The service's sentence and the status to say it with; the middleware writes the line for a 403."""
    if isinstance(error, ValidationError):
        return error.messages[0], 422
    if not str(error):
        raise error
    request.refusal = error
    return str(error), 403


def listed(codenames: Collection[str]) -> str:
    """Permissions in a sentence, each area named once: "Studies: Open images, Share a study; Study links: Create"."""
    areas: dict[str, list[str]] = {}
    for label in labels(codenames):
        area, _, what = label.partition(": ")
        areas.setdefault(area, []).append(what)
    return "; ".join(f"{area}: {', '.join(whats)}" for area, whats in areas.items())
