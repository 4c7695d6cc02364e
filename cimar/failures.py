"""The answer where the site itself failed."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import server_error

# A database that is restarted answers again within these seconds.
RETRY_SECONDS = "5"


def failed(request: HttpRequest) -> HttpResponse:
    """The page of a 500; as a 503 where the database was away or too busy, for which programs ask again."""
    response = server_error(request)
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        response.status_code = 503
        response["Retry-After"] = RETRY_SECONDS
    return response
