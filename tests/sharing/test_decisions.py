"""What a press comes to, decided without a database."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Invitation
from sharing.decisions import GONE, HOME, Decision, Key, Outcome, Pressed, ShareChange, decide
from sharing.models import Method, Share
from sharing.permissions import NOT_ONWARD, SENTENCES, Allowed
from sharing.targets import Resolved, Target
from studies.models import Placement, Study
from worklists.models import Worklist

END = datetime(2026, 12, 24, tzinfo=UTC)
LATER = datetime(2027, 1, 24, tzinfo=UTC)
HERE, THERE, OUTSIDE = (Worklist(pk=pk, account_id=account) for pk, account in ((1, 7), (2, 7), (3, 8)))
BY_CODE, BY_EMAIL, TO_GROUP = (
    Allowed(Method.CODE, None),
    Allowed(Method.EMAIL, None),
    Allowed(Method.GROUP, 7),
)
EVERYTHING = frozenset(
    {BY_CODE, BY_EMAIL, TO_GROUP, Allowed(Method.LOCATION, 7), Allowed(Method.PHYSICIAN, 7)}
)


def study(pk: int, home: int = HERE.pk) -> Placement:
    return Placement(study=Study(pk=pk, home_id=home), worklist=HERE)


def group(worklist: Worklist = THERE, **more: Any) -> Resolved:
    return Resolved(Target(Method.GROUP, "a uuid"), "Heart Team", worklist, account_id=7, **more)


def code(worklist: Worklist = OUTSIDE) -> Resolved:
    return Resolved(Target(Method.CODE, "RIVERSIDE"), "Riverside Clinic", worklist)


def email(address: str = "dora@example.net") -> Resolved:
    return Resolved(Target(Method.EMAIL, address), address, email=address)


def press(*recipients: Resolved, **more: Any) -> Pressed:
    placements = more.pop("placements", [study(10)])
    preset: dict[str, Any] = {
        "placements": placements,
        "recipients": recipients,
        "visible": frozenset(placement.study_id for placement in placements),
        "by_role": frozenset(Method),
        "allowed": {placement.study_id: EVERYTHING for placement in placements},
        "standing": {},
        "invitations": {},
        "note": "",
        "expires_at": None,
    }
    return Pressed(**{**preset, **more})


def outcomes(pressed: Pressed) -> list[tuple[str, str]]:
    return [(str(decision.outcome), decision.sentence) for decision in decide(pressed)]


def test_each_study_is_decided_for_each_recipient_in_order() -> None:
    decided = list(decide(press(group(), code(), placements=[study(10), study(11)])))

    assert [(one.placement.study_id, one.recipient.label) for one in decided] == [
        (10, "Heart Team"), (10, "Riverside Clinic"), (11, "Heart Team"), (11, "Riverside Clinic"),
    ]  # fmt: skip


def test_a_worklist_that_asks_for_approval_holds_the_share() -> None:
    waiting = Worklist(pk=4, account_id=7, needs_approval=True)

    assert outcomes(press(group(), group(waiting))) == [("shared", ""), ("awaiting_approval", "")]


def test_an_email_nobody_has_registered_is_an_invitation() -> None:
    invitation = Invitation(pk=5)
    [decision] = decide(press(email(), invitations={"dora@example.net": invitation}))

    assert decision.outcome == Outcome.INVITED
    assert decision.key == Key(10, None, 5, Method.EMAIL, None)


@pytest.mark.parametrize("method", Method)
def test_a_method_the_role_does_not_carry_is_refused_by_the_role(method: Method) -> None:
    recipient = Resolved(Target(method, "x"), "x", THERE, account_id=7, refusal="not known")
    pressed = press(recipient, by_role=frozenset(Method) - {method}, allowed={10: frozenset()})

    assert outcomes(pressed) == [("refused", SENTENCES[method])]


@pytest.mark.parametrize("method", Method)
def test_a_method_the_way_here_does_not_let_on_is_refused_for_that_reason(method: Method) -> None:
    recipient = Resolved(Target(method, "x"), "x", THERE, account_id=7, refusal="not known")

    assert outcomes(press(recipient, allowed={10: frozenset()})) == [("refused", NOT_ONWARD)]


def test_of_two_studies_only_the_one_whose_way_lets_it_on_is_shared() -> None:
    pressed = press(code(), placements=[study(10, 9), study(11, 9)], allowed={10: {BY_CODE}, 11: {TO_GROUP}})

    assert outcomes(pressed) == [("shared", ""), ("refused", NOT_ONWARD)]


def test_what_is_gone_at_home_already_or_refused_says_so() -> None:
    pressed = press(
        group(), code(), placements=[study(10), study(11, home=THERE.pk)], visible=frozenset({11})
    )

    assert outcomes(pressed) == [("refused", GONE), ("refused", GONE), ("refused", HOME), ("shared", "")]
    assert outcomes(press(group(refusal="takes no shares"))) == [("refused", "takes no shares")]


def standing(**fields: Any) -> Share:
    return Share(study_id=10, to_worklist_id=THERE.pk, method=Method.GROUP, account_id=7, **fields)


def test_the_same_share_again_is_already_shared_and_another_note_or_end_changes_it() -> None:
    share = standing(note="For the meeting", expires_at=END)
    again = press(group(), standing={Key.of(share): share}, note="For the meeting", expires_at=END)

    assert outcomes(again) == [("already_shared", "")]
    assert outcomes(replace(again, note="Another")) == [("changed", "")]
    assert outcomes(replace(again, expires_at=LATER)) == [("changed", "")]
    assert (share.note, share.expires_at) == ("For the meeting", END)


def test_a_note_or_an_end_date_left_empty_stays_as_it_was() -> None:
    share = standing(note="For the meeting", expires_at=END)
    again = press(group(), standing={Key.of(share): share})

    assert outcomes(again) == [("already_shared", "")]
    [with_note] = decide(replace(again, note="Another"))
    [with_end] = decide(replace(again, expires_at=LATER))

    assert with_note.change == ShareChange(END, END, "For the meeting", "Another")
    assert with_end.change == ShareChange(END, LATER, "For the meeting", "For the meeting")


def test_two_recipients_that_mean_one_share_make_it_once() -> None:
    first, second = decide(press(group(), group()))

    assert [first.outcome, second.outcome] == [Outcome.SHARED, Outcome.ALREADY_SHARED]
    assert first.key == second.key
    assert isinstance(first, Decision)
