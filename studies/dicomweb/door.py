"""The door of every DICOMweb URL: who asks, what the others read, and how an answer may be kept."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from audit.actor import Actor, Kind
from audit.requests import act_as, actor_of, ip_address_of
from common.exceptions import NothingThere, Refused
from studies import services
from studies.dicomweb.accept import BadRequest, NotAcceptable
from studies.dicomweb.credentials import challenge_of, secret_in
from studies.services import CannotMake
from worklists.services import actor_with_token

# A client may keep an answer and must ask each time whether it still may show it.
CACHING = "private, no-cache"
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Entry:
    """How a request comes in where it is not the site's own URL of DICOMweb: below a guest link.

    `ask` says who acts, each time anew; `visit` tells one visit from another; the URLs begin with `beginning`.
    """

    ask: Callable[[], Actor | None]
    visit: str
    beginning: str


def entry_of(request: HttpRequest) -> Entry | None:
    entry: Entry | None = getattr(request, "dicomweb_entry", None)
    return entry


@dataclass(frozen=True)
class Asked:
    """A request whose actor is known, on a worklist that the actor may or may not see."""

    request: HttpRequest
    by: Actor
    worklist: UUID
    # What the statement that read the token has read with it: see `_asking`.
    instance: services.InstanceWithToken | None = None
    listed: services.WorklistWithToken | None = None

    @property
    def session(self) -> str:
        """What a visit of a person or a guest is noted by; a token's visit is its day."""
        if (entry := entry_of(self.request)) is not None:
            return entry.visit
        return "" if self.by.kind is not Kind.USER else self.request.session.session_key or ""

    @property
    def by_now(self) -> Actor | None:
        """Who asks, asked again while the answer is sent: None once the token has ended or the person signed out."""
        if self.by.kind is not Kind.USER:
            return actor_of_dicomweb_request(self.request)
        return self.by if self.request.session.exists(self.session) else None

    @cached_property
    def root(self) -> str:
        """The URL of this worklist's service. Some clients leave the port out of what they say the host is."""
        host, port = self.request.get_host(), self.request.META.get("SERVER_PORT", "")
        if ":" not in host and port not in ("", "80", "443") and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
            host = f"{host}:{port}"
        entry = entry_of(self.request)
        beginning = entry.beginning if entry is not None else "/dicomweb/"
        return f"{self.request.scheme}://{host}{beginning}{self.worklist}"


View = Callable[..., HttpResponseBase]


def actor_of_dicomweb_request(request: HttpRequest) -> Actor | None:
    """The token's actor where the request carries one, and whoever is signed in is then ignored; else the session's."""
    if (entry := entry_of(request)) is not None:
        return entry.ask()
    if request.headers.get("Authorization", ""):
        secret = secret_in(request)
        if secret is None:
            return None
        return actor_with_token(secret=secret, ip_address=ip_address_of(request))
    return actor_of(request) if request.user.is_authenticated else None


def door(*methods: str) -> Callable[[View], View]:
    """For each DICOMweb view: it is called with an `Asked` in place of the request, and the values in the URL."""
    allowed = [*methods, "HEAD"] if "GET" in methods else [*methods]

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def opened(request: HttpRequest, *, worklist: UUID, **named: Any) -> HttpResponseBase:
            asked = _asking(request, worklist, named)
            if asked is None:
                return finished(request, unknown(request))
            act_as(request, asked.by)
            if request.method not in allowed:
                headers = {"Allow": ", ".join(allowed)}
                return finished(request, said(405, _("This URL does not know this method."), **headers))
            return finished(request, _answered(asked, view, named))

        return opened

    return decorate


def _asking(request: HttpRequest, worklist: UUID, named: dict[str, Any]) -> Asked | None:
    """Who asks. A person's token is read together with the instance that the URL names, or the worklist to search."""
    if entry_of(request) is None and (secret := secret_in(request)) is not None:
        who: dict[str, Any] = {"secret": secret, "ip_address": ip_address_of(request), "worklist": worklist}
        if "instance" in named:
            uids = {word: named[word] for word in ("study", "series", "instance")}
            if (pair := services.person_and_instance(**who, **uids)) is not None:
                return Asked(request, pair[0], worklist, instance=pair[1])
        elif not named and request.method in SAFE and (listed := services.person_and_worklist(**who)):
            return Asked(request, listed[0], worklist, listed=listed[1])
    by = actor_of_dicomweb_request(request)
    return None if by is None else Asked(request, by, worklist)


def opened(
    asked: Asked, study: str, series: str = "", instance: str = "", *, whole: bool = False
) -> services.Retrieved:
    """The instances that the URL names, which the actor may open; see `services.open_by_uid` for what is raised."""
    return services.open_by_uid(
        worklist=asked.worklist,
        study=study,
        series=series,
        instance=instance,
        by=asked.by,
        session=asked.session,
        whole=whole,
        seen_before=asked.instance if instance else None,
    )


def check_still_open(asked: Asked, retrieved: services.Retrieved) -> None:
    """Before the next instance of a long answer: NothingThere breaks it off once the actor may not have it any more."""
    by = asked.by_now
    if by is None:
        raise NothingThere
    services.check_still_open(retrieved=retrieved, by=by)


def _answered(asked: Asked, view: View, named: dict[str, Any]) -> HttpResponseBase:
    """The view's answer, or why there is none. A session's unsafe request needs the CSRF token, as on every page."""
    if (refusal := _factor_is_missing(asked)) is not None:
        return refusal
    call: View = lambda request: view(asked, **named)  # noqa: E731
    if asked.request.method not in SAFE and asked.by.kind is Kind.USER:
        # The CSRF token is in the header: no body is read to look for it in a form.
        asked.request.POST = QueryDict()  # type: ignore[misc, assignment]  # no stub lets it be set
        call = csrf_protect(call)
    try:
        return call(asked.request)
    except NothingThere:
        return not_there()
    except NotAcceptable:
        return said(406, _("This cannot be had in any of the accepted media types or transfer syntaxes."))
    except CannotMake as error:
        return not_made(error)
    except BadRequest as error:
        return said(400, str(error))
    except Refused as error:
        response = said(403, str(error))
        response.refusal = error  # type: ignore[attr-defined]  # RecordDenials names what it was about
        return response


def _factor_is_missing(asked: Asked) -> HttpResponse | None:
    """A session without the second factor that an account requires opens nothing, and no page of ours is sent."""
    demands = getattr(asked.request, "factor_reminder", None)
    if asked.by.kind is not Kind.USER or demands is None or not demands.factor_is_overdue:
        return None
    return said(403, demands.sentence)


def said(status: int, sentence: str, **headers: str) -> HttpResponse:
    return HttpResponse(
        f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers
    )


def not_made(error: CannotMake) -> HttpResponse:
    """Why there is no picture, or no such form of it: the moment, the request or the image is to blame."""
    if error.is_busy:
        return said(503, str(error), **{"Retry-After": "5"})
    return said(400 if error.is_of_the_request else 413 if error.is_too_large else 406, str(error))


def not_there() -> HttpResponse:
    """The same for what cannot be seen and for what never was."""
    return said(404, _("There is nothing here."))


def unknown(request: HttpRequest) -> HttpResponse:
    return said(401, _("Sign in, or send an access token."), **{"WWW-Authenticate": challenge_of(request)})


def finished(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """What every answer says of keeping it; to HEAD without a body."""
    response["Cache-Control"] = CACHING
    patch_vary_headers(response, ("Accept", "Authorization", "Cookie"))
    if request.method == "HEAD" and response.streaming:
        # Nothing of the body was read: its pieces are opened when their turn comes. No length of ours is put in.
        return StreamingHttpResponse((), status=response.status_code, headers=dict(response.items()))
    return response


def warned(asked: Asked, response: HttpResponseBase, sentence: str) -> None:
    """One more Warning, as PS3.18 words it; what a header cannot hold is left out of it."""
    sentence = re.sub(r"[^ !#-\[\]-~]", "?", sentence)[:400]
    warning = f'299 {asked.root} "{sentence}"'
    response["Warning"] = ", ".join([*([response["Warning"]] if "Warning" in response else []), warning])


def etag_of(parts: Iterable[object]) -> str:
    digest = hashlib.sha256("\0".join(map(str, parts)).encode())
    return f'"{digest.hexdigest()[:32]}"'


def unchanged(asked: Asked, etag: str) -> HttpResponseBase | None:
    """304 where the client has it, or 412; else None. The right was asked before."""
    response: HttpResponseBase | None = get_conditional_response(asked.request, etag=etag)
    return response
