"""A share code that was scanned: kept for the next share dialog, where it is read back like one that was typed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.exceptions import NothingThere
from common.formats import code_groups
from common.text import identity_of_code
from sharing.views.common import page
from worklists import codes

KEY = "sharing.scanned_code"


@page
@require_http_methods(["GET", "HEAD", "POST"])
def with_code(request: HttpRequest, code: str) -> HttpResponse:
    """GET shows the code and a button, so that no link from elsewhere puts a code into a dialog.

    The code is not looked up here: whose it is, the dialog reads back and records.
    """
    tidied = identity_of_code(code)
    if not codes.well_formed(tidied):
        raise NothingThere
    words = {"code": " ".join(code_groups(tidied))}
    if request.method == "POST":
        request.session[KEY] = tidied
        messages.success(
            request, _("%(code)s will be in your next share: select studies, then Share.") % words
        )
        return HttpResponseRedirect(reverse("studies:list"))
    return render(request, "sharing/with_code.html", {"code": tidied, "section": "studies"})


def scanned_code(request: HttpRequest) -> str:
    """The code that was scanned, once: it is not put into the dialog after."""
    code: str = request.session.pop(KEY, "")
    return code
