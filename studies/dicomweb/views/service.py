"""What the service of a worklist can do, and the answer where there is nothing."""

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from common.exceptions import NothingThere
from studies import selectors
from studies.dicomweb.door import Asked, actor_of_dicomweb_request, door, finished, not_there, said, unknown

# Behind the service's URL, by transaction of PS3.18 section 10.
TRANSACTIONS = {
    "search": ["studies", "series", "instances", "studies/{study}/series", "studies/{study}/instances"],
    "retrieve": [
        "studies/{study}",
        "studies/{study}/metadata",
        ".../instances/{instance}/frames/{frames}",
        ".../instances/{instance}/bulkdata/{path}",
        "studies/{study}/rendered",
        "studies/{study}/thumbnail",
    ],
    "store": ["studies", "studies/{study}"],
}


@door("GET", "OPTIONS")
def capabilities(asked: Asked) -> HttpResponseBase:
    worklist = selectors.worklist_for(asked.by, asked.worklist)
    if worklist is None:
        raise NothingThere
    answer = JsonResponse({"url": asked.root, "transactions": TRANSACTIONS})
    answer["Allow"] = "GET, HEAD, OPTIONS"
    return answer


@door("GET")
def not_offered(asked: Asked, **named: str) -> HttpResponseBase:
    """All bulk data or pixels of a study, a series or an instance: the same answer whatever there is."""
    return said(404, _("This is not offered as a whole. The metadata name the URL of each value."))


@csrf_exempt
def nothing(request: HttpRequest, anything: str) -> HttpResponseBase:
    """For every other URL, as for a worklist and a study that cannot be seen."""
    by = actor_of_dicomweb_request(request)
    return finished(request, unknown(request) if by is None else not_there())
