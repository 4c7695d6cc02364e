"""The content policy that was composed once is the one that the library composes for each answer."""

from collections.abc import Callable
from typing import Any

import pytest
from csp.constants import HEADER, NONCE
from csp.decorators import csp, csp_exempt, csp_replace, csp_update
from csp.exceptions import CSPNonceError
from csp.middleware import CSPMiddleware
from django.http import HttpResponse
from django.test import RequestFactory, override_settings

from common.content_policy import ContentPolicy


def plain(request: Any) -> HttpResponse:
    return HttpResponse("an answer")


def with_nonce(request: Any) -> HttpResponse:
    return HttpResponse(str(request.csp_nonce))


def with_header(request: Any) -> HttpResponse:
    return HttpResponse("an answer", headers={HEADER: "default-src 'none'"})


VIEWS: dict[str, Callable[[Any], Any]] = {
    "plain": plain,
    "with a header": with_header,
    "updated": csp_update({"img-src": ["blob:"]})(plain),
    "replaced": csp_replace({"img-src": ["'none'"]})(plain),
    "its own": csp({"default-src": ["'none'"]})(plain),
    "exempt": csp_exempt()(plain),
}


@pytest.mark.parametrize("name", VIEWS)
def test_each_answer_has_the_policy_that_the_library_gives_it(name: str) -> None:
    request = RequestFactory().get("/")

    answers = [made(VIEWS[name])(request) for made in (ContentPolicy, CSPMiddleware)]

    assert answers[0].get(HEADER) == answers[1].get(HEADER)


def test_the_sites_policy_is_on_a_plain_answer() -> None:
    assert "default-src 'self'" in ContentPolicy(plain)(RequestFactory().get("/"))[HEADER]


def test_a_nonce_is_the_librarys() -> None:
    request = RequestFactory().get("/")
    directives = {"DIRECTIVES": {"script-src": [NONCE]}}

    with override_settings(CONTENT_SECURITY_POLICY=directives):
        answer = ContentPolicy(with_nonce)(request)

    assert answer.content.decode() == request._csp_nonce
    assert f"script-src 'nonce-{request._csp_nonce}'" in answer[HEADER]


def test_after_the_answer_no_nonce_is_given() -> None:
    request: Any = RequestFactory().get("/")
    ContentPolicy(plain)(request)

    with pytest.raises(CSPNonceError):
        str(request.csp_nonce)


@override_settings(CONTENT_SECURITY_POLICY_REPORT_ONLY={"DIRECTIVES": {"default-src": ["'none'"]}})
def test_a_policy_for_reports_is_the_librarys() -> None:
    answer = ContentPolicy(plain)(RequestFactory().get("/"))

    assert answer["Content-Security-Policy-Report-Only"] == "default-src 'none'"
    assert HEADER in answer
