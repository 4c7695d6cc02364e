"""No blank page: a URL that takes posts alone answers a person who opens it with a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


class NoBlankPages:
    """Writes the page of an answer 405 without a body. Programs and parts of a page keep the bare answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content or request.headers.get("HX-Request") == "true":
            return response
        page = render(request, "405.html", status=405)
        page["Allow"] = response["Allow"]
        return page
