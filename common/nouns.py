"""What is counted on pages and in mails: each noun, or noun with its verb, in one list, in the singular and the plural.

`counted(3, "study")` is "3 studies". A test reads every use in code and templates: each noun is in the list, and used.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext_lazy

from common.markup import format_html


def counted(number: int, noun: str) -> str:
    """A number, thousands marked, with its noun in the reader's language."""
    return _counted(get_language(), number, noun)


@lru_cache(maxsize=1000)
def _counted(language: str | None, number: int, noun: str) -> str:
    """A list has a number in each row, and most of them are the same few."""
    return str(NOUNS[noun] % {"number": number, "shown": f"{number:,}"})


def counted_by_script(noun: str) -> SafeString:
    """The noun as the two attributes from which `counted` in app.js writes a number that changes on the page."""
    plural = NOUNS[noun] % {"number": 2, "shown": "{number}"}
    return format_html('data-singular="{}" data-plural="{}"', counted(1, noun), plural)


NOUNS: Mapping[str, Any] = MappingProxyType(
    {
        "access token": ngettext_lazy("%(shown)s access token", "%(shown)s access tokens", "number"),
        "active member": ngettext_lazy("%(shown)s active member", "%(shown)s active members", "number"),
        "address": ngettext_lazy("%(shown)s address", "%(shown)s addresses", "number"),
        "browser": ngettext_lazy("%(shown)s browser", "%(shown)s browsers", "number"),
        "chosen file": ngettext_lazy("%(shown)s chosen file", "%(shown)s chosen files", "number"),
        "code": ngettext_lazy("%(shown)s code", "%(shown)s codes", "number"),
        "curve": ngettext_lazy("%(shown)s curve", "%(shown)s curves", "number"),
        "entry": ngettext_lazy("%(shown)s entry", "%(shown)s entries", "number"),
        "factor": ngettext_lazy("%(shown)s factor", "%(shown)s factors", "number"),
        "file": ngettext_lazy("%(shown)s file", "%(shown)s files", "number"),
        "file was": ngettext_lazy("%(shown)s file was", "%(shown)s files were", "number"),
        "guest link": ngettext_lazy("%(shown)s guest link", "%(shown)s guest links", "number"),
        "drawing": ngettext_lazy("%(shown)s drawing", "%(shown)s drawings", "number"),
        "image": ngettext_lazy("%(shown)s image", "%(shown)s images", "number"),
        "imaging study": ngettext_lazy("%(shown)s imaging study", "%(shown)s imaging studies", "number"),
        "invalid entry": ngettext_lazy("%(shown)s invalid entry", "%(shown)s invalid entries", "number"),
        "line has": ngettext_lazy("%(shown)s line has", "%(shown)s lines have", "number"),
        "line is": ngettext_lazy("%(shown)s line is", "%(shown)s lines are", "number"),
        "member": ngettext_lazy("%(shown)s member", "%(shown)s members", "number"),
        "membership": ngettext_lazy("%(shown)s membership", "%(shown)s memberships", "number"),
        "membership of a worklist": ngettext_lazy(
            "%(shown)s membership of a worklist", "%(shown)s memberships of worklists", "number"
        ),
        "minute": ngettext_lazy("%(shown)s minute", "%(shown)s minutes", "number"),
        "more frame": ngettext_lazy("%(shown)s more frame", "%(shown)s more frames", "number"),
        "more item": ngettext_lazy("%(shown)s more item", "%(shown)s more items", "number"),
        "more time": ngettext_lazy("%(shown)s more time", "%(shown)s more times", "number"),
        "notification": ngettext_lazy("%(shown)s notification", "%(shown)s notifications", "number"),
        "object": ngettext_lazy("%(shown)s object", "%(shown)s objects", "number"),
        "onward share": ngettext_lazy("%(shown)s onward share", "%(shown)s onward shares", "number"),
        "patient": ngettext_lazy("%(shown)s patient", "%(shown)s patients", "number"),
        "permission": ngettext_lazy("%(shown)s permission", "%(shown)s permissions", "number"),
        "person": ngettext_lazy("%(shown)s person", "%(shown)s people", "number"),
        "person gains": ngettext_lazy("%(shown)s person gains", "%(shown)s people gain", "number"),
        "person is removed from it": ngettext_lazy(
            "%(shown)s person is removed from it", "%(shown)s people are removed from it", "number"
        ),
        "person loses": ngettext_lazy("%(shown)s person loses", "%(shown)s people lose", "number"),
        "person was": ngettext_lazy("%(shown)s person was", "%(shown)s people were", "number"),
        "recipient": ngettext_lazy("%(shown)s recipient", "%(shown)s recipients", "number"),
        "remaining code": ngettext_lazy("%(shown)s remaining code", "%(shown)s remaining codes", "number"),
        "second": ngettext_lazy("%(shown)s second", "%(shown)s seconds", "number"),
        "selected study is": ngettext_lazy(
            "%(shown)s selected study is", "%(shown)s selected studies are", "number"
        ),
        "sender": ngettext_lazy("%(shown)s sender", "%(shown)s senders", "number"),
        "series": ngettext_lazy("%(shown)s series", "%(shown)s series", "number"),
        "share": ngettext_lazy("%(shown)s share", "%(shown)s shares", "number"),
        "share selected": ngettext_lazy("%(shown)s share selected", "%(shown)s shares selected", "number"),
        "share to this worklist ends": ngettext_lazy(
            "%(shown)s share to this worklist ends", "%(shown)s shares to this worklist end", "number"
        ),
        "number has": ngettext_lazy("%(shown)s number has", "%(shown)s numbers have", "number"),
        "number was": ngettext_lazy("%(shown)s number was", "%(shown)s numbers were", "number"),
        "study": ngettext_lazy("%(shown)s study", "%(shown)s studies", "number"),
        "study selected": ngettext_lazy("%(shown)s study selected", "%(shown)s studies selected", "number"),
        "study is": ngettext_lazy("%(shown)s study is", "%(shown)s studies are", "number"),
        "study matches": ngettext_lazy("%(shown)s study matches", "%(shown)s studies match", "number"),
        "time": ngettext_lazy("%(shown)s time", "%(shown)s times", "number"),
        "try": ngettext_lazy("%(shown)s try", "%(shown)s tries", "number"),
        "waiting invitation": ngettext_lazy(
            "%(shown)s waiting invitation", "%(shown)s waiting invitations", "number"
        ),
        "waiting share": ngettext_lazy("%(shown)s waiting share", "%(shown)s waiting shares", "number"),
        "worklist": ngettext_lazy("%(shown)s worklist", "%(shown)s worklists", "number"),
    }
)
