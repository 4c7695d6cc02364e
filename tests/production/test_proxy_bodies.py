"""Files and instances on their way through the proxy: whole, within limits, and from those who may send them."""

import http.client

import pytest

from tests.production.people import context_of, words
from tests.production.proxy import ALLOWED, STORE, STORE_ALLOWED, UPLOAD, Proxy, proxy, started
from tests.production.stack import HOST

__all__ = ["proxy", "started"]
pytestmark = pytest.mark.process


def test_an_upload_is_received_whole_before_a_web_process_is_troubled(proxy: Proxy) -> None:
    line = http.client.HTTPConnection(proxy.replica.address, 8443, timeout=20)
    line.connect()
    line.sock = context_of(proxy.stack).wrap_socket(line.sock, server_hostname=HOST)
    data = b"x" * 2_000_000
    line.putrequest("POST", UPLOAD, skip_host=True)
    for name, value in {"Host": HOST, "Content-Length": str(len(data))}.items():
        line.putheader(name, value)
    line.endheaders()
    line.send(data[:1_000_000])
    # Others go by while it is on its way.
    assert {proxy.ask("GET", "/").status for _ in range(5)} == {200}
    assert {request["method"] for request in proxy.seen} == {"GET"}
    assert [request["path"] for request in proxy.seen].count(ALLOWED) == 1

    line.send(data[1_000_000:])

    assert line.getresponse().status == 200
    line.close()
    (upload,) = [request for request in proxy.seen if request["method"] == "POST"]
    assert upload["body"] == data


def test_an_upload_beyond_the_limit_is_answered_with_a_sentence(proxy: Proxy) -> None:
    limit = 8300 * 1024**2

    answer = proxy.ask("POST", UPLOAD, Content_Length=str(limit + 1))

    assert answer.status == 413
    assert "Please send the files in parts." in words(answer.text)
    assert proxy.seen == []


@pytest.mark.parametrize("path", [STORE, f"{STORE}/1.2.840.1"])
@pytest.mark.parametrize("query", ["", "?a=b%20c"])
def test_instances_are_received_from_those_who_may_store_them(proxy: Proxy, path: str, query: str) -> None:
    data = b"x" * 2_000_000

    answer = proxy.ask(
        "POST", path + query, data, Authorization="Bearer abc", Content_Type="application/dicom"
    )

    assert answer.status == 200
    asked, stored = proxy.seen
    assert (asked["method"], asked["path"], asked["body"]) == ("GET", STORE_ALLOWED, b"")
    assert asked["headers"]["Authorization"] == "Bearer abc"
    assert (stored["method"], stored["path"], stored["body"]) == ("POST", path + query, data)
    assert stored["headers"]["Content-Type"] == "application/dicom"


def test_a_chunked_body_reaches_the_site_with_its_length(proxy: Proxy) -> None:
    pieces = iter([b"x" * 700_000, b"y" * 700_000])

    answer = proxy.ask("POST", STORE, pieces, Content_Type="application/dicom")  # type: ignore[arg-type]

    assert answer.status == 200
    assert proxy.seen[1]["body"] == b"x" * 700_000 + b"y" * 700_000


@pytest.mark.parametrize(
    ("told", "headers", "status", "sentence"),
    [
        (401, {"WWW-Authenticate": "Bearer"}, 401, "Sign in, or send an access token."),
        (401, {"X-Not-Stored": "nothing"}, 404, "There is nothing here."),
        (403, {}, 403, "You may not store studies here."),
    ],
)
def test_instances_of_those_who_may_not_store_them_are_not_received(
    proxy: Proxy, told: int, headers: dict[str, str], status: int, sentence: str
) -> None:
    for web in proxy.webs:
        web.allows, web.headers = told, {STORE_ALLOWED: headers}

    answer = proxy.ask("POST", STORE, Content_Length=str(8300 * 1024**2 - 1), Authorization="Bearer abc")

    assert (answer.status, answer.text) == (status, f"{sentence}\n")
    assert answer.headers.get("WWW-Authenticate") == headers.get("WWW-Authenticate")
    assert [request["path"] for request in proxy.seen] == [STORE_ALLOWED]
    assert not [path for path in proxy.buffer.rglob("*") if path.is_file()]


def test_instances_beyond_the_limit_and_searches_with_a_body_are_not_received(proxy: Proxy) -> None:
    answers = [
        proxy.ask("POST", STORE, Content_Length=str(8300 * 1024**2 + 1)),
        proxy.ask("GET", STORE, Content_Length=str(512 * 1024 + 1)),
        proxy.ask("PUT", STORE, Content_Length=str(512 * 1024 + 1)),
        proxy.ask("POST", f"{STORE}/1.2/series", Content_Length=str(512 * 1024 + 1)),
    ]

    assert [answer.status for answer in answers] == [413] * 4
    assert proxy.seen == []


def test_a_search_is_not_asked_about(proxy: Proxy) -> None:
    proxy.ask("GET", STORE)

    assert [(request["method"], request["path"]) for request in proxy.seen] == [("GET", STORE)]


@pytest.mark.parametrize(
    "path", ["/", "/share/studies/", "/sign-in/", UPLOAD.replace("files/", ""), "/nowhere/"]
)
def test_elsewhere_half_a_megabyte_is_the_most(proxy: Proxy, path: str) -> None:
    answer = proxy.ask("POST", path, Content_Length=str(512 * 1024 + 1))

    assert answer.status == 413
    assert proxy.seen == []


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (401, "Sign in, open the worklist and upload the files again."),
        (403, "ask your organisation’s administrator"),
    ],
)
def test_files_of_those_who_may_not_send_any_are_not_received(proxy: Proxy, told: int, sentence: str) -> None:
    for web in proxy.webs:
        web.allows = told

    answer = proxy.ask("POST", UPLOAD, b"x" * 2_000_000, Cookie="sessionid=abc")

    assert answer.status == told
    assert sentence in words(answer.text)
    (asked,) = proxy.seen
    assert (asked["method"], asked["path"], asked["body"]) == ("GET", ALLOWED, b"")
    assert {"Cookie": "sessionid=abc", "HX-Request": "true"}.items() <= asked["headers"].items()
    assert proxy.buffer.is_dir()
    assert not [path for path in proxy.buffer.rglob("*") if path.is_file()]
