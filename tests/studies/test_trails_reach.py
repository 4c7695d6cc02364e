"""Which events a trail shows: the original's, an account's own, or a worklist's own; and what never crosses over."""

import pytest

from audit import clock
from audit.actions import Action
from audit.models import AuditEvent
from audit.services import record
from studies.models import NO_PATH, Placement
from studies.selectors.trail import event_in, trail_of, trail_sentence
from tests.cast import IP_ADDRESS, acting
from tests.factories import make_study, placement_of
from tests.trails import about, give, look, make_world, on, share_row, told, with_names

ARRIVAL = ("Ana", "Study uploaded", "CT Reporting", "")
TO_CHEST = ("Ana", "Shared", "CT Reporting", "Chest Clinic")
TO_BEN = ("Ana", "Shared", "CT Reporting", "Ben")
TO_IMAGING = ("Ana", "Shared", "CT Reporting", "Riverside Imaging")
TO_ED = ("Ana", "Shared", "CT Reporting", "Ed")
TO_ORTHOPAEDICS = ("Caro", "Shared", "Riverside Imaging", "Riverside Orthopaedics")
TO_CARO = ("Ed", "Shared", "Ed", "Caro")
AT_HOME = ("Ana", "Study opened", "CT Reporting", "")
AT_CHEST = ("Vera", "Study opened", "Chest Clinic", "")
AT_BEN = ("Ben", "Study opened", "Ben", "")
AT_IMAGING = ("Caro", "Study opened", "Riverside Imaging", "")
AT_ORTHOPAEDICS = ("Rita", "Study opened", "Riverside Orthopaedics", "")
AT_ED = ("Ed", "Study opened", "Ed", "")
AT_CARO = ("Caro", "Study opened", "Caro", "")
ORIGINAL = [
    ARRIVAL, TO_CHEST, TO_BEN, TO_IMAGING, TO_ED, TO_ORTHOPAEDICS,
    AT_HOME, AT_CHEST, AT_BEN, AT_IMAGING, AT_ORTHOPAEDICS,
]  # fmt: skip


@pytest.fixture
def world(cast):
    return make_world(cast)


def shown(placement: Placement) -> list[tuple[str, ...]]:
    return told(trail_of(with_names(placement), at=clock.now()))


def test_home_shows_the_original_each_line_with_its_worklist(world):
    assert shown(world.home) == ORIGINAL


def test_a_group_of_homes_account_shows_the_same(world):
    assert shown(world.chest) == ORIGINAL


def test_an_internal_personal_placement_shows_its_own_and_the_share_that_brought_it(world):
    assert shown(world.ben) == [TO_BEN, AT_BEN]


def test_an_internal_placement_of_another_account_shows_that_accounts_and_the_share_that_brought_it(world):
    assert shown(world.imaging) == [TO_IMAGING, TO_ORTHOPAEDICS, AT_IMAGING, AT_ORTHOPAEDICS]
    assert shown(world.orthopaedics) == [TO_ORTHOPAEDICS, AT_IMAGING, AT_ORTHOPAEDICS]


def test_an_external_placement_shows_its_own_alone_and_the_share(world):
    assert shown(world.ed) == [TO_ED, TO_CARO, AT_ED]
    assert shown(world.caro) == [TO_CARO, AT_CARO]


def test_what_happens_on_an_external_placement_is_not_in_the_originals_trail(world, cast):
    before = shown(world.home)
    look(world.ed, cast.ed)
    record(Action.STUDY_DOWNLOAD, by=acting(cast.ed), on=on(world.ed))
    assert shown(world.home) == shown(world.chest) == before


@pytest.mark.parametrize(
    "action", [Action.SHARE_END, Action.SHARE_CHANGE, Action.SHARE_EXPIRE, Action.SHARE_UNREACHABLE]
)
def test_what_becomes_of_a_share_is_in_both_trails(world, cast, action):
    share = AuditEvent.objects.get(other_worklist_label="Ed").share_uuid
    event = on(
        world.home,
        share_uuid=share,
        other_worklist_id=world.ed.worklist_id,
        other_worklist_label="Ed",
        detail={},
    )
    record(action, by=acting(cast.ana), on=event)
    line = ("Ana", str(action.label), "CT Reporting", "Ed")
    assert shown(world.home)[-1] == line
    assert shown(world.ed)[-1] == line
    assert line not in shown(world.caro) + shown(world.imaging) + shown(world.ben)


def test_a_promise_and_its_claim_are_in_the_trail_of_whoever_claimed_it(world, cast):
    """The promise named an address and no worklist: only its share says that it is the same."""
    target = cast.lois.personal_worklist
    share = share_row(cast.study, cast.ct, target, "email", cast.ana, None)
    promised = about(share, world.home, None, other_worklist_label="lois@example.org")
    record(Action.SHARE_ADD, by=acting(cast.ana), on=promised)
    placement = give(world.home, cast.lois.personal_worklist, "physician", cast.ana, account=cast.northgate)
    claimed = about(share, world.home, target, other_worklist_label="lois@example.org")
    record(Action.SHARE_CLAIM, by=acting(cast.lois), on=claimed)
    assert shown(placement) == [
        ("Ana", "Shared", "CT Reporting", "lois@example.org"),
        ("Ana", "Shared", "CT Reporting", "Lois"),
        ("Lois", "Waiting share received", "CT Reporting", "lois@example.org"),
    ]


def test_nobody_else_who_was_given_the_study_is_named_outside(world):
    outside = [line for name in ("ed", "caro", "ben") for line in shown(getattr(world, name))]
    named = {word for line in outside for word in line}
    assert not named & {"Chest Clinic", "Riverside Imaging", "Riverside Orthopaedics", "Vera", "Rita"}
    assert "Caro" not in {word for line in shown(world.ben) for word in line}
    assert "Ben" not in {word for line in shown(world.ed) for word in line}


def test_a_refused_share_is_told_where_it_was_tried_and_not_at_its_target(world, cast):
    tried = on(
        world.home,
        other_worklist_id=world.ed.worklist_id,
        other_worklist_label="Ed",
        detail={"why": "Not allowed."},
    )
    record(Action.REFUSED, by=acting(cast.ana), on=tried, outcome="refused")
    assert ("Ana", "Share refused", "CT Reporting", "Ed") in shown(world.home)
    assert ("Ana", "Share refused", "CT Reporting", "Ed") not in shown(world.ed)


def test_another_study_on_the_same_worklist_has_a_trail_of_its_own(world, cast):
    other = placement_of(make_study(cast.ct), cast.ct)
    look(other, cast.ana)
    assert shown(other) == [AT_HOME]
    assert shown(world.home) == ORIGINAL


def test_whether_a_line_is_the_originals_is_settled_when_it_happens(world):
    Placement.objects.filter(pk=world.chest.pk).update(internal_until=NO_PATH)
    assert AT_CHEST in shown(world.home)
    assert shown(world.chest) == [TO_CHEST, AT_CHEST]


def test_an_internal_path_that_runs_out_narrows_the_trail_at_that_moment(world, cast, clock):
    Placement.objects.filter(pk=world.chest.pk).update(internal_until=clock.now())
    assert shown(world.chest) == [TO_CHEST, AT_CHEST]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("home", "the original’s audit trail"),
        ("chest", "the original’s audit trail"),
        ("ben", "The original’s trail shows this too."),
        ("imaging", "on the worklists of Riverside Clinic"),
        ("orthopaedics", "on the worklists of Riverside Clinic"),
        ("ed", "nothing that happens here"),
        ("caro", "came by email"),
    ],
)
def test_each_trail_says_what_it_holds(world, name, says):
    assert says in trail_sentence(world.again(name), at=clock.now())


def test_a_trail_shows_mail_and_network_addresses_of_its_own_account_only(world, cast):
    look(world.imaging, cast.caro, ip_address="192.0.2.9")
    look(world.chest, cast.vera, ip_address="192.0.2.8")
    lines = {
        name: [event_in(event, world.again(name)) for event in trail_of(world.again(name), at=clock.now())]
        for name in ("home", "imaging", "ed")
    }
    assert {line.account for line in lines["home"] if line.email} == {"Northgate Hospital"}
    assert {line.ip_address for line in lines["home"]} == {"", "192.0.2.8", IP_ADDRESS}
    assert {line.ip_address for line in lines["imaging"]} == {"", "192.0.2.9", IP_ADDRESS}
    assert {line.email for line in lines["ed"]} == {"", "ed@example.org"}
