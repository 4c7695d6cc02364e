"""Repeats within a minute are one line: which events are folded, that none is lost, and that pages meet."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.actions import Action
from audit.folding import Folding, as_many_as_fill, folded
from audit.models import AuditEvent

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def event(seconds, *, action=Action.STUDY_OPEN, **fields):
    given = {"outcome": "success", "by_id": 1, "by_label": "Ana", "study_id": 7, "detail": {}, **fields}
    return AuditEvent(action=action, at=NOON + timedelta(seconds=seconds), **given)


def moments(lines):
    return [[int((each.at - NOON).total_seconds()) for each in line.events] for line in lines]


def test_repeats_within_a_minute_are_a_line():
    assert moments(folded([event(100), event(70), event(40), event(39)])) == [[100, 70, 40], [39]]


def test_repeats_between_which_other_pages_were_read_are_a_line_each():
    read = [(6, Action.ACCESS_READ), (5, Action.IMAGES_SERVED), (4, Action.STUDY_OPEN), (3, Action.ACCESS_READ),
            (2, Action.IMAGES_SERVED), (1, Action.STUDY_OPEN)]  # fmt: skip
    assert moments(folded(event(at, action=action) for at, action in read)) == [[6, 3], [5, 2], [4, 1]]


@pytest.mark.parametrize(
    "other",
    [
        {"by_id": 2},
        {"by_label": "Anna"},
        {"role_label": "Viewer"},
        {"ip_address": "10.0.0.9"},
        {"worklist_id": 3},
        {"worklist_label": "Renamed"},
        {"study_id": 8},
        {"outcome": "refused"},
        {"in_original": True},
        {"detail": {"page": "report"}},
        {"purpose": "care"},
    ],
)
def test_what_differs_in_anything_but_its_moment_has_a_line_of_its_own(other):
    assert moments(folded([event(2), event(1, **other)])) == [[2], [1]]


def test_every_column_of_an_event_is_compared():
    from audit import folding

    assert {*folding._COMPARED, "detail", "id", "at"} == {
        each.attname for each in AuditEvent._meta.concrete_fields
    }


@pytest.mark.parametrize(
    "action",
    [
        Action.STUDY_DOWNLOAD,
        Action.AUDIT_EXPORT,
        Action.SHARE_ADD,
        Action.SHARE_END,
        Action.DENIED,
        Action.IMAGE_SAVE,
    ],
)
def test_changes_refusals_and_what_is_taken_out_have_a_line_each(action):
    assert moments(folded([event(2, action=action), event(1, action=action)])) == [[2], [1]]


def test_nothing_is_folded_over_a_change():
    lines = folded([event(3), event(2, action=Action.SHARE_END), event(1)])
    assert moments(lines) == [[3], [2], [1]]


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from([Action.STUDY_OPEN, Action.ACCESS_READ, Action.SHARE_ADD]),
        st.integers(1, 2),
    ),
    max_size=60,
)


def in_order(steps):
    """Oldest first, each so many seconds after the one before."""
    events, at = [], 0
    for number, (step, action, by) in enumerate(steps):
        at += step
        events.append(event(at, action=action, by_id=by, id=number + 1))
    return events


@given(EVENTS)
def test_every_event_is_in_one_line_and_no_line_is_longer_than_a_minute(steps):
    events = in_order(steps)[::-1]
    lines = folded(events)

    assert sorted(each.pk for line in lines for each in line.events) == sorted(each.pk for each in events)
    assert all(line.moments[0] - line.moments[-1] <= timedelta(minutes=1) for line in lines)


@given(EVENTS)
def test_there_are_as_many_lines_from_the_newest_on_as_from_the_oldest(steps):
    events = in_order(steps)
    assert len(folded(events)) == len(folded(events[::-1]))


@given(EVENTS, st.integers(1, 6))
def test_a_page_is_as_full_as_it_may_be(steps, most):
    events = in_order(steps)[::-1]
    taken = as_many_as_fill(events, most)

    assert len(folded(events[:taken])) <= most
    assert taken == len(events) or len(folded(events[: taken + 1])) == most + 1


def test_folding_says_whether_an_event_would_be_in_a_line_that_is_there():
    folding = Folding()
    folding.add(event(10))

    assert (folding.takes(event(1)), folding.takes(event(-51)), folding.takes(event(1, by_id=2))) == (
        True,
        False,
        False,
    )
