"""Nothing is received before it is known who sends it: large bodies are refused unread, at every URL."""

from types import SimpleNamespace
from typing import Any, NoReturn
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from audit.actions import Action
from audit.models import AuditEvent
from studies.models import Upload
from tests.matrix import signed_in, world

__all__ = ["world"]

pytestmark = pytest.mark.django_db

LARGE = 300 * 1024**2
SAMPLES = {
    "uuid": UUID("6e0c1d4e-1d0f-4f0e-8a53-1f3d5c1e7a10"),
    "int": 1,
    "string": "a",
    "slug": "a",
    "path": "a",
    "key": "a",
    "uid": "1.2.3",
}


class Unread:
    """A body that nothing may read."""

    def read(self, *size: int) -> NoReturn:
        raise AssertionError("the body was read")

    readline = read


def post(client: Client, url: str, **headers: Any) -> Any:
    form = "multipart/form-data; boundary=x"
    more = {"CONTENT_LENGTH": str(LARGE), "wsgi.input": Unread(), **headers}
    return client.generic("POST", url, content_type=form, **more)


def urls(patterns: list[Any], before: str = "/") -> list[str]:
    """A URL for each pattern of the site, with samples for what it takes."""
    made = []
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            made += urls(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            for name, converter in pattern.pattern.converters.items():
                kind = type(converter).__name__.removesuffix("Converter").lower()
                route = route.replace(f"<{kind}:{name}>", str(SAMPLES[kind])).replace(f"<{name}>", "a")
            made.append(route)
    return made


EVERY_URL = sorted(url for url in set(urls(get_resolver().url_patterns)) if "(" not in url and "^" not in url)


INSTANCES = [
    url for url in EVERY_URL if url.startswith("/dicomweb/") and url.endswith(("/studies", "/studies/1.2.3"))
]


def test_the_list_holds_the_pages_of_every_app() -> None:
    assert len(EVERY_URL) > 100
    assert {url.split("/")[1] for url in EVERY_URL} >= {
        "admin",
        "share",
        "sign-in",
        "worklists",
        "placements",
    }


@pytest.mark.parametrize("person", ["anonymous", "vera"])
def test_a_large_body_is_refused_unread_at_every_url(world: SimpleNamespace, person: str) -> None:
    checking_csrf = Client(enforce_csrf_checks=True)
    clients = {"anonymous": checking_csrf, "vera": signed_in(world, "vera")}

    statuses = {url: post(clients[person], url).status_code for url in EVERY_URL}

    # Where there is no page, or a page before the middleware of the site, nothing reads the body either; nor where
    # files and instances are received: there the right is asked first.
    other = {url: status for url, status in statuses.items() if status != 413}
    assert set(other) == {
        url
        for url in other
        if url.startswith(("/health", "/metrics")) or url.endswith("/upload/files/") or url in INSTANCES
    }
    assert len(statuses) - len(other) > 100


@pytest.mark.parametrize(
    ("person", "status"), [("anonymous", 302), ("vera", 403), ("ben", 404), ("gus", 403), ("ed", 404)]
)
def test_files_are_refused_unread_where_the_person_may_not_send_any(
    world: SimpleNamespace, person: str, status: int
) -> None:
    files = reverse("studies:upload_files", args=[world.cast.ct.uuid])
    before = Upload.objects.count()
    client = signed_in(world, person) if person != "anonymous" else Client()

    answer = post(client, files)

    assert answer.status_code == status
    assert Upload.objects.count() == before
    assert AuditEvent.objects.filter(action=Action.DENIED).count() == (status == 403)


@pytest.mark.parametrize(
    ("person", "status"), [("anonymous", 401), ("vera", 403), ("ben", 404), ("gus", 403), ("ed", 404)]
)
@pytest.mark.parametrize("rest", ["", "/1.2.3"])
def test_instances_are_refused_unread_where_the_person_may_not_store_any(
    world: SimpleNamespace, person: str, status: int, rest: str
) -> None:
    client = signed_in(world, person) if person != "anonymous" else Client()

    answer = post(client, f"/dicomweb/{world.cast.ct.uuid}/studies{rest}")

    assert answer.status_code == status
    assert AuditEvent.objects.filter(action=Action.DENIED).count() == (status == 403)


def test_instances_beyond_the_limit_are_refused_unread(world: SimpleNamespace) -> None:
    kind = {"CONTENT_LENGTH": str(9 * 1024**3), "CONTENT_TYPE": "multipart/related; boundary=x"}

    answer = post(signed_in(world, "ana"), f"/dicomweb/{world.cast.ct.uuid}/studies", **kind)

    assert answer.status_code == 413


def test_files_still_want_the_token_of_the_form(world: SimpleNamespace) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.cast.ana)
    files = reverse("studies:upload_files", args=[world.cast.ct.uuid])
    before = Upload.objects.count()

    answer = client.post(files, {})

    assert answer.status_code == 403
    assert Upload.objects.count() == before


def test_a_form_at_the_limit_is_read_and_a_byte_more_is_not(client: Client) -> None:
    url = reverse("account_login")

    at, over = (
        client.post(url, b"a" * size, content_type="application/x-www-form-urlencoded").status_code
        for size in (settings.CIMAR_LARGEST_BODY, settings.CIMAR_LARGEST_BODY + 1)
    )

    assert (at, over) == (200, 413)
