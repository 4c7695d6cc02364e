"""Sharing at the same time as sharing, deleting or deciding."""

from collections import Counter

from accounts.models import Invitation
from sharing import services
from sharing.models import Method, Share
from sharing.services import ShareReport
from sharing.services.approvals import TOO_LATE
from studies.models import Placement, Study
from tests.cast import Cast, acting
from tests.factories import placement_of
from tests.overlap import (
    Deed,
    address,
    study_rows,
)
from tests.races.scene import (
    Scene,
    deleting,
    email,
    ending,
    group,
    location,
    mails_of,
    new_address,
    new_study,
    physician,
    placed,
    share,
    sharing,
)
from worklists.models import Worklist


def the_same_share_twice(cast: Cast) -> Scene:
    study = new_study(cast)
    press = sharing(cast.ana, study, cast.ct, location(cast.emergency))
    return Scene(
        press, press, [study_rows(study)],
        ("shared", "already_shared"), ("already_shared", "shared"),
        after=lambda: placed(study, cast.emergency) and Share.objects.filter(study=study).count() == 1,
    )  # fmt: skip


def the_same_physician_share_twice(cast: Cast) -> Scene:
    study = new_study(cast)
    press = sharing(cast.ana, study, cast.ct, physician(cast.ben))
    return Scene(
        press, press, [study_rows(study)],
        ("shared", "already_shared"), ("already_shared", "shared"),
        after=lambda: mails_of(study) == Counter({cast.ben.email: 1}),
    )  # fmt: skip


def the_same_invitation_twice(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    press = sharing(cast.ana, study, cast.ct, email(typed))
    return Scene(
        press, press, [address(typed), study_rows(study)],
        ("invited", "already_shared"), ("already_shared", "invited"),
        after=lambda: Invitation.objects.filter(email=typed).count() == 1 and mails_of(study) == Counter({typed: 1}),
    )  # fmt: skip


def two_people_invite_one_address(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    return Scene(
        sharing(cast.ana, study, cast.ct, email(typed)), sharing(cast.erin, study, cast.ct, email(typed)),
        [address(typed), study_rows(study)],
        ("invited", "invited"), ("invited", "invited"),
        after=lambda: Invitation.objects.filter(email=typed).count() == 1
        and Share.objects.filter(study=study, ended_at=None, to_worklist=None).count() == 2,
    )  # fmt: skip


def two_presses_that_cross(cast: Cast) -> Scene:
    """The same studies and targets, named in opposite orders: locks are taken in the house's order all the same."""
    studies, typed = [new_study(cast) for _ in range(3)], [new_address() for _ in range(3)]
    uuids = [placement_of(study, cast.ct).uuid for study in studies]
    targets = [
        *(email(one) for one in typed),
        physician(cast.ben),
        physician(cast.vera),
        location(cast.emergency),
    ]

    def press(order: int) -> Deed:
        return lambda: services.share_studies(
            placements=uuids[::order], targets=targets[::order], by=acting(cast.ana)
        )

    first, second = ", ".join((["invited"] * 3 + ["shared"] * 3) * 3), ", ".join(["already_shared"] * 18)
    backwards = ", ".join((["shared"] * 3 + ["invited"] * 3) * 3)
    return Scene(
        press(1), press(-1), [study_rows(*studies), study_rows(studies[2]), address(typed[1])],
        (first, second), (second, backwards),
    )  # fmt: skip


def a_share_against_the_deletion(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    share(cast.ana, study, cast.ct, group(cast.chest))
    return Scene(
        sharing(cast.ana, study, cast.ct, location(cast.emergency), email(typed)), deleting(cast, study),
        [study_rows(study)],
        ("shared, invited", "studies 1, shares 3, with them 0"),
        ("refused, refused", "studies 1, shares 1, with them 0"),
        after=lambda: not Placement.objects.filter(study=study).exists() and invited_with_a_share(study, typed),
        apart=(("nothing there", "studies 1, shares 1, with them 0"),),
    )  # fmt: skip


def invited_with_a_share(study: Study, typed: str) -> bool:
    """Nobody is invited to what they are then refused."""
    promised = Share.objects.filter(study=study, method=Method.EMAIL).exists()
    return promised == Invitation.objects.filter(email=typed).exists()


def one_share_approved_and_declined(cast: Cast) -> Scene:
    study, waiting = new_study(cast), awaiting(cast)
    report = share(cast.ana, study, cast.ct, group(waiting))
    late = TOO_LATE
    return Scene(
        deciding(cast, report, approve=True), deciding(cast, report, approve=False), [study_rows(study)],
        ("decided True", late), (late, "decided False"),
        apart=(("decided True", "nothing there"), ("nothing there", "decided False")),
    )  # fmt: skip


def an_approval_against_the_end(cast: Cast) -> Scene:
    study, waiting = new_study(cast), awaiting(cast)
    report = share(cast.ana, study, cast.ct, group(waiting))
    return Scene(
        deciding(cast, report, approve=True), ending(cast.ana, report), [study_rows(study)],
        ("decided True", "ended 1, already 0, with them 0"),
        (TOO_LATE, "ended 1, already 0, with them 0"),
        after=lambda: placed(study),
        apart=(("nothing there", "ended 1, already 0, with them 0"),),
    )  # fmt: skip


def awaiting(cast: Cast) -> Worklist:
    Worklist.objects.filter(pk=cast.cardiology.pk).update(needs_approval=True)
    return Worklist.objects.get(pk=cast.cardiology.pk)


def deciding(cast: Cast, report: ShareReport, *, approve: bool) -> Deed:
    uuid = report.rows[0].share.uuid
    return lambda: services.decide_share(share=uuid, by=acting(cast.adam), approve=approve)


SCENES = [
    the_same_share_twice,
    the_same_physician_share_twice,
    the_same_invitation_twice,
    two_people_invite_one_address,
    two_presses_that_cross,
    a_share_against_the_deletion,
    one_share_approved_and_declined,
    an_approval_against_the_end,
]
