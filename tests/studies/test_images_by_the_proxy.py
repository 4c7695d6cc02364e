"""Pictures that the proxy sends on the site's word: the same rights, the same headers, no byte by the site itself."""

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Method
from sharing.services import end_shares, share_studies
from sharing.targets import Target
from tests.cast import acting
from tests.factories import join, make_role, make_series, make_user, placement_of
from tests.studies.pages import frame_of, prepared

pytestmark = pytest.mark.django_db


@pytest.fixture
def instance(cast):
    return prepared(make_series(cast.study), frames=3)


@pytest.fixture
def by_the_proxy(settings):
    settings.CIMAR_PROXY_SENDS_FILES = True


def addresses(placement, instance):
    return [
        frame_of(placement, instance, 2),
        reverse("studies:thumbnail", args=[placement.uuid, instance.uuid]),
    ]


def test_both_ways_have_the_same_headers(client, cast, instance, settings):
    client.force_login(cast.vera)

    pictures = addresses(cast.placement, instance)
    assert len(pictures) == 2
    for url in pictures:
        settings.CIMAR_PROXY_SENDS_FILES = False
        site = dict(client.get(url).headers)
        settings.CIMAR_PROXY_SENDS_FILES = True
        proxy = dict(client.get(url).headers)
        assert site.pop("Content-Length") != proxy.pop("Content-Length") == "0"
        assert proxy.pop("X-Accel-Redirect").startswith("/-/stored/")
        assert site.pop("X-Request-ID") != proxy.pop("X-Request-ID")
        assert proxy == site
        assert (site["Cache-Control"], site["Content-Type"]) == ("private, no-cache", "image/png")


def test_the_proxy_is_told_the_file(client, cast, instance, by_the_proxy):
    client.force_login(cast.vera)

    response = client.get(frame_of(cast.placement, instance, 2))

    assert response["X-Accel-Redirect"] == f"/-/stored/{instance.blob.preview_key(2)}"
    assert response.content == b""
    assert AuditEvent.objects.filter(action=Action.IMAGES_SERVED).count() == 1


def test_who_may_not_is_answered_by_the_site(client, cast, instance, by_the_proxy):
    lister = make_user("Lister")
    join(lister, cast.northgate, make_role(cast.northgate, "List only", ["list_studies"]), [cast.ct])
    for person, status in ((lister, 403), (cast.caro, 404), (cast.sue, 404)):
        client.force_login(person)
        response = client.get(frame_of(cast.placement, instance))
        assert (response.status_code, "X-Accel-Redirect" in response) == (status, False)


def test_an_unchanged_picture_is_not_sent_and_after_the_share_ends_nothing_is(
    client, cast, instance, by_the_proxy
):
    report = share_studies(
        placements=[cast.placement.uuid], targets=[Target(Method.CODE, "RIVERSIDE")], by=acting(cast.ana)
    )
    client.force_login(cast.caro)
    url = frame_of(placement_of(cast.study, cast.imaging), instance)
    etag = client.get(url)["ETag"]

    again = client.get(url, headers={"If-None-Match": etag})
    assert (again.status_code, "X-Accel-Redirect" in again) == (304, False)
    end_shares(shares=[report.rows[0].share.uuid], by=acting(cast.ana))
    gone = client.get(url, headers={"If-None-Match": etag})

    assert (gone.status_code, "X-Accel-Redirect" in gone) == (404, False)


def test_a_picture_that_the_storage_lost_is_not_there(client, cast, instance, by_the_proxy):
    storages["dicom"].delete(instance.blob.preview_key(1))
    client.force_login(cast.ana)

    response = client.get(frame_of(cast.placement, instance))

    assert (response.status_code, "X-Accel-Redirect" in response) == (404, False)


def prepared_statements() -> tuple[int, int]:
    """How many the connection has, and how often they were carried out; those of earlier tests among them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(generic_plans + custom_plans) FROM pg_prepared_statements")
        return cursor.fetchone()


def test_a_picture_costs_three_prepared_statements(client, cast, instance, by_the_proxy):
    client.force_login(cast.vera)
    client.get(frame_of(cast.placement, instance))
    seen = []

    def watch(execute, sql, *rest):
        seen.append(sql)
        return execute(sql, *rest)

    number, carried_out = prepared_statements()
    with connection.execute_wrapper(watch):
        client.get(frame_of(cast.placement, instance, 2))

    # Session, person, and one for placement, right, instance and whether the event was recorded.
    assert len(seen) == 3
    assert prepared_statements() == (number, carried_out + 3)
