"""Which names, addresses and static files the proxy answers for, and for whom."""

import http.client
import ssl

import pytest

from tests.production.people import context_of
from tests.production.proxy import HASHED, Proxy, proxy, started
from tests.production.stack import HOST

__all__ = ["proxy", "started"]
pytestmark = pytest.mark.process


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/health/", "/health/ready", "/health/ready/"])
def test_what_is_for_those_who_run_the_site_is_not_for_the_world(proxy: Proxy, path: str) -> None:
    assert proxy.ask("GET", path).status == 404
    assert proxy.seen == []


def test_a_monitor_may_ask_whether_we_live_by_name_or_number(proxy: Proxy) -> None:
    assert proxy.ask("GET", "/health/live").status == 200
    assert proxy.ask("GET", "/health/live", Host="10.0.0.1").status == 200
    assert [request["headers"]["Host"] for request in proxy.seen] == [HOST, HOST]


def test_other_names_are_not_ours(proxy: Proxy) -> None:
    assert proxy.ask("GET", "/", Host="elsewhere.example").status == 421
    assert proxy.seen == []


def test_who_comes_unencrypted_is_sent_to_our_own_address(proxy: Proxy) -> None:
    answer = proxy.ask("GET", "/studies/?sort=name", port=8080, Host="elsewhere.example")

    assert (answer.status, answer.headers["Location"]) == (308, f"https://{HOST}/studies/?sort=name")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_refused(proxy: Proxy) -> None:
    context = context_of(proxy.stack)
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    line = http.client.HTTPConnection(proxy.replica.address, 8443, timeout=20)
    line.connect()

    with pytest.raises(ssl.SSLError):
        context.wrap_socket(line.sock, server_hostname=HOST)


def test_static_files_come_from_the_proxy_and_are_kept_for_as_long_as_they_stay_the_same(
    proxy: Proxy,
) -> None:
    hashed, plain = proxy.ask("GET", f"/static/{HASHED}"), proxy.ask("GET", "/static/plain.txt")

    assert (hashed.status, hashed.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert hashed.headers["Content-Type"] == "text/css"
    assert (plain.status, plain.headers["Cache-Control"]) == (200, "max-age=3600")
    assert proxy.seen == []


def test_a_static_file_of_another_version_is_asked_of_the_web_processes(proxy: Proxy) -> None:
    proxy.ask("GET", "/static/css/site.ba9876543210.css")

    assert [request["path"] for request in proxy.seen] == ["/static/css/site.ba9876543210.css"]
