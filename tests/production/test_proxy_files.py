"""Stored files that the proxy sends: on the site's word alone, under the site's own headers."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.production.proxy import Proxy, short_folder
from tests.production.stack import missing

pytestmark = pytest.mark.process

PICTURE, INSIDE = "/placements/x/images/y/frames/1/", "/-/stored/ab/cd/picture.1.full.png"
CONTENT = "a picture of 34 bytes, more or less"
PACK, PACKED = "/placements/x/pixels/y", "heads and tails of a series"
SITE = {
    "Content-Type": "image/png",
    "Content-Disposition": 'inline; filename="image.png"',
    "Cache-Control": "private, no-cache",
    "ETag": '"0123456789abcdef"',
    "Vary": "Cookie",
    "X-Request-ID": "c0ffee",
    "Content-Security-Policy": "default-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Set-Cookie": "sessionid=kept",
}
BY_ITSELF = {"Server", "Date", "Connection", "Content-Length"}


@pytest.fixture(scope="module")
def proxy(env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    if reason := missing():
        pytest.skip(reason)
    folder = short_folder(tmp_path_factory)
    stored = folder / "stored" / "ab" / "cd"
    stored.mkdir(parents=True)
    (stored / "picture.1.full.png").write_text(CONTENT)
    packs = folder / "stored" / "views" / "ab"
    packs.mkdir(parents=True)
    (packs / "y.pack").write_text(PACKED)
    (folder / "secret").write_text("not to be had")
    for path in [folder / "stored", *(folder / "stored").rglob("*"), folder / "secret"]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    started = Proxy(folder, env, CIMAR_STORED_FILES=str(folder / "stored"))
    for web in started.webs:
        web.headers = {
            PICTURE: {**SITE, "X-Accel-Redirect": INSIDE},
            PACK: {**SITE, "Accept-Ranges": "bytes", "X-Accel-Redirect": "/-/stored/views/ab/y.pack"},
            "/lost/": {**SITE, "X-Accel-Redirect": "/-/stored/ab/cd/lost.png"},
            "/outside/": {**SITE, "X-Accel-Redirect": "/-/stored/../secret"},
        }
    try:
        started.start()
        yield started
    finally:
        started.end()


def asked(proxy: Proxy, path: str, **headers: str) -> Any:
    for web in proxy.webs:
        web.seen.clear()
    return proxy.ask("GET", path, **headers)


def test_the_file_comes_with_all_headers_of_the_site_and_no_other(proxy: Proxy) -> None:
    answer = asked(proxy, PICTURE)

    assert (answer.status, answer.text) == (200, CONTENT)
    assert {name: value for name, value in answer.getheaders() if name not in BY_ITSELF} == SITE
    assert answer.headers["Content-Length"] == str(len(CONTENT))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Range", "bytes=0-3"),
        ("If_None_Match", '"another"'),
        ("If_Modified_Since", "Fri, 01 Jan 2100 00:00:00 GMT"),
    ],
)
def test_whether_and_what_is_sent_is_for_the_site_to_say(proxy: Proxy, name: str, value: str) -> None:
    answer = asked(proxy, PICTURE, **{name: value})

    assert (answer.status, answer.text) == (200, CONTENT)
    assert len(proxy.seen) == 1


@pytest.mark.parametrize(
    "path",
    [INSIDE, "/-/stored/", "/-//stored/ab/cd/picture.1.full.png", "/-/%73tored/ab/cd/picture.1.full.png",
     "/static/../-/stored/ab/cd/picture.1.full.png"],
)  # fmt: skip
def test_a_visitor_who_names_the_place_is_led_to_the_site(proxy: Proxy, path: str) -> None:
    answer = asked(proxy, path)

    assert CONTENT not in answer.text
    assert answer.status in (200, 404)  # the stand-in answers whatever it is asked
    assert len(proxy.seen) <= 1


def test_a_file_that_went_meanwhile_is_asked_of_the_site(proxy: Proxy) -> None:
    answer = asked(proxy, "/lost/")

    assert answer.text in {"one", "two"}
    assert {request["path"] for request in proxy.seen} == {"/lost/", "/-/stored/ab/cd/lost.png"}


def test_nothing_beside_the_stored_files_is_sent(proxy: Proxy) -> None:
    assert "not to be had" not in asked(proxy, "/outside/").text


def test_of_a_pack_the_proxy_sends_the_range_that_was_asked_for(proxy: Proxy) -> None:
    whole = asked(proxy, PACK)
    assert (whole.status, whole.text) == (200, PACKED)

    part = asked(proxy, PACK, Range="bytes=6-8")

    assert (part.status, part.text) == (206, PACKED[6:9])
    assert part.headers["Content-Range"] == f"bytes 6-8/{len(PACKED)}"
    assert part.headers["ETag"] == SITE["ETag"]
    assert part.headers["Cache-Control"] == SITE["Cache-Control"]
    assert len(proxy.seen) == 1
    assert asked(proxy, PACK, Range="bytes=0-1,3-4").text == PACKED
    assert PACKED not in asked(proxy, "/-/stored/views/ab/y.pack").text
