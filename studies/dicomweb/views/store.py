"""STOW-RS: instances into a worklist, and the two URLs that are searched or retrieved as well.

Nothing of a body is read before it is known that the actor may store there.
"""

from collections.abc import Callable
from functools import partial

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from common.body_size import NO_ROOM
from common.exceptions import NothingThere
from studies import services
from studies.dicomweb import bodies
from studies.dicomweb.accept import NotAcceptable, accepted
from studies.dicomweb.bodies import BodyRefused, received
from studies.dicomweb.door import Asked, door, said
from studies.dicomweb.store_answers import MEDIA_TYPES, answer_to, status_of, written
from studies.dicomweb.views import objects, search
from studies.ingest.limits import limits
from studies.ingest.sources import Source
from studies.selectors.dicom_questions import Level

View = Callable[..., HttpResponseBase]


def receives_instances(view: View) -> View:
    """For the URLs that take large bodies: `SmallBodies` leaves it to them to ask for the right first."""
    view.receives_files = True  # type: ignore[attr-defined]  # SmallBodies reads it
    return view


@door("GET", "POST")
@receives_instances
def studies(asked: Asked) -> HttpResponseBase:
    return _stored(asked) if asked.request.method == "POST" else search.searched(asked, Level.STUDY)


@door("GET", "POST")
@receives_instances
def study(asked: Asked, study: str) -> HttpResponseBase:
    return _stored(asked, study) if asked.request.method == "POST" else objects.sent(asked, study)


def _stored(asked: Asked, study: str = "") -> HttpResponseBase:
    services.check_store(worklist=asked.worklist, by=asked.by)
    media_type, bounds = _media_type(asked), limits()
    try:
        with received(asked.request, bounds) as body:
            numbers = range(len(body.parts))
            sources = [Source(f"part {each + 1}", partial(body.open, each), tag=each) for each in numbers]
            result = services.store_instances(
                worklist=asked.worklist, by=asked.by, sources=sources, study=study
            )
            model = answer_to(result, body, bounds, root=asked.root)
    except BodyRefused as refused:
        retry = {"Retry-After": "60"} if refused.status == 503 else {}
        return said(refused.status, refused.sentence, **retry)
    except OSError as error:
        # What was stored before stays; the sender may send all of it again.
        if error.errno not in NO_ROOM:
            raise
        return said(503, _(bodies.NO_ROOM), **{"Retry-After": "60"})
    return HttpResponse(written(model, media_type), content_type=media_type, status=status_of(result))


def _media_type(asked: Asked) -> str:
    """What the answer is written in, before anything is stored: JSON unless XML is preferred."""
    for each in accepted(asked.request):
        for media_type in MEDIA_TYPES:
            if each.fits(media_type):
                return media_type
    raise NotAcceptable


@door("GET")
def allowed(asked: Asked) -> HttpResponseBase:
    """For the proxy, which asks before it receives a body: 204, 401 or 403, the only answers it understands.

    A worklist that is not seen is 401 too, which the proxy makes 404 again.
    """
    try:
        services.check_store(worklist=asked.worklist, by=asked.by)
    except NothingThere:
        answer = HttpResponse(status=401)
        answer["X-Not-Stored"] = "nothing"
        return answer
    return HttpResponse(status=204)
