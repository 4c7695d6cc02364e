"""Guest links: made, opened, extended, ended, and dead with what they depend on."""

from typing import Any

import pytest

from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from sharing import services
from sharing.models import GuestLink
from sharing.models.guest_link import State
from sharing.selectors import guest_links
from sharing.services import guest_visits
from sharing.services.guest_visits import LinkOver, WrongPassword
from tests.cast import IP_ADDRESS, Cast, acting

pytestmark = pytest.mark.django_db
PASSWORD = "violet-42"


def made(cast: Cast, **more: Any) -> GuestLink:
    given = {"placements": [cast.placement.uuid], "by": acting(cast.ana), **more}
    return services.make_guest_link(**given)


def found(link: GuestLink) -> GuestLink:
    again = guest_visits.find(token=guest_links.token_of(link))
    assert again is not None
    return again


def opened(link: GuestLink, password: str = "") -> Actor:
    return guest_visits.open_link(link=found(link), password=password, ip_address=IP_ADDRESS)


def actions(link: GuestLink) -> list[str]:
    events = AuditEvent.objects.filter(detail__guest_link=str(link.uuid)).order_by("pk")
    return [event.action for event in events]


def test_a_link_is_made_opened_and_ended(cast: Cast) -> None:
    link = made(cast)
    by = opened(link)

    assert by.rights(cast.ct) == {"open_study"}
    assert by.guest_link is not None
    assert by.guest_link.placements == {cast.placement.uuid}
    services.end_guest_link(link=link.uuid, by=acting(cast.ana))
    assert found(link).state is State.ENDED
    with pytest.raises(LinkOver):
        opened(link)
    assert actions(link) == [Action.GUEST_LINK_ADD, Action.GUEST_LINK_OPEN, Action.GUEST_LINK_END]


def test_the_link_acts_and_its_maker_is_the_authoriser(cast: Cast) -> None:
    link = made(cast, recipient_name="Dr Lee")
    opened(link)

    event = AuditEvent.objects.get(action=Action.GUEST_LINK_OPEN)
    assert (event.by_id, event.by_label, event.ip_address) == (None, "Guest link Dr Lee", IP_ADDRESS)
    assert event.detail["authoriser_id"] == cast.ana.pk
    assert event.study_id == cast.study.pk


def test_a_visit_goes_on_until_the_link_ends(cast: Cast) -> None:
    link = made(cast, most_openings=1)
    opened(link)

    assert found(link).state is State.USED_UP
    assert guest_visits.resume(link=link.uuid, generation=1) is not None
    with pytest.raises(LinkOver):
        opened(link)
    services.end_guest_link(link=link.uuid, by=acting(cast.ana))
    assert guest_visits.resume(link=link.uuid, generation=1) is None


def test_wrong_passwords_end_the_link_for_good(cast: Cast) -> None:
    link = made(cast, password=PASSWORD)
    opened(link, PASSWORD)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongPassword) as wrong:
            opened(link, "not it at all")
        assert wrong.value.tries_left == left

    with pytest.raises(LinkOver):
        opened(link, PASSWORD)
    link.refresh_from_db()
    assert (link.end_reason, link.ended_by, link.wrong_tries, link.tries_left) == ("password", None, 5, 0)


def test_a_foreign_token_finds_nothing(cast: Cast) -> None:
    token = guest_links.token_of(made(cast))

    assert len(token) <= 128
    assert guest_visits.find(token=token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    GuestLink.objects.update(generation=2)
    assert guest_visits.find(token=token) is None
