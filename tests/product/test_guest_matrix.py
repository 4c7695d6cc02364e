"""Every URL below a guest link × everybody who may come to it: a URL without a row fails.

The URLs of the site itself are in `test_access_matrix`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client
from django.urls import get_resolver, reverse

from sharing.models import GuestLink
from sharing.services import end_guest_link
from studies.models import Blob, Instance, Placement
from tests.cast import Cast, acting
from tests.factories import make_series, make_study, placement_of, role_of
from tests.fingerprint import AUDIT, fingerprint
from tests.matrix import addresses
from tests.sharing.guests import Visitor, below, made
from tests.studies import beside_files
from tests.studies.pages import prepared
from tests.studies.test_manifest import make_copy
from worklists.services import change_role

pytestmark = pytest.mark.django_db
URLS = "sharing.guest_urls"
# What a read writes beside the audit trail: that the images were served to this link.
READS = {AUDIT, "studies_imagesserved", "sharing_guestlink"}


@dataclass
class World:
    """A study with an image that has a view copy, an image as received, and a report; another study beside it."""

    cast: Cast
    placement: Placement
    other: Placement
    image: Instance
    received: Instance
    report: Instance
    pack: Any


@pytest.fixture
def world(cast: Cast) -> World:
    received, report = beside_files.taken_in(
        cast, beside_files.an_image("1.2.826.0.1.3680043.8.498.1"), beside_files.document()
    )
    series = make_series(received.study)
    image = prepared(series)
    copy = make_copy(series, cover=image.uuid)
    storages["dicom"].save(image.blob.key, ContentFile(b"0" * image.blob.size))
    Blob.objects.filter(pk=received.blob_id).update(preview=Blob.Preview.READY)
    other = make_study(cast.ct)
    prepared(make_series(other))
    return World(
        cast,
        placement_of(received.study, cast.ct),
        placement_of(other, cast.ct),
        image,
        received,
        report,
        copy.uuid,
    )


# Who comes to the URLs, each with the link that the URLs are below.


def nobody(world: World, clock: Any) -> tuple[Client, GuestLink]:
    return Client(), made(world.cast, world.placement, may_download=True)


def signed_in(world: World, clock: Any) -> tuple[Client, GuestLink]:
    """The link's own maker, in a browser that did not come by the link."""
    client, link = nobody(world, clock)
    client.force_login(world.cast.ana)
    return client, link


def before(world: World, clock: Any) -> tuple[Client, GuestLink]:
    """Came by the link and has not pressed *Open images*."""
    visitor, link = Visitor(clock, Client()), made(world.cast, world.placement, may_download=True)
    visitor.follow(link)
    return visitor.client, link


def _opened(world: World, clock: Any, *placements: Placement, **more: Any) -> tuple[Client, GuestLink]:
    visitor, link = Visitor(clock, Client()), made(world.cast, *placements or (world.placement,), **more)
    visitor.open(link)
    return visitor.client, link


def viewing(world: World, clock: Any) -> tuple[Client, GuestLink]:
    return _opened(world, clock)


def downloading(world: World, clock: Any) -> tuple[Client, GuestLink]:
    return _opened(world, clock, may_download=True)


def of_another_study(world: World, clock: Any) -> tuple[Client, GuestLink]:
    """Has a link to another study, and puts this study into its URLs."""
    return _opened(world, clock, world.other, may_download=True)


def ended(world: World, clock: Any) -> tuple[Client, GuestLink]:
    client, link = downloading(world, clock)
    end_guest_link(link=link.uuid, by=acting(world.cast.ana))
    return client, link


def expired(world: World, clock: Any) -> tuple[Client, GuestLink]:
    came = downloading(world, clock)
    clock.move(days=40)
    return came


def right_lost(world: World, clock: Any) -> tuple[Client, GuestLink]:
    """The role of the link's maker lost the right to make links a moment ago."""
    came = downloading(world, clock)
    role = role_of(world.cast.northgate, "Radiologist")
    kept = set(role.permissions.values_list("codename", flat=True)) - {"create_guest_links"}
    change_role(role=role, by=acting(world.cast.adam), permissions=kept)
    return came


VISITORS: dict[str, Callable[[World, Any], tuple[Client, GuestLink]]] = {
    "nobody": nobody,
    "signed in": signed_in,
    "before": before,
    "viewing": viewing,
    "downloading": downloading,
    "of another study": of_another_study,
    "ended": ended,
    "expired": expired,
    "right lost": right_lost,
}
OVER = {"ended": 410, "expired": 410, "right lost": 410}
# To the page of the link itself, which says 404 or asks for the press.
AWAY = {"nobody": 302, "signed in": 302, "before": 302}
SHOWN = {**AWAY, **OVER, "viewing": 200, "downloading": 200, "of another study": 404}
TAKEN = {**SHOWN, "viewing": 403}


def placement(world: World) -> list[Any]:
    return [world.placement.uuid]


def image(world: World) -> list[Any]:
    return [world.placement.uuid, world.image.uuid]


def frame(world: World) -> list[Any]:
    return [*image(world), 1]


def received(world: World) -> list[Any]:
    return [world.placement.uuid, world.received.uuid]


def report(world: World) -> list[Any]:
    return [world.placement.uuid, world.report.uuid]


def pack(world: World) -> list[Any]:
    return [world.placement.uuid, world.pack]


def nothing(world: World) -> Any:
    return []


def ticked(world: World) -> dict[str, Any]:
    return {"placement": [str(world.placement.uuid)]}


def saved(world: World) -> dict[str, Any]:
    series = world.image.series.uuid
    return {"what": "save", "series": series, "instance": world.image.uuid, "frame": 1}


def empty(world: World) -> dict[str, Any]:
    return {}


@dataclass
class Row:
    name: str
    method: str
    args: Callable[[World], list[Any]]
    answers: dict[str, int]
    data: Callable[[World], dict[str, Any]] = empty

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


LINK = {
    "nobody": 404,
    "signed in": 404,
    "before": 200,
    **OVER,
    "viewing": 302,
    "downloading": 302,
    "of another study": 302,
}
# DICOMweb is for who has the access that a manifest gave, and no cookie is one.
BY_ACCESS = dict.fromkeys(VISITORS, 401)


def by_uid(world: World, *more: object) -> list[Any]:
    series = world.received.series
    named = [world.cast.ct.uuid, world.received.study.study_instance_uid, series.series_instance_uid]
    return [*named, world.received.sop_instance_uid, *more]


ROWS = [
    Row("sharing:guest", "get", nothing, LINK),
    # Without the form's own fields nothing is opened, and a press in an open visit goes on with it.
    Row("sharing:guest_open", "post", nothing, {**dict.fromkeys(VISITORS, 302), "before": 422}),
    Row("sharing:guest_close", "post", nothing, dict.fromkeys(VISITORS, 200)),
    Row("sharing:guest_ask", "post", nothing, {**dict.fromkeys(VISITORS, 302), **OVER}),
    Row("studies:study", "get", placement, SHOWN),
    Row("studies:preparing", "get", placement, SHOWN),
    Row("studies:viewer", "get", placement, SHOWN),
    Row("studies:viewer_saved", "post", placement, {**SHOWN, "viewing": 204, "downloading": 204}, saved),
    Row("studies:viewer_manifest", "get", placement, SHOWN),
    Row("studies:pixels", "get", pack, SHOWN),
    Row("studies:viewer_object", "get", report, SHOWN),
    Row("studies:viewer_stream", "get", report, SHOWN),
    Row("studies:frame", "get", frame, SHOWN),
    Row("studies:thumbnail", "get", image, SHOWN),
    Row("studies:original", "get", received, TAKEN),
    Row("studies:download_choose", "get", nothing, TAKEN, ticked),
    Row("studies:download_choose", "post", nothing, TAKEN, ticked),
    Row("studies:download_selected", "get", nothing, TAKEN, ticked),
    Row("studies:download", "get", placement, TAKEN),
    Row("dicomweb:study_metadata", "get", lambda world: by_uid(world)[:2], BY_ACCESS),
    Row("dicomweb:series_metadata", "get", lambda world: by_uid(world)[:3], BY_ACCESS),
    Row("dicomweb:instance_metadata", "get", by_uid, BY_ACCESS),
    Row("dicomweb:series", "get", lambda world: by_uid(world)[:3], BY_ACCESS),
    Row("dicomweb:instance", "get", by_uid, BY_ACCESS),
    Row("dicomweb:bulk_data", "get", lambda world: by_uid(world, "7FE00010"), BY_ACCESS),
    Row("dicomweb:frames", "get", lambda world: by_uid(world, "1"), BY_ACCESS),
    Row("dicomweb:instance_rendered", "get", by_uid, BY_ACCESS),
    Row("dicomweb:frames_rendered", "get", lambda world: by_uid(world, "1"), BY_ACCESS),
]


def asked(client: Client, link: GuestLink, row: Row, world: World, *, method: str = "") -> int:
    path = reverse(row.name, urlconf=URLS, args=row.args(world)).lstrip("/")
    answer = getattr(client, method or row.method)(below(link, path), row.data(world))
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


@pytest.mark.parametrize("who", VISITORS)
def test_each_visitor_gets_what_the_matrix_says(world: World, clock: Any, who: str) -> None:
    client, link = VISITORS[who](world, clock)
    cookies = dict(client.cookies)
    answers = {}
    for row in ROWS:
        client.cookies.clear()
        client.cookies.update(cookies)
        answers[str(row)] = asked(client, link, row, world)

    assert answers == {str(row): row.answers[who] for row in ROWS}


def test_every_url_below_a_link_has_a_row_and_every_row_names_every_visitor() -> None:
    named = set(addresses(get_resolver(URLS).url_patterns))

    assert {row.name for row in ROWS} == named
    assert [str(row) for row in ROWS if set(row.answers) != set(VISITORS)] == []


def test_a_method_without_a_row_does_nothing(world: World, clock: Any) -> None:
    client, link = downloading(world, clock)
    left = fingerprint(but=READS)
    methods = {"get", "post", "put", "patch", "delete"}

    answers = {
        f"{method} {row.name}": asked(client, link, row, world, method=method)
        for row in ROWS
        for method in methods - {each.method for each in ROWS if each.name == row.name}
    }

    assert set(answers.values()) == {405}
    assert fingerprint(but=READS) == left
