"""Two people at once on real PostgreSQL: each race ends in a lawful state, as if one had come after the other.

A scene is two deeds on the same thing and what each is answered when the first, or the second, of them is quicker.
It is run with both deeds waiting in a queue behind a lock of ours, in either order, and many times let go together.
"""

from collections.abc import Callable

import pytest

from audit.actions import Action
from audit.models import AuditEvent
from tests.cast import Cast
from tests.lawful import assert_lawful
from tests.overlap import (
    at_once,
    person_row,
    queued,
)
from tests.races import SCENES
from tests.races.invitations import two_registrations_on_one_invitation
from tests.races.scene import Scene, new_study, physician, sharing, told

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 8
scenes = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)


@scenes
def test_in_a_queue_the_first_to_come_is_answered_first(scene: Callable[[Cast], Scene], cast: Cast) -> None:
    holds = scene(cast).holds
    assert holds
    for number in range(len(holds)):
        made = scene(cast)
        answers = queued(made.holds[number], [made.first, made.second])

        assert tuple(map(told, answers)) == made.first_wins
        assert made.after()
        assert_lawful()


@scenes
def test_in_a_queue_the_other_way_round_as_well(scene: Callable[[Cast], Scene], cast: Cast) -> None:
    holds = scene(cast).holds
    assert holds
    for number in range(len(holds)):
        made = scene(cast)
        answers = queued(made.holds[number], [made.second, made.first])

        assert tuple(map(told, reversed(answers))) == made.second_wins
        assert made.after()
        assert_lawful()


def test_two_who_try_the_code_at_once_make_one_person(cast: Cast) -> None:
    for _ in range(TIMES):
        made = two_registrations_on_one_invitation(cast)
        answers = queued(made.loose[0], [made.first, made.second])

        assert tuple(map(told, answers)) in {made.first_wins, made.second_wins}
        assert made.after()
        assert_lawful()


@scenes
def test_let_go_together_one_of_them_comes_after_the_other(
    scene: Callable[[Cast], Scene], cast: Cast
) -> None:
    for _ in range(TIMES):
        made = scene(cast)
        answers = at_once([made.first, made.second])

        assert tuple(map(told, answers)) in {made.first_wins, made.second_wins, *made.apart}
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
