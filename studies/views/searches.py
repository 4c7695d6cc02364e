"""What was searched for stays in the session; a URL carries only a word for it, never a patient's name."""

import secrets

from django.http import HttpRequest

from studies.forms.lists import SearchForm
from worklists.models import Worklist

KEY = "studies.searches"
KEPT = 20


def keep(request: HttpRequest, worklist: Worklist | None, form: SearchForm) -> str:
    """The word under which the search is kept; the oldest searches are forgotten."""
    word = secrets.token_urlsafe(12)
    searches = dict(request.session.get(KEY, {}))
    searches[word] = {"worklist": _named(worklist), **form.kept()}
    request.session[KEY] = dict(list(searches.items())[-KEPT:])
    return word


def recall(request: HttpRequest, worklist: Worklist | None, word: str) -> SearchForm | None:
    """The search of this worklist, or of all, that the word was given for, valid, if it is still kept."""
    kept = request.session.get(KEY, {}).get(word)
    if kept is None or kept["worklist"] != _named(worklist):
        return None
    form = SearchForm(kept)
    return form if form.is_valid() else None


def _named(worklist: Worklist | None) -> str:
    return str(worklist.uuid) if worklist is not None else "all"
