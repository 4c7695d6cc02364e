"""The rules of guest links over generated inputs: state, end, patient, token; and what one link may do at most."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import LifePolicy
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from common.days import end_of_day
from common.exceptions import NothingThere
from sharing import services
from sharing.models import GuestLink, GuestLinkStudy, Method
from sharing.models.guest_link import State, state_of
from sharing.selectors import guest_links
from sharing.selectors.guest_policy import Policy
from sharing.services import guest_visits, previews
from sharing.targets import Target
from sharing.views.consequences import what_follows
from studies.models import FOREVER, Study
from tests.cast import IP_ADDRESS, Cast, acting
from tests.factories import join, make_role, make_study, make_user, membership_of, placement_of
from worklists.services import change_role, remove_worklist_member

DAY = timedelta(days=1)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))

NEEDS = {"create_guest_links", "list_studies", "open_study"}

# State

OPENS = {
    "ended": False, "expired": False, "on_worklist": True, "maker_may": True, "locked": False, "used_up": False,
}  # fmt: skip
FACTS = st.fixed_dictionaries(dict.fromkeys(OPENS, st.booleans()))


@given(FACTS)
def test_a_link_opens_only_where_nothing_speaks_against_it(facts: dict[str, bool]) -> None:
    state = state_of(**facts)

    stands = facts["on_worklist"] and facts["maker_may"] and not facts["ended"] and not facts["expired"]
    assert (state is State.OPEN) == (stands and not facts["locked"] and not facts["used_up"])
    assert state.lets_visits_go_on == (stands and not facts["locked"])
    assert (state is State.ENDED) == facts["ended"]


@given(FACTS)
def test_nothing_that_is_lost_opens_a_link(facts: dict[str, bool]) -> None:
    assert (state_of(**facts) is State.OPEN) == (facts == OPENS)


# End


def a_policy(
    made_at: datetime, *, preset: int, most: int, until: datetime, zone: str, later: timedelta
) -> Policy:
    return Policy(
        zone=zone, preset_days=preset, most_days=most, until=until, made_at=made_at, now=made_at + later
    )


@given(
    made_at=MOMENTS,
    preset=st.integers(1, 365),
    most=st.integers(1, 365),
    stays=st.one_of(st.none(), st.timedeltas(timedelta(minutes=1), timedelta(days=500))),
    zone=st.sampled_from(["Europe/London", "Pacific/Kiritimati", "America/St_Johns", "UTC"]),
    later=st.timedeltas(timedelta(0), timedelta(days=400)),
    wanted=st.one_of(st.none(), st.integers(-3, 400), st.dates(), MOMENTS),
)
def test_whatever_end_is_asked_for_none_is_past_too_late_or_beyond_the_study(
    made_at: datetime,
    preset: int,
    most: int,
    stays: timedelta | None,
    zone: str,
    later: timedelta,
    wanted: Any,
) -> None:
    until = FOREVER if stays is None else made_at + stays
    policy = a_policy(made_at, preset=preset, most=most, until=until, zone=zone, later=later)
    if isinstance(wanted, int):
        wanted = made_at.astimezone(ZoneInfo(zone)).date() + timedelta(days=wanted)
    try:
        end = policy.end(wanted)
    except ValidationError as refusal:
        assert refusal.code == "until"
        return
    assert policy.now < end <= until
    assert end <= end_of_day(made_at.astimezone(ZoneInfo(zone)).date() + timedelta(days=most), zone)
    # The constraint of the database: no door makes a longer link.
    assert end - made_at <= timedelta(days=367)


@given(made_at=MOMENTS, preset=st.integers(1, 365), most=st.integers(1, 365))
def test_the_preset_can_always_be_kept(made_at: datetime, preset: int, most: int) -> None:
    policy = a_policy(
        made_at, preset=preset, most=most, until=FOREVER, zone="Europe/London", later=timedelta(0)
    )

    assert policy.end(None) == policy.preset
    assert policy.end(policy.last_day(policy.preset)) == policy.preset
    assert policy.end(policy.last_day(policy.latest)) == policy.latest
    with pytest.raises(ValidationError):
        policy.end(policy.last_day(policy.latest) + DAY)


# One patient

PATIENTS = st.builds(
    SimpleNamespace,
    patient_id=st.sampled_from(["", "1", "2"]),
    issuer_of_patient_id=st.sampled_from(["", "A", "B"]),
    patient_name=st.sampled_from(["", "Quill^Hazel", "QUILL^HAZEL", "Osei^Kofi"]),
    patient_birth_date_raw=st.sampled_from(["", "19580309", "19600101"]),
    patient_sex=st.sampled_from(["", "F", "M"]),
)


@given(st.lists(PATIENTS, min_size=2, max_size=4))
def test_studies_that_speak_of_two_patients_make_no_link(studies: list[Any]) -> None:
    columns = ("patient_id", "issuer_of_patient_id", "patient_birth_date_raw", "patient_sex")
    said = [{getattr(study, column) for study in studies} - {""} for column in columns]
    said.append({study.patient_name.upper() for study in studies} - {""})
    known = all(study.patient_id for study in studies) or all(
        study.patient_name and study.patient_birth_date_raw for study in studies
    )

    is_one = guest_links.of_one_patient([as_study(study) for study in studies])

    if any(len(values) > 1 for values in said):
        assert not is_one
    elif known:
        assert is_one
    if not any(study.patient_id or study.patient_name for study in studies):
        assert not is_one


def as_study(columns: Any) -> Study:
    return Study(**vars(columns))


# Token


@given(st.text(max_size=140))
def test_no_text_that_we_did_not_sign_names_a_link(text: str) -> None:
    assert guest_links.find(text) is None


@given(uuid=st.uuids(), generation=st.integers(1, 10**8), cut=st.integers(0, 60))
def test_a_token_is_short_and_whole_or_nothing(uuid: UUID, generation: int, cut: int) -> None:
    token = guest_links.token_of(GuestLink(uuid=uuid, generation=generation))

    assert len(f"https://a-hospital.example/guest/{token}/") <= 128
    assert guest_links.named_by(token) == (uuid, generation)
    assert guest_links.named_by(token[: max(len(token) - 1 - cut, 0)]) is None


# Rights


def made(cast: Cast, **more: Any) -> GuestLink:
    return services.make_guest_link(**{"placements": [cast.placement.uuid], "by": acting(cast.ana), **more})


@pytest.mark.django_db
@pytest.mark.parametrize("missing", ["create_guest_links", "list_studies", "open_study"])
def test_each_right_is_needed_to_make_a_link_and_the_link_dies_with_each(cast: Cast, missing: str) -> None:
    role = make_role(cast.northgate, "Linker", NEEDS)
    lena = make_user("Lena")
    join(lena, cast.northgate, "Linker", [cast.ct])
    link = made(cast, by=acting(lena))
    by = guest_visits.open_link(link=link, ip_address=IP_ADDRESS)
    assert by.rights(cast.ct) == {"open_study"}

    change_role(
        role=role,
        permissions=NEEDS - {missing},
        by=acting(cast.adam),
    )

    assert by.rights(cast.ct) == frozenset()
    assert guest_visits.resume(link=link.uuid, generation=1) is None
    with pytest.raises((PermissionDenied, NothingThere)):
        made(cast, by=acting(lena))
    # It was found dead: the right that comes back does not bring it back.
    change_role(role=role, permissions=NEEDS, by=acting(cast.adam))
    assert guest_visits.resume(link=link.uuid, generation=1) is None
    link.refresh_from_db()
    assert (link.end_reason, link.ended_by) == ("no_right", None)


@pytest.mark.django_db
def test_a_link_lets_no_one_download_what_its_maker_may_not(cast: Cast) -> None:
    role = make_role(cast.northgate, "Linker", NEEDS | {"download_study"})
    lena = make_user("Lena")
    join(lena, cast.northgate, "Linker", [cast.ct])
    by = guest_visits.open_link(link=made(cast, by=acting(lena), may_download=True))
    assert by.rights(cast.ct) == {"open_study", "download_study"}

    change_role(role=role, permissions=NEEDS, by=acting(cast.adam))

    assert by.rights(cast.ct) == {"open_study"}
    with pytest.raises(PermissionDenied, match="download"):
        made(cast, by=acting(lena), may_download=True)


@pytest.mark.django_db
def test_who_sees_all_links_ends_them_and_extends_only_with_the_right_to_make_them(cast: Cast) -> None:
    make_role(cast.northgate, "Watcher", ["view_guest_links", "list_studies"])
    will, link = make_user("Will"), made(cast)
    join(will, cast.northgate, "Watcher", [cast.ct])

    with pytest.raises(PermissionDenied, match="create guest links"):
        services.extend_guest_link(link=link.uuid, expires_at=link.expires_at + DAY, by=acting(will))
    for other in (cast.vera, cast.ben, cast.caro, cast.sue):
        with pytest.raises(NothingThere):
            services.end_guest_link(link=link.uuid, by=acting(other))
    services.end_guest_link(link=link.uuid, by=acting(will))
    link.refresh_from_db()
    assert (link.end_reason, link.ended_by) == ("ended", will)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["guest", "system", "stranger"])
def test_only_a_person_makes_extends_and_ends_links(cast: Cast, kind: str) -> None:
    link = made(cast)
    by = {
        "guest": guest_visits.actor_of(link),
        "system": Actor.system("create_guest_links", "list_studies", "open_study"),
        "stranger": Actor.stranger(IP_ADDRESS),
    }[kind]

    for act in (
        lambda: made(cast, by=by),
        lambda: services.extend_guest_link(link=link.uuid, expires_at=link.expires_at + DAY, by=by),
        lambda: services.end_guest_link(link=link.uuid, by=by),
    ):
        with pytest.raises(PermissionDenied, match="signed in"):
            act()


# Ends


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
    link = made(cast, placements=[cast.placement.uuid, there.uuid])
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
    link = made(
        cast, placements=[placement_of(cast.study, cast.ed.personal_worklist).uuid], by=acting(cast.ed)
    )
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

    assert [(link.pk, link.study_id) for link in live.order_by("pk")] == [  # type: ignore[attr-defined]
        (first.pk, cast.study.pk), (second.pk, cast.study.pk),
    ]  # fmt: skip


@pytest.mark.django_db
def test_what_ends_counts_the_links_that_show_a_study_no_more(cast: Cast) -> None:
    to = [Target(Method.LOCATION, str(cast.emergency.uuid))]
    report = services.share_studies(placements=[cast.placement.uuid], targets=to, by=acting(cast.ana))
    there = placement_of(cast.study, cast.emergency)
    made(cast)
    for _ in range(2):
        made(cast, placements=[there.uuid], by=acting(cast.ben))
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


# The database


WIDER = {
    "may_download": "UPDATE sharing_guestlink SET may_download = true",
    "openings": "UPDATE sharing_guestlink SET most_openings = 9",
    "no limit": "UPDATE sharing_guestlink SET most_openings = NULL",
    "opened less": "UPDATE sharing_guestlink SET openings = 0",
    "password": "UPDATE sharing_guestlink SET password = ''",
    "tries": "UPDATE sharing_guestlink SET tries_left = 6",
    "wrong tries": "UPDATE sharing_guestlink SET wrong_tries = 0",
    "maker": "UPDATE sharing_guestlink SET made_by_id = made_by_id + 1",
    "worklist": "UPDATE sharing_guestlink SET worklist_id = worklist_id + 1",
    "life": "UPDATE sharing_guestlink SET expires_at = made_at + interval '400 days'",
    "no end": "UPDATE sharing_guestlink SET expires_at = NULL",
    "delete": "DELETE FROM sharing_guestlink",
    "studies": "INSERT INTO sharing_guestlinkstudy (link_id, study_id, placement_key, placement_uuid) "
    "SELECT l.id, %s, 1, gen_random_uuid() FROM sharing_guestlink l",
    "another study": "UPDATE sharing_guestlinkstudy SET placement_key = placement_key + 1",
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", WIDER)
def test_the_database_refuses_to_widen_a_link(cast: Cast, name: str) -> None:
    link = made(cast, most_openings=2, password="violet-42")
    with pytest.raises(guest_visits.WrongPassword):
        guest_visits.open_link(link=link, password="not it at all")
    guest_visits.open_link(link=link, password="violet-42")

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WIDER[name], [cast.other_study.pk] if "%s" in WIDER[name] else None)


@pytest.mark.django_db
def test_the_database_refuses_to_revive_a_link(cast: Cast) -> None:
    link = made(cast)
    services.end_guest_link(link=link.uuid, by=acting(cast.ana))

    for sql in (
        "UPDATE sharing_guestlink SET ended_at = NULL, end_reason = '', ended_by_id = NULL",
        "UPDATE sharing_guestlink SET expires_at = expires_at + interval '1 day'",
        "UPDATE sharing_guestlink SET openings = 1",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert GuestLinkStudy.objects.count() == 1
