"""Two people at once on real PostgreSQL: each race ends in a lawful state, as if one had come after the other.

A scene is two deeds on the same thing and what each is answered when the first, or the second, of them is quicker.
It is run with both deeds waiting in a queue behind a lock of ours, in either order, and many times let go together.
"""

import itertools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError

from accounts import tokens
from accounts.models import AccountMembership, Invitation, OutboxMail, User
from accounts.services import invitations as accounts_invitations
from accounts.services import registration
from audit.actions import Action
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method, Share
from sharing.services import EndReport, NothingThere, Removal, ShareReport
from sharing.targets import Target
from studies.models import Placement, Study
from tests.cast import Cast
from tests.factories import join, make_study, make_user, placement_of
from tests.lawful import assert_lawful
from tests.overlap import (
    Deed,
    Hold,
    address,
    at_once,
    invitation_row,
    membership_row,
    person_row,
    queued,
    study_rows,
)
from worklists.models import Worklist

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 8
CODE = "123456"
Answers = tuple[str, str]
_numbers = itertools.count(1)


@dataclass
class Scene:
    first: Deed
    second: Deed
    # Where both can be made to wait, in the order in which they came.
    holds: list[Hold]
    # What the two are answered when the first deed is first, and when it is second.
    first_wins: Answers
    second_wins: Answers
    # Said of what stands afterwards, whoever was first.
    after: Callable[[], bool] = lambda: True


def told(answer: Any) -> str:
    """What came of a deed, in few words. An exception nobody expects has its own name, a deadlock too."""
    match answer:
        case ShareReport():
            return ", ".join(row.outcome for row in answer.rows)
        case EndReport():
            return f"ended {answer.ended}, already {answer.ended_already}, with them {answer.ended_with_them}"
        case Removal():
            return f"studies {answer.studies}, shares {answer.shares}, with them {answer.ended_with_them}"
        case User():
            return "registered"
        case Share():
            return f"decided {answer.approved_at is not None}"
        case NothingThere():
            return "nothing there"
        case ValidationError():
            return answer.messages[0]
    return repr(answer)


# --- What the scenes are made of


def new_study(cast: Cast) -> Study:
    return make_study(cast.ct, patient_name=f"Quill^Hazel {next(_numbers)}")


def new_address() -> str:
    return f"dora{next(_numbers)}@example.net"


def share(by: User, study: Study, worklist: Worklist, *targets: Target, **more: Any) -> ShareReport:
    placement = placement_of(study, worklist)
    return services.share_studies(placements=[placement.uuid], targets=targets, by=by, **more)


def sharing(by: User, study: Study, worklist: Worklist, *targets: Target) -> Deed:
    placement = placement_of(study, worklist).uuid
    return lambda: services.share_studies(placements=[placement], targets=targets, by=by)


def ending(by: User, *reports: ShareReport) -> Deed:
    uuids = [row.share.uuid for report in reports for row in report.rows if row.share]
    return lambda: services.end_shares(shares=uuids, by=by)


def location(worklist: Worklist) -> Target:
    return Target(Method.LOCATION, str(worklist.uuid))


def group(worklist: Worklist) -> Target:
    return Target(Method.GROUP, str(worklist.uuid))


def physician(user: User) -> Target:
    return Target(Method.PHYSICIAN, str(user.uuid))


def email(typed: str) -> Target:
    return Target(Method.EMAIL, typed)


def new_physician(cast: Cast) -> tuple[User, AccountMembership]:
    person = make_user(f"Paul {next(_numbers)}")
    return person, join(person, cast.northgate, "Radiologist", [cast.ct])


def invited(typed: str) -> Invitation:
    """The waiting invitation, with a code that is on its way."""
    found = Invitation.objects.get(address=typed)
    registration.send_code(invitation=found)
    Invitation.objects.filter(pk=found.pk).update(code_hash=tokens.hash_code(found, CODE))
    found.refresh_from_db()
    return found


def registering(invitation: Invitation) -> Deed:
    password = make_password("calm reading room")
    return lambda: services.welcome(invitation=invitation, name="Dora", password=password, code=CODE)


def placed(study: Study, *worklists: Worklist) -> bool:
    stands = Placement.objects.filter(study=study, is_home=False)
    return set(stands.values_list("worklist", flat=True)) == {worklist.pk for worklist in worklists}


def placed_with(study: Study, typed: str) -> bool:
    owners = Placement.objects.filter(study=study, is_home=False).values_list("worklist__owner__email", flat=True)
    return set(owners) == {typed}


# --- The scenes


def the_same_share_twice(cast: Cast) -> Scene:
    study = new_study(cast)
    press = sharing(cast.ana, study, cast.ct, location(cast.emergency))
    return Scene(
        press, press, [study_rows(study)],
        ("shared", "already_shared"), ("already_shared", "shared"),
        lambda: placed(study, cast.emergency) and Share.objects.filter(study=study).count() == 1,
    )  # fmt: skip


def the_same_physician_share_twice(cast: Cast) -> Scene:
    study = new_study(cast)
    press = sharing(cast.ana, study, cast.ct, physician(cast.ben))
    return Scene(
        press, press, [study_rows(study)],
        ("shared", "already_shared"), ("already_shared", "shared"),
        lambda: mails_of(study) == Counter({cast.ben.email: 1}),
    )  # fmt: skip


def the_same_invitation_twice(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    press = sharing(cast.ana, study, cast.ct, email(typed))
    return Scene(
        press, press, [address(typed), study_rows(study)],
        ("invited", "already_shared"), ("already_shared", "invited"),
        lambda: Invitation.objects.filter(address=typed).count() == 1 and mails_of(study) == Counter({typed: 1}),
    )  # fmt: skip


def two_people_invite_one_address(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    return Scene(
        sharing(cast.ana, study, cast.ct, email(typed)), sharing(cast.erin, study, cast.ct, email(typed)),
        [address(typed), study_rows(study)],
        ("invited", "invited"), ("invited", "invited"),
        lambda: Invitation.objects.filter(address=typed).count() == 1
        and Share.objects.filter(study=study, ended_at=None, to_worklist=None).count() == 2,
    )  # fmt: skip


def two_presses_that_cross(cast: Cast) -> Scene:
    """The same studies and targets, named in opposite orders: locks are taken in the house's order all the same."""
    studies, typed = [new_study(cast) for _ in range(3)], [new_address() for _ in range(3)]
    uuids = [placement_of(study, cast.ct).uuid for study in studies]
    targets = [*(email(one) for one in typed), physician(cast.ben), physician(cast.vera), location(cast.emergency)]

    def press(order: int) -> Deed:
        return lambda: services.share_studies(placements=uuids[::order], targets=targets[::order], by=cast.ana)

    first, second = ", ".join((["invited"] * 3 + ["shared"] * 3) * 3), ", ".join(["already_shared"] * 18)
    backwards = ", ".join((["shared"] * 3 + ["invited"] * 3) * 3)
    return Scene(
        press(1), press(-1), [study_rows(*studies), study_rows(studies[2]), address(typed[1])],
        (first, second), (second, backwards),
    )  # fmt: skip


def the_two_shares_of_one_placement_end(cast: Cast) -> Scene:
    study = new_study(cast)
    one = share(cast.ana, study, cast.ct, location(cast.emergency))
    two = share(cast.ana, study, cast.ct, Target(Method.CODE, "NORTHGATE"))
    share(cast.ben, study, cast.emergency, group(cast.chest))
    alone, last = "ended 1, already 0, with them 0", "ended 1, already 0, with them 1"
    return Scene(
        ending(cast.ana, one), ending(cast.adam, two), [study_rows(study)],
        (alone, last), (last, alone),
        lambda: placed(study),
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
        lambda: placed(study),
    )  # fmt: skip


def one_share_ended_twice(cast: Cast) -> Scene:
    study = new_study(cast)
    report = share(cast.ana, study, cast.ct, location(cast.emergency))
    share(cast.ben, study, cast.emergency, group(cast.chest))
    done, late = "ended 1, already 0, with them 1", "ended 0, already 1, with them 0"
    return Scene(
        ending(cast.ana, report), ending(cast.adam, report), [study_rows(study)],
        (done, late), (late, done),
        lambda: placed(study),
    )  # fmt: skip


def an_onward_share_while_its_ground_ends(cast: Cast) -> Scene:
    study = new_study(cast)
    report = share(cast.ana, study, cast.ct, location(cast.emergency))
    return Scene(
        sharing(cast.ben, study, cast.emergency, group(cast.chest)), ending(cast.ana, report), [study_rows(study)],
        ("shared", "ended 1, already 0, with them 1"), ("refused", "ended 1, already 0, with them 0"),
        lambda: placed(study),
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
        lambda: placed(study),
    )  # fmt: skip


def a_share_against_the_deletion(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    share(cast.ana, study, cast.ct, group(cast.chest))
    return Scene(
        sharing(cast.ana, study, cast.ct, location(cast.emergency), email(typed)), deleting(cast, study),
        [study_rows(study)],
        ("shared, invited", "studies 1, shares 3, with them 0"),
        ("refused, refused", "studies 1, shares 1, with them 0"),
        lambda: not Placement.objects.filter(study=study).exists()
        and Invitation.objects.filter(address=typed).count() == Share.objects.filter(study=study, method="email").count(),
    )  # fmt: skip


def an_end_against_the_deletion(cast: Cast) -> Scene:
    study = new_study(cast)
    report = share(cast.ana, study, cast.ct, location(cast.emergency))
    share(cast.ben, study, cast.emergency, group(cast.chest))
    return Scene(
        ending(cast.ana, report), deleting(cast, study), [study_rows(study)],
        ("ended 1, already 0, with them 1", "studies 1, shares 0, with them 0"),
        ("ended 0, already 1, with them 0", "studies 1, shares 2, with them 0"),
        lambda: not Placement.objects.filter(study=study).exists(),
    )  # fmt: skip


def two_deletions(cast: Cast) -> Scene:
    study = new_study(cast)
    done = "studies 1, shares 0, with them 0"
    return Scene(
        deleting(cast, study), deleting(cast, study), [study_rows(study)],
        (done, "nothing there"), ("nothing there", done),
    )  # fmt: skip


def deleting(cast: Cast, study: Study) -> Deed:
    placement = placement_of(study, cast.ct).uuid
    return lambda: services.delete_study(placement=placement, by=cast.adam, why="Wrong patient")


def two_registrations_on_one_invitation(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    share(cast.ana, study, cast.ct, email(typed))
    invitation = invited(typed)
    return Scene(
        registering(invitation), registering(invitation),
        [address(typed), study_rows(study), invitation_row(invitation)],
        ("registered", accounts_invitations.USED), (accounts_invitations.USED, "registered"),
        lambda: User.objects.filter(email=typed).count() == 1 and placed_with(study, typed),
    )  # fmt: skip


def a_registration_against_a_new_share(cast: Cast) -> Scene:
    before, study, typed = new_study(cast), new_study(cast), new_address()
    share(cast.ana, before, cast.ct, email(typed))
    return Scene(
        registering(invited(typed)), sharing(cast.ana, study, cast.ct, email(typed)), [address(typed)],
        ("registered", "shared"), ("registered", "invited"),
        lambda: placed_with(before, typed) and placed_with(study, typed),
    )  # fmt: skip


def a_registration_against_the_same_share(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    share(cast.ana, study, cast.ct, email(typed))
    return Scene(
        registering(invited(typed)), sharing(cast.ana, study, cast.ct, email(typed)),
        [address(typed), study_rows(study)],
        ("registered", "already_shared"), ("registered", "already_shared"),
        lambda: placed_with(study, typed) and Share.objects.filter(study=study).count() == 1,
    )  # fmt: skip


def a_registration_against_the_end_of_its_promise(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    report = share(cast.ana, study, cast.ct, email(typed))
    return Scene(
        registering(invited(typed)), ending(cast.ana, report), [study_rows(study)],
        ("registered", "ended 1, already 0, with them 0"), ("registered", "ended 1, already 0, with them 0"),
        lambda: placed(study),
    )  # fmt: skip


def a_registration_against_the_withdrawal(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    share(cast.ana, study, cast.ct, email(typed))
    invitation = invited(typed)
    return Scene(
        registering(invitation), lambda: services.withdraw_invitation(invitation=invitation.uuid, by=cast.ana),
        [address(typed)],
        ("registered", "This person has registered meanwhile; nothing is left to send or withdraw."),
        (accounts_invitations.WITHDRAWN, "1"),
    )  # fmt: skip


def a_registration_against_the_deletion(cast: Cast) -> Scene:
    study, typed = new_study(cast), new_address()
    share(cast.ana, study, cast.ct, email(typed))
    ended = "studies 1, shares 1, with them 0"
    return Scene(
        registering(invited(typed)), deleting(cast, study), [study_rows(study)],
        ("registered", ended), ("registered", ended),
    )  # fmt: skip


def two_sign_ins_claim_at_once(cast: Cast) -> Scene:
    """The address was proved by other means than the link: both sign-ins find the promise."""
    study, typed = new_study(cast), new_address()
    share(cast.ana, study, cast.ct, email(typed))
    person = make_user("Dora", email=typed)
    claim: Deed = lambda: services.claim_promises(user=person)  # noqa: E731
    return Scene(
        claim, claim, [address(typed), study_rows(study)],
        ("1", "0"), ("0", "1"),
        lambda: placed_with(study, typed) and Invitation.objects.get(address=typed).accepted_at is not None,
    )  # fmt: skip


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
        lambda: services.leave_account(membership=membership.pk, by=cast.adam, remove=remove),
        [membership_row(membership), study_rows(earlier, study)],
        ("shared", "studies 2, shares 2, with them 0"), ("refused", "studies 1, shares 1, with them 0"),
        lambda: placed(study) and placed(earlier),
    )  # fmt: skip


def a_leaver_against_sharing_on(cast: Cast) -> Scene:
    study = new_study(cast)
    person, membership = new_physician(cast)
    share(cast.ana, study, cast.ct, physician(person))
    return Scene(
        sharing(person, study, Worklist.objects.get(owner=person), group(cast.chest)),
        lambda: services.leave_account(membership=membership.pk, by=cast.adam),
        [study_rows(study)],
        ("shared", "studies 1, shares 1, with them 1"), ("refused", "studies 1, shares 1, with them 0"),
        lambda: placed(study),
    )  # fmt: skip


def one_person_leaves_twice(cast: Cast) -> Scene:
    study = new_study(cast)
    person, membership = new_physician(cast)
    share(cast.ana, study, cast.ct, physician(person))
    leave: Deed = lambda: services.leave_account(membership=membership.pk, by=cast.adam)  # noqa: E731
    done, late = "studies 1, shares 1, with them 0", "studies 0, shares 0, with them 0"
    return Scene(
        leave, leave, [membership_row(membership), study_rows(study)], (done, late), (late, done)
    )


def one_membership_is_taken_away_twice(cast: Cast) -> Scene:
    study = new_study(cast)
    person, membership = new_physician(cast)
    share(cast.ana, study, cast.ct, physician(person))
    leave: Deed = lambda: services.leave_account(membership=membership.pk, by=cast.adam, remove=True)  # noqa: E731
    done, late = "studies 1, shares 1, with them 0", "nothing there"
    return Scene(
        leave, leave, [membership_row(membership), study_rows(study)], (done, late), (late, done)
    )


def a_removal_against_the_end(cast: Cast) -> Scene:
    study = new_study(cast)
    report = share(cast.ana, study, cast.ct, location(cast.emergency))
    return Scene(
        removing(cast, study), ending(cast.ana, report), [study_rows(study)],
        ("studies 1, shares 1, with them 0", "ended 0, already 1, with them 0"),
        ("nothing there", "ended 1, already 0, with them 0"),
        lambda: placed(study),
    )  # fmt: skip


def a_removal_against_another_share(cast: Cast) -> Scene:
    study = new_study(cast)
    share(cast.ana, study, cast.ct, location(cast.emergency))
    return Scene(
        removing(cast, study), sharing(cast.erin, study, cast.ct, email("ben@example.org")), [study_rows(study)],
        ("studies 1, shares 1, with them 0", "shared"), ("studies 1, shares 1, with them 0", "shared"),
        lambda: placed(study, Worklist.objects.get(owner=cast.ben)),
    )  # fmt: skip


def removing(cast: Cast, study: Study) -> Deed:
    placement = placement_of(study, cast.emergency).uuid
    return lambda: services.remove_from_worklist(placements=[placement], by=cast.ben)


def one_share_approved_and_declined(cast: Cast) -> Scene:
    study, waiting = new_study(cast), awaiting(cast)
    report = share(cast.ana, study, cast.ct, group(waiting))
    late = "This share was decided or has ended meanwhile."
    return Scene(
        deciding(cast, report, approve=True), deciding(cast, report, approve=False), [study_rows(study)],
        ("decided True", late), (late, "decided False"),
    )  # fmt: skip


def an_approval_against_the_end(cast: Cast) -> Scene:
    study, waiting = new_study(cast), awaiting(cast)
    report = share(cast.ana, study, cast.ct, group(waiting))
    return Scene(
        deciding(cast, report, approve=True), ending(cast.ana, report), [study_rows(study)],
        ("decided True", "ended 1, already 0, with them 0"),
        ("This share was decided or has ended meanwhile.", "ended 1, already 0, with them 0"),
        lambda: placed(study),
    )  # fmt: skip


def awaiting(cast: Cast) -> Worklist:
    Worklist.objects.filter(pk=cast.cardiology.pk).update(needs_approval=True)
    return Worklist.objects.get(pk=cast.cardiology.pk)


def deciding(cast: Cast, report: ShareReport, *, approve: bool) -> Deed:
    uuid = report.rows[0].share.uuid
    return lambda: services.decide_share(share=uuid, by=cast.adam, approve=approve)


def mails_of(study: Study) -> Counter[str]:
    presses = {str(press) for press in Share.objects.filter(study=study).values_list("press", flat=True)}
    return Counter(OutboxMail.objects.filter(data__press__in=presses).values_list("recipient", flat=True))


SCENES = [
    the_same_share_twice,
    the_same_physician_share_twice,
    the_same_invitation_twice,
    two_people_invite_one_address,
    two_presses_that_cross,
    the_two_shares_of_one_placement_end,
    the_two_shares_of_a_circle_end,
    one_share_ended_twice,
    an_onward_share_while_its_ground_ends,
    the_share_itself_while_it_ends,
    a_share_on_from_a_personal_worklist_while_it_ends,
    a_share_against_the_deletion,
    an_end_against_the_deletion,
    two_deletions,
    two_registrations_on_one_invitation,
    a_registration_against_a_new_share,
    a_registration_against_the_same_share,
    a_registration_against_the_end_of_its_promise,
    a_registration_against_the_withdrawal,
    a_registration_against_the_deletion,
    two_sign_ins_claim_at_once,
    a_leaver_against_a_physician_share,
    a_leaver_who_goes_for_good_against_a_physician_share,
    a_leaver_against_sharing_on,
    one_person_leaves_twice,
    one_membership_is_taken_away_twice,
    a_removal_against_the_end,
    a_removal_against_another_share,
    one_share_approved_and_declined,
    an_approval_against_the_end,
]
scenes = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)


@scenes
def test_in_a_queue_the_first_to_come_is_answered_first(scene: Callable[[Cast], Scene], cast: Cast) -> None:
    for number in range(len(scene(cast).holds)):
        made = scene(cast)
        answers = queued(made.holds[number], [made.first, made.second])

        assert tuple(map(told, answers)) == made.first_wins
        assert made.after()
        assert_lawful()


@scenes
def test_in_a_queue_the_other_way_round_as_well(scene: Callable[[Cast], Scene], cast: Cast) -> None:
    for number in range(len(scene(cast).holds)):
        made = scene(cast)
        answers = queued(made.holds[number], [made.second, made.first])

        assert tuple(map(told, reversed(answers))) == made.second_wins
        assert made.after()
        assert_lawful()


@scenes
def test_let_go_together_one_of_them_comes_after_the_other(scene: Callable[[Cast], Scene], cast: Cast) -> None:
    for _ in range(TIMES):
        made = scene(cast)
        answers = at_once([made.first, made.second])

        assert tuple(map(told, answers)) in {made.first_wins, made.second_wins}
        assert made.after()
    assert_lawful()


def test_what_a_right_code_comes_too_late_for_is_not_recorded_as_a_wrong_one(cast: Cast) -> None:
    made = two_registrations_on_one_invitation(cast)
    at_once([made.first, made.second])

    assert not AuditEvent.objects.filter(action=Action.DENIED).exists()


def test_a_person_is_locked_before_a_study_is(cast: Cast) -> None:
    """Who holds a recipient's row (to deactivate them) is waited for, and found to have been first."""
    study = new_study(cast)
    press = sharing(cast.ana, study, cast.ct, physician(cast.ben))

    answers = queued(person_row(cast.ben), [press, press])

    assert sorted(map(told, answers)) == ["already_shared", "shared"]
    assert_lawful()
