"""Changing a share: an end date and a note are given, lengthened and taken away, by its maker alone."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from sharing.models import Method, Share
from sharing.services import NothingThere, add_share_rule, change_share, end_shares, share_studies
from sharing.targets import Target
from studies.models import FOREVER
from tests.cast import Cast, acting
from tests.factories import placement_of, role_of
from tests.fingerprint import AUDIT, fingerprint
from tests.lawful import assert_lawful
from worklists.services import change_role

pytestmark = pytest.mark.django_db

JANUARY, MARCH = date(2199, 1, 31), date(2199, 3, 31)


@pytest.fixture
def share(cast: Cast) -> Share:
    """Ana's, with Emergency, until the end of January 2199."""
    report = share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.LOCATION, str(cast.emergency.uuid))],
        by=acting(cast.ana),
        note="For Friday",
        expires_at=JANUARY,
    )
    made = report.rows[0].share
    assert made is not None
    return made


def change(cast: Cast, share: Share, **to: Any) -> Any:
    return change_share(
        share=share.uuid, by=acting(cast.ana), **{"expires_at": JANUARY, "note": "For Friday", **to}
    )


def last_event() -> AuditEvent:
    return AuditEvent.objects.filter(action=Action.SHARE_CHANGE).latest("id")


def test_an_end_date_is_taken_away_and_the_placement_stays(cast: Cast, share: Share) -> None:
    assert change(cast, share, expires_at=None).expires_at is None

    share.refresh_from_db()
    assert (share.expires_at, share.note) == (None, "For Friday")
    assert placement_of(share.study, cast.emergency).visible_until == FOREVER
    assert "before: " in sentence(last_event())
    assert_lawful()


def test_a_note_is_taken_away_and_the_trail_says_that_without_its_text(cast: Cast, share: Share) -> None:
    change(cast, share, note="")

    share.refresh_from_db()
    assert share.note == ""
    assert last_event().detail["note"] == "removed"
    assert "Friday" not in str(last_event().detail)


def test_an_end_date_is_lengthened_for_what_hangs_on_it_too(cast: Cast, share: Share) -> None:
    at_emergency = placement_of(share.study, cast.emergency)
    share_studies(
        placements=[at_emergency.uuid],
        targets=[Target(Method.GROUP, str(cast.chest.uuid))],
        by=acting(cast.ben),
    )

    change(cast, share, expires_at=MARCH)

    share.refresh_from_db()
    onward = placement_of(share.study, cast.chest)
    assert share.expires_at is not None
    assert onward.visible_until == share.expires_at
    assert_lawful()


def test_what_does_not_differ_is_no_change_and_no_event(cast: Cast, share: Share) -> None:
    before = fingerprint()

    assert change(cast, share) is None
    assert fingerprint() == before


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ({"expires_at": date(2001, 1, 1)}, "must be today or later"),
        ({"note": "n" * 2001}, "A note can have at most 2,000 characters"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_done(cast: Cast, share: Share, to: Any, why: str) -> None:
    before = fingerprint()

    with pytest.raises(ValidationError, match=why):
        change(cast, share, **to)

    assert fingerprint() == before


def test_an_ended_share_is_not_changed(cast: Cast, share: Share) -> None:
    end_shares(shares=[share.uuid], by=acting(cast.ana))

    with pytest.raises(ValidationError, match="already ended"):
        change(cast, share, expires_at=None)


def test_a_share_that_ended_by_the_clock_is_not_revived(cast: Cast, share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(expires_at=Now() + timedelta(microseconds=1))

    with pytest.raises(ValidationError, match="already ended"):
        change(cast, share, expires_at=None)


@pytest.mark.parametrize("name", ["adam", "phil", "ben", "vera"])
def test_only_its_maker_changes_a_share(cast: Cast, share: Share, name: str) -> None:
    before = fingerprint()

    with pytest.raises(PermissionDenied, match="Only the person who made a share"):
        change_share(share=share.uuid, by=acting(getattr(cast, name)), expires_at=None, note="")

    assert fingerprint() == before


@pytest.mark.parametrize("name", ["caro", "sue", "ed"])
def test_who_does_not_see_a_share_cannot_tell_it_from_none(cast: Cast, share: Share, name: str) -> None:
    for uuid in (share.uuid, uuid4()):
        with pytest.raises(NothingThere):
            change_share(share=uuid, by=acting(getattr(cast, name)), expires_at=None, note="")


@pytest.mark.parametrize(
    ("lost", "why"),
    [
        ("share_study_with_locations", "does not let you share with locations"),
        ("share_study", "does not let you share studies"),
    ],
)
def test_a_maker_who_could_not_share_so_today_changes_nothing(
    cast: Cast, share: Share, lost: str, why: str
) -> None:
    role = role_of(cast.northgate, "Radiologist")
    left = set(role.permissions.values_list("codename", flat=True)) - {lost}
    change_role(role=role, by=acting(cast.adam), name=role.name, permissions=left)
    before = fingerprint()

    with pytest.raises(PermissionDenied, match=why):
        change(cast, share, expires_at=None)

    assert fingerprint() == before


@pytest.mark.parametrize("until", [None, JANUARY])
def test_an_earlier_end_is_possible_against_a_rule_and_without_the_right_to_the_method(
    cast: Cast, share: Share, until: date | None
) -> None:
    change(cast, share, expires_at=until)
    add_share_rule(account=cast.northgate, allows=False, method="location", by=acting(cast.adam))
    role = role_of(cast.northgate, "Radiologist")
    left = set(role.permissions.values_list("codename", flat=True)) - {"share_study_with_locations"}
    change_role(role=role, by=acting(cast.adam), name=role.name, permissions=left)

    assert change(cast, share, expires_at=date(2198, 12, 31)) is not None

    before = fingerprint()
    for more in ({"expires_at": JANUARY}, {"expires_at": date(2198, 12, 30), "note": "Other words"}):
        with pytest.raises(PermissionDenied):
            change(cast, share, **more)
    assert fingerprint() == before


def test_the_page_shows_what_the_share_has_and_changes_it(client: Client, cast: Cast, share: Share) -> None:
    client.force_login(cast.ana)
    url = reverse("sharing:change", args=[share.uuid])

    shown = client.get(url).content.decode()
    answer = client.post(url, {"until": "", "note": "For Monday"})

    assert 'value="2199-01-31"' in shown
    assert "For Friday" in shown
    assert "Quill" in shown
    assert "CT chest" in shown
    assert answer["Location"] == reverse("sharing:shared_by_me")
    share.refresh_from_db()
    assert (share.expires_at, share.note) == (None, "For Monday")
    assert url in client.get(reverse("sharing:shared_by_me")).content.decode()


def test_the_page_of_an_ended_share_says_so(client: Client, cast: Cast, share: Share) -> None:
    end_shares(shares=[share.uuid], by=acting(cast.ana))
    client.force_login(cast.ana)

    answer = client.get(reverse("sharing:change", args=[share.uuid]))

    assert answer.status_code == 410
    assert "already ended" in answer.content.decode()


def test_a_date_that_cannot_be_comes_back_with_what_was_typed(
    client: Client, cast: Cast, share: Share
) -> None:
    client.force_login(cast.ana)
    before = fingerprint(but={AUDIT})

    answer = client.post(
        reverse("sharing:change", args=[share.uuid]), {"until": "2001-01-01", "note": "Monday"}
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The end date must be today or later." in page
    assert "Monday" in page
    assert fingerprint(but={AUDIT}) == before
