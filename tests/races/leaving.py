"""Somebody leaves while studies are shared with them."""

from sharing import services
from tests.cast import Cast, acting
from tests.overlap import (
    Deed,
    membership_row,
    person_row,
    study_rows,
)
from tests.races.scene import (
    Scene,
    group,
    new_physician,
    new_study,
    physician,
    placed,
    share,
    sharing,
)
from worklists.models import Worklist
from worklists.services import set_active


def a_leaver_against_a_physician_share(cast: Cast) -> Scene:
    return leaving(cast, remove=False)


def a_leaver_who_goes_for_good_against_a_physician_share(cast: Cast) -> Scene:
    return leaving(cast, remove=True)


def leaving(cast: Cast, *, remove: bool) -> Scene:
    earlier, study = new_study(cast), new_study(cast)
    person, membership = new_physician(cast)
    share(cast.ana, earlier, cast.ct, physician(person))
    return Scene(
        sharing(cast.ana, study, cast.ct, physician(person)),
        lambda: services.leave_account(membership=membership.pk, by=acting(cast.adam), remove=remove),
        [membership_row(membership), study_rows(earlier, study)],
        ("shared", "studies 2, shares 2, with them 0"), ("refused", "studies 1, shares 1, with them 0"),
        after=lambda: placed(study) and placed(earlier),
    )  # fmt: skip


def a_leaver_against_sharing_on(cast: Cast) -> Scene:
    study = new_study(cast)
    person, membership = new_physician(cast)
    share(cast.ana, study, cast.ct, physician(person))
    return Scene(
        sharing(person, study, Worklist.objects.get(owner=person), group(cast.chest)),
        lambda: services.leave_account(membership=membership.pk, by=acting(cast.adam)),
        [study_rows(study)],
        ("shared", "studies 1, shares 1, with them 1"), ("refused", "studies 1, shares 1, with them 0"),
        after=lambda: placed(study),
        apart=(("nothing there", "studies 1, shares 1, with them 0"),),
    )  # fmt: skip


def one_person_leaves_twice(cast: Cast) -> Scene:
    study = new_study(cast)
    person, membership = new_physician(cast)
    share(cast.ana, study, cast.ct, physician(person))
    leave: Deed = lambda: services.leave_account(membership=membership.pk, by=acting(cast.adam))  # noqa: E731
    done, late = "studies 1, shares 1, with them 0", "studies 0, shares 0, with them 0"
    return Scene(leave, leave, [membership_row(membership), study_rows(study)], (done, late), (late, done))


def one_membership_is_taken_away_twice(cast: Cast) -> Scene:
    study = new_study(cast)
    person, membership = new_physician(cast)
    share(cast.ana, study, cast.ct, physician(person))
    leave: Deed = lambda: services.leave_account(membership=membership.pk, by=acting(cast.adam), remove=True)  # noqa: E731
    done, late = "studies 1, shares 1, with them 0", "nothing there"
    return Scene(leave, leave, [membership_row(membership), study_rows(study)], (done, late), (late, done))


def a_person_deactivated_against_a_physician_share(cast: Cast) -> Scene:
    """They keep what they have and hold no right; nothing new comes to them."""
    study = new_study(cast)
    person, _ = new_physician(cast)
    return Scene(
        sharing(cast.ana, study, cast.ct, physician(person)),
        lambda: set_active(user=person, active=False, by=acting(cast.sue)),
        [person_row(person)],
        ("shared", "None"), ("refused", "None"),
    )  # fmt: skip


SCENES = [
    a_leaver_against_a_physician_share,
    a_leaver_who_goes_for_good_against_a_physician_share,
    a_leaver_against_sharing_on,
    one_person_leaves_twice,
    one_membership_is_taken_away_twice,
    a_person_deactivated_against_a_physician_share,
]
