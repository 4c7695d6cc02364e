"""The Access tab: who can see a study, why, and as far as the reader may know it."""

from uuid import uuid4

import pytest
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from tests.cast import acting
from tests.factories import join, make_location, make_user
from tests.sharing.access_pages import on, own, spread, words
from tests.sharing.share_pages import share

__all__ = ["spread"]
pytestmark = pytest.mark.django_db


def access(client, placement):
    return client.get(reverse("sharing:access", args=[placement.uuid]))


def test_home_knows_every_worklist_inside_and_outsiders_by_address(client, spread):
    client.force_login(spread.ana)
    page = words(access(client, spread.placement))
    for name in (
        "CT Reporting",
        "Emergency",
        "Riverside Imaging",
        "Riverside Orthopaedics",
        "Ben",
        "ed@example.org",
    ):
        assert name in page
    assert "And 1 onward share outside" in page
    assert "dora@example.net" in page
    for hidden in ("far@example.net", " Ed "):
        assert hidden not in page


def test_members_are_named_with_their_role_in_ones_own_account_alone(client, spread):
    client.force_login(spread.ana)
    page = words(access(client, spread.placement))
    assert "Administrator Adam" in page
    assert "Radiologist Ana" in page
    assert "Viewer Vera" in page
    for hidden in ("Rita", "Nolan", "Ina"):
        assert hidden not in page
    assert "Only that organisation can see who its members are." in page


def test_the_path_leads_from_home_share_by_share(client, spread):
    client.force_login(spread.ana)
    page = words(access(client, spread.placement))
    path = (
        "Original CT Reporting Northgate Hospital",
        "Share by Ana location Worklist Emergency Northgate Hospital",
        "Share by Ben share code Worklist Riverside Imaging Riverside Clinic",
        "Share by Caro group Worklist Riverside Orthopaedics",
    )
    assert " ".join(path) in page


def test_another_organisation_sees_how_it_came_and_what_descends(client, spread):
    client.force_login(spread.caro)
    page = words(access(client, on(spread.study, spread.imaging)))
    assert "Emergency" in page
    assert "a worklist of Northgate Hospital" in page
    assert "Riverside Orthopaedics" in page
    assert "Radiologist Caro" in page
    for hidden in ("CT Reporting", "Ana", "ed@example.org", "dora@", "Adam"):
        assert hidden not in page


def test_an_outsider_sees_who_gave_it_and_what_they_passed_on(client, spread):
    client.force_login(spread.ed)
    page = words(access(client, own(spread.study, spread.ed)))
    assert "Original CT Reporting" in page
    assert "by Ana" in page
    assert "External" in page
    assert "far@example.net" in page
    for hidden in ("Emergency", "Riverside", "Ben", "dora@", "Adam", "Vera"):
        assert hidden not in page


def test_what_an_outsider_gave_on_does_not_show_the_way_before_them(client, spread):
    share(spread.ed, own(spread.study, spread.ed), Method.CODE, "RIVERSIDE")
    services.end_shares(shares=[Share.objects.get(method="location").uuid], by=acting(spread.ana))
    client.force_login(spread.caro)
    page = words(access(client, on(spread.study, spread.imaging)))
    assert "by Ed" in page
    assert "a worklist of Northgate Hospital" in page
    for hidden in ("CT Reporting", "Ana", "ed@example.org"):
        assert hidden not in page


def test_inside_homes_account_a_shared_worklist_knows_what_descends_from_it(client, spread):
    client.force_login(spread.ben)
    page = words(access(client, on(spread.study, spread.emergency)))
    assert "Original CT Reporting" in page
    assert "Riverside Orthopaedics" in page
    for hidden in ("ed@example.org", "dora@"):
        assert hidden not in page


def test_a_colleague_reached_by_email_goes_by_name(client, cast):
    share(cast.ana, cast.placement, Method.EMAIL, cast.ben.email)
    client.force_login(cast.ana)
    page = words(access(client, cast.placement))
    assert "Person Ben" in page


def test_what_waits_is_not_among_who_can_see_it(client, cast):
    asks = make_location(cast.northgate, "Asks First", needs_approval=True)
    share(cast.ana, cast.placement, Method.LOCATION, asks.uuid)
    client.force_login(cast.ana)
    page = words(access(client, cast.placement))
    waiting = page.index("Awaiting approval")
    assert page.index("Asks First") > waiting


def test_what_ended_by_the_clock_is_not_shown_before_the_sweep(client, cast, clock):
    from datetime import timedelta

    share(
        cast.ana,
        cast.placement,
        Method.LOCATION,
        cast.emergency.uuid,
        expires_at=clock.now() + timedelta(days=1),
    )
    client.force_login(cast.ana)
    assert "Emergency" in words(access(client, cast.placement))
    clock.move(days=2)
    assert "Emergency" not in words(access(client, cast.placement))


def test_a_circle_is_walked_once(client, cast):
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    share(cast.ben, on(cast.study, cast.emergency), Method.GROUP, cast.chest.uuid)
    join(make_user("Chet"), cast.northgate, "Radiologist", [cast.chest])
    share(cast.adam, on(cast.study, cast.chest), Method.LOCATION, cast.emergency.uuid)
    client.force_login(cast.adam)
    for worklist in (cast.ct, cast.emergency, cast.chest):
        assert access(client, on(cast.study, worklist)).status_code == 200


def test_end_buttons_stand_where_one_may_end(client, spread):
    client.force_login(spread.ana)
    page = access(client, spread.placement).content.decode()
    by_home = {str(share.uuid) for share in Share.objects.exclude(invitation__email="far@example.net")}
    assert {uuid for uuid in by_home if uuid in page} == by_home
    client.force_login(spread.vera)
    page = access(client, spread.placement).content.decode()
    assert [uuid for uuid in by_home if uuid in page] == []


def test_an_invitation_can_be_sent_again_by_its_sender_alone(client, spread):
    client.force_login(spread.ana)
    assert "Send a new link" in words(access(client, spread.placement))
    client.force_login(spread.adam)
    assert "Send a new link" not in words(access(client, spread.placement))


def test_looking_is_recorded(client, spread):
    client.force_login(spread.vera)
    access(client, spread.placement)
    [event] = AuditEvent.objects.filter(action=Action.ACCESS_READ)
    assert (event.by_id, event.placement_uuid, event.in_original) == (
        spread.vera.pk,
        spread.placement.uuid,
        True,
    )


@pytest.mark.parametrize("name", ["nolan", "ina", "ben", "sue", "caro", "ed"])
def test_who_does_not_see_the_study_learns_nothing(client, cast, name):
    client.force_login(getattr(cast, name))
    real = access(client, cast.placement)
    made_up = client.get(reverse("sharing:access", args=[uuid4()]))
    assert (real.status_code, real.content) == (404, made_up.content)
    assert not AuditEvent.objects.filter(action=Action.ACCESS_READ).exists()


@pytest.mark.parametrize("number", [1, 50])
def test_the_tab_asks_the_same_statements_at_any_size(client, cast, django_assert_num_queries, number):
    places = [make_location(cast.northgate) for _ in range(number)]
    targets = [Target(Method.LOCATION, str(place.uuid)) for place in places]
    targets += [Target(Method.EMAIL, f"p{n}@example.net") for n in range(number)]
    targets += [Target(Method.EMAIL, make_user(f"Outsider {n}").email) for n in range(number)]
    for start in range(0, len(targets), 20):
        services.share_studies(
            placements=[cast.placement.uuid], targets=targets[start : start + 20], by=acting(cast.ana)
        )
    client.force_login(cast.ana)
    access(client, cast.placement)
    with django_assert_num_queries(22):
        access(client, cast.placement)
