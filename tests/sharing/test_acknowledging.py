"""Acknowledging the receipt of a study, and the page of what was shared with a person."""

from uuid import uuid4

import pytest
from django.urls import reverse

from audit import clock as the_clock
from audit.actions import Action
from audit.models import AuditEvent
from common.exceptions import NothingThere, Refused
from sharing import services
from sharing.models import Method
from sharing.selectors.deliveries import deliveries_of
from studies.selectors.trail import trail_of
from tests.cast import acting
from tests.factories import make_study, make_user, placement_of
from tests.sharing.share_pages import share, text

pytestmark = pytest.mark.django_db

RECEIVED = reverse("sharing:shared_with_me")


@pytest.fixture
def with_ed(cast):
    return share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email, note="Left hilum?")


def of_ed(cast):
    return placement_of(cast.study, cast.ed.personal_worklist)


def test_a_recipient_acknowledges_once_on_the_study_page(client, cast, with_ed):
    client.force_login(cast.ed)
    study = reverse("studies:study", args=[of_ed(cast).uuid])
    assert "Acknowledge receipt" in text(client.get(study))
    url = reverse("sharing:acknowledge", args=[of_ed(cast).uuid])

    answer = client.post(url)

    assert (answer.status_code, answer.url) == (302, study)
    page = text(client.get(study))
    assert ("Receipt acknowledged by <bdi>Ed</bdi>" in page, "Acknowledge receipt" in page) == (True, False)
    assert "already been acknowledged" in text(client.post(url, follow=True))
    assert AuditEvent.objects.filter(action=Action.SHARE_ACKNOWLEDGE).count() == 1


def test_the_sharer_is_shown_the_acknowledgement_and_the_originals_trail_is_not(client, cast, with_ed):
    services.acknowledge(placement=of_ed(cast).uuid, by=acting(cast.ed))
    client.force_login(cast.ana)

    page = text(client.get(reverse("sharing:shared_by_me")))

    assert "Acknowledged</span>" in page
    delivery = deliveries_of([with_ed])[with_ed.pk]
    assert (delivery.acknowledged is not None, delivery.acknowledged_by) == (True, None)
    trail = trail_of(cast.placement, at=the_clock.now())
    assert Action.SHARE_ACKNOWLEDGE not in set(trail.values_list("action", flat=True))


def test_of_a_share_inside_the_sharer_is_shown_who_acknowledged(cast):
    made = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    services.acknowledge(placement=placement_of(cast.study, cast.emergency).uuid, by=acting(cast.ben))

    assert deliveries_of([made])[made.pk].acknowledged_by.by_id == cast.ben.pk
    assert Action.SHARE_ACKNOWLEDGE in set(
        trail_of(cast.placement, at=the_clock.now()).values_list("action", flat=True)
    )


def test_a_later_share_waits_for_its_own_acknowledgement(cast, clock):
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    there = placement_of(cast.study, cast.emergency).uuid
    assert services.acknowledge(placement=there, by=acting(cast.ben)) is True
    clock.move(hours=1)
    again = share(cast.lois, cast.placement, Method.LOCATION, cast.emergency.uuid)
    assert deliveries_of([again])[again.pk].acknowledged is None

    assert services.acknowledge(placement=there, by=acting(cast.ben)) is True

    assert deliveries_of([again])[again.pk].acknowledged is not None


def test_what_one_shared_oneself_and_the_original_are_not_acknowledged(cast):
    share(cast.adam, cast.placement, Method.LOCATION, cast.emergency.uuid)
    before = AuditEvent.objects.count()

    for placement in (cast.placement, placement_of(cast.study, cast.emergency)):
        with pytest.raises(Refused):
            services.acknowledge(placement=placement.uuid, by=acting(cast.adam))
    with pytest.raises(NothingThere):
        services.acknowledge(placement=uuid4(), by=acting(cast.adam))

    assert AuditEvent.objects.count() == before


def test_receiving_a_waiting_share_is_not_in_the_originals_trail(cast):
    made = share(cast.ana, cast.placement, Method.EMAIL, "dora@example.net")
    dora = make_user("Dora", email="dora@example.net")
    services.claim_promises(by=acting(dora))
    claim = AuditEvent.objects.get(action=Action.SHARE_CLAIM)

    at_home = trail_of(cast.placement, at=the_clock.now())
    theirs = trail_of(placement_of(made.study, dora.personal_worklist), at=the_clock.now())

    assert claim.pk not in set(at_home.values_list("pk", flat=True))
    assert claim.pk in set(theirs.values_list("pk", flat=True))


def test_the_page_says_from_whom_with_what_note_and_whether_acknowledged(client, cast, with_ed):
    ended = share(cast.ana, placement_of(make_study(cast.ct), cast.ct), Method.EMAIL, cast.ed.email)
    services.end_shares(shares=[ended.uuid], by=acting(cast.ana))
    client.force_login(cast.ed)

    page = text(client.get(RECEIVED))

    assert page.count("<tr>") == 3
    for words in ("Ana", "Northgate Hospital", "Left hilum?", "Not acknowledged", "Ended", "Quill"):
        assert words in page
    assert "A study you can no longer see" in page
    client.post(reverse("sharing:acknowledge", args=[of_ed(cast).uuid]), {"back": RECEIVED})
    # It is a choice of the filter too.
    assert text(client.get(RECEIVED)).count("Not acknowledged") == page.count("Not acknowledged") - 1
    assert AuditEvent.objects.latest("pk").detail["page"] == "received"


def test_who_works_for_no_account_lands_on_what_was_shared_with_them(client, cast):
    client.force_login(cast.ed)
    assert client.get("/").url == RECEIVED
    client.force_login(cast.ana)
    assert client.get("/").url == reverse("studies:list")


def test_nothing_has_been_shared(client, cast):
    client.force_login(cast.vera)
    assert "No study has been shared with you yet" in text(client.get(RECEIVED))


@pytest.mark.parametrize("number", [1, 20])
def test_the_page_asks_the_same_few_statements(client, cast, django_assert_num_queries, number):
    for _ in range(number):
        share(cast.ana, placement_of(make_study(cast.ct), cast.ct), Method.EMAIL, cast.ed.email)
    client.force_login(cast.ed)
    client.get(RECEIVED)
    # session, user, the transaction, shares, now, the worklist, the role, the event
    with django_assert_num_queries(9):
        page = text(client.get(RECEIVED))
    assert page.count("<tr>") == number + 1


def test_pages_are_reached_by_a_line(client, cast):
    shares = [
        share(cast.ana, placement_of(make_study(cast.ct), cast.ct), Method.EMAIL, cast.ed.email)
        for _ in range(51)
    ]
    client.force_login(cast.ed)
    assert text(client.get(RECEIVED)).count("<tr>") == 51
    assert text(client.get(RECEIVED, {"before": str(shares[1].uuid)})).count("<tr>") == 2
    answer = client.get(RECEIVED, {"before": str(uuid4())})
    assert answer.status_code == 400
