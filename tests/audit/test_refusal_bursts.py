"""Refusals in bursts: the first is in the trail at once, the others are one event with their number."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.services.sessions import note_failed_sign_in
from audit.actions import Action
from audit.actor import Actor
from audit.clock import now
from audit.history import sentence
from audit.models import AuditEvent, RefusalBurst
from audit.services import On, record_bursts, record_denied
from audit.services.refusals import APART, APART_STRANGERS
from common.copying import FEW
from studies.events import on_placement
from tests.cast import Cast, acting
from tests.factories import make_user

pytestmark = pytest.mark.django_db

PAGE = "POST sharing:share_studies"


def refusals() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=Action.DENIED).order_by("id"))


def from_address(number: int) -> Actor:
    """A stranger in a network of their own."""
    return Actor.stranger(f"10.{number // 250}.{number % 250}.7")


def test_a_burst_is_two_events_the_first_refusal_and_the_number_of_the_others(cast: Cast, clock: Any) -> None:
    for _ in range(240):
        record_denied(by=acting(cast.vera), what=PAGE, why="Your role does not let you share.")

    assert [event.detail.get("again") for event in refusals()] == [None]
    assert record_bursts() == 0
    clock.move(minutes=11)
    assert record_bursts() == 1
    first, others = refusals()
    assert (others.by_id, others.ip_address, others.role_label) == (
        first.by_id,
        first.ip_address,
        first.role_label,
    )
    assert others.detail["again"] == 239
    assert "(239 more times, until " in sentence(others)
    assert not RefusalBurst.objects.exists()


def test_a_refusal_alone_is_one_event(cast: Cast, clock: Any) -> None:
    record_denied(by=acting(cast.vera), what=PAGE)
    clock.move(minutes=11)

    assert record_bursts() == 0
    assert len(refusals()) == 1


def test_after_a_burst_the_next_refusal_is_an_event_again(cast: Cast, clock: Any) -> None:
    record_denied(by=acting(cast.vera), what=PAGE)
    clock.move(minutes=11)
    record_bursts()

    record_denied(by=acting(cast.vera), what=PAGE)

    assert len(refusals()) == 2


@pytest.mark.parametrize("studies", [1, FEW + 1])
def test_bursts_about_studies_close_however_many_they_are(cast: Cast, clock: Any, studies: int) -> None:
    on = on_placement(cast.placement, at=now())
    people = [acting(make_user(f"Reader {number}")) for number in range(studies)]
    for person in people:
        record_denied(by=person, what=PAGE, on=on)
        record_denied(by=person, what=PAGE, on=on)
    clock.move(minutes=11)

    assert record_bursts() == studies

    closed = [event for event in refusals() if "again" in event.detail]
    assert {(event.placement_uuid, event.study_id) for event in closed} == {
        (cast.placement.uuid, cast.study.pk)
    }
    assert len(closed) == studies


def test_people_studies_and_pages_are_told_apart(cast: Cast) -> None:
    on = On(worklist_id=cast.ct.pk, study_id=cast.study.pk)
    for person in (cast.vera, cast.gus):
        for about in (On(), on):
            for page in (PAGE, "POST sharing:end"):
                record_denied(by=acting(person), what=page, on=about)
                record_denied(by=acting(person), what=page, on=about)

    assert len(refusals()) == 8


def test_strangers_of_one_network_are_one_burst(cast: Cast) -> None:
    for last in range(1, 200):
        record_denied(by=Actor.stranger(f"203.0.113.{last}"), what=PAGE)
        record_denied(by=Actor.stranger(f"2001:db8:0:{last:x}::1"), what=PAGE)

    assert [event.ip_address for event in refusals()] == ["203.0.113.1", "2001:db8:0:1::1"]


def test_strangers_of_many_networks_fill_nothing(clock: Any) -> None:
    for number in range(APART_STRANGERS + 150):
        record_denied(by=from_address(number), what=PAGE)

    assert len(refusals()) == APART_STRANGERS + 1
    assert RefusalBurst.objects.count() == APART_STRANGERS + 1
    assert refusals()[-1].detail == {"what": "several pages"}
    clock.move(minutes=11)
    assert record_bursts() == 1
    assert refusals()[-1].detail["again"] == 149


def test_a_signed_in_person_fills_nothing_and_takes_nothing_from_others(cast: Cast) -> None:
    for number in range(APART + 100):
        record_denied(by=acting(cast.vera), what=f"POST page {number}")
    record_denied(by=acting(cast.gus), what=PAGE)
    record_denied(by=from_address(1), what=PAGE)

    assert [event.by_id for event in refusals()].count(cast.vera.pk) == APART + 1
    assert len(refusals()) == APART + 3


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=40))
def test_no_refusal_is_lost_whatever_their_order(sent: list[tuple[int, int]]) -> None:
    before = AuditEvent.objects.filter(action=Action.DENIED).count()
    RefusalBurst.objects.all().delete()
    for network, page in sent:
        record_denied(by=from_address(network), what=f"POST page {page}")

    events = AuditEvent.objects.filter(action=Action.DENIED)
    counted = sum(RefusalBurst.objects.values_list("count", flat=True))

    assert counted == len(sent)
    assert events.count() - before == len(set(sent))


def test_posts_without_a_token_are_one_event(cast: Cast) -> None:
    stranger = Client(enforce_csrf_checks=True)

    statuses = {stranger.post("/sign-in/login/").status_code for _ in range(30)}

    assert statuses == {403}
    assert len(refusals()) == 1


# --- Failed sign-ins


def failed() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=Action.SIGN_IN_FAILED).order_by("id"))


def try_to_sign_in(email: str, ip_address: str = "192.0.2.1") -> None:
    Client(REMOTE_ADDR=ip_address).post("/sign-in/login/", {"login": email, "password": "wrong"})


def test_failed_sign_ins_fill_nothing_whatever_email_and_ip_address_they_are_sent_with(cast: Cast) -> None:
    for number in range(APART_STRANGERS + 60):
        try_to_sign_in(f"p{number}@example.net", f"10.1.{number}.7")

    assert len(failed()) == APART_STRANGERS + 1
    assert sentence(failed()[-1]) == "A sign-in failed: tried with several email addresses"


def test_beyond_the_limit_of_an_ip_address_new_emails_fill_nothing(cast: Cast) -> None:
    for number in range(59):
        try_to_sign_in("p@example.net" if number < 30 else f"p{number}@example.net")
    limited = [event for event in failed() if event.outcome == "refused"]
    for _ in range(3):
        try_to_sign_in("p58@example.net")

    assert len(limited) <= 30
    assert len(failed()) == len(limited) + 1 + 1


def test_a_flood_of_invented_emails_hides_no_try_at_a_persons(cast: Cast, clock: Any) -> None:
    for number in range(APART_STRANGERS + 5):
        try_to_sign_in(f"p{number}@example.net", f"10.1.{number}.7")

    for number in range(4):
        try_to_sign_in(cast.ana.email, f"203.0.113.{number + 1}")

    assert (failed()[-1].detail["address"], failed()[-1].ip_address) == (cast.ana.email, "203.0.113.1")
    clock.move(minutes=11)
    record_bursts()
    assert sentence(failed()[-1]).startswith(f"A sign-in as {cast.ana.email} failed (3 more times, until ")


def test_tries_at_one_person_from_everywhere_are_bounded_and_name_the_email(cast: Cast) -> None:
    for number in range(APART + 20):
        note_failed_sign_in(email=cast.ana.email, by=from_address(number))

    assert len(failed()) == APART + 1
    assert sentence(failed()[-1]) == f"A sign-in as {cast.ana.email} failed: tried from several networks"
