"""What was searched for stays in the session; a URL carries only a word for it, never a patient's name."""

import secrets

from django.http import HttpRequest

from studies.forms.lists import SearchForm
from worklists.models import Worklist

KEY = "studies.searches"
KEPT = 20


def keep(request: HttpRequest, worklist: Worklist, form: SearchForm) -> str:
    """The word under which the search is kept; the oldest searches are forgotten."""
    word = secrets.token_urlsafe(12)
    searches = dict(request.session.get(KEY, {}))
    searches[word] = {"worklist": str(worklist.uuid), **form.kept()}
    request.session[KEY] = dict(list(searches.items())[-KEPT:])
    return word


def recall(request: HttpRequest, worklist: Worklist, word: str) -> SearchForm | None:
    """The search of this worklist that the word was given for, valid, if it is still kept."""
    kept = request.session.get(KEY, {}).get(word)
    if kept is None or kept["worklist"] != str(worklist.uuid):
        return None
    form = SearchForm(kept)
    return form if form.is_valid() else None
