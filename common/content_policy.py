"""The site's content policy on every answer, composed once."""

from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class ContentPolicy(CSPMiddleware):
    """The library composes the policy for each answer, and that for reports beside it: a twentieth of a frame's time.

    What has a policy of its own, is exempt or used a nonce is left to the library, and so is every answer where the
    settings say more than directives.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        reports = getattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY", None)
        is_plain = (
            set(settings.CONTENT_SECURITY_POLICY) == {"DIRECTIVES"} and not reports and not settings.DEBUG
        )
        self._preset = build_policy() if is_plain else ""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not self._preset or HEADER in response or _has_own(request, response):
            answered: HttpResponseBase = super().process_response(request, response)
            return answered
        response[HEADER] = self._preset
        # As the library does: a nonce that is asked for from now on would be in no policy.
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        return response


def _has_own(request: HttpRequest, response: HttpResponseBase) -> bool:
    """The library's decorators leave their marks on the response, a nonce its own on the request."""
    return "_csp_nonce" in vars(request) or any(name.startswith("_csp") for name in vars(response))
