"""A list that is shown newest first, a page at a time, as the context of its page."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from audit.requests import actor_of
from sharing import selectors
from sharing.forms import NO_SUCH_PAGE, NoSuchCursor, cursor
from sharing.forms.share_filters import ShareFilterForm


def listed(request: HttpRequest, read: Callable[..., Any], kept: str = "") -> tuple[dict[str, Any], int]:
    """The context of a page of rows, and its status. `kept`: the filters, as in a URL.

    A URL whose position is not in the list shows the newest, with a sentence.
    """
    wrong: Any = ""
    try:
        lines = read(by=actor_of(request), **cursor(request.GET))
    except NoSuchCursor as refusal:
        lines, wrong = read(by=actor_of(request)), refusal.message
    except selectors.NoSuchPage:
        lines, wrong = read(by=actor_of(request)), _(NO_SUCH_PAGE)
    start = f"?{kept}&" if kept else "?"
    context = {
        "lines": lines.lines,
        "newer": f"{start}after={lines.newer}" if lines.newer else "",
        "older": f"{start}before={lines.older}" if lines.older else "",
        "wrong": wrong,
        "here": request.get_full_path(),
    }
    return context, 400 if wrong else 200


def filtered(
    request: HttpRequest, read: Callable[..., Any], form: ShareFilterForm
) -> tuple[dict[str, Any], int]:
    """As `listed`, of the rows that fit the filters; where these cannot be read, the form alone with its sentences."""
    more = {"form": form, "reset": request.path, "kept": form.kept()}
    if not form.is_valid():
        return {**more, "lines": [], "here": request.path}, 400
    context, status = listed(request, partial(read, filters=form.filters()), form.kept())
    return {**more, **context}, status
