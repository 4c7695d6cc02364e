"""What the proxy passes on, and what it does when a web process is gone."""

import json
import shutil
from typing import Any

import pytest

from tests.processes import eventually
from tests.production.people import words
from tests.production.proxy import Proxy, back, proxy, short_folder, started
from tests.production.stack import HOST, missing

__all__ = ["proxy", "started"]
pytestmark = pytest.mark.process


def test_what_a_visitor_says_of_himself_ends_at_the_proxy(proxy: Proxy) -> None:
    proxy.ask(
        "GET",
        "/",
        X_Forwarded_For="203.0.113.9",
        X_Forwarded_Proto="http",
        X_Forwarded_Host="elsewhere.example",
        X_Real_IP="203.0.113.9",
        Forwarded="for=203.0.113.9",
        X_Request_ID="mine",
    )

    (request,) = proxy.seen
    headers = {name.lower(): value for name, value in request["headers"].items()}
    assert headers["x-forwarded-for"].startswith("127.")
    assert "," not in headers["x-forwarded-for"]
    assert (headers["x-forwarded-proto"], headers["x-forwarded-host"], headers["host"]) == (
        "https",
        HOST,
        HOST,
    )
    assert len(headers["x-request-id"]) == 32
    assert not {"x-real-ip", "forwarded", "x-forwarded-port"} & set(headers)


def test_copies_take_turns(proxy: Proxy) -> None:
    names = {proxy.ask("GET", "/").text for _ in range(6)}

    assert names == {"one", "two"}


def test_a_press_that_was_handed_over_is_never_sent_a_second_time(proxy: Proxy) -> None:
    for web in proxy.webs:
        web.hangs_up = True

    answer = proxy.ask("POST", "/share/studies/", b"a=b")

    assert answer.status == 502
    assert len(proxy.seen) == 1
    eventually(lambda: proxy.ask("GET", "/", port=8443) and back(proxy), 20)


def test_a_look_is_tried_again_with_the_next_copy(proxy: Proxy) -> None:
    proxy.webs[0].hangs_up = True

    answers = [proxy.ask("GET", "/") for _ in range(2)]

    assert {(answer.status, answer.text) for answer in answers} == {(200, "two")}
    eventually(lambda: back(proxy), 20)


def test_when_none_is_left_the_page_is_calm_and_says_what_to_do(proxy: Proxy) -> None:
    for web in proxy.webs:
        web.hangs_up = True

    answer = proxy.ask("GET", "/studies/")

    assert answer.status == 502
    assert "CIMAR is not available for a moment" in answer.text
    assert "Please try again in a minute." in words(answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Retry-After"] == "10"
    eventually(lambda: back(proxy), 20)


def test_a_program_that_asks_without_pause_is_told_to_wait(
    env: dict[str, str], tmp_path_factory: Any
) -> None:
    proxy = Proxy(short_folder(tmp_path_factory), env, CIMAR_PROXY_REQUESTS="5")
    try:
        proxy.start()
        answers = [proxy.ask("GET", "/studies/") for _ in range(40)]
    finally:
        proxy.end()

    assert {answer.status for answer in answers} == {200, 429}
    # On a busy machine the last may come late enough to be let in.
    refused = next(answer for answer in answers if answer.status == 429)
    assert "Please try again in a minute." in words(refused.text)


def test_the_log_says_what_happened_and_neither_whom_nor_what_it_was_about(proxy: Proxy) -> None:
    proxy.ask("GET", "/invitations/a-token-that-opens-a-door/?name=quill")
    proxy.ask("GET", "/hazel-quill/", Referer="https://elsewhere.example/?mrn=117", Cookie="sessionid=abc")
    proxy.webs[0].hangs_up = proxy.webs[1].hangs_up = True
    proxy.ask("GET", "/studies/?q=hazel")
    eventually(lambda: back(proxy), 20)
    output = proxy.replica.log.read_text()

    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert {line["path"] for line in lines} >= {"/invitations/", "-", "/studies/"}
    assert 502 in {line["status"] for line in lines}
    for word in ("a-token", "quill", "hazel", "mrn", "sessionid", "elsewhere"):
        assert word not in output


def test_behind_another_proxy_only_that_ones_word_counts(
    env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    if reason := missing():
        pytest.skip(reason)
    folder = short_folder(tmp_path_factory)
    proxy = Proxy(folder, env, CIMAR_TLS="off", CIMAR_FRONT_PROXIES="127.0.0.1")
    said = {"X_Forwarded_For": "198.51.100.1, 203.0.113.9", "X_Forwarded_Proto": "https"}
    try:
        proxy.start()
        proxy.ask("GET", "/", port=8080, **said)
        front = proxy.seen[-1]["headers"]
        for web in proxy.webs:
            web.seen.clear()
        proxy.stack.differences["nginx"] |= {"CIMAR_FRONT_PROXIES": "10.9.9.9"}
        proxy.replica.kill()
        proxy.start()
        proxy.ask("GET", "/", port=8080, **said)
        stranger = proxy.seen[-1]["headers"]
    finally:
        proxy.end()
        shutil.rmtree(folder, ignore_errors=True)

    assert (front["X-Forwarded-For"], front["X-Forwarded-Proto"]) == ("203.0.113.9", "https")
    assert stranger["X-Forwarded-For"].startswith("127.")
    assert stranger["X-Forwarded-Proto"] == "http"
