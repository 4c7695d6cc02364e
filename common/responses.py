"""Answers that several apps share."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme

# A redirect is a header of the answer: proxies refuse an answer whose headers are large.
LONGEST_PATH = 2000


def is_path(url: str) -> bool:
    """Whether a URL that a request carries may be redirected to: a path of this site, of printable characters."""
    return (
        url.startswith("/")
        and url[1:2] not in ("/", "\\")  # which begin a host, be it an empty one
        and url.isprintable()
        and len(iri_to_uri(url)) <= LONGEST_PATH
        and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    )


def gone(request: HttpRequest, sentence: str = "") -> HttpResponse:
    """410: used up, ended or expired. The sentence names what ended and whom to ask."""
    return render(request, "410.html", {"sentence": sentence}, status=410)
