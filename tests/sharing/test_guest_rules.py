"""The eight rules of a guest link, one test each, at the doors that a stranger meets.

1 opening is a person's press · 2 tries are counted for life, exactly · 3 what is over says so · 4 the mail says nothing
secret · 5 a link has an end and is never widened · 6 the link acts, its maker answers for it · 7 it dies with what it
stands on · 8 the secret is nowhere but in its path
"""

import base64
import json
import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import LifePolicy, OutboxMail, Role
from audit.actions import Action
from audit.models import AuditEvent
from common.days import end_of_day, today_in
from sharing.guest_mail import guest_link as link_mail
from sharing.models import GuestLink, Method, Share
from sharing.models.guest_link import MOST_TRIES, State
from sharing.selectors import guest_links
from sharing.selectors.guest_links import token_of
from sharing.selectors.shlinks import shlink_of
from sharing.services import (
    delete_study,
    end_guest_link,
    end_shares,
    extend_guest_link,
    guest_visits,
    share_studies,
)
from sharing.targets import Target
from studies.models import Instance
from tests.cast import PATIENTS, Cast, acting
from tests.factories import make_series, membership_of, placement_of
from tests.overlap import at_once
from tests.sharing.guests import DAY, Visitor, below, made, now, url_of
from tests.studies.pages import prepared
from worklists.services import change_account, change_role, remove_worklist_member

PASSWORD = "violet-42"
with_database = pytest.mark.django_db


@pytest.fixture
def image(cast: Cast) -> Instance:
    return prepared(make_series(cast.study))


def base64url_decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def row(link: GuestLink) -> GuestLink:
    found = guest_links.read(link.uuid)
    assert found is not None
    return found


# 1


class Scanner(Visitor):
    """A mail program that checks links: no pointer, no keyboard, no waiting."""

    def check(self, link: GuestLink) -> None:
        self.client.head(url_of(link), follow=True)
        self.follow(link)
        self.follow(link)
        self.send(link, hand="unused")
        self.click_all(link)

    def click_all(self, link: GuestLink) -> None:
        """Every form and every way of the page, and of the page that comes then, as fast as it can."""
        for _ in range(5):
            page = self.page.content.decode()
            for action in re.findall(r'<form method="post" action="([^"]+)"', page):
                self.page = self.client.post(action, {**self.hidden(), "password": "password"}, follow=True)
            for way in re.findall(r'<a href="(/[^"]*)"', page):
                self.client.get(way, follow=True)


@with_database
@pytest.mark.parametrize("password", ["", PASSWORD])
def test_rule_1_a_mail_scanner_uses_up_nothing_and_a_person_opens_it_after(
    cast: Cast, clock: Any, image: Instance, password: str
) -> None:
    link = made(cast, most_openings=1, password=password)
    before = row(link)
    for _ in range(3):
        Scanner(clock).check(link)

    after = row(link)

    assert (after.openings, after.tries_left, after.state) == (0, before.tries_left, State.OPEN)
    assert not AuditEvent.objects.filter(action=Action.GUEST_LINK_OPEN).exists()
    assert Visitor(clock).open(link, password=password).status_code == 200
    assert row(link).openings == 1


# 2


@pytest.mark.django_db(transaction=True)
def test_rule_2_of_fifty_wrong_passwords_at_once_five_are_judged(cast: Cast) -> None:
    link = made(cast, password=PASSWORD)

    def tries() -> Any:
        found = guest_visits.find(token=token_of(link))
        assert found is not None
        return guest_visits.open_link(link=found, password="nothing-like-it")

    answers = at_once([tries] * 50)

    judged = [answer for answer in answers if isinstance(answer, guest_visits.WrongPassword)]
    refused = [answer for answer in answers if isinstance(answer, guest_visits.LinkOver)]
    assert (len(judged), len(refused)) == (MOST_TRIES, 50 - MOST_TRIES)
    assert sorted(answer.tries_left for answer in judged) == [0, 1, 2, 3, 4]
    assert row(link).end_reason == GuestLink.EndReason.PASSWORD
    with pytest.raises(guest_visits.LinkOver):
        guest_visits.open_link(link=row(link), password=PASSWORD)


# 3


def _ended(cast: Cast, clock: Any, link: GuestLink) -> None:
    end_guest_link(link=link.uuid, by=acting(cast.ana))


def _expired(cast: Cast, clock: Any, link: GuestLink) -> None:
    clock.move(days=60)


def _used_up(cast: Cast, clock: Any, link: GuestLink) -> None:
    Visitor(clock).open(link, password=PASSWORD)


def _guessed_at(cast: Cast, clock: Any, link: GuestLink) -> None:
    for _ in range(MOST_TRIES):
        Visitor(clock).open(link, password="nothing-like-it")


def _without_study(cast: Cast, clock: Any, link: GuestLink) -> None:
    delete_study(placement=cast.placement.uuid, by=acting(cast.adam), why="Wrong patient")


def _without_right(cast: Cast, clock: Any, link: GuestLink) -> None:
    remove_worklist_member(membership=membership_of(cast.ana, cast.ct), by=acting(cast.adam))


# How a link comes to be over, what the page says of it, and whether its maker could make another.
OVER = [
    (_ended, "This link was ended by the people who sent it.", True),
    (_expired, "This link was valid until", True),
    (_used_up, "This link has been opened as often as it may be.", True),
    (_guessed_at, "A wrong password was entered too often", True),
    (_without_study, "The images of this link are no longer available.", True),
    (_without_right, "The images of this link are no longer available.", False),
]


@with_database
@pytest.mark.parametrize(("come_to", "sentence", "may_ask"), OVER)
def test_rule_3_what_is_over_says_so_and_whom_to_ask(
    cast: Cast, clock: Any, image: Instance, come_to: Any, sentence: str, may_ask: bool
) -> None:
    change_account(account=cast.northgate, contact="Imaging desk, 020 7946 0101", by=acting(cast.adam))
    link = made(cast, most_openings=1, password=PASSWORD, recipient_name="Dr Lee")
    come_to(cast, clock, link)

    page = Visitor(clock).follow(link)

    text = page.content.decode()
    assert page.status_code == 410
    assert all(
        words in text
        for words in ("CT Reporting", "Northgate Hospital", "Imaging desk, 020 7946 0101", sentence)
    )
    assert ("Ask for a new link" in text) == may_ask
    assert not any(name in text for patient in PATIENTS for name in patient.split("^"))
    assert "Dr Lee" not in text


# 4


@with_database
def test_rule_4_the_mail_has_the_end_and_the_link_and_neither_password_nor_patient(cast: Cast) -> None:
    made(cast, password=PASSWORD, recipient_name="Dr Lee", recipient_email="lee@practice.example")

    [queued] = OutboxMail.objects.filter(kind="guest_link")
    mail = link_mail(queued)

    assert queued.recipient == "lee@practice.example"
    for part in (mail.subject, mail.text, mail.html):
        assert PASSWORD not in part
        assert not any(name in part for patient in PATIENTS for name in patient.split("^"))
        assert cast.study.study_instance_uid not in part
    assert "until" in mail.text
    assert url_of(GuestLink.objects.get()) in mail.text


# 5


@with_database
def test_rule_5_every_link_has_an_end_within_the_ceiling_and_is_never_widened(
    cast: Cast, clock: Any, image: Instance
) -> None:
    LifePolicy.objects.create(account=cast.northgate, method="guest_link", longest_days=10)
    link = made(cast)

    assert now() < link.expires_at <= now() + 11 * DAY
    for change in (
        lambda: made(cast, expires_at=now() + 20 * DAY),
        lambda: extend_guest_link(link=link.uuid, expires_at=now() + 20 * DAY, by=acting(cast.ana)),
    ):
        with pytest.raises(ValidationError):
            change()
    for field, value in (("may_download", True), ("most_openings", 99), ("password", "")):
        wider = made(cast, most_openings=1, password=PASSWORD)
        with pytest.raises(DatabaseError), transaction.atomic():
            GuestLink.objects.filter(pk=wider.pk).update(**{field: value})


def _by_service(cast: Cast, client: Client, until: Any) -> None:
    made(cast, expires_at=until)


def _by_dialog(cast: Cast, client: Client, until: Any) -> None:
    client.force_login(cast.ana)
    sent = {"placement": str(cast.placement.uuid), "until": until.isoformat()}
    client.post(reverse("sharing:make_guest_link"), sent)


def _by_extending(cast: Cast, client: Client, until: Any) -> None:
    extend_guest_link(link=made(cast).uuid, expires_at=until, by=acting(cast.ana))


def _by_the_page_of_extending(cast: Cast, client: Client, until: Any) -> None:
    client.force_login(cast.ana)
    url = reverse("sharing:extend_guest_link", args=[made(cast).uuid])
    client.post(url, {"until": until.isoformat()})


DOORS = [_by_service, _by_dialog, _by_extending, _by_the_page_of_extending]


@with_database
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("longest", [1, 10, 365])
def test_rule_5_no_door_makes_a_link_that_lasts_longer_nor_does_its_health_link(
    cast: Cast, client: Client, door: Any, longest: int
) -> None:
    LifePolicy.objects.create(account=cast.northgate, method="guest_link", longest_days=longest)
    today = today_in(cast.northgate.timezone, now())
    latest = end_of_day(today + longest * DAY, cast.northgate.timezone)

    refused = 0
    for days in (0, 1, longest - 1, longest, longest + 1, longest + 40, 3650):
        try:
            door(cast, client, today + days * DAY)
        except ValidationError:
            refused += 1

    links = list(GuestLink.objects.all())
    assert links
    assert max(link.expires_at for link in links) == latest
    for link in links:
        told = json.loads(base64url_decode(shlink_of(link).removeprefix("shlink:/")))
        assert told["exp"] <= link.expires_at.timestamp() <= latest.timestamp()
    # A page says it in its form; a service refuses.
    assert refused in (0, 3)


@with_database
def test_rule_5_the_database_takes_no_link_without_an_end(cast: Cast) -> None:
    link = made(cast)

    with pytest.raises(IntegrityError, match="expires_at"), transaction.atomic():
        GuestLink.objects.filter(pk=link.pk).update(expires_at=None)
    with pytest.raises(IntegrityError, match="a_guest_link_lives_a_year_at_most"), transaction.atomic():
        GuestLink.objects.filter(pk=link.pk).update(expires_at=link.made_at + 400 * DAY)


# 6


@with_database
def test_rule_6_the_link_is_who_acts_and_its_maker_answers_for_it(
    cast: Cast, clock: Any, image: Instance
) -> None:
    link, last = made(cast, recipient_name="Dr Lee"), AuditEvent.objects.order_by("-pk").first()
    assert last is not None
    visitor = Visitor(clock)
    visitor.client.force_login(cast.ben)
    visitor.open(link)
    frame = f"placements/{cast.placement.uuid}/instances/{image.uuid}/frames/1.png"
    assert visitor.client.get(below(link, frame)).status_code == 200

    events = AuditEvent.objects.filter(pk__gt=last.pk)
    assert {event.action for event in events} == {
        Action.GUEST_LINK_OPEN, Action.STUDY_OPEN, Action.IMAGES_SERVED,
    }  # fmt: skip
    for event in events:
        assert (event.by_id, event.by_label, event.role_label) == (None, "Guest link Dr Lee", "Guest")
        assert event.detail["guest_link"] == str(link.uuid)
        assert event.detail["authoriser_id"] == cast.ana.pk


# 7


def _share_ends(cast: Cast) -> None:
    end_shares(shares=[each.uuid for each in Share.objects.all()], by=acting(cast.ana))


def _maker_leaves(cast: Cast) -> None:
    remove_worklist_member(membership=membership_of(cast.ben, cast.emergency), by=acting(cast.adam))


def _maker_is_deactivated(cast: Cast) -> None:
    type(cast.ben).objects.filter(pk=cast.ben.pk).update(is_active=False)


def _right_is_taken(cast: Cast) -> None:
    for role in Role.objects.filter(account=cast.northgate).exclude(name="Administrator"):
        kept = set(role.permissions.values_list("codename", flat=True)) - {"create_guest_links"}
        change_role(role=role, by=acting(cast.adam), permissions=kept)


DIES_WITH = {
    "the share": _share_ends,
    "its maker's membership": _maker_leaves,
    "its maker": _maker_is_deactivated,
    "its maker's right": _right_is_taken,
}


@with_database
@pytest.mark.parametrize("what", DIES_WITH)
def test_rule_7_the_link_dies_with_what_it_stands_on(
    cast: Cast, clock: Any, image: Instance, what: str
) -> None:
    to = [Target(Method.LOCATION, str(cast.emergency.uuid))]
    share_studies(placements=[cast.placement.uuid], targets=to, by=acting(cast.ana))
    there = placement_of(cast.study, cast.emergency)
    link, waiting = (made(cast, there, by=cast.ben) for _ in range(2))
    visitor = Visitor(clock)
    visitor.open(link)
    urls = [
        below(link),
        below(link, f"placements/{there.uuid}/viewer/"),
        below(link, f"placements/{there.uuid}/viewer/manifest.json"),
        below(link, f"placements/{there.uuid}/instances/{image.uuid}/frames/1.png"),
    ]
    assert {visitor.client.get(url, follow=True).status_code for url in urls} == {200}

    DIES_WITH[what](cast)

    assert {visitor.client.get(url, follow=True).status_code for url in urls} == {410}
    assert Visitor(clock).follow(waiting).status_code == 410
    share_studies(placements=[cast.placement.uuid], targets=to, by=acting(cast.ana))
    assert {visitor.client.get(url, follow=True).status_code for url in urls} == {410}


@with_database
def test_rule_7_the_link_dies_with_its_study(cast: Cast, clock: Any, image: Instance) -> None:
    link = made(cast)
    visitor = Visitor(clock)
    visitor.open(link)

    delete_study(placement=cast.placement.uuid, by=acting(cast.adam), why="Wrong patient")

    for url in (below(link), below(link, f"placements/{cast.placement.uuid}/viewer/")):
        assert visitor.client.get(url, follow=True).status_code == 410
    assert Visitor(clock).follow(link).status_code == 410


# 8


@with_database
def test_rule_8_the_secret_is_in_the_path_alone(
    cast: Cast,
    clock: Any,
    image: Instance,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    link = made(cast, password=PASSWORD)
    token, signature = token_of(link), token_of(link).rpartition(".")[2]
    visitor = Visitor(clock)

    first = visitor.client.get(url_of(link))
    pages = [visitor.follow(link), visitor.press(link, password=PASSWORD)]

    assert "?" not in url_of(link)
    assert first["Referrer-Policy"] == "no-referrer"
    for page in pages:
        assert page["Referrer-Policy"] == "no-referrer"
        assert not re.search(r"https?:|\*", page["Content-Security-Policy"])
        assert "noindex" in page["X-Robots-Tag"]
        assert token not in page.content.decode()
        assert token not in page.request["PATH_INFO"]
        outside = re.findall(r'(?:src|href|action)="(https?:[^"]+)"', page.content.decode())
        assert outside == []
    written = caplog.text + "".join(capfd.readouterr())
    assert signature not in written
    assert PASSWORD not in written
    stored = repr(list(GuestLink.objects.values())) + repr(list(AuditEvent.objects.values()))
    assert signature not in stored
    assert PASSWORD not in stored
    cookies = "".join(cookie.OutputString() for cookie in visitor.client.cookies.values())
    assert signature not in cookies
    assert "HttpOnly" in cookies
