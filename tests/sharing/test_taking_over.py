"""Shares of people who left: they stay, and another member takes them over."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import AccountMembership
from audit.actions import Action
from audit.history import sentence as told_as
from audit.models import AuditEvent
from common.exceptions import NothingThere
from sharing import services
from sharing.models import Method, Share, TakenOverShare
from sharing.selectors.left_shares import shares_left
from sharing.services import leave_account, take_over_shares
from sharing.targets import Target
from tests.administration.test_people import text_of
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from tests.fingerprint import fingerprint
from worklists.services import add_worklist_member

pytestmark = pytest.mark.django_db


def shared(cast: Cast, by: Any, worklist: Any, study: Any, *targets: Target) -> list[Share]:
    placements = [placement_of(study, worklist).uuid]
    report = services.share_studies(placements=placements, targets=targets, by=acting(by))
    return [row.share for row in report.rows]


def leaves(cast: Cast, person: Any, *, remove: bool = True) -> None:
    membership = AccountMembership.objects.get(user=person, account=cast.northgate)
    leave_account(membership=membership.pk, by=acting(cast.adam), remove=remove)


@pytest.fixture
def left(cast: Cast) -> list[Share]:
    """What Ana shared before she left: from CT Reporting and from Emergency."""
    add_worklist_member(worklist=cast.emergency, user=cast.ana, by=acting(cast.adam))
    to = [Target(Method.EMAIL, cast.ed.email), Target(Method.GROUP, str(cast.chest.uuid))]
    made = shared(cast, cast.ana, cast.ct, cast.study, *to)
    made += shared(cast, cast.ana, cast.emergency, make_study(cast.emergency), to[1])
    leaves(cast, cast.ana)
    return made


def take(cast: Cast, successor: Any, by: Any = None) -> Any:
    return take_over_shares(
        account=cast.northgate, person=cast.ana, successor=successor, by=acting(by or cast.adam)
    )


def change(share: Share, by: Any) -> Any:
    return services.change_share(share=share.uuid, by=acting(by), expires_at=None, note="Now mine")


def test_what_a_leaver_shared_stays_and_no_one_may_change_it(cast, left):
    assert not Share.objects.filter(pk__in=[share.pk for share in left], ended_at__isnull=False).exists()
    assert [(each.person, each.shares) for each in shares_left(cast.northgate)] == [(cast.ana, 3)]
    with pytest.raises(PermissionDenied):
        change(left[0], cast.adam)


def test_a_successor_changes_what_was_taken_over_and_the_share_still_says_who_made_it(cast, left):
    assert take(cast, cast.adam) == (3, 0)
    assert len(left) == 3

    for share in left:
        assert change(share, cast.adam) is not None
    assert {share.shared_by for share in Share.objects.filter(taken_over__keeper=cast.adam)} == {cast.ana}
    assert shares_left(cast.northgate) == []
    told = AuditEvent.objects.get(action=Action.SHARES_TAKE_OVER)
    assert told_as(told).endswith("let Adam take over the shares of Ana in Northgate Hospital (3 shares)")


def test_only_shares_that_the_successor_could_make_are_taken_over(cast, left):
    assert take(cast, cast.ben) == (1, 2)

    with pytest.raises(NothingThere):
        change(left[0], cast.ben)
    assert change(left[2], cast.ben) is not None


def test_what_was_taken_over_can_be_taken_over_again(cast, left):
    take(cast, cast.ben)
    leaves(cast, cast.ben, remove=False)

    taken = take_over_shares(
        account=cast.northgate, person=cast.ben, successor=cast.adam, by=acting(cast.adam)
    )

    assert taken == (1, 0)
    assert TakenOverShare.objects.get().keeper == cast.adam


@pytest.mark.parametrize(
    ("successor", "by", "refusal"),
    [
        ("ed", "adam", ValidationError),
        ("caro", "adam", ValidationError),
        ("ina", "adam", ValidationError),
        ("vera", "adam", ValidationError),
        ("adam", "rita", PermissionDenied),
        ("adam", "ben", PermissionDenied),
    ],
)
def test_who_may_not_take_over_or_let_take_over(cast, left, successor, by, refusal):
    before = fingerprint()

    with pytest.raises(refusal):
        take(cast, getattr(cast, successor), by=getattr(cast, by))

    assert fingerprint() == before


def test_a_member_keeps_what_they_shared(cast):
    shared(cast, cast.ana, cast.ct, cast.study, Target(Method.EMAIL, cast.ed.email))

    with pytest.raises(ValidationError, match="keeps their shares"):
        take(cast, cast.adam)
    assert shares_left(cast.northgate) == []


def test_an_administrator_sees_whose_shares_stayed_and_gives_them_to_a_member(client, cast, left):
    client.force_login(cast.adam)
    page = reverse("admin:accounts_account_left_shares", args=[cast.northgate.pk])

    before = text_of(client.get(page))
    after = client.post(page, {"person": cast.ana.pk, "successor": cast.ben.pk}, follow=True)

    assert "ana@example.org" in before
    assert "3 shares" in before
    said = text_of(after)
    assert "Ben has taken over 1 share." in said
    assert "Not taken over: 2 shares." in said


def test_a_successor_has_a_page_of_what_they_took_over(client, cast, left):
    client.force_login(cast.adam)
    page = reverse("sharing:shares_taken_over")
    before = text_of(client.get(page))
    take(cast, cast.adam)

    after = client.get(page)
    dialog = client.get(reverse("sharing:change", args=[left[0].uuid]))

    assert "You have taken over no shares" in before
    assert cast.ed.email in after.content.decode()
    assert dialog.status_code == 200


def test_a_preview_of_leaving_counts_guest_links_and_says_that_shares_stay(client, cast):
    services.make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana))
    membership = AccountMembership.objects.get(user=cast.ana, account=cast.northgate)
    client.force_login(cast.adam)

    page = text_of(client.get(reverse("admin:accounts_accountmembership_delete", args=[membership.pk])))

    assert "1 guest link they made stops working" in page
    assert "Another member can take them over" in page
