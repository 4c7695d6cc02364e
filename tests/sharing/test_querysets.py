"""The conditions that QuerySets name, against the law and against the statements that repeat them by hand."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import AccountMembership, Invitation
from audit import clock as the_clock
from audit.actor import OPERATOR
from sharing import graph, services
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Placement
from studies.models.placement import VISIBLE_SQL
from tests.cast import acting
from tests.factories import placement_of
from worklists.services import change_worklist

ADDRESS = "dora@elsewhere.net"


def share(by: Any, placement: Placement, *targets: Target, **more: Any) -> Share:
    report = services.share_studies(placements=[placement.uuid], targets=targets, by=acting(by), **more)
    [row] = report.rows
    assert row.share is not None
    return row.share


def to(worklist: Any) -> Target:
    return Target(Method(worklist.kind), str(worklist.uuid))


@pytest.fixture
def shares(cast: Any, clock: Any) -> dict[str, Share]:
    """CT Reporting → Emergency for two days → Ben's onward share and promise; one share awaits approval, one ended."""
    change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
    in_two_days = the_clock.now() + timedelta(days=2)
    made = {"for two days": share(cast.ana, cast.placement, to(cast.emergency), expires_at=in_two_days)}
    there = placement_of(cast.study, cast.emergency)
    made["onward"] = share(cast.ben, there, to(cast.cardiology))
    made["promise"] = share(cast.ben, there, Target(Method.EMAIL, ADDRESS))
    made["awaiting"] = share(cast.ana, cast.placement, to(cast.chest))
    made["onward awaiting"] = share(cast.ben, there, to(cast.chest))
    made["by code"] = share(cast.ana, cast.placement, Target(Method.CODE, "RIVERSIDE"))
    made["ended"] = share(cast.ana, cast.placement, Target(Method.PHYSICIAN, str(cast.vera.uuid)))
    services.end_shares(shares=[made["ended"].uuid], by=acting(cast.ana))
    return made


def named(shares: dict[str, Share], found: Any) -> set[str]:
    names = {made.pk: name for name, made in shares.items()}
    return {names[pk] for pk in found.values_list("pk", flat=True)}


def test_each_name_takes_what_it_says(shares: dict[str, Share]) -> None:
    everything = set(shares)

    assert named(shares, Share.objects.unended()) == everything - {"ended"}
    assert named(shares, Share.objects.live()) == everything - {"ended"}
    assert named(shares, Share.objects.carrying()) == {"for two days", "onward", "by code"}
    assert named(shares, Share.objects.awaiting()) == {"awaiting", "onward awaiting"}
    assert named(shares, Share.objects.promised()) == {"promise"}
    assert named(shares, Share.objects.overdue()) == set()


def test_the_clock_ends_a_share_and_what_came_after_it(shares: dict[str, Share], clock: Any) -> None:
    clock.move(days=3)

    assert named(shares, Share.objects.unended()) == set(shares) - {"ended"}
    assert named(shares, Share.objects.overdue()) == {"for two days"}
    assert named(shares, Share.objects.live()) == {"awaiting", "by code"}
    assert named(shares, Share.objects.carrying()) == {"by code"}
    assert named(shares, Share.objects.awaiting()) == {"awaiting"}
    assert named(shares, Share.objects.promised().live()) == set()


@pytest.mark.parametrize("days", [0, 1, 2, 3])
def test_live_is_what_the_law_says(cast: Any, shares: dict[str, Share], clock: Any, days: int) -> None:
    clock.move(days=days)
    now = the_clock.now()
    study = graph.load_graphs([cast.study.pk])[cast.study.pk]
    by_law = {share.pk for share in study.shares if study.is_live(share, now)}

    assert by_law
    assert set(Share.objects.live().values_list("pk", flat=True)) == by_law


@pytest.mark.parametrize("days", [0, 3])
def test_visible_written_by_hand_takes_the_same_placements(
    shares: dict[str, Share], clock: Any, days: int
) -> None:
    clock.move(days=days)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT p.id FROM studies_placement p WHERE {VISIBLE_SQL}")
        by_hand = {pk for (pk,) in cursor.fetchall()}

    assert by_hand
    assert by_hand < set(Placement.objects.values_list("pk", flat=True))
    assert set(Placement.objects.visible().values_list("pk", flat=True)) == by_hand


def test_an_active_membership_is_an_active_persons(cast: Any) -> None:
    cast.vera.is_active = False
    cast.vera.save(update_fields=["is_active"])
    active = set(AccountMembership.objects.active().values_list("user__name", flat=True))
    northgate = set(cast.northgate.memberships.active().values_list("user__name", flat=True))

    assert cast.ana.name in northgate
    assert {cast.ina.name, cast.vera.name}.isdisjoint(active)
    assert northgate < active


def invitations() -> Iterator[bool]:
    for rows in (Invitation.objects.waiting(), Invitation.objects.open(), Invitation.objects.claimable()):
        yield rows.exists()


def test_an_expired_invitation_waits_and_is_not_open(shares: dict[str, Share], clock: Any) -> None:
    assert list(invitations()) == [True, True, True]

    clock.move(days=60)

    assert list(invitations()) == [True, False, False]


def test_an_accepted_invitation_is_claimable_and_waits_no_more(cast: Any, shares: dict[str, Share]) -> None:
    Invitation.objects.update(accepted_at=the_clock.now(), accepted_by=cast.ed)

    assert list(invitations()) == [False, False, True]


def test_a_withdrawn_invitation_is_none_of_it(cast: Any, shares: dict[str, Share]) -> None:
    Invitation.objects.update(withdrawn_at=the_clock.now(), withdrawn_by=cast.ben)

    assert list(invitations()) == [False, False, False]
