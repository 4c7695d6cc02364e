"""check_placements: silent where all is lawful, and it says what is broken when somebody breaks it from outside."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import clock as database_clock
from audit.actor import OPERATOR
from sharing.management.commands import check_placements
from sharing.models import Method, Share
from sharing.services import settling, share_studies
from sharing.targets import Target
from studies.models import Placement
from tests.cast import Cast, acting
from tests.factories import make_account, make_location, make_study, make_user, placement_of
from worklists.models import Worklist
from worklists.services import change_worklist

FOREVER, NO_PATH = "'9999-12-31 00:00+00'", "'1970-01-01 00:00+00'"


def share(cast: Cast, by: str, worklist: Worklist, *targets: tuple[Method, str], **more) -> list[Share]:
    report = share_studies(
        placements=[placement_of(cast.study, worklist).uuid],
        targets=[Target(method, value) for method, value in targets],
        by=acting(getattr(cast, by)),
        **more,
    )
    made = [row.share for row in report.rows if row.share is not None]
    assert len(made) == len(targets)
    return made


@pytest.fixture
def world(cast: Cast) -> Cast:
    """CT Reporting → Emergency ⇄ Cardiology MDT, → Ed by email, → Chest Clinic awaiting, → Riverside for ten days."""
    change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
    share(cast, "ana", cast.ct, (Method.LOCATION, str(cast.emergency.uuid)), (Method.EMAIL, cast.ed.email))
    share(cast, "ana", cast.ct, (Method.GROUP, str(cast.chest.uuid)))
    share(cast, "ben", cast.emergency, (Method.GROUP, str(cast.cardiology.uuid)))
    share(cast, "adam", cast.cardiology, (Method.LOCATION, str(cast.emergency.uuid)))
    ends = database_clock.now() + timedelta(days=10)
    share(cast, "ana", cast.ct, (Method.CODE, "RIVERSIDE"), expires_at=ends)
    return cast


def said() -> list[str]:
    return list(check_placements.differences())


def at(cast: Cast, name: str) -> dict[str, int]:
    place = cast.ed.personal_worklist if name == "ed" else getattr(cast, name)
    return {"study": cast.study.pk, "worklist": place.pk, "sharer": cast.ana.pk}


PLACEMENT = "study_id = %(study)s AND worklist_id = %(worklist)s"
SHARE = "study_id = %(study)s AND to_worklist_id = %(worklist)s AND shared_by_id = %(sharer)s"
BROKEN = {
    "a placement is lost": (
        "cardiology",
        [f"DELETE FROM studies_placement WHERE {PLACEMENT}"],
        {"should be placed", "should be visible", "should be internal"},
    ),
    "home's own placement is lost": (
        "ct",
        [f"DELETE FROM studies_placement WHERE {PLACEMENT}"],
        {"should be placed", "should be visible", "should be internal"},
    ),
    "a placement hides": (
        "cardiology",
        [
            f"UPDATE studies_placement SET visible_until = {NO_PATH}, internal_until = {NO_PATH} WHERE {PLACEMENT}"
        ],
        {"should be visible", "should be internal", "is visible", "is internal"},
    ),
    "an external copy passes for internal": (
        "ed",
        [f"UPDATE studies_placement SET internal_until = {FOREVER} WHERE {PLACEMENT}"],
        {"should not be internal", "is internal"},
    ),
    "what awaits approval is seen": (
        "chest",
        [f"UPDATE studies_placement SET visible_until = {FOREVER} WHERE {PLACEMENT}"],
        {"should not be visible", "is visible"},
    ),
    "a placement lasts longer than its share": (
        "imaging",
        [
            f"UPDATE studies_placement SET exists_until = {FOREVER}, visible_until = {FOREVER} WHERE {PLACEMENT}"
        ],
        {"is visible", "is placed"},
    ),
    "an approval is taken back": (
        "imaging",
        [f"UPDATE sharing_share SET approved_at = NULL WHERE {SHARE}"],
        {"should not be visible", "should not be internal", "is visible", "is internal"},
    ),
    "a placement stands without a share": (
        "orthopaedics",
        [
            "ALTER TABLE studies_placement DISABLE TRIGGER a_placement_away_from_home_has_a_share",
            (
                "INSERT INTO studies_placement (study_id, worklist_id, visible_until, internal_until, exists_until) "
                f"VALUES (%(study)s, %(worklist)s, {FOREVER}, {FOREVER}, {FOREVER})"
            ),
            "ALTER TABLE studies_placement ENABLE TRIGGER a_placement_away_from_home_has_a_share",
        ],
        {"should not be placed", "should not be visible", "should not be internal"},
    ),
    "a share ended and its placement stayed": (
        "imaging",
        [
            "ALTER TABLE sharing_share DISABLE TRIGGER a_share_takes_its_last_placement_with_it",
            f"UPDATE sharing_share SET ended_at = now(), end_reason = 'ended' WHERE {SHARE}",
            "ALTER TABLE sharing_share ENABLE TRIGGER a_share_takes_its_last_placement_with_it",
        ],
        {"should not be placed", "should not be visible", "should not be internal"},
    ),
    # The net under the services lets this through: both places still have a share that has not ended.
    "a circle holds itself": (
        "emergency",
        [f"UPDATE sharing_share SET ended_at = now(), end_reason = 'ended' WHERE {SHARE}"],
        {
            "should not be placed",
            "should not be visible",
            "should not be internal",
            "no share leads to",
        },
    ),
}
WORDS = {word for _, _, words in BROKEN.values() for word in words}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", BROKEN)
def test_it_says_what_is_broken(world: Cast, as_owner, name: str):
    where, statements, expected = BROKEN[name]

    for statement in statements:
        as_owner(statement, at(world, where) if "%(" in statement else None)

    differences = said()
    assert {
        word for word in WORDS if any(f" {word} " in difference for difference in differences)
    } == expected
    assert all(f"tudy {world.study.pk} " in difference for difference in differences)
    with pytest.raises(SystemExit) as stop:
        call_command("check_placements", stdout=StringIO(), stderr=StringIO())
    assert stop.value.code == 1


@pytest.mark.django_db(transaction=True)
def test_a_deleted_study_is_nowhere(world: Cast, as_owner):
    as_owner(
        "UPDATE studies_study SET deleted_at = now(), deleted_by_id = %(sharer)s, patient_name = '', patient_id = '', "
        "description = '', study_date = NULL WHERE id = %(study)s",
        at(world, "ct"),
    )
    differences = said()
    placed = Placement.objects.filter(study=world.study).count()
    assert sum(" should not be placed " in difference for difference in differences) == placed == 6
    assert sum("no share leads to" in difference for difference in differences) == Share.objects.count()


@pytest.mark.django_db
class TestLawful:
    def test_it_is_silent(self, world: Cast):
        out = StringIO()
        call_command("check_placements", stdout=out)
        assert out.getvalue().startswith("No differences: every placement is reached by shares")

    def test_an_end_date_that_passed_before_any_sweep_is_no_difference(self, world: Cast, clock):
        clock.move(days=11)
        assert said() == []
        settling.settle_overdue()
        assert said() == []
        assert not Placement.objects.filter(study=world.study, worklist=world.imaging).exists()

    def test_of_a_study_with_very_many_end_dates_only_the_sides_are_compared(self, world: Cast, monkeypatch):
        monkeypatch.setattr(check_placements, "MOST_ENDS", 1)
        there = Placement.objects.filter(study=world.study, worklist=world.imaging)
        there.update(exists_until=database_clock.now() + timedelta(days=12))
        assert said() == []
        there.update(
            exists_until=database_clock.now(), visible_until=NO_PATH[1:-1], internal_until=NO_PATH[1:-1]
        )
        assert len(said()) == 3


@pytest.fixture
def eight_places(db: None) -> Iterator[list[Worklist]]:
    account = make_account()
    yield [make_location(account) for _ in range(8)]


edges = st.lists(
    st.tuples(
        st.integers(0, 7),
        st.integers(0, 7),
        st.sampled_from([None, 1, 2, 3]),
        st.booleans(),
        st.sampled_from(["location", "email"]),
    ).filter(lambda edge: edge[0] != edge[1]),
    max_size=24,
    unique_by=lambda edge: (edge[0], edge[1], edge[4]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=edges)
def test_the_law_and_the_proof_agree_on_any_graph(eight_places: list[Worklist], edges):
    study, by = make_study(eight_places[0]), make_user()
    now = database_clock.now()
    Share.objects.bulk_create(
        Share(
            press=study.uuid,
            study=study,
            from_worklist=eight_places[source],
            to_worklist=eight_places[target],
            method=method,
            email="somebody@example.net" if method == "email" else "",
            account=eight_places[0].account if method == "location" else None,
            shared_by=by,
            expires_at=now + timedelta(days=days) if days else None,
            approved_at=now if approved else None,
        )
        for source, target, days, approved, method in edges
    )

    settling.settle(*settling.locked_graphs([study.pk]))

    assert said() == []
