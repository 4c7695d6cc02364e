"""What ends a guest link, and the longest life that accounts allow."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import LifePolicy
from audit import clock
from audit.actions import Action
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method
from sharing.selectors import guest_links
from sharing.selectors.guest_policy import Policy
from sharing.services import guest_visits, previews
from sharing.targets import Target
from sharing.views.consequences import what_follows
from tests.cast import Cast, acting
from tests.factories import join, make_study, membership_of, placement_of
from tests.sharing.guests import DAY, made
from worklists.services import change_role, remove_worklist_member


@pytest.mark.django_db
def test_the_sweep_ends_what_is_dead_once_and_says_why(cast: Cast, clock: Any) -> None:
    short, long = made(cast, expires_at=None), made(cast, expires_at=None)
    services.extend_guest_link(link=long.uuid, expires_at=long.expires_at + 9 * DAY, by=acting(cast.ana))
    assert services.end_dead_links() == 0

    clock.move(days=9)
    assert services.end_dead_links() == 1
    assert services.end_dead_links() == 0
    remove_worklist_member(membership=membership_of(cast.ana, cast.ct), by=acting(cast.adam))
    # A right that is lost ends the link at once, and leaves nothing to find.
    assert services.end_dead_links() == 0

    short.refresh_from_db()
    assert short.ended_at == short.expires_at
    told = AuditEvent.objects.filter(action=Action.GUEST_LINK_LAPSE).order_by("pk")
    assert [(event.detail["guest_link"], event.detail["why"]) for event in told] == [
        (str(short.uuid), "expired"), (str(long.uuid), "no_right"),
    ]  # fmt: skip
    assert {event.by_label for event in told} == {"CIMAR"}


@pytest.mark.django_db
def test_a_link_of_several_studies_shows_what_is_left_and_dies_with_the_last(cast: Cast) -> None:
    more = make_study(cast.ct, patient_name="Quill^Hazel", patient_id=cast.study.patient_id)
    there = placement_of(more, cast.ct)
    link = made(cast, cast.placement, there)
    services.delete_study(placement=cast.placement.uuid, by=acting(cast.adam), why="wrong")

    by = guest_visits.open_link(link=link)
    assert by.guest_link is not None
    assert by.guest_link.placements == {there.uuid}
    services.delete_study(placement=there.uuid, by=acting(cast.adam), why="wrong")
    assert guest_visits.resume(link=link.uuid, generation=1) is None
    link.refresh_from_db()
    assert link.end_reason == "no_study"


@pytest.mark.django_db
def test_what_happens_with_a_link_of_an_external_study_is_not_in_the_originals_trail(cast: Cast) -> None:
    change_role(
        role=cast.northgate.roles.model.objects.get(platform_key="personal"),
        permissions=["list_studies", "open_study", "create_guest_links"],
        by=acting(cast.sue),
    )
    to_ed = [Target(Method.EMAIL, cast.ed.email)]
    services.share_studies(placements=[cast.placement.uuid], targets=to_ed, by=acting(cast.ana))
    link = made(cast, placement_of(cast.study, cast.ed.personal_worklist), by=acting(cast.ed))
    guest_visits.open_link(link=link)
    services.end_shares(shares=[cast.study.shares.get().uuid], by=acting(cast.ana))
    assert services.end_dead_links() == 0

    events = AuditEvent.objects.filter(detail__guest_link=str(link.uuid))
    assert {event.action for event in events} == {
        Action.GUEST_LINK_ADD, Action.GUEST_LINK_OPEN, Action.GUEST_LINK_LAPSE,
    }  # fmt: skip
    assert not any(event.in_original for event in events)


@pytest.mark.django_db
def test_live_links_are_those_that_show_a_study_now(cast: Cast) -> None:
    first, second = made(cast), made(cast, most_openings=1)
    guest_visits.open_link(link=second)
    ended = made(cast)
    services.end_guest_link(link=ended.uuid, by=acting(cast.ana))

    live = guest_links.live_links([cast.placement, cast.other_placement])

    assert list(live.order_by("pk").values_list("pk", "study_id")) == [
        (first.pk, cast.study.pk),
        (second.pk, cast.study.pk),
    ]


@pytest.mark.django_db
def test_what_ends_counts_the_links_that_show_a_study_no_more(cast: Cast) -> None:
    to = [Target(Method.LOCATION, str(cast.emergency.uuid))]
    report = services.share_studies(placements=[cast.placement.uuid], targets=to, by=acting(cast.ana))
    there = placement_of(cast.study, cast.emergency)
    made(cast)
    for _ in range(2):
        made(cast, there, by=acting(cast.ben))
    _shares, preview = previews.preview_end(shares=[report.rows[0].share.uuid], by=acting(cast.ana))
    removal = previews.preview_removal(placements=[there.uuid], by=acting(cast.ben))
    _placement, deletion = previews.preview_deletion(placement=cast.placement.uuid, by=acting(cast.adam))
    move = services.preview_move(
        placement=cast.placement.uuid, worklist=cast.chest.uuid, by=acting(cast.adam)
    )

    assert (preview.links, removal.what.links, deletion.links, move.n_links) == (2, 2, 3, 1)
    assert (2, "guest links no longer show the studies") in what_follows(preview)


@pytest.mark.django_db
def test_an_account_sets_the_preset_and_the_longest_life(cast: Cast) -> None:
    LifePolicy.objects.create(account=cast.northgate, method="guest_link", preset_days=3, longest_days=5)

    link = made(cast)

    assert link.made_at + 2 * DAY < link.expires_at < link.made_at + 4 * DAY
    with pytest.raises(ValidationError):
        made(cast, expires_at=link.made_at + 7 * DAY)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("days", "preset", "longest"),
    [({}, 7, 30), ({"preset_days": 9}, 9, 30), ({"longest_days": 5}, 5, 5), ({"longest_days": 90}, 7, 90)],
)
def test_where_an_account_says_nothing_the_sites_numbers_count(
    cast: Cast, days: dict[str, int], preset: int, longest: int
) -> None:
    LifePolicy.objects.create(account=cast.northgate, method="guest_link", **days)

    policy = Policy.of(cast.ct, [cast.placement], clock.now())

    assert policy.last_day(policy.preset) == policy.today + preset * DAY
    assert policy.last_day(policy.latest) == policy.today + longest * DAY


@pytest.mark.django_db
def test_on_a_personal_worklist_the_strictest_of_the_owners_accounts_counts(cast: Cast) -> None:
    join(cast.ben, cast.riverside, "Viewer")
    own = cast.ben.personal_worklist
    policies = [
        LifePolicy.objects.create(account=account, method="guest_link", longest_days=days)
        for account, days in ((cast.northgate, 90), (cast.riverside, 60))
    ]

    both = Policy.of(own, [cast.placement], clock.now())
    policies[1].delete()
    one_is_silent = Policy.of(own, [cast.placement], clock.now())

    assert (both.most_days, one_is_silent.most_days) == (60, 30)
