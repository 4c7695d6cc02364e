"""Ends at the same time as ends, shares, deletions and the sweep."""

from datetime import timedelta

from django.db.models.functions import Now

from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Placement, Study
from tests.cast import Cast, acting
from tests.factories import placement_of
from tests.overlap import (
    Deed,
    study_rows,
)
from tests.races.scene import (
    Scene,
    deleting,
    email,
    ending,
    group,
    location,
    new_study,
    physician,
    placed,
    share,
    sharing,
)
from worklists.models import Worklist


def the_two_shares_of_one_placement_end(cast: Cast) -> Scene:
    study = new_study(cast)
    one = share(cast.ana, study, cast.ct, location(cast.emergency))
    two = share(cast.ana, study, cast.ct, Target(Method.CODE, "NORTHGATE"))
    share(cast.ben, study, cast.emergency, group(cast.chest))
    alone, last = "ended 1, already 0, with them 0", "ended 1, already 0, with them 1"
    return Scene(
        ending(cast.ana, one), ending(cast.adam, two), [study_rows(study)],
        (alone, last), (last, alone),
        after=lambda: placed(study),
    )  # fmt: skip


def the_two_shares_of_a_circle_end(cast: Cast) -> Scene:
    """CT → Emergency → Chest → Emergency: the way back holds nothing up."""
    study = new_study(cast)
    one = share(cast.ana, study, cast.ct, location(cast.emergency))
    two = share(cast.ana, study, cast.ct, group(cast.chest))
    share(cast.ben, study, cast.emergency, group(cast.chest))
    share(cast.adam, study, cast.chest, location(cast.emergency))
    alone, last = "ended 1, already 0, with them 0", "ended 1, already 0, with them 2"
    return Scene(
        ending(cast.ana, one), ending(cast.ana, two), [study_rows(study)],
        (alone, last), (last, alone),
        after=lambda: placed(study),
    )  # fmt: skip


def one_share_ended_twice(cast: Cast) -> Scene:
    study = new_study(cast)
    report = share(cast.ana, study, cast.ct, location(cast.emergency))
    share(cast.ben, study, cast.emergency, group(cast.chest))
    done, late = "ended 1, already 0, with them 1", "ended 0, already 1, with them 0"
    return Scene(
        ending(cast.ana, report), ending(cast.adam, report), [study_rows(study)],
        (done, late), (late, done),
        after=lambda: placed(study),
    )  # fmt: skip


def an_onward_share_while_its_ground_ends(cast: Cast) -> Scene:
    study = new_study(cast)
    report = share(cast.ana, study, cast.ct, location(cast.emergency))
    return Scene(
        sharing(cast.ben, study, cast.emergency, group(cast.chest)), ending(cast.ana, report), [study_rows(study)],
        ("shared", "ended 1, already 0, with them 1"), ("refused", "ended 1, already 0, with them 0"),
        after=lambda: placed(study),
        apart=(("nothing there", "ended 1, already 0, with them 0"),),
    )  # fmt: skip


def the_share_itself_while_it_ends(cast: Cast) -> Scene:
    study = new_study(cast)
    report = share(cast.ana, study, cast.ct, location(cast.emergency))
    return Scene(
        sharing(cast.ana, study, cast.ct, location(cast.emergency)), ending(cast.adam, report), [study_rows(study)],
        ("already_shared", "ended 1, already 0, with them 0"), ("shared", "ended 1, already 0, with them 0"),
    )  # fmt: skip


def a_share_on_from_a_personal_worklist_while_it_ends(cast: Cast) -> Scene:
    study = new_study(cast)
    report = share(cast.ana, study, cast.ct, physician(cast.ben))
    own = Worklist.objects.get(owner=cast.ben)
    return Scene(
        sharing(cast.ben, study, own, group(cast.chest)), ending(cast.ana, report), [study_rows(study)],
        ("shared", "ended 1, already 0, with them 1"), ("refused", "ended 1, already 0, with them 0"),
        after=lambda: placed(study),
        apart=(("nothing there", "ended 1, already 0, with them 0"),),
    )  # fmt: skip


def an_end_against_the_deletion(cast: Cast) -> Scene:
    study = new_study(cast)
    report = share(cast.ana, study, cast.ct, location(cast.emergency))
    share(cast.ben, study, cast.emergency, group(cast.chest))
    return Scene(
        ending(cast.ana, report), deleting(cast, study), [study_rows(study)],
        ("ended 1, already 0, with them 1", "studies 1, shares 0, with them 0"),
        ("ended 0, already 1, with them 0", "studies 1, shares 2, with them 0"),
        after=lambda: not Placement.objects.filter(study=study).exists(),
    )  # fmt: skip


def two_deletions(cast: Cast) -> Scene:
    study = new_study(cast)
    done = "studies 1, shares 0, with them 0"
    return Scene(
        deleting(cast, study), deleting(cast, study), [study_rows(study)],
        (done, "nothing there"), ("nothing there", done),
    )  # fmt: skip


def an_end_against_the_sweep(cast: Cast) -> Scene:
    """Its end date has passed: whoever comes first, the clock ended it, once."""
    study = new_study(cast)
    report = share(cast.ana, study, cast.ct, location(cast.emergency))
    share(cast.ben, study, cast.emergency, group(cast.chest))
    Share.objects.filter(uuid=report.rows[0].share.uuid).update(expires_at=Now() - timedelta(minutes=1))
    late = "ended 0, already 1, with them 0"
    return Scene(
        ending(cast.ana, report), lambda: services.settle_overdue() > 0, [study_rows(study)],
        (late, "True"), (late, "True"),
        apart=((late, "False"),),
        after=lambda: placed(study),
    )  # fmt: skip


def a_removal_against_the_end(cast: Cast) -> Scene:
    study = new_study(cast)
    report = share(cast.ana, study, cast.ct, location(cast.emergency))
    return Scene(
        removing(cast, study), ending(cast.ana, report), [study_rows(study)],
        ("studies 1, shares 1, with them 0", "ended 0, already 1, with them 0"),
        ("nothing there", "ended 1, already 0, with them 0"),
        after=lambda: placed(study),
    )  # fmt: skip


def a_removal_against_another_share(cast: Cast) -> Scene:
    study = new_study(cast)
    share(cast.ana, study, cast.ct, location(cast.emergency))
    return Scene(
        removing(cast, study), sharing(cast.erin, study, cast.ct, email("ben@example.org")), [study_rows(study)],
        ("studies 1, shares 1, with them 0", "shared"), ("studies 1, shares 1, with them 0", "shared"),
        after=lambda: placed(study, Worklist.objects.get(owner=cast.ben)),
    )  # fmt: skip


def removing(cast: Cast, study: Study) -> Deed:
    placement = placement_of(study, cast.emergency).uuid
    return lambda: services.remove_from_worklist(placements=[placement], by=acting(cast.ben))


SCENES = [
    the_two_shares_of_one_placement_end,
    the_two_shares_of_a_circle_end,
    one_share_ended_twice,
    an_onward_share_while_its_ground_ends,
    the_share_itself_while_it_ends,
    a_share_on_from_a_personal_worklist_while_it_ends,
    an_end_against_the_deletion,
    two_deletions,
    an_end_against_the_sweep,
    a_removal_against_the_end,
    a_removal_against_another_share,
]
