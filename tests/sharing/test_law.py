"""The pure law against enumeration, on random graphs of every shape."""

from datetime import UTC, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sharing import law
from sharing.law import Edge
from tests import law_model
from tests.law_model import Grant

START = datetime(2026, 11, 24, tzinfo=UTC)
WORKLISTS = range(6)

untils = st.one_of(st.just(law.FOREVER), st.integers(0, 5).map(lambda days: START + timedelta(days=days)))
edges = st.builds(
    Edge,
    from_worklist=st.sampled_from(WORKLISTS),
    to_worklist=st.sampled_from(WORKLISTS),
    until=untils,
    approved=st.integers(0, 3).map(bool),
    email=st.integers(0, 3).map(lambda drawn: drawn == 0),
).filter(lambda edge: edge.from_worklist != edge.to_worklist)


def as_grants(drawn):
    return [
        Grant(edge.from_worklist, edge.to_worklist, edge.until, edge.approved, edge.email) for edge in drawn
    ]


@settings(max_examples=600, deadline=None)
@given(st.lists(edges, max_size=12))
@example([Edge(1, 2, law.FOREVER, True, False), Edge(2, 1, law.FOREVER, True, False)])
def test_settle_agrees_with_every_path_walked(drawn):
    settled = law.settle(0, drawn)

    enumerated = {goal: law_model.times(0, goal, as_grants(drawn)) for goal in WORKLISTS}

    reached = {goal: times for goal, times in enumerated.items() if times[2] > law.NO_PATH}
    assert {goal: tuple(times) for goal, times in settled.items()} == reached


def test_a_circle_does_not_keep_itself_alive():
    circle = [Edge(1, 2, law.FOREVER, True, False), Edge(2, 1, law.FOREVER, True, False)]

    assert law.settle(0, circle) == {0: law.HOME}


def test_an_unapproved_share_lets_its_target_exist_and_carries_nothing_onward():
    drawn = [Edge(0, 1, law.FOREVER, False, False), Edge(1, 2, law.FOREVER, True, False)]

    assert law.settle(0, drawn) == {0: law.HOME, 1: law.Times(law.NO_PATH, law.NO_PATH, law.FOREVER)}


def test_over_two_paths_the_later_counts_and_along_one_the_earliest_end():
    soon, later = START + timedelta(days=1), START + timedelta(days=3)
    drawn = [
        Edge(0, 1, soon, True, False),
        Edge(0, 2, later, True, True),
        Edge(1, 3, law.FOREVER, True, False),
        Edge(2, 3, law.FOREVER, True, False),
    ]

    assert law.settle(0, drawn)[3] == law.Times(later, soon, later)
