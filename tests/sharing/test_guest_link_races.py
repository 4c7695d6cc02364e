"""Guest links on real PostgreSQL with many at once: tries, openings, an end date that moves while it is reached."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F

from accounts.models import OutboxMail
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from sharing import services
from sharing.models import GuestLink
from sharing.models.guest_link import MOST_TRIES
from sharing.selectors.guest_links import token_of
from sharing.services import guest_visits
from sharing.services.guest_visits import LinkOver, WrongPassword
from tests.cast import Cast, acting
from tests.overlap import at_once

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "violet-42"


def made(cast: Cast, **more: Any) -> GuestLink:
    return services.make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana), **more)


def opening(link: GuestLink, password: str = "") -> Any:
    def press() -> Actor:
        found = guest_visits.find(token=token_of(link))
        assert found is not None
        return guest_visits.open_link(link=found, password=password)

    return press


def test_right_passwords_among_wrong_ones_give_their_tries_back(cast: Cast) -> None:
    link = made(cast, password=PASSWORD)

    answers = at_once([opening(link, "nothing-like-it")] * 4 + [opening(link, PASSWORD)] * 16)

    link.refresh_from_db()
    opened = [answer for answer in answers if isinstance(answer, Actor)]
    assert sum(isinstance(answer, WrongPassword) for answer in answers) == link.wrong_tries
    assert link.tries_left + link.wrong_tries == MOST_TRIES
    assert link.openings == len(opened) == AuditEvent.objects.filter(action=Action.GUEST_LINK_OPEN).count()
    assert all(isinstance(answer, Actor | WrongPassword | LinkOver) for answer in answers)
    assert link.ended_at is None


def test_it_is_opened_as_often_as_allowed_and_no_oftener(cast: Cast) -> None:
    link = made(cast, password=PASSWORD, most_openings=3)

    rounds = [at_once([opening(link, PASSWORD)] * 5) for _ in range(4)]

    link.refresh_from_db()
    assert sum(isinstance(answer, Actor) for answers in rounds for answer in answers) == 3
    assert (link.openings, link.tries_left, link.wrong_tries) == (3, MOST_TRIES, 0)


def test_a_link_whose_time_is_up_is_extended_or_ended_and_never_both(cast: Cast) -> None:
    for _ in range(8):
        link = made(cast)
        GuestLink.objects.filter(pk=link.pk).update(expires_at=F("made_at") + timedelta(milliseconds=30))
        wanted = link.expires_at

        answers = at_once([
            lambda link=link, wanted=wanted: services.extend_guest_link(
                link=link.uuid, expires_at=wanted, by=acting(cast.ana)
            ),
            services.end_dead_links,
            services.end_dead_links,
            opening(link),
        ])  # fmt: skip

        link.refresh_from_db()
        extended = isinstance(answers[0], GuestLink)
        assert extended or isinstance(answers[0], ValidationError)
        assert (link.expires_at == wanted) == extended
        if extended:
            assert link.ended_at is None
        else:
            services.end_dead_links()
            link.refresh_from_db()
            assert link.end_reason == "expired"
        about = AuditEvent.objects.filter(detail__guest_link=str(link.uuid))
        assert about.filter(action=Action.GUEST_LINK_LAPSE).count() == (0 if extended else 1)


def test_a_form_sent_many_times_at_once_makes_one_link(cast: Cast) -> None:
    uuid = uuid4()

    answers = at_once([lambda: made(cast, uuid=uuid, recipient_email="lee@example.net")] * 6)

    link = GuestLink.objects.get()
    assert [answer.pk for answer in answers] == [link.pk] * 6
    assert OutboxMail.objects.count() == 1
    assert AuditEvent.objects.filter(action=Action.GUEST_LINK_ADD).count() == 1


def test_ended_by_two_at_once_it_ended_once(cast: Cast) -> None:
    link = made(cast)

    def end(user: Any) -> Any:
        return lambda: services.end_guest_link(link=link.uuid, by=acting(user))

    answers = at_once([end(cast.ana), end(cast.adam), services.end_dead_links])

    assert sum(isinstance(answer, GuestLink) for answer in answers) == 1
    assert sum(isinstance(answer, ValidationError) for answer in answers) == 1
    assert AuditEvent.objects.filter(action=Action.GUEST_LINK_END).count() == 1
