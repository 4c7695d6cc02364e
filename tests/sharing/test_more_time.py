"""More time for a share: who asks, what the maker's click gives; and no door makes a share longer than the rule."""

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from hypothesis import given

from accounts.models import LifePolicy, User
from audit import clock as now_of
from audit.actions import Action
from audit.models import AuditEvent
from common.days import end_of_day, today_in
from common.exceptions import NothingThere
from sharing.lives import longer_end
from sharing.models import GuestLink, Method, Share, TakenOverShare, TimeRequest
from sharing.selectors.notices import notices_of, number_unread
from sharing.services import change_share, end_shares, extend_guest_link, make_guest_link, share_studies
from sharing.services.more_time import ask_for_time, decline_time, grant_time
from sharing.targets import Target
from tests.administration.test_people import text_of
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from tests.fingerprint import fingerprint
from tests.sharing.test_lives import METHODS, MOMENTS, POLICIES, ZONES, ceiling
from worklists.services import set_life_policies
from worklists.services.life_policies import LifeDays

ZONE = "Europe/London"


def today() -> date:
    return today_in(ZONE, now_of.now())


def in_days(days: int) -> date:
    return today() + timedelta(days=days)


def shared(cast: Cast, *targets: Target, days: int | None = 10, **more: Any) -> Share:
    report = share_studies(
        placements=[cast.placement.uuid],
        targets=targets or [Target(Method.PHYSICIAN, str(cast.ben.uuid))],
        by=acting(cast.ana),
        expires_at=None if days is None else in_days(days),
        **more,
    )
    return report.rows[0].share


def there(share: Share) -> Any:
    return placement_of(share.study, share.to_worklist)


def ask(share: Share, by: User) -> bool:
    return ask_for_time(placement=there(share).uuid, by=acting(by))


def told(person: User) -> list[str]:
    return [row.sentence for row in notices_of(acting(person)).lines]


# --- The rule


@given(POLICIES, METHODS, MOMENTS, MOMENTS, ZONES)
def test_a_click_gives_a_later_day_within_the_rule_or_none(policies, method, was, now, zone):
    end = longer_end(policies, method, was, now, zone=zone)

    latest = ceiling(policies, method, now, zone)
    assert (end is None) == (latest is not None and latest <= was)
    assert end is None or was < end <= (latest or end)


# --- Asking and answering


@pytest.mark.django_db
def test_the_maker_is_asked_once_and_gives_two_weeks_with_a_click(client, cast):
    share = shared(cast)
    assert [ask(share, cast.ben), ask(share, cast.ben)] == [True, False]
    assert told(cast.ana)[0].startswith("Someone asks for more time for what you shared with Ben")
    client.force_login(cast.ana)

    page = client.get(f"/shares/{share.uuid}/more-time/")
    assert "Ben asks for more time" in text_of(page)
    assert page.context["asked"].until == in_days(24)
    client.post(f"/shares/{share.uuid}/more-time/", {"until": in_days(24).isoformat()})

    share.refresh_from_db()
    assert share.expires_at == end_of_day(in_days(24), ZONE)
    assert told(cast.ben)[0].startswith("Ana gave more time")
    assert client.get(f"/shares/{share.uuid}/more-time/").status_code == 410


@pytest.mark.django_db
def test_declined_the_end_stays_and_the_same_end_is_not_asked_about_again(client, cast):
    share = shared(cast)
    ask(share, cast.ben)
    client.force_login(cast.ana)

    client.post(f"/shares/{share.uuid}/more-time/", {"answer": "decline"})

    was, request = share.expires_at, TimeRequest.objects.get()
    share.refresh_from_db()
    assert (share.expires_at, request.granted) == (was, False)
    assert told(cast.ben)[0].startswith("Ana left the end date as it is")
    assert not ask(share, cast.ben)
    with pytest.raises(ValidationError, match="answered"):
        decline_time(share=share.uuid, by=acting(cast.ana))


@pytest.mark.django_db
def test_a_later_end_in_the_dialog_is_an_answer_too(cast):
    share = shared(cast)
    ask(share, cast.ben)

    change_share(share=share.uuid, by=acting(cast.ana), expires_at=in_days(20), note="")

    assert TimeRequest.objects.get().granted
    assert ask(share, cast.ben)


@pytest.mark.django_db
def test_a_later_end_in_a_new_press_is_an_answer_too(cast):
    share = shared(cast)
    ask(share, cast.ben)

    shared(cast, days=20)

    assert TimeRequest.objects.get().granted
    assert told(cast.ben)[0].startswith("Ana gave more time")


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["decline", "grant"])
def test_a_question_that_was_answered_waits_in_no_bell(client, cast, answer):
    share = shared(cast)
    ask(share, cast.ben)
    client.force_login(cast.ana)

    client.post(f"/shares/{share.uuid}/more-time/", {"answer": answer, "until": in_days(24).isoformat()})

    assert number_unread(acting(cast.ana)) == ""


@pytest.mark.django_db
def test_who_took_a_share_over_is_asked_and_gives_more_time(cast):
    share = shared(cast)
    TakenOverShare.objects.create(share=share, keeper=cast.adam)
    ask(share, cast.ben)
    assert told(cast.adam)[0].startswith("Someone asks for more time for what you shared with Ben")

    grant_time(share=share.uuid, by=acting(cast.adam), until=in_days(20))

    assert (number_unread(acting(cast.adam)), number_unread(acting(cast.ana))) == ("", "")
    assert told(cast.ben)[0].startswith("Ana gave more time")


@pytest.mark.django_db
def test_each_answer_is_told_as_it_was_given(cast):
    share = shared(cast)
    ask(share, cast.ben)
    decline_time(share=share.uuid, by=acting(cast.ana))
    change_share(share=share.uuid, by=acting(cast.ana), expires_at=in_days(20), note="")
    ask(share, cast.ben)
    change_share(share=share.uuid, by=acting(cast.ana), expires_at=in_days(30), note="")

    second, first = told(cast.ben)[:2]
    assert second.startswith("Ana gave more time")
    assert first.startswith("Ana left the end date as it is")


@pytest.mark.django_db
def test_the_rule_is_the_limit_of_what_a_click_gives(client, cast):
    share = shared(cast)
    ask(share, cast.ben)
    set_life_policies(account=cast.northgate, lives={"physician": LifeDays(None, 12)}, by=acting(cast.adam))
    client.force_login(cast.ana)
    url = f"/shares/{share.uuid}/more-time/"

    assert client.get(url).context["asked"].until == in_days(12)
    assert client.post(url, {"until": in_days(13).isoformat()}).status_code == 422
    set_life_policies(account=cast.northgate, lives={"physician": LifeDays(None, 9)}, by=acting(cast.adam))
    assert "allow no later day" in text_of(client.get(url))
    share.refresh_from_db()
    assert share.expires_at == end_of_day(in_days(10), ZONE)


@pytest.mark.django_db
@pytest.mark.parametrize("until", ["", "soon", "2026-13-45", "1999-01-01", "9999-12-31"])
def test_a_missing_or_wrong_answer_is_refused_with_a_sentence(client, cast, until):
    share = shared(cast)
    ask(share, cast.ben)
    client.force_login(cast.ana)
    before = fingerprint(but={"audit_auditevent"})

    assert client.post(f"/shares/{share.uuid}/more-time/", {"until": until}).status_code == 422
    assert fingerprint(but={"audit_auditevent"}) == before


@pytest.mark.django_db
def test_only_the_maker_answers(client, cast):
    share = shared(cast)
    ask(share, cast.ben)

    for person in (cast.ben, cast.vera, cast.rita):
        with pytest.raises(NothingThere):
            grant_time(share=share.uuid, by=acting(person), until=in_days(20))
        client.force_login(person)
        assert client.get(f"/shares/{share.uuid}/more-time/").status_code == 404


@pytest.mark.django_db
def test_who_does_not_see_the_study_does_not_ask(cast):
    share = shared(cast)
    for person in (cast.vera, cast.rita):
        with pytest.raises(NothingThere):
            ask(share, person)


@pytest.mark.django_db
def test_where_a_share_without_an_end_stays_there_is_nothing_to_ask(cast):
    share = shared(cast, days=None)
    with pytest.raises(ValidationError, match="has no end date"):
        ask(share, cast.ben)


@pytest.mark.django_db
def test_the_original_has_no_one_to_ask(cast):
    with pytest.raises(ValidationError, match="has no end date"):
        ask_for_time(placement=cast.placement.uuid, by=acting(cast.ana))


@pytest.mark.django_db
def test_the_details_page_offers_to_ask_where_there_is_an_end(client, cast):
    share = shared(cast)
    client.force_login(cast.ben)
    url = f"/placements/{there(share).uuid}"

    assert "Ask for more time" in text_of(client.get(f"{url}/details/"))
    assert client.post(f"{url}/more-time/").url == f"{url}/details/"
    assert "You asked for more time." in text_of(client.get(f"{url}/details/"))


@pytest.mark.django_db
def test_an_ended_share_gets_no_more_time(client, cast):
    share = shared(cast)
    ask(share, cast.ben)
    end_shares(shares=[share.uuid], by=acting(cast.ana))
    client.force_login(cast.ana)

    with pytest.raises(ValidationError, match="ended"):
        grant_time(share=share.uuid, by=acting(cast.ana), until=in_days(20))
    assert client.get(f"/shares/{share.uuid}/more-time/").status_code == 410


@pytest.mark.django_db
def test_what_an_external_recipient_asks_is_not_in_the_trail_of_the_original(cast):
    share = shared(cast, Target(Method.EMAIL, cast.ed.email))

    ask(share, cast.ed)
    decline_time(share=share.uuid, by=acting(cast.ana))

    assert not AuditEvent.objects.get(action=Action.TIME_ASK).in_original
    assert AuditEvent.objects.get(action=Action.TIME_DECLINE).in_original


# --- No door makes a share longer than the rule


class Doors:
    """Everything that gives a share or a guest link an end, with random days and changing rules."""

    def __init__(self, cast: Cast, chance: random.Random) -> None:
        self.cast, self.chance = cast, chance
        self.by = acting(cast.ana)

    def day(self) -> date | None:
        return self.chance.choice([None, in_days(self.chance.randint(0, 60))])

    def rule(self) -> None:
        lives = {
            method: LifeDays(None, self.chance.choice([None, self.chance.randint(1, 50)]))
            for method in ("location", "physician", "email", "guest_link")
        }
        set_life_policies(account=self.cast.northgate, lives=lives, by=acting(self.cast.adam))

    def press(self) -> None:
        cast = self.cast
        target = self.chance.choice(
            [
                Target(Method.PHYSICIAN, str(cast.ben.uuid)),
                Target(Method.LOCATION, str(cast.emergency.uuid)),
                Target(Method.EMAIL, cast.ed.email),
                Target(Method.EMAIL, "dora@example.net"),
            ]
        )
        placement = self.chance.choice([cast.placement, placement_of(make_study(cast.ct), cast.ct)])
        share_studies(placements=[placement.uuid], targets=[target], by=self.by, expires_at=self.day())

    def change(self) -> None:
        change_share(share=self.a_share().uuid, by=self.by, expires_at=self.day(), note="Changed")

    def click(self) -> None:
        share = self.a_share()
        reader = share.to_worklist.owner if share.to_worklist and share.to_worklist.owner else self.cast.ben
        ask_for_time(placement=there(share).uuid, by=acting(reader))
        grant_time(share=share.uuid, by=self.by, until=in_days(self.chance.randint(1, 60)))

    def link(self) -> None:
        make_guest_link(placements=[self.cast.placement.uuid], by=self.by, expires_at=self.day())

    def extend(self) -> None:
        link = self.chance.choice(list(GuestLink.objects.filter(ended_at=None)))
        extend_guest_link(link=link.uuid, by=self.by, expires_at=self.day() or in_days(90))

    def a_share(self) -> Share:
        return self.chance.choice(list(Share.objects.unended().order_by("pk")))

    def any(self) -> None:
        door = self.chance.choice([self.rule, self.press, self.change, self.click, self.link, self.extend])
        try:
            door()
        except (ValidationError, NothingThere, IndexError, ObjectDoesNotExist):
            return


def ends() -> dict[tuple[str, int], tuple[str, datetime | None]]:
    shares = Share.objects.unended().values_list("pk", "method", "expires_at")
    links = GuestLink.objects.filter(ended_at=None).values_list("pk", "expires_at")
    return {
        **{("share", pk): (method, end) for pk, method, end in shares},
        **{("link", pk): ("guest_link", end) for pk, end in links},
    }


def too_late(cast: Cast, given: tuple[str, datetime | None]) -> bool:
    method, end = given
    latest = ceiling(list(LifePolicy.objects.filter(account=cast.northgate)), method, now_of.now(), ZONE)
    return latest is not None and (end is None or end > latest)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_no_door_makes_anything_last_longer_than_the_rule(cast, seed):
    doors = Doors(cast, random.Random(seed))
    doors.press()
    done = 0
    for _ in range(40):
        before = ends()
        doors.any()
        given = {what: end for what, end in ends().items() if before.get(what) != end}

        done += len(given)
        assert [what for what, end in given.items() if too_late(cast, end)] == []
    assert done > 5
