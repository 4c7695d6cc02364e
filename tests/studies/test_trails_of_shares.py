"""What the sharing services write is what the trails find."""

import pytest

from audit import clock, history
from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Placement
from studies.selectors.trail import trail_of
from tests.cast import acting
from tests.factories import placement_of
from tests.trails import look, with_names

pytestmark = pytest.mark.django_db


def share(cast, *targets, by=None, placement=None):
    placement = placement or cast.placement
    services.share_studies(placements=[placement.uuid], targets=targets, by=acting(by or cast.ana))


def said(placement: Placement) -> list[str]:
    return [
        history.sentence(event) for event in trail_of(with_names(placement), at=clock.now()).order_by("pk")
    ]


def test_a_share_by_email_and_its_end_are_in_both_trails_and_what_lies_between_is_not(cast):
    to_ed = Target(Method.EMAIL, "ed@example.org")
    share(cast, to_ed, Target(Method.GROUP, str(cast.chest.uuid)))
    ed = placement_of(cast.study, cast.ed.personal_worklist)
    look(ed, cast.ed)
    services.end_shares(
        shares=list(Share.objects.filter(method=Method.EMAIL).values_list("uuid", flat=True)),
        by=acting(cast.ana),
    )
    share(cast, to_ed)
    ed = placement_of(cast.study, cast.ed.personal_worklist)
    theirs, ours = said(ed), said(cast.placement)
    verbs = [
        "Ana shared the study with",
        "Ed opened the study",
        "Ana ended the share with",
        "Ana shared the study with",
    ]
    assert [line.startswith(verb) for line, verb in zip(theirs, verbs, strict=True)] == [True] * 4
    assert [line for line in ours if line in theirs] == [theirs[0], theirs[2], theirs[3]]
    assert [line for line in ours if "Chest Clinic" in line] == [
        "Ana shared the study with Chest Clinic (group)"
    ]
    assert not [line for line in theirs if "Chest Clinic" in line]


def test_a_press_to_many_tells_each_recipient_of_their_own_share_alone(cast):
    share(
        cast,
        Target(Method.PHYSICIAN, str(cast.ben.uuid)),
        Target(Method.PHYSICIAN, str(cast.lois.uuid)),
        Target(Method.CODE, "RIVERSIDE"),
        Target(Method.EMAIL, "ed@example.org"),
    )
    assert len(said(cast.placement)) == 4
    for worklist in (cast.ben.personal_worklist, cast.imaging, cast.ed.personal_worklist):
        assert len(said(placement_of(cast.study, worklist))) == 1


def test_what_an_external_recipient_lets_on_stays_out_of_the_originals_trail(cast):
    share(cast, Target(Method.EMAIL, "ed@example.org"))
    before = said(cast.placement)
    ed = placement_of(cast.study, cast.ed.personal_worklist)
    share(cast, Target(Method.EMAIL, "caro@example.org"), by=acting(cast.ed), placement=ed)
    assert said(cast.placement) == before
    assert len(said(ed)) == 2
    assert len(said(placement_of(cast.study, cast.caro.personal_worklist))) == 1
