"""How long shares last by the accounts' rules: the pure rule over generated policies, and every door that obeys it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import LifePolicy
from audit import clock
from audit.actions import Action
from audit.models import AuditEvent
from common import formats
from common.days import end_of_day, today_in
from sharing.lives import allowed_end, changed_end, in_words
from sharing.models import Method, Share
from sharing.services import change_share, share_studies
from sharing.targets import Target
from tests.administration.test_people import text_of
from tests.cast import Cast, acting
from tests.factories import placement_of
from tests.fingerprint import fingerprint
from worklists.services import set_life_policies
from worklists.services.life_policies import LifeDays

ZONES = st.sampled_from(["Europe/London", "Pacific/Kiritimati", "America/St_Johns", "Pacific/Niue", "UTC"])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
DAYS = st.none() | st.integers(1, 3650)
METHODS = st.sampled_from(LifePolicy.Method.values)
POLICIES = st.lists(st.builds(LifePolicy, method=METHODS, preset_days=DAYS, longest_days=DAYS), max_size=6)
ASKED = st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2045, 1, 1), timezones=st.just(UTC))


def ceiling(policies: list[LifePolicy], method: str, now: datetime, zone: str) -> datetime | None:
    """By hand: of each policy that speaks, the end of its last day; the earliest of them."""
    ends = [
        end_of_day(today_in(zone, now) + timedelta(days=policy.longest_days), zone)
        for policy in policies
        if policy.method == method and policy.longest_days is not None
    ]
    return min(ends, default=None)


# --- The rule


@given(POLICIES, METHODS, ASKED, MOMENTS, ZONES)
def test_no_end_is_later_than_any_account_allows(policies, method, asked, now, zone):
    end = allowed_end(policies, method, asked, now, zone=zone)

    latest = ceiling(policies, method, now, zone)
    if end.refusal:
        assert latest is not None
        assert asked is not None
        assert asked > latest
    elif latest is not None:
        assert end.expires_at is not None
        assert end.expires_at <= latest


@given(POLICIES, METHODS, ASKED, MOMENTS, ZONES)
def test_an_end_that_is_asked_for_is_given_or_refused_and_never_moved(policies, method, asked, now, zone):
    end = allowed_end(policies, method, asked, now, zone=zone)

    if asked is not None:
        assert end.refusal or end.expires_at == asked


@given(POLICIES, METHODS, MOMENTS, ZONES)
def test_what_is_preset_can_also_be_asked_for(policies, method, now, zone):
    preset = allowed_end(policies, method, None, now, zone=zone)

    assert not preset.refusal
    assert allowed_end(policies, method, preset.expires_at, now, zone=zone) == preset
    assert bool(in_words(policies, method, now, zone)) == (preset.expires_at is not None)


@given(POLICIES, METHODS, ASKED, MOMENTS, ZONES)
def test_a_further_account_only_makes_it_stricter(policies, method, asked, now, zone):
    alone = allowed_end(policies[:1], method, asked, now, zone=zone)
    together = allowed_end(policies, method, asked, now, zone=zone)

    if alone.refusal:
        assert together.refusal
    elif alone.expires_at is not None and not together.refusal:
        assert together.expires_at is not None
        assert together.expires_at <= alone.expires_at


@given(POLICIES, METHODS, ASKED, ASKED, MOMENTS, ZONES)
def test_a_changed_end_is_within_the_rule_and_an_end_left_alone_stays(
    policies, method, was, asked, now, zone
):
    end = changed_end(policies, method, asked, now, was=was, zone=zone)

    latest = ceiling(policies, method, now, zone)
    if asked == was:
        assert end.expires_at == was
        assert not end.refusal
    elif not end.refusal:
        assert end.expires_at == asked
        assert latest is None or (asked is not None and asked <= latest)


def test_the_methods_are_those_of_a_share_and_the_guest_link():
    guest_link = LifePolicy.Method.GUEST_LINK
    assert [*Method.choices, (guest_link.value, guest_link.label)] == LifePolicy.Method.choices


# --- The doors


@pytest.fixture
def now(db: None) -> datetime:
    return clock.now()


EMAIL = Target(Method.EMAIL, "dora@example.net")


def rule(cast: Cast, **lives: LifeDays) -> None:
    set_life_policies(account=cast.northgate, lives=lives, by=acting(cast.adam))


def press(cast: Cast, *targets: Target, **more: Any) -> Any:
    return share_studies(placements=[cast.placement.uuid], targets=targets, by=acting(cast.ana), **more)


def location(cast: Cast) -> Target:
    return Target(Method.LOCATION, str(cast.emergency.uuid))


def in_days(cast: Cast, days: int, now: datetime) -> Any:
    return today_in(cast.northgate.timezone, now) + timedelta(days=days)


def last_day(share: Share) -> Any:
    assert share.expires_at is not None
    return today_in("Europe/London", share.expires_at - timedelta(seconds=1))


@pytest.mark.django_db
def test_a_share_without_an_end_has_the_preset_of_its_method(cast, now):
    rule(cast, email=LifeDays(7, 30))

    shares = {row.target.method: row.share for row in press(cast, EMAIL, location(cast)).rows}

    assert last_day(shares["email"]) == in_days(cast, 7, now)
    assert shares["location"].expires_at is None


@pytest.mark.django_db
def test_the_report_says_the_preset_days(client, cast, now):
    rule(cast, email=LifeDays(7, 30))
    client.force_login(cast.ana)
    picked = {
        "placement": str(cast.placement.uuid),
        "location": str(cast.emergency.uuid),
        "email": EMAIL.value,
    }

    report = client.post(reverse("sharing:share_studies"), picked)

    day = formats.day(in_days(cast, 7, now))
    assert f"Last day by your organisation’s rules: Location: none · Email: {day}." in text_of(report)


@pytest.mark.django_db
def test_the_change_dialog_says_the_latest_day_alone(client, cast, now):
    share = press(cast, EMAIL).rows[0].share
    rule(cast, email=LifeDays(7, 30))
    client.force_login(cast.ana)

    page = client.get(reverse("sharing:change", args=[share.uuid]))

    assert f"Email: ends on {formats.day(in_days(cast, 30, now))} at the latest." in text_of(page)


@pytest.mark.django_db
def test_a_longest_life_without_a_preset_is_the_preset(cast, now):
    rule(cast, email=LifeDays(None, 30))

    assert last_day(press(cast, EMAIL).rows[0].share) == in_days(cast, 30, now)


@pytest.mark.django_db
def test_an_end_after_the_longest_life_shares_nothing(cast, now):
    rule(cast, email=LifeDays(7, 30))
    before = fingerprint()

    with pytest.raises(ValidationError) as refusal:
        press(cast, EMAIL, location(cast), expires_at=in_days(cast, 31, now))

    assert refusal.value.code == "until"
    assert fingerprint() == before
    assert last_day(press(cast, EMAIL, expires_at=in_days(cast, 30, now)).rows[0].share) == in_days(
        cast, 30, now
    )


@pytest.mark.django_db
def test_a_change_obeys_and_what_stands_is_left_alone(cast, now):
    share = press(cast, EMAIL).rows[0].share
    rule(cast, email=LifeDays(7, 30))

    def change(**to: Any) -> Any:
        return change_share(share=share.uuid, by=acting(cast.ana), **to)

    share.refresh_from_db()
    assert share.expires_at is None
    assert change(expires_at=None, note="Only the note") is not None
    with pytest.raises(ValidationError, match="up to"):
        change(expires_at=in_days(cast, 31, now), note="")
    assert change(expires_at=in_days(cast, 30, now), note="") is not None
    with pytest.raises(ValidationError, match="up to"):
        change(expires_at=None, note="")


@pytest.mark.django_db
def test_pressing_again_without_an_end_leaves_what_stands(cast, now):
    share = press(cast, EMAIL).rows[0].share
    rule(cast, email=LifeDays(7, 30))

    assert press(cast, EMAIL).rows[0].outcome == "already_shared"
    share.refresh_from_db()
    assert share.expires_at is None


@pytest.mark.django_db
def test_from_a_personal_worklist_the_accounts_of_its_owner_speak(cast, now):
    share = press(cast, Target(Method.PHYSICIAN, str(cast.ben.uuid))).rows[0].share
    own = placement_of(share.study, share.to_worklist)
    rule(cast, email=LifeDays(None, 10))

    onward = share_studies(placements=[own.uuid], targets=[EMAIL], by=acting(cast.ben))

    assert last_day(onward.rows[0].share) == in_days(cast, 10, now)


# --- The account's own page


@pytest.mark.django_db
def test_the_numbers_are_set_once_and_audited(cast):
    rule(cast, email=LifeDays(7, 30))
    rule(cast, email=LifeDays(7, 30))

    event = AuditEvent.objects.get(action=Action.ACCOUNT_CHANGE)
    assert event.detail == {
        "was": {"life": {"email": {"preset": None, "longest": None}}},
        "now": {"life": {"email": {"preset": 7, "longest": 30}}},
    }


@pytest.mark.django_db
@pytest.mark.parametrize("days", [LifeDays(0, None), LifeDays(None, 3651), LifeDays(8, 7)])
def test_numbers_that_make_no_rule_are_refused_at_their_field(cast, days):
    before = fingerprint()

    with pytest.raises(ValidationError) as refusal:
        rule(cast, email=days)

    assert set(refusal.value.message_dict) <= {"preset_email", "longest_email"}
    assert fingerprint() == before


@pytest.mark.django_db
def test_the_database_refuses_them_too(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        LifePolicy.objects.create(account=cast.northgate, method="email", preset_days=8, longest_days=7)


@pytest.mark.django_db
def test_the_dialog_says_the_preset_and_the_longest_life(client, cast):
    rule(cast, email=LifeDays(7, 30))
    client.force_login(cast.ana)

    page = client.post(reverse("sharing:share"), {"placement": str(cast.placement.uuid)})

    assert "unless you choose a date; on" in page.content.decode()
