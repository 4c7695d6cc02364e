"""The filters of the Audit trail tab: person, action and days, and what cannot be asked."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from audit.actions import Action
from audit.forms import A_DATE, LAST_BEFORE_FIRST, NO_SUCH_PAGE
from audit.models import AuditEvent
from audit.services import record
from tests.cast import acting
from tests.studies.trail_pages import ana, page, sentences
from tests.trails import look, make_world, on, with_names

__all__ = ["ana"]


def test_filter_by_person(cast, ana, client):
    look(cast.placement, cast.ana)
    look(cast.placement, cast.vera)
    shown = page(client, cast.placement, person=cast.vera.pk)
    assert sentences(shown) == ["Vera opened the study"]
    assert shown.context["trail"].people == [(cast.ana.pk, "Ana"), (cast.vera.pk, "Vera")]


def test_filter_by_what_the_site_did_itself(cast, ana, client):
    look(cast.placement, None)
    look(cast.placement, cast.vera)
    assert sentences(page(client, cast.placement, person=0)) == ["CIMAR opened the study"]


def test_a_person_who_is_not_in_the_trail_gives_an_empty_page(cast, ana, client):
    look(cast.placement, cast.vera)
    shown = page(client, cast.placement, person=cast.caro.pk)
    assert sentences(shown) == []
    assert "No entry matches the filters." in shown.content.decode()
    assert "Caro" not in shown.content.decode()


def test_the_list_of_people_names_nobody_the_trail_does_not(cast, client):
    world = make_world(cast)
    client.force_login(cast.ed)
    people = page(client, world.ed).context["trail"].people
    assert [name for _, name in people] == ["Ana", "Ed"]


def test_filter_by_action_and_by_group_of_actions(cast, ana, client):
    make_world(cast)
    one = sentences(page(client, cast.placement, action=Action.SHARE_ADD))
    assert len(one) == 5 and "Ana shared the study with Ed (by email)" in one
    assert len(sentences(page(client, cast.placement, action="views"))) == 5


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("2026-11-24", "2026-11-24", ["b", "a"]),
        ("2026-11-24", "", ["c", "b", "a"]),
        ("", "2026-11-24", ["b", "a", "z"]),
        ("2026-11-25", "2026-11-25", ["c"]),
        ("2026-11-26", "", []),
        ("0001-01-01", "9999-12-31", ["c", "b", "a", "z"]),
    ],
)
def test_dates_are_days_of_the_readers_zone_both_included(cast, client, clock, since, until, found):
    cast.ana.timezone = "America/New_York"  # five hours behind in November
    cast.ana.save()
    client.force_login(cast.ana)
    where = on(with_names(cast.placement))
    moments = {
        "z": datetime(2026, 11, 24, 4, 59, 59, tzinfo=UTC),
        "a": datetime(2026, 11, 24, 5, 0, tzinfo=UTC),
        "b": datetime(2026, 11, 25, 4, 59, 59, tzinfo=UTC),
        "c": datetime(2026, 11, 25, 5, 0, tzinfo=UTC),
    }
    for name, moment in moments.items():
        clock.set(moment)
        record(Action.STUDY_OPEN, by=acting(cast.ana), on=replace(where, role_label=name))
    clock.reset()
    shown = page(client, cast.placement, action="views", since=since, until=until)
    assert [line.event.role_label for line in shown.context["trail"].events] == found


NO_PERSON = "Choose a person from the list."
NO_ACTION = "Choose an action from the list."
MALFORMED = [
    ({"before": "x"}, NO_SUCH_PAGE),
    ({"after": "0"}, NO_SUCH_PAGE),
    ({"before": str(2**63)}, NO_SUCH_PAGE),
    ({"before": "9" * 5000}, NO_SUCH_PAGE),
    ({"before": "5", "after": "5"}, NO_SUCH_PAGE),
    ({"since": "2026-02-30"}, A_DATE),
    ({"until": "24/11/2026"}, A_DATE),
    ({"since": "\x00"}, A_DATE),
    ({"since": "2026-11-24", "until": "2026-11-23"}, LAST_BEFORE_FIRST),
    ({"person": "ana"}, NO_PERSON),
    ({"person": "-1"}, NO_PERSON),
    ({"person": str(2**64)}, NO_PERSON),
    ({"action": "study:share:fly"}, NO_ACTION),
    ({"action": "\x00"}, NO_ACTION),
]


@pytest.mark.parametrize("name", ["studies:trail", "studies:trail_csv"])
def test_what_cannot_be_asked_is_answered_with_the_form_and_a_sentence(cast, ana, client, name):
    look(cast.placement, cast.vera)
    there = reverse(name, args=[cast.placement.uuid])
    answers = [(given, sentence, client.get(there, given)) for given, sentence in MALFORMED]
    assert {response.status_code for _, _, response in answers} == {400}
    shown = [(given, sentence, response.content.decode()) for given, sentence, response in answers]
    assert [given for given, sentence, page in shown if sentence not in page] == []
    assert [given for given, _, page in shown if "<form" not in page or "Vera" in page] == []
    assert not AuditEvent.objects.filter(action__startswith="audit:").exists()
