"""The rights that a guest link needs, and that the database refuses to widen or to revive a link."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from audit.actor import Actor
from common.exceptions import NothingThere
from sharing import services
from sharing.models import GuestLinkStudy
from sharing.services import guest_visits
from tests.cast import IP_ADDRESS, Cast, acting
from tests.factories import join, make_role, make_user
from tests.sharing.guests import DAY, made
from worklists.services import change_role

NEEDS = {"create_guest_links", "list_studies", "open_study"}


# Rights


@pytest.mark.django_db
@pytest.mark.parametrize("missing", ["create_guest_links", "list_studies", "open_study"])
def test_each_right_is_needed_to_make_a_link_and_the_link_dies_with_each(cast: Cast, missing: str) -> None:
    role = make_role(cast.northgate, "Linker", NEEDS)
    lena = make_user("Lena")
    join(lena, cast.northgate, "Linker", [cast.ct])
    link = made(cast, by=acting(lena))
    by = guest_visits.open_link(link=link, ip_address=IP_ADDRESS)
    assert by.rights(cast.ct) == {"open_study"}

    change_role(
        role=role,
        permissions=NEEDS - {missing},
        by=acting(cast.adam),
    )

    assert by.rights(cast.ct) == frozenset()
    assert guest_visits.resume(link=link.uuid, generation=1) is None
    with pytest.raises((PermissionDenied, NothingThere)):
        made(cast, by=acting(lena))
    # It was found dead: the right that comes back does not bring it back.
    change_role(role=role, permissions=NEEDS, by=acting(cast.adam))
    assert guest_visits.resume(link=link.uuid, generation=1) is None
    link.refresh_from_db()
    assert (link.end_reason, link.ended_by) == ("no_right", None)


@pytest.mark.django_db
def test_a_link_lets_no_one_download_what_its_maker_may_not(cast: Cast) -> None:
    role = make_role(cast.northgate, "Linker", NEEDS | {"download_study"})
    lena = make_user("Lena")
    join(lena, cast.northgate, "Linker", [cast.ct])
    by = guest_visits.open_link(link=made(cast, by=acting(lena), may_download=True))
    assert by.rights(cast.ct) == {"open_study", "download_study"}

    change_role(role=role, permissions=NEEDS, by=acting(cast.adam))

    assert by.rights(cast.ct) == {"open_study"}
    with pytest.raises(PermissionDenied, match="download"):
        made(cast, by=acting(lena), may_download=True)


@pytest.mark.django_db
def test_who_sees_all_links_ends_them_and_extends_only_with_the_right_to_make_them(cast: Cast) -> None:
    make_role(cast.northgate, "Watcher", ["view_guest_links", "list_studies"])
    will, link = make_user("Will"), made(cast)
    join(will, cast.northgate, "Watcher", [cast.ct])

    with pytest.raises(PermissionDenied, match="create guest links"):
        services.extend_guest_link(link=link.uuid, expires_at=link.expires_at + DAY, by=acting(will))
    for other in (cast.vera, cast.ben, cast.caro, cast.sue):
        with pytest.raises(NothingThere):
            services.end_guest_link(link=link.uuid, by=acting(other))
    services.end_guest_link(link=link.uuid, by=acting(will))
    link.refresh_from_db()
    assert (link.end_reason, link.ended_by) == ("ended", will)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["guest", "system", "stranger"])
def test_only_a_person_makes_extends_and_ends_links(cast: Cast, kind: str) -> None:
    link = made(cast)
    by = {
        "guest": guest_visits.actor_of(link),
        "system": Actor.system("create_guest_links", "list_studies", "open_study"),
        "stranger": Actor.stranger(IP_ADDRESS),
    }[kind]

    for act in (
        lambda: made(cast, by=by),
        lambda: services.extend_guest_link(link=link.uuid, expires_at=link.expires_at + DAY, by=by),
        lambda: services.end_guest_link(link=link.uuid, by=by),
    ):
        with pytest.raises(PermissionDenied, match="signed in"):
            act()


# The database

WIDER = {
    "may_download": "UPDATE sharing_guestlink SET may_download = true",
    "openings": "UPDATE sharing_guestlink SET most_openings = 9",
    "no limit": "UPDATE sharing_guestlink SET most_openings = NULL",
    "opened less": "UPDATE sharing_guestlink SET openings = 0",
    "password": "UPDATE sharing_guestlink SET password = ''",
    "tries": "UPDATE sharing_guestlink SET tries_left = 6",
    "wrong tries": "UPDATE sharing_guestlink SET wrong_tries = 0",
    "maker": "UPDATE sharing_guestlink SET made_by_id = made_by_id + 1",
    "worklist": "UPDATE sharing_guestlink SET worklist_id = worklist_id + 1",
    "life": "UPDATE sharing_guestlink SET expires_at = made_at + interval '400 days'",
    "no end": "UPDATE sharing_guestlink SET expires_at = NULL",
    "delete": "DELETE FROM sharing_guestlink",
    "studies": "INSERT INTO sharing_guestlinkstudy (link_id, study_id, placement_key, placement_uuid) "
    "SELECT l.id, %s, 1, gen_random_uuid() FROM sharing_guestlink l",
    "another study": "UPDATE sharing_guestlinkstudy SET placement_key = placement_key + 1",
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", WIDER)
def test_the_database_refuses_to_widen_a_link(cast: Cast, name: str) -> None:
    link = made(cast, most_openings=2, password="violet-42")
    with pytest.raises(guest_visits.WrongPassword):
        guest_visits.open_link(link=link, password="not it at all")
    guest_visits.open_link(link=link, password="violet-42")

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WIDER[name], [cast.other_study.pk] if "%s" in WIDER[name] else None)


@pytest.mark.django_db
def test_the_database_refuses_to_revive_a_link(cast: Cast) -> None:
    link = made(cast)
    services.end_guest_link(link=link.uuid, by=acting(cast.ana))

    for sql in (
        "UPDATE sharing_guestlink SET ended_at = NULL, end_reason = '', ended_by_id = NULL",
        "UPDATE sharing_guestlink SET expires_at = expires_at + interval '1 day'",
        "UPDATE sharing_guestlink SET openings = 1",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert GuestLinkStudy.objects.count() == 1
